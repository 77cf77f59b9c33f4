// What a plan may have to wait for, since when it does, and whether it has come.
import type { Caller } from '../calls/calls.ts'
import { describeHealth, hasHealthy } from '../membership/health.ts'
import type { LedgerRecord } from '../model/ledger.ts'
import type { Stack } from '../model/stack.ts'
import type { Location } from '../provider/locations.ts'
import type { FoundListener, FoundLoadBalancer, FoundTargetGroup } from '../snapshots/shapes.ts'
import type { Context } from './context.ts'

export type Forwarded = FoundListener['forward'][number]

/** What a plan may have to wait for: groups that are to take the place of others, and a load balancer that is. */
export function waitedFor(
  stack: Stack,
  {
    standing,
    groups,
    forwarded,
    record,
  }: {
    readonly standing: readonly FoundLoadBalancer[]
    readonly groups: readonly FoundTargetGroup[]
    /** Where the load balancer that is wanted leads to. */
    readonly forwarded: readonly Forwarded[]
    readonly record: LedgerRecord | undefined
  },
): readonly string[] {
  const own = groups.filter(({ name }) => stack.targetGroups.some(group => group.name === name))
  const current = standing.find(({ name }) => name === stack.balancer.name)
  const retired = new Set((record?.retiring ?? []).map(({ id }) => id))
  const replaced = standing.some(({ arn, name }) => name !== stack.balancer.name && !retired.has(arn))
  if (replaced) return [...own.map(({ arn }) => arn), ...(current ? [current.arn] : [])]
  return own.flatMap(({ arn }) => {
    const waits = forwarded.some(({ targetGroup, weight }) => targetGroup === arn && weight === 0)
    return waits ? [arn] : []
  })
}

export function rememberWaits(
  { memory, clock }: Context,
  all: readonly string[],
  waited: readonly string[],
): ReadonlyMap<string, number> {
  for (const arn of all) if (!waited.includes(arn)) memory.waiting.delete(arn)
  for (const arn of waited) if (!memory.waiting.has(arn)) memory.waiting.set(arn, clock.now())
  return new Map(waited.map(arn => [arn, memory.waiting.get(arn) ?? clock.now()]))
}

export async function healthyOf({ calls }: Location, groups: readonly string[], caller: Caller): Promise<ReadonlySet<string>> {
  const answers = await Promise.all(groups.map(async arn => (hasHealthy(await describeHealth(calls, arn, caller)) ? [arn] : [])))
  return new Set(answers.flat())
}
