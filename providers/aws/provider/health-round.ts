// Looks by turns whether those that serve still have a healthy target: nobody tells when all of them fall ill.
import type { LoadBalancerOwner } from '../../../src/model/load-balancer-owner.ts'
import { isGone } from '../calls/errors.ts'
import { describeHealth, hasHealthy } from '../membership/health.ts'
import type { LedgerRecord } from '../model/ledger.ts'
import type { Context } from '../observe/context.ts'

export interface HealthRound {
  /** Asks for the one whose turn it is: one call as a rule. Gives it when it does not serve any more. */
  next(signal: AbortSignal): Promise<LoadBalancerOwner | undefined>
}

export function createHealthRound({ ledger, locations, memory }: Context): HealthRound {
  let asked: string | undefined
  return {
    async next(signal) {
      const serving = [...ledger.entries()]
        .flatMap(([id, record]) => servingOf(id, record))
        .toSorted(({ id: one }, { id: other }) => (one.uid < other.uid ? -1 : 1))
      const subject = serving.find(({ id }) => asked === undefined || id.uid > asked) ?? serving[0]
      asked = subject?.id.uid
      if (!subject) return undefined
      const { id, record, groups } = subject
      const { calls } = locations.of(record.place)
      try {
        for (const group of groups) if (hasHealthy(await describeHealth(calls, group, { key: id.uid, signal }))) return undefined
      } catch (error) {
        if (!isGone(error)) throw error
        memory.doubted.add(id.uid)
      }
      memory.unwell.add(id.uid)
      return id
    },
  }
}

interface Serving {
  readonly id: LoadBalancerOwner
  readonly record: LedgerRecord
  /** ARNs of its target groups. */
  readonly groups: readonly string[]
}

/** Who is told to be served by a load balancer: one Service, or some members of a group. The others are polled until they are. */
function servingOf(id: LoadBalancerOwner, record: LedgerRecord): readonly Serving[] {
  const { ids, members, readiness } = record
  if (id.kind === 'Group') {
    return (members ?? []).flatMap(member => {
      const groups = member.ports.flatMap(port => ids[`target-group/${port}`] ?? [])
      return member.serving === true ? [{ id: member.id, record, groups }] : []
    })
  }
  if (readiness?.ready !== true) return []
  const groups = Object.entries(ids).flatMap(([resource, arn]) => (resource.startsWith('target-group/') ? [arn] : []))
  return [{ id, record, groups }]
}
