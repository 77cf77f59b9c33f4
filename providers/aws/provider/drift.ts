// Finds what others changed: in batches what AWS lists, and by turns what needs a call for each.
import type { LoadBalancerOwner } from '../../../src/model/load-balancer-owner.ts'
import { hashOf } from '../model/ledger.ts'
import type { LedgerRecord } from '../model/ledger.ts'
import type { Context } from '../observe/context.ts'
import type { Location } from './locations.ts'

export interface Drift {
  /** Lists everything anew and gives those whose things are not as they were; they are looked at whole next time. */
  sweep(signal: AbortSignal): Promise<readonly LoadBalancerOwner[]>
  /** Gives the one whose turn it is; next time attributes and targets are asked of AWS as well. Undefined with an empty ledger. */
  inspectNext(): LoadBalancerOwner | undefined
}

export function createDrift(context: Context, onSwept: (location: Location, signal: AbortSignal) => Promise<void>): Drift {
  let inspected: string | undefined
  return {
    async sweep(signal) {
      const changed: LoadBalancerOwner[] = []
      const byPlace = Map.groupBy(context.ledger.entries(), ([, { place }]) => context.locations.of(place))
      for (const [location, entries] of byPlace) {
        const before = new Map(entries.map(([id, record]) => [id.uid, pictureOf(location, Object.values(record.ids))]))
        const { loadBalancers, targetGroups, securityGroups } = location.pictures
        // Before the first listing nothing can be told but what is missing.
        const isFirst = loadBalancers.listedAt === undefined
        await Promise.all([loadBalancers.refresh(signal), targetGroups.refresh(signal), securityGroups.refresh(signal)])
        for (const [id, record] of entries) {
          const ids = Object.entries(record.ids).filter(([resource]) => !isLookedAtAlone(resource))
          const isMissing = ids.some(([, each]) => !isKnown(location, each))
          const after = pictureOf(location, Object.values(record.ids))
          const isUnwell = isOtherState(location, id, record)
          for (const each of isUnwell ? [id, ...(record.members ?? []).map(member => member.id)] : [])
            context.memory.unwell.add(each.uid)
          const isSame = !isMissing && (isFirst || before.get(id.uid) === after)
          if (isSame && !isUnwell) continue
          if (!isSame) context.memory.doubted.add(id.uid)
          changed.push(id)
        }
        await onSwept(location, signal)
      }
      return changed
    },
    inspectNext() {
      const ids = [...context.ledger.entries()].map(([id]) => id).toSorted((one, other) => (one.uid < other.uid ? -1 : 1))
      const next = ids.find(({ uid }) => inspected === undefined || uid > inspected) ?? ids[0]
      inspected = next?.uid
      if (next) context.memory.strict.add(next.uid)
      return next
    },
  }
}

/** What no listing of a sweep has: it is looked at with its owner. */
function isLookedAtAlone(resource: string): boolean {
  return resource.startsWith('listener/') || resource.startsWith('certificate/')
}

function isKnown({ pictures }: Location, id: string): boolean {
  return (
    pictures.loadBalancers.known(id) !== undefined ||
    pictures.targetGroups.known(id) !== undefined ||
    pictures.securityGroups.known(id) !== undefined
  )
}

/** Whether AWS says another state of one that serves than its condition does. */
function isOtherState({ pictures }: Location, { kind }: LoadBalancerOwner, { ids, readiness }: LedgerRecord): boolean {
  const state = pictures.loadBalancers.known(ids['load-balancer'] ?? '')?.state
  if (readiness?.ready !== true || state === undefined) return false
  // Members of a group are each told by themselves; only that nobody is served any more concerns all.
  if (kind === 'Group') return state === 'failed'
  return state !== (readiness.reason === 'LoadBalancerImpaired' ? 'active_impaired' : 'active')
}

/** What can drift of the things with these ids: not their states, and not the shared group's rules. */
function pictureOf({ pictures }: Location, ids: readonly string[]): string {
  return hashOf(
    ids.map(id => {
      const balancer = pictures.loadBalancers.known(id)
      if (balancer) return { ...balancer, state: '', stateReason: '' }
      const group = pictures.targetGroups.known(id)
      return group ? { ...group, loadBalancers: [] } : (pictures.securityGroups.known(id) ?? '')
    }),
  )
}
