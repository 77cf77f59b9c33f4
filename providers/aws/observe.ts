// What there is for one load balancer. An unchanged one is known from the ledger; of others, everything is looked at once.
import type { DesiredLoadBalancer, LoadBalancerId, ServiceId } from '../../src/model/load-balancer.ts'
import type { Caller } from './calls/calls.ts'
import type { AwsGoal } from './model/goal.ts'
import { plannerVersion } from './model/ledger.ts'
import type { LedgerRecord } from './model/ledger.ts'
import { ownerOf } from './model/names.ts'
import { isOwnedBy } from './model/ownership.ts'
import type { Look as Looked, Seen } from './model/seen.ts'
import { checkCertificates } from './observe/certificates.ts'
import type { Context } from './observe/context.ts'
import { listenersOf, unknownAttributes, unknownCertificates } from './observe/listeners.ts'
import type { Look } from './observe/look.ts'
import { partingOf } from './observe/parting.ts'
import { stackOf } from './observe/stack.ts'
import { targetsOf } from './observe/targets.ts'
import { healthyOf, rememberWaits, waitedFor } from './observe/waits.ts'
import { existingOf, isApplied, wishOf } from './observe/wish.ts'
import { retirementMs } from './plan/retirement.ts'
import { notOlder } from './snapshots/pictures.ts'
import type { SnapshotTable } from './snapshots/table.ts'

/** `member`: the one of a group who looks; what failed of its own part is not taken for applied. */
export async function observe(
  context: Context,
  id: LoadBalancerId,
  { goal, leaving }: { readonly goal: AwsGoal | undefined; readonly leaving?: DesiredLoadBalancer | undefined },
  signal: AbortSignal,
  member?: ServiceId,
): Promise<Looked> {
  signal.throwIfAborted()
  const { ledger, locations, memory } = context
  const record = ledger.read(id)
  const caller: Caller = { key: id.uid, signal }
  if (!goal) {
    const place = record?.place ?? memory.outside.get(id.uid)
    if (!place) return { kind: 'absent' }
    const seen = await look({ context, id, record, location: locations.of(place), caller })
    return leaving ? { ...seen, parting: partingOf(leaving) } : seen
  }
  const location = record ? locations.of(record.place) : locations.ofClass(goal.desired.class)
  const wish = wishOf(goal, existingOf(record), location.place)
  if (
    record &&
    isApplied(record, wish, plannerVersion) &&
    !memory.doubted.has(id.uid) &&
    !memory.strict.has(id.uid) &&
    !isUnfinished(record, member) &&
    !isRetirementDue(record, context)
  )
    return { kind: 'settled', record }
  return look({ context, id, record, location, caller, goal, wish })
}

function isUnfinished({ members = [] }: LedgerRecord, member: ServiceId | undefined): boolean {
  return members.some(({ id, unfinished }) => id.uid === member?.uid && unfinished === true)
}

function isRetirementDue({ retiring }: LedgerRecord, { clock }: Context): boolean {
  return retiring.some(({ since }) => clock.now() - Date.parse(since) >= retirementMs)
}

async function look(input: Look): Promise<Seen> {
  const { context, id, record, location, caller, goal } = input
  const { pictures, place } = location
  const { cluster, clock, memory } = context
  const isOurs = ({ tags }: { readonly tags: Readonly<Record<string, string>> }) => isOwnedBy(tags, cluster, ownerOf(id))
  // One that is in doubt is looked at with fresh eyes; others in doubt share them.
  const view = <T>(table: SnapshotTable<T>) =>
    memory.doubted.has(id.uid)
      ? notOlder(table, 1000, { now: clock.monotonic(), signal: caller.signal })
      : table.all(caller.signal)
  const [balancersOfAll, groupsOfAll, securityGroupsOfAll] = await Promise.all([
    view(pictures.loadBalancers),
    view(pictures.targetGroups),
    view(pictures.securityGroups),
    // Asked for by discovery in a moment; together they take one round trip.
    goal ? pictures.subnets.all(caller.signal) : undefined,
  ])
  const own = [...balancersOfAll.values()].filter(each => each.vpcId === place.vpcId && isOurs(each))
  // A load balancer that is gone uses none of them any more, whatever they were listed with.
  const isThere = (arn: string) => pictures.loadBalancers.known(arn) !== undefined
  const groups = [...groupsOfAll.values()]
    .filter(isOurs)
    .map(group => ({ ...group, loadBalancers: group.loadBalancers.filter(isThere) }))
  const frontends = [...securityGroupsOfAll.values()].filter(isOurs)
  const found = { now: clock.now(), record, balancers: own, groups, frontends }
  if (!goal) {
    const nothing = { attributes: new Map(), certificates: new Map(), targets: new Map(), healthy: new Set<string>() }
    return { kind: 'seen', ...found, ...nothing, listeners: [], waitingSince: new Map() }
  }
  const { settings, stack, adoption } = await stackOf(input, goal, own)
  const adopting = adoption?.isNew ? adoption.balancer : undefined
  const balancers = adopting ? [...own, adopting] : own
  const namesake = [...balancersOfAll.values()].find(({ name }) => name === stack.balancer.name)
  const backend = [...securityGroupsOfAll.values()].find(
    ({ name, tags }) => name === stack.backend?.name && tags['weir.dev/cluster'] === cluster,
  )
  const listeners = await listenersOf(location, balancers, caller)
  // In a group a certificate spoils only the listener of its member.
  if (id.kind === 'Service') await checkCertificates(location, { stack, listeners, record, now: clock.monotonic() }, caller)
  // Without those that the listing still showed and that turned out to be gone.
  const standing = balancers.filter(({ arn }) => pictures.loadBalancers.known(arn) !== undefined)
  const current = standing.find(({ name }) => name === stack.balancer.name)
  const targets = await targetsOf(context, id, settings, location, caller)
  const waited = waitedFor(stack, { standing, groups, listeners, record })
  const since = rememberWaits(
    context,
    [...groups, ...standing].map(({ arn }) => arn),
    waited,
  )
  // Once in a while not even the ledger is believed.
  const believed = memory.strict.has(id.uid) ? undefined : record
  const [attributes, certificates, healthy] = await Promise.all([
    unknownAttributes(location, { record: believed, stack, current, groups, listeners }, caller),
    unknownCertificates(location, believed, listeners, caller),
    healthyOf(
      location,
      waited.filter(arn => groups.some(group => group.arn === arn)),
      caller,
    ),
  ])
  return {
    kind: 'seen',
    ...found,
    balancers: standing,
    stack,
    listeners,
    attributes,
    certificates,
    targets,
    healthy,
    waitingSince: since,
    ...(backend ? { backend } : {}),
    ...(adopting ? { adopting } : {}),
    ...(namesake && !isOurs(namesake) && namesake.arn !== adopting?.arn
      ? { nameTakenBy: `a load balancer that is not ours (${namesake.arn})` }
      : {}),
  }
}
