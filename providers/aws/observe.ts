// What there is for one load balancer. An unchanged one is known from the ledger; of others, everything is looked at once.
import type { LoadBalancerId } from '../../src/model/load-balancer.ts'
import type { Goal } from '../../src/provider.ts'
import type { Attributes } from './attributes.ts'
import { isGone } from './errors.ts'
import { plannerVersion } from './ledger.ts'
import type { LedgerRecord } from './ledger.ts'
import { describeHealth, hasHealthy } from './membership/health.ts'
import { chooseTargets } from './membership/targets.ts'
import type { Target } from './membership/targets.ts'
import { namingOf } from './model/naming.ts'
import type { AwsObserved, Seen } from './model/seen.ts'
import { buildStack } from './model/stack.ts'
import type { Stack } from './model/stack.ts'
import { serviceOwner } from './names.ts'
import { discover } from './observe/discovery.ts'
import type { Context } from './observe/context.ts'
import { isInside } from './observe/inside.ts'
import { existingOf, isApplied, schemeOf, wishOf } from './observe/wish.ts'
import type { Wish } from './observe/wish.ts'
import { isOwnedBy } from './ownership.ts'
import { retirementMs } from './plan/clean.ts'
import type { Caller } from './provider/calls.ts'
import type { Location } from './provider/locations.ts'
import { collapse, frontendRules } from './security-group-rules.ts'
import { quotas } from './limits.ts'
import type { AwsSettings } from './settings.ts'
import { notOlder } from './snapshots/pictures.ts'
import { foundListener } from './snapshots/shapes.ts'
import type { FoundListener, FoundLoadBalancer, FoundTargetGroup } from './snapshots/shapes.ts'
import type { SnapshotTable } from './snapshots/table.ts'

export async function observe(
  context: Context,
  id: LoadBalancerId,
  goal: Goal | undefined,
  signal: AbortSignal,
): Promise<AwsObserved> {
  signal.throwIfAborted()
  const { ledger, locations, memory } = context
  const record = ledger.read(id)
  const caller: Caller = { key: id.uid, signal }
  if (!goal) {
    const place = record?.place ?? memory.outside.get(id.uid)
    return place ? look({ context, id, record, location: locations.of(place), caller }) : { kind: 'absent' }
  }
  const location = record ? locations.of(record.place) : locations.ofClass(goal.desired.class)
  const wish = wishOf(goal.desired, existingOf(record), location.place)
  if (
    record &&
    isApplied(record, wish, plannerVersion) &&
    !memory.doubted.has(id.uid) &&
    !memory.strict.has(id.uid) &&
    !isRetirementDue(record, context)
  )
    return { kind: 'settled', record }
  return look({ context, id, record, location, caller, goal, wish })
}

function isRetirementDue({ retiring }: LedgerRecord, { clock }: Context): boolean {
  return retiring.some(({ since }) => clock.now() - Date.parse(since) >= retirementMs)
}

interface Look {
  readonly context: Context
  readonly id: LoadBalancerId
  readonly record: LedgerRecord | undefined
  readonly location: Location
  readonly caller: Caller
  readonly goal?: Goal
  readonly wish?: Wish
}

async function look(input: Look): Promise<Seen> {
  const { context, id, record, location, caller, goal } = input
  const { pictures, place } = location
  const { cluster, clock, memory } = context
  const isOurs = ({ tags }: { readonly tags: Readonly<Record<string, string>> }) => isOwnedBy(tags, cluster, serviceOwner(id))
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
  const balancers = [...balancersOfAll.values()].filter(each => each.vpcId === place.vpcId && isOurs(each))
  const groups = [...groupsOfAll.values()].filter(isOurs)
  const frontends = [...securityGroupsOfAll.values()].filter(isOurs)
  const found = { now: clock.now(), record, balancers, groups, frontends }
  if (!goal) {
    const nothing = { attributes: new Map(), certificates: new Map(), targets: new Map(), healthy: new Set<string>() }
    return { kind: 'seen', ...found, ...nothing, listeners: [], waitingSince: new Map() }
  }
  const { settings, stack } = await stackOf(input, goal, balancers)
  const namesake = [...balancersOfAll.values()].find(({ name }) => name === stack.balancer.name)
  const backend = [...securityGroupsOfAll.values()].find(
    ({ name, tags }) => name === stack.backend?.name && tags['weir.dev/cluster'] === cluster,
  )
  const listeners = await listenersOf(location, balancers, caller)
  // Without those that the listing still showed and that turned out to be gone.
  const standing = balancers.filter(({ arn }) => pictures.loadBalancers.known(arn) !== undefined)
  const current = standing.find(({ name }) => name === stack.balancer.name)
  const targets = await targetsOf(context, id, settings, location, caller)
  const waited = waitedFor(stack, { standing, groups, listeners, record })
  const since = rememberWaits(
    context,
    id,
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
    ...(namesake && !isOurs(namesake) ? { nameTakenBy: `a load balancer that is not ours (${namesake.arn})` } : {}),
  }
}

