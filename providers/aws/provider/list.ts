// What is outside by its tags, listed place by place.
import type { LoadBalancerId } from '../../../src/model/load-balancer.ts'
import { codeOf } from '../calls/errors.ts'
import { groupOfText } from '../model/names.ts'
import { ownershipOf } from '../model/ownership.ts'
import type { Tags } from '../model/ownership.ts'
import type { Context } from '../observe/context.ts'
import { notOlder } from '../snapshots/pictures.ts'
import type { Location } from './locations.ts'

/** Everything that is tagged for one owner in one place. */
export interface Outside {
  readonly id: LoadBalancerId
  readonly location: Location
  /** By what it is to the owner (`load-balancer`, `target-group/80`), the ARN or id. */
  readonly resources: ReadonlyMap<string, string>
}

/** Whose a load balancer is: that of a group is of all its members, and its own only when none is left. */
export function ownersOf({ ledger }: Context, id: LoadBalancerId): readonly LoadBalancerId[] {
  const members = id.kind === 'Group' ? (ledger.read(id)?.members ?? []) : []
  return members.length === 0 ? [id] : members.map(member => member.id)
}

export interface Listing {
  /** When the oldest of the lists it was made from was made; monotonic. */
  readonly listedAt: number
  /** By uid of the owner. */
  readonly outside: ReadonlyMap<string, Outside>
}

/** A listing that is not older than `maxAgeMs`; undefined when the place cannot be reached, so that the controller starts without AWS. */
export async function listOutside(
  { cluster, log, clock, memory }: Context,
  location: Location,
  maxAgeMs: number,
  signal: AbortSignal,
): Promise<Listing | undefined> {
  const { pictures, place } = location
  const since = { now: clock.monotonic(), signal }
  try {
    const tables = [pictures.loadBalancers, pictures.targetGroups, pictures.securityGroups] as const
    const [balancers, groups, securityGroups] = await Promise.all([
      notOlder(tables[0], maxAgeMs, since),
      notOlder(tables[1], maxAgeMs, since),
      notOlder(tables[2], maxAgeMs, since),
    ])
    const marked = [
      ...[...balancers.values(), ...groups.values()].map(({ arn, tags }) => ({ id: arn, tags })),
      ...[...securityGroups.values()].map(({ id, tags }) => ({ id, tags })),
    ]
    const outside = new Map<string, Outside & { readonly resources: Map<string, string> }>()
    for (const { id: resourceId, tags } of marked) {
      const found = ownerOf(tags, cluster)
      if (!found) continue
      const { id, resource } = found
      const entry = outside.get(id.uid) ?? { id, location, resources: new Map() }
      entry.resources.set(resource, resourceId)
      outside.set(id.uid, entry)
      memory.outside.set(id.uid, place)
    }
    return { listedAt: Math.min(...tables.map(({ listedAt = 0 }) => listedAt)), outside }
  } catch (error) {
    if (signal.aborted) throw error
    log.warn({ region: place.region, vpc: place.vpcId, error: codeOf(error) }, 'what is in AWS cannot be listed')
    return undefined
  }
}

function ownerOf(tags: Tags, cluster: string): { readonly id: LoadBalancerId; readonly resource: string } | undefined {
  const ownership = ownershipOf(tags, cluster)
  if (ownership.kind !== 'ours') return undefined
  const group = groupOfText(ownership.owner)
  if (group) return { id: group, resource: ownership.resource }
  if (ownership.ownerUid === undefined) return undefined
  const [namespace, name] = ownership.owner.split('/')
  if (namespace === undefined || name === undefined) return undefined
  return { id: { kind: 'Service', namespace, name, uid: ownership.ownerUid }, resource: ownership.resource }
}
