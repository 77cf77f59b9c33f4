// What of an owner stands in one place by its tags, whatever kind of load balancer it is.
import { ownerOf } from '../model/names.ts'
import { isOwnedBy } from '../model/ownership.ts'
import type { Seen } from '../model/seen.ts'
import type { Stack } from '../model/stack.ts'
import { notOlder } from '../snapshots/pictures.ts'
import type { FoundLoadBalancer, FoundSecurityGroup, FoundTargetGroup } from '../snapshots/shapes.ts'
import type { SnapshotTable } from '../snapshots/table.ts'
import type { Look } from './look.ts'

export interface Standing {
  /** Ours for this owner, by their tags. */
  readonly balancers: readonly FoundLoadBalancer[]
  readonly groups: readonly FoundTargetGroup[]
  readonly frontends: readonly FoundSecurityGroup[]
  /** Everybody's. */
  readonly allBalancers: ReadonlyMap<string, FoundLoadBalancer>
  readonly allSecurityGroups: ReadonlyMap<string, FoundSecurityGroup>
}

export async function standingOf({ context, id, location, caller, wish }: AnyLook): Promise<Standing> {
  const { pictures, place } = location
  const { cluster, clock, memory } = context
  // One that is in doubt is looked at with fresh eyes; others in doubt share them.
  const view = <T>(table: SnapshotTable<T>) =>
    memory.doubted.has(id.uid)
      ? notOlder(table, 1000, { now: clock.monotonic(), signal: caller.signal })
      : table.all(caller.signal)
  const [allBalancers, allGroups, allSecurityGroups] = await Promise.all([
    view(pictures.loadBalancers),
    view(pictures.targetGroups),
    view(pictures.securityGroups),
    // Asked for by discovery in a moment; together they take one round trip.
    wish ? pictures.subnets.all(caller.signal) : undefined,
  ])
  const isOurs = ({ tags }: { readonly tags: Readonly<Record<string, string>> }) => isOwnedBy(tags, cluster, ownerOf(id))
  // A load balancer that is gone uses none of them any more, whatever they were listed with.
  const isThere = (arn: string) => pictures.loadBalancers.known(arn) !== undefined
  return {
    balancers: [...allBalancers.values()].filter(each => each.vpcId === place.vpcId && isOurs(each)),
    groups: [...allGroups.values()]
      .filter(isOurs)
      .map(group => ({ ...group, loadBalancers: group.loadBalancers.filter(isThere) })),
    frontends: [...allSecurityGroups.values()].filter(isOurs),
    allBalancers,
    allSecurityGroups,
  }
}

type AnyLook = Pick<Look, 'context' | 'id' | 'location' | 'caller' | 'record'> & { readonly wish?: unknown }

/** The part of what is seen that every kind has; `adopting` is the ARN of one that is being taken over. */
export function seenAround(
  { context, id, record }: AnyLook,
  { groups, frontends, allBalancers, allSecurityGroups }: Standing,
  { stack, adopting }: { readonly stack: Stack; readonly adopting?: string | undefined },
): Pick<Seen, 'now' | 'record' | 'groups' | 'frontends' | 'backend' | 'nameTakenBy'> {
  const { cluster, clock } = context
  const backend = [...allSecurityGroups.values()].find(
    ({ name, tags }) => name === stack.backend?.name && tags['weir.dev/cluster'] === cluster,
  )
  const namesake = [...allBalancers.values()].find(({ name }) => name === stack.balancer.name)
  const isTaken = namesake && !isOwnedBy(namesake.tags, cluster, ownerOf(id)) && namesake.arn !== adopting
  return {
    now: clock.now(),
    record,
    groups,
    frontends,
    ...(backend ? { backend } : {}),
    ...(isTaken ? { nameTakenBy: `a load balancer that is not ours (${namesake.arn})` } : {}),
  }
}

/** For an owner that goes: nothing is compared. */
export function seenOfNothing({ context, record }: AnyLook, { balancers, groups, frontends }: Standing): Seen {
  const nothing = { attributes: new Map(), certificates: new Map(), targets: new Map(), healthy: new Set<string>() }
  const found = { now: context.clock.now(), record, balancers, groups, frontends }
  return { kind: 'seen', ...found, ...nothing, listeners: [], waitingSince: new Map() }
}