/** The settings once more, now that it is known which load balancer there is, and what they mean in this VPC. */
async function stackOf(
  { context, id, record, location, caller }: Look,
  goal: Goal,
  balancers: readonly FoundLoadBalancer[],
): Promise<{ readonly settings: AwsSettings; readonly stack: Stack }> {
  const { place } = location
  const [only] = balancers
  const existing = record?.scheme === undefined && only ? ({ scheme: schemeOf(only.scheme) } as const) : existingOf(record)
  const { settings } = wishOf(goal.desired, existing, place)
  const naming = namingOf({ cluster: context.cluster, owner: serviceOwner(id), vpcId: place.vpcId, settings })
  const standing = balancers.find(({ name }) => name === naming.balancer.name) ?? only
  const { clusterName, clock } = context
  const discovered = await discover(location, { settings, existing: standing, clusterName, now: clock.monotonic() }, caller)
  const { backendSecurityGroup, targetSecurityGroupTags, externalManagedTags = [] } = goal.desired.class.spec.aws ?? {}
  const { securityGroups } = settings
  const rules = securityGroups.kind === 'managed' ? frontendRules(securityGroups, settings.listeners) : []
  const stack = buildStack({
    id,
    vpcId: place.vpcId,
    settings,
    naming,
    ...discovered,
    frontendRules: collapse(rules, quotas.inboundRulesPerSecurityGroup).rules,
    foreignTags: externalManagedTags,
    ...(targetSecurityGroupTags === undefined ? {} : { targetSecurityGroupTags }),
    ...(backendSecurityGroup === undefined ? {} : { backendGroup: backendSecurityGroup }),
  })
  return { settings, stack }
}

async function listenersOf(
  { calls, pictures }: Location,
  balancers: readonly FoundLoadBalancer[],
  caller: Caller,
): Promise<readonly FoundListener[]> {
  const lists = await Promise.all(
    balancers.map(async ({ arn }) => {
      try {
        const { Listeners = [] } = await calls.elb('DescribeListeners', { LoadBalancerArn: arn }, caller)
        return pictures.listeners.over(Listeners.map(foundListener), ({ loadBalancer }) => loadBalancer === arn)
      } catch (error) {
        if (!isGone(error)) throw error
        pictures.loadBalancers.lost(arn)
        return []
      }
    }),
  )
  return lists.flat()
}

/** What shall be registered, by key of the target group. */
export async function targetsOf(
  context: Context,
  id: LoadBalancerId,
  settings: AwsSettings,
  location: Location,
  { signal }: Caller,
): Promise<ReadonlyMap<string, readonly Target[]>> {
  const inside = isInside([...(await location.pictures.subnets.all(signal)).values()])
  const around = { nodes: [...context.nodes()], slices: [...context.slicesOf(id)], isInside: inside }
  return new Map(settings.targetGroups.map(group => [group.key, chooseTargets(group, around).targets]))
}

