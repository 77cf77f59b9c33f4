// Whose load balancers are outside: by the ledger, and by the tags of what AWS lists.
import type { LoadBalancerId } from '../../../src/model/load-balancer.ts'
import { codeOf } from '../errors.ts'
import type { Context } from '../observe/context.ts'
import { groupOfText } from '../names.ts'
import { ownershipOf } from '../ownership.ts'
import type { Tags } from '../ownership.ts'
import type { Location } from './locations.ts'

/** What the ledger does not know is believed to be left over when two listings so far apart show it. */
const apartMs = 10 * 60_000
/** So many that the ledger does not know are told at once: a mistake must not take everything down. */
const mostAtOnce = 10

export interface Lister {
  /**
   * Everything the ledger knows, and of the rest what was found twice, ten minutes apart. A place that cannot be reached adds
   * nothing, so that the controller starts without AWS.
   */
  list(locations: readonly Location[], signal: AbortSignal): Promise<readonly LoadBalancerId[]>
  /** What is tagged ours and known to nobody, for telling. */
  readonly unknown: readonly LoadBalancerId[]
}

export function createLister(context: Context): Lister {
  const firstSeen = new Map<string, number>()
  let unknown: readonly LoadBalancerId[] = []
  return {
    async list(locations, signal) {
      signal.throwIfAborted()
      const known = new Map([...context.ledger.entries()].map(([id]): [string, LoadBalancerId] => [id.uid, id]))
      const found = new Map<string, LoadBalancerId>()
      for (const location of locations) {
        for (const id of await foundAt(context, location, signal)) {
          context.memory.outside.set(id.uid, location.place)
          if (!known.has(id.uid)) found.set(id.uid, id)
        }
      }
      const now = context.clock.now()
      for (const uid of firstSeen.keys()) if (!found.has(uid)) firstSeen.delete(uid)
      for (const uid of found.keys()) if (!firstSeen.has(uid)) firstSeen.set(uid, now)
      unknown = [...found.values()]
      const sure = unknown.filter(({ uid }) => now - (firstSeen.get(uid) ?? now) >= apartMs)
      return [...[...known.values()].flatMap(id => ownersOf(context, id)), ...sure.slice(0, mostAtOnce)]
    },
    get unknown() {
      return unknown
    },
  }
}

/** Whose a load balancer is: that of a group is of all its members, and its own only when none is left. */
function ownersOf({ ledger }: Context, id: LoadBalancerId): readonly LoadBalancerId[] {
  const members = id.kind === 'Group' ? (ledger.read(id)?.members ?? []) : []
  return members.length === 0 ? [id] : members.map(member => member.id)
}

async function foundAt(
  { cluster, log }: Context,
  { pictures, place }: Location,
  signal: AbortSignal,
): Promise<readonly LoadBalancerId[]> {
  try {
    const tables = await Promise.all([
      pictures.loadBalancers.all(signal),
      pictures.targetGroups.all(signal),
      pictures.securityGroups.all(signal),
    ])
    const ids = tables.flatMap(table => [...table.values()].flatMap(({ tags }) => ownerOf(tags, cluster) ?? []))
    return [...new Map(ids.map(id => [id.uid, id])).values()]
  } catch (error) {
    if (signal.aborted) throw error
    log.warn({ region: place.region, vpc: place.vpcId, error: codeOf(error) }, 'what is in AWS cannot be listed')
    return []
  }
}

function ownerOf(tags: Tags, cluster: string): LoadBalancerId | undefined {
  const ownership = ownershipOf(tags, cluster)
  if (ownership.kind !== 'ours') return undefined
  const group = groupOfText(ownership.owner)
  if (group || ownership.ownerUid === undefined) return group
  const [namespace, name] = ownership.owner.split('/')
  return namespace === undefined || name === undefined ? undefined : { kind: 'Service', namespace, name, uid: ownership.ownerUid }
}
