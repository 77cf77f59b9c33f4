// The loop of targets: pods and nodes come and go far more often than anything else changes, and cost one call each time.
import { reasons } from '../../../src/api/reasons.ts'
import { firstFew } from '../../../src/model/first-few.ts'
import type { LoadBalancerOwner } from '../../../src/model/load-balancer-owner.ts'
import type { Problem } from '../../../src/model/load-balancer.ts'
import type { Caller } from '../calls/calls.ts'
import { isGone } from '../calls/errors.ts'
import { hashOf } from '../model/ledger.ts'
import type { LedgerRecord } from '../model/ledger.ts'
import { warns } from '../model/problems.ts'
import type { Context } from '../observe/context.ts'
import { isInside } from '../observe/inside.ts'
import type { Location } from '../provider/locations.ts'
import type { TargetGroupSettings } from '../settings/aws-settings.ts'
import { chooseFor } from './backends.ts'
import { deregister, describeRegistered, difference, registerWithRoom } from './register.ts'
import type { Difference, Refusal, Registered } from './register.ts'
import type { StandingGroup } from './standing.ts'
import { targetKey } from './targets.ts'
import type { Target } from './targets.ts'

/** How long a node that lost its last endpoint stays registered: a rollout often brings the next one at once. */
const lateRemovalMs = 60_000

export interface MembershipResult {
  readonly record: LedgerRecord
  readonly warnings: readonly Problem[]
  /** The same by key of the target group, where there are any. */
  readonly byGroup: ReadonlyMap<string, { readonly targets: number; readonly warnings: readonly Problem[] }>
  /** Targets that are wanted, over all groups. */
  readonly targets: number
  /** When targets that are kept for a while are due; absent when there are none. */
  readonly againAfterMs?: number
  /** Whether anything was registered whose security group may not be open yet. */
  readonly registeredAny: boolean
}

/**
 * Brings the targets of every target group of `id` to what the cluster says. What is new is registered before anything is taken
 * away. Without a difference nobody is asked: after a restart the hashes in the ledger tell.
 */
export async function syncMembership(
  context: Context,
  input: {
    /** The Service whose targets they are. */
    readonly id: LoadBalancerOwner
    readonly groups: readonly StandingGroup[]
    readonly location: Location
    readonly record: LedgerRecord
    readonly caller: Caller
  },
): Promise<MembershipResult> {
  const { id, groups, location, caller } = input
  const inside = await insideOf(groups, location, caller)
  const isStrict = context.memory.strict.has(id.uid)
  let { record } = input
  const byGroup = new Map<string, { readonly targets: number; readonly warnings: readonly Problem[] }>()
  let targets = 0
  let againAfterMs: number | undefined
  let registeredAny = false
  for (const { arn, group, isOld } of groups) {
    const choice = chooseFor(context, id, group, inside)
    if (!isOld) targets += choice.targets.length
    const synced = await syncGroup(context, { arn, group, wanted: choice.targets, record, location, caller, isStrict })
    record = synced.record
    if (isOld) continue
    registeredAny ||= synced.registeredAny
    const told = [...choice.problems, ...skippedProblems(choice.skipped), ...refusedProblems(synced.refused)]
    byGroup.set(group.key, { targets: choice.targets.length, warnings: told })
    if (synced.againAfterMs !== undefined) againAfterMs = Math.min(againAfterMs ?? synced.againAfterMs, synced.againAfterMs)
  }
  context.memory.strict.delete(id.uid)
  const warnings = [...byGroup.values()].flatMap(each => each.warnings)
  return { record, warnings, byGroup, targets, registeredAny, ...(againAfterMs === undefined ? {} : { againAfterMs }) }
}

/** Addresses are asked about only where they are targets. */
async function insideOf(
  groups: readonly StandingGroup[],
  { pictures }: Location,
  { signal }: Caller,
): Promise<(address: string) => boolean> {
  const hasAddresses = groups.some(({ group }) => group.targetType === 'ip')
  return hasAddresses ? isInside([...(await pictures.subnets.all(signal)).values()]) : () => true
}

interface GroupInput {
  readonly arn: string
  readonly group: TargetGroupSettings
  readonly wanted: readonly Target[]
  readonly record: LedgerRecord
  readonly location: Location
  readonly caller: Caller
  /** AWS is asked, whatever is remembered. */
  readonly isStrict: boolean
}

interface GroupResult {
  readonly record: LedgerRecord
  readonly refused: readonly Refusal[]
  readonly againAfterMs?: number
  readonly registeredAny: boolean
}