/** What a plan may have to wait for: groups that are to take the place of others, and a load balancer that is. */
function waitedFor(
  stack: Stack,
  {
    standing,
    groups,
    listeners,
    record,
  }: {
    readonly standing: readonly FoundLoadBalancer[]
    readonly groups: readonly FoundTargetGroup[]
    readonly listeners: readonly FoundListener[]
    readonly record: LedgerRecord | undefined
  },
): readonly string[] {
  const own = groups.filter(({ name }) => stack.targetGroups.some(group => group.name === name))
  const current = standing.find(({ name }) => name === stack.balancer.name)
  const retired = new Set((record?.retiring ?? []).map(({ id }) => id))
  const replaced = standing.some(({ arn, name }) => name !== stack.balancer.name && !retired.has(arn))
  if (replaced) return [...own.map(({ arn }) => arn), ...(current ? [current.arn] : [])]
  return own.flatMap(({ arn }) => {
    const leading = listeners.filter(({ loadBalancer }) => loadBalancer === current?.arn)
    const waits = leading.some(({ forward }) => forward.some(({ targetGroup, weight }) => targetGroup === arn && weight === 0))
    return waits ? [arn] : []
  })
}

function rememberWaits(
  { memory, clock }: Context,
  _id: LoadBalancerId,
  all: readonly string[],
  waited: readonly string[],
): ReadonlyMap<string, number> {
  for (const arn of all) if (!waited.includes(arn)) memory.waiting.delete(arn)
  for (const arn of waited) if (!memory.waiting.has(arn)) memory.waiting.set(arn, clock.now())
  return new Map(waited.map(arn => [arn, memory.waiting.get(arn) ?? clock.now()]))
}

async function healthyOf({ calls }: Location, groups: readonly string[], caller: Caller): Promise<ReadonlySet<string>> {
  const answers = await Promise.all(groups.map(async arn => (hasHealthy(await describeHealth(calls, arn, caller)) ? [arn] : [])))
  return new Set(answers.flat())
}

/** Of what stands, the attributes that the ledger does not tell: after a crash between creating and noting. */
async function unknownAttributes(
  { calls }: Location,
  {
    record,
    stack,
    current,
    groups,
    listeners,
  }: {
    readonly record: LedgerRecord | undefined
    readonly stack: Stack
    readonly current: FoundLoadBalancer | undefined
    readonly groups: readonly FoundTargetGroup[]
    readonly listeners: readonly FoundListener[]
  },
  caller: Caller,
): Promise<ReadonlyMap<string, Attributes>> {
  const isKnown = (resource: string) => record?.attributes[resource] !== undefined
  const asked: Promise<readonly [string, Attributes]>[] = []
  if (current && !isKnown('load-balancer')) {
    asked.push(
      calls
        .elb('DescribeLoadBalancerAttributes', { LoadBalancerArn: current.arn }, caller)
        .then(({ Attributes }) => [current.arn, pairs(Attributes)]),
    )
  }
  for (const { key, name } of stack.targetGroups) {
    const found = groups.find(group => group.name === name)
    if (!found || isKnown(`target-group/${key}`)) continue
    asked.push(
      calls
        .elb('DescribeTargetGroupAttributes', { TargetGroupArn: found.arn }, caller)
        .then(({ Attributes }) => [found.arn, pairs(Attributes)]),
    )
  }
  for (const { arn, port, loadBalancer } of listeners) {
    if (loadBalancer !== current?.arn || isKnown(`listener/${port}`)) continue
    asked.push(
      calls.elb('DescribeListenerAttributes', { ListenerArn: arn }, caller).then(({ Attributes }) => [arn, pairs(Attributes)]),
    )
  }
  return new Map(await Promise.all(asked))
}

async function unknownCertificates(
  { calls }: Location,
  record: LedgerRecord | undefined,
  listeners: readonly FoundListener[],
  caller: Caller,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const asked = listeners.filter(
    ({ protocol, port }) => protocol === 'TLS' && record?.attributes[`certificates/${port}`] === undefined,
  )
  const answers = await Promise.all(
    asked.map(async ({ arn }) => {
      const { Certificates = [] } = await calls.elb('DescribeListenerCertificates', { ListenerArn: arn }, caller)
      const further = Certificates.flatMap(({ CertificateArn, IsDefault }) => (IsDefault === true ? [] : (CertificateArn ?? [])))
      return [arn, further] as const
    }),
  )
  return new Map(answers)
}

function pairs(
  list: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] | undefined,
): Attributes {
  return Object.fromEntries((list ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']))
}