async function syncGroup(context: Context, input: GroupInput): Promise<GroupResult> {
  const { arn, group, wanted, record, location, caller } = input
  const { memory } = context
  const hash = targetsHash(wanted)
  const remembered = memory.registered.get(arn)
  const isStrict = input.isStrict
  if (!remembered && !isStrict && record.targets[arn] === hash) {
    memory.registered.set(arn, keyed(wanted))
    return { record, refused: [], registeredAny: false }
  }
  try {
    const registered = (isStrict ? undefined : remembered) ?? (await describeRegistered(location.calls, arn, caller))
    const change = difference(wanted, registered)
    const held = group.nodesWithEndpointsOnly ? holdBack(context, arn, change) : { due: change.deregister }
    const leave = async () => {
      if (held.due.length > 0) await context.confirmLeading(caller.signal)
      await deregister(location.calls, arn, held.due, caller)
    }
    const makeRoom = held.due.length > 0 ? leave : undefined
    const refused = await registerWithRoom(location.calls, arn, { targets: change.register, makeRoom }, caller)
    const refusedKeys = new Set(refused.map(({ target }) => targetKey(target)))
    const present = new Map([...registered, ...keyed(wanted)].filter(([key]) => !refusedKeys.has(key)))
    memory.registered.set(arn, present)
    await leave()
    for (const target of held.due) present.delete(targetKey(target))
    // With targets refused or held back the hash is not that of what is wanted, so a restart looks again.
    const settled = targetsHash([...present.values()].toSorted(byKey))
    const changed = { ...record, targets: { ...record.targets, [arn]: settled } }
    const again = held.againAfterMs === undefined ? {} : { againAfterMs: held.againAfterMs }
    return { record: changed, refused, registeredAny: change.register.length > 0, ...again }
  } catch (error) {
    memory.registered.delete(arn)
    if (!isGone(error)) throw error
    // Deleted by somebody: the next look makes it again.
    location.pictures.targetGroups.lost(arn)
    context.memory.doubted.add(caller.key)
    return { record, refused: [], registeredAny: false, againAfterMs: 1000 }
  }
}

/** Notes what a plan registered into a group it made. */
export function noteRegistered(context: Context, record: LedgerRecord, arn: string, targets: readonly Target[]): LedgerRecord {
  context.memory.registered.set(arn, keyed(targets))
  return { ...record, targets: { ...record.targets, [arn]: targetsHash(targets) } }
}

function holdBack(
  { memory, clock }: Context,
  arn: string,
  { deregister: leaving }: Difference,
): { readonly due: readonly Target[]; readonly againAfterMs?: number } {
  const now = clock.now()
  const since = memory.leaving.get(arn) ?? new Map<string, number>()
  const keys = new Set(leaving.map(targetKey))
  for (const key of since.keys()) if (!keys.has(key)) since.delete(key)
  for (const key of keys) if (!since.has(key)) since.set(key, now)
  memory.leaving.set(arn, since)
  const due = leaving.filter(target => now - (since.get(targetKey(target)) ?? now) >= lateRemovalMs)
  const waiting = leaving
    .filter(target => !due.includes(target))
    .map(target => (since.get(targetKey(target)) ?? now) + lateRemovalMs - now)
  return waiting.length === 0 ? { due } : { due, againAfterMs: Math.min(...waiting) }
}

function keyed(targets: readonly Target[]): Registered {
  return new Map(targets.map(target => [targetKey(target), target]))
}

function byKey(one: Target, other: Target): number {
  return targetKey(one) < targetKey(other) ? -1 : 1
}

/** The node of a target is not part of what is registered. */
function targetsHash(targets: readonly Target[]): string {
  return hashOf(targets.map(({ id, port, zone }) => [id, port, zone ?? '']))
}

export function skippedProblems(skipped: readonly { readonly node: string; readonly why: string }[]): readonly Problem[] {
  return [...Map.groupBy(skipped, ({ why }) => why)].map(([why, nodes]) => {
    const names = firstFew(nodes.map(({ node }) => node))
    const isOne = nodes.length === 1
    return warns(
      'TargetsSkipped',
      `${isOne ? 'Node' : 'Nodes'} ${names} cannot become ${isOne ? 'a target' : 'targets'}: ${why}.`,
    )
  })
}

export function refusedProblems(refused: readonly Refusal[]): readonly Problem[] {
  const [first] = refused
  if (!first) return []
  const names = firstFew(refused.map(({ target }) => target.node ?? target.id))
  return [
    warns(
      'TargetsSkipped',
      `AWS refuses ${names} as ${refused.length === 1 ? 'a target' : 'targets'}: ${first.message}`,
      reasons.TargetsSkipped.remedy,
    ),
  ]
}
