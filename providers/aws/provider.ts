// The aws provider: a Network Load Balancer for each Service. Wires what it is handed to the parts beside it.
import type { LoadBalancerClass } from '../../src/api/load-balancer-class.ts'
import type { LoadBalancerOwner } from '../../src/model/load-balancer-owner.ts'
import type { DesiredLoadBalancer, GroupId, LoadBalancerId, Problem, ServiceId } from '../../src/model/load-balancer.ts'
import type { Capabilities, Goal, Outcome, Provider, TargetBinder } from '../../src/provider.ts'
import type { AwsAction } from './actions.ts'
import { apply } from './apply.ts'
import { createDirectRules, directOpenings } from './apply/direct.ts'
import { createTargetRules } from './apply/target-rules.ts'
import { createBindings } from './binding/bindings.ts'
import { createBindingRules } from './binding/rules.ts'
import type { BindingOpenings, BindingRules } from './binding/rules.ts'
import { sdkTransports } from './calls/clients.ts'
import { createHealthSeen } from './calls/meter.ts'
import { homesOf, move } from './groups/homes.ts'
import { indexGroups } from './groups/known.ts'
import { groupGoal, groupOf, sharingOf } from './groups/members.ts'
import { prepare } from './groups/work.ts'
import { healthOfTargets } from './membership/gates.ts'
import type { GroupOfTargets } from './membership/gates.ts'
import type { Place } from './model/ledger.ts'
import { blocks } from './model/problems.ts'
import type { AwsObserved } from './model/seen.ts'
import { observe } from './observe.ts'
import { emptyMemory } from './observe/context.ts'
import { targetsApart } from './observe/targets-apart.ts'
import type { TargetsApart } from './observe/targets-apart.ts'
import type { Context } from './observe/context.ts'
import { plan } from './plan.ts'
import type { AwsDependencies } from './provider/dependencies.ts'
import { createDrift } from './provider/drift.ts'
import { createIngress } from './provider/ingress.ts'
import type { AwsIngressProvider } from './provider/ingress.ts'
import { createHealthRound } from './provider/health-round.ts'
import { listOutside, ownersOf } from './provider/list.ts'
import { createLocations, perLocation } from './provider/locations.ts'
import type { Location } from './provider/locations.ts'
import { withPlacesOfNow } from './provider/places.ts'
import { createOrphanFinder, usualApartMs } from './provider/orphans.ts'
import type { FoundOrphans } from './provider/orphans.ts'
import { keepSharedGroup } from './provider/shared-group.ts'
import { createTurns } from './provider/turns.ts'
import { readSettings } from './settings.ts'
import type { IngressGroupId } from '../../src/model/ingress-group.ts'

export const awsCapabilities: Capabilities = {
  protocols: new Set(['TCP', 'UDP'] as const),
  targetTypes: new Set(['Node', 'Pod'] as const),
  families: new Set(['IPv4', 'IPv6'] as const),
  mixedProtocols: true,
  sharedAddresses: false,
  // Instance targets without node ports are refused by the settings, which know the target type of each Service.
  withoutNodePorts: true,
}

export interface AwsProvider extends Provider<AwsObserved, AwsAction> {
  /** As the seam has it; with the goal, what it needs is discovered as well, and an unchanged one costs no call. */
  observe(id: LoadBalancerId, signal: AbortSignal, goal?: Goal, leaving?: DesiredLoadBalancer): Promise<AwsObserved>
  /** Whether anything is on record for a Service: a load balancer, or a part of that of a group. */
  holds(id: LoadBalancerId): boolean
  /** Where targets at AWS are not those that they should be, as far as a look asked for everything. Only asks. */
  targetsApart(observed: AwsObserved, signal: AbortSignal): Promise<readonly TargetsApart[]>
  /** The loop of targets: brings the targets of one load balancer up to date and nothing else. */
  syncTargets(id: LoadBalancerId, goal: Goal, signal: AbortSignal): Promise<Outcome | undefined>
  /** The health of the targets of every group that is wanted; undefined while one is not there yet. */
  healthOfTargets(id: LoadBalancerId, goal: Goal, signal: AbortSignal): Promise<readonly GroupOfTargets[] | undefined>
  /** Targets of all groups by what AWS said last of their health. */
  targetsSeen(): ReadonlyMap<string, number>
  /** Fills target groups that somebody else made. */
  readonly bindings: TargetBinder
  /** Ingresses, by Application Load Balancers. */
  readonly ingress: AwsIngressProvider
  /** Whether AWS answers for a class. Rejects with a ProviderError. Costs a call only where nobody has asked before. */
  probe(found: LoadBalancerClass, signal: AbortSignal): Promise<void>
  /** Lists AWS anew and wakes those whose things were changed by others. Every five minutes or so. */
  sweep(signal: AbortSignal): Promise<void>
  /** Asks whether the next one in turn that serves still does, and wakes it if not. One call as a rule. */
  inspectHealth(signal: AbortSignal): Promise<void>
  /** Has the next one in turn compared in full, attributes and targets included. So often that all are seen within hours. */
  inspectNext(): void
  /** Lists AWS where that was not done for some minutes: what is tagged ours and owned by nobody, and what of it is to go now. */
  orphans(signal: AbortSignal): Promise<FoundOrphans>
}

export function createAwsProvider(dependencies: AwsDependencies): AwsProvider {
  const { clock, log, signal, whereabouts, rates, cluster, clusterName, neighbours } = dependencies
  const healthSeen = createHealthSeen()
  const locations = createLocations({
    transports: dependencies.transports ?? (place => sdkTransports(clientOptions(place))),
    whereabouts,
    clock,
    signal,
    ...(rates === undefined ? {} : { rates }),
    meter: dependencies.meter,
    health: healthSeen,
  })
  const classOf = (name: string) => [...dependencies.classes()].find(({ metadata }) => metadata.name === name)
  const placeOf = (className: string) => {
    const found = classOf(className)
    return found && locations.ofClassIfKnown(found)?.place
  }
  const groups = indexGroups(withPlacesOfNow(dependencies.ledger, placeOf))
  const { ledger } = groups
  /** Openings by the ledger of those that stand at `location`. */
  const openedAt = (location: Location) =>
    [...ledger.entries()].flatMap(([{ uid }, record]) => {
      if (locations.of(record.place) !== location) return []
      const backend = classOf(record.class)?.spec.aws?.backendSecurityGroup ?? record.ids['security-group/backend']
      return [[uid, record.openings, backend] as const]
    })
  const context: Context = {
    cluster,
    ...(clusterName === undefined ? {} : { clusterName }),
    ledger,
    groups,
    neighbours,
    locations,
    slicesOf: dependencies.slicesOf,
    serviceOf: dependencies.serviceOf,
    nodes: dependencies.nodes,
    clock,
    log,
    oidcClient: dependencies.oidcClient ?? (() => Promise.resolve(undefined)),
    confirmLeading: dependencies.confirmLeading ?? (() => Promise.resolve()),
    memory: emptyMemory(),
    rulesOf: perLocation(location =>
      createTargetRules({
        calls: location.calls,
        pictures: location.pictures,
        cluster,
        recorded: () => openedAt(location).map(([uid, openings, backend]) => [uid, { openings, backend }] as const),
      }),
    ),
    directRulesOf: perLocation(location =>
      createDirectRules(location, {
        cluster,
        recorded: () => openedAt(location).map(([uid, openings]) => [uid, directOpenings(openings)] as const),
        all: doors,
      }),
    ),
    bindingRulesOf: perLocation(location =>
      createBindingRules({
        calls: location.calls,
        pictures: location.pictures,
        description: `weir.dev/bindings of ${cluster}`,
        recorded: () => boundAt(location),
        all: doors,
      }),
    ),
  }
  if (dependencies.believesRecords === false) {
    for (const [{ uid }, { members = [] }] of ledger.entries())
      for (const each of [uid, ...members.map(({ id }) => id.uid)]) context.memory.strict.add(each)
  }
  const orphans = createOrphanFinder(context, {
    isOwned: dependencies.isOwned ?? (() => false),
    apartMs: dependencies.orphanApartMs ?? usualApartMs,
  })
  const wakers = new Set<(id: LoadBalancerId) => void>()
  const wake = (id: LoadBalancerId) => wakers.forEach(each => each(id))
  const drift = createDrift(context, (location, signal) => keepSharedGroup(context, location, signal))
  const healthRound = createHealthRound(context)
  const ingressWakers = new Set<(id: IngressGroupId) => void>()
  /** Shape and targets of one load balancer are never worked on at once. */
  const turns = createTurns()
  const mover = { context, turns, wake }
  /** Of a group, every member is woken: each looks after its own part. */
  const wakeAll = (id: LoadBalancerOwner) => {
    if (id.kind === 'IngressGroup') return ingressWakers.forEach(each => each(id))
    const members = id.kind === 'Group' ? (ledger.read(id)?.members ?? []).map(member => member.id) : [id]
    for (const each of members) wake(each)
  }
  const sharingAt = (group: GroupId) => sharingOf({ neighbours, now: clock.now() }, group, ledger.read(group))
  return {
    name: 'aws',
    capabilities: awsCapabilities,
    check,
    async observe(id, signal, goal, leaving) {
      // Found by its tags alone. While somebody asks for it, it is theirs.
      if (id.kind === 'Group')
        return sharingAt(id).members.length > 0 ? { kind: 'absent' } : observe(context, id, { goal: undefined }, signal)
      const { wanted, former } = homesOf(context, id, goal)
      if (former.every(({ kind }) => kind === 'Service') && wanted?.kind !== 'Group')
        return observe(context, id, { goal, leaving }, signal)
      return {
        kind: 'shared',
        former,
        leaving,
        ...(wanted ? { at: await prepare(context, { home: wanted, id, goal }, signal) } : {}),
      }
    },
    plan: (goal, observed) =>
      observed.kind === 'shared' ? (observed.at?.look ? plan(observed.at.goal, observed.at.look) : []) : plan(goal, observed),
    apply({ id, goal, observed, actions }, signal) {
      if (observed.kind === 'shared' && id.kind === 'Service') return move(mover, { id, goal, observed, actions }, signal)
      if (observed.kind === 'shared') throw new TypeError('a group has no groups')
      return turns.take(id.uid, () => apply(context, { id, goal, observed, actions }, signal))
    },
    async targetsApart(observed, signal) {
      const look = observed.kind === 'shared' ? observed.at?.look : observed
      if (look?.kind !== 'seen' || !look.record) return []
      return targetsApart(look, locations.of(look.record.place), signal)
    },
    syncTargets: (id, goal, signal) => {
      const group = groupOf(goal.desired)
      if (group && id.kind === 'Service') return syncMember(group, id, signal)
      return turns.take(id.uid, async () => {
        const record = ledger.read(id)
        // Without a target group there is nothing to fill; the shape comes first. One that was filled may wait to be replaced.
        const isGroup = (resource: string) => resource.startsWith('target-group/')
        if (!record || !(Object.keys(record.ids).some(isGroup) || Object.keys(record.targets).length > 0)) return undefined
        return apply(context, { id, goal, observed: { kind: 'settled', record }, actions: [] }, signal)
      })
    },
    holds: id => ledger.read(id) !== undefined || (id.kind === 'Service' && groups.of(id).length > 0),
    async list(signal) {
      signal.throwIfAborted()
      // What nobody remembers is not told here: it goes the slow way of orphans. But where it is must be known.
      for (const location of knownLocations()) await listOutside(context, location, Number.POSITIVE_INFINITY, signal)
      return [...ledger.entries()].flatMap(([id]) => (id.kind === 'IngressGroup' ? [] : ownersOf(context, id)))
    },
    watch(listener) {
      wakers.add(listener)
      return () => wakers.delete(listener)
    },
    async healthOfTargets(id, goal, signal) {
      const group = groupOf(goal.desired)
      if (!group || id.kind !== 'Service') return healthOfTargets(context, { id, goal }, signal)
      const whole = groupGoal(sharingAt(group))
      return whole && healthOfTargets(context, { id: group, goal: whole, member: id }, signal)
    },
    targetsSeen: () => healthSeen.counts(),
    bindings: createBindings({ context, signal }),
    ingress: createIngress(context, { turns, wakers: ingressWakers }),
    async probe(found, signal) {
      await locations.ofClass(found).pictures.subnets.all(signal)
    },
    async sweep(signal) {
      for (const id of await drift.sweep(signal)) wakeAll(id)
    },
    async inspectHealth(signal) {
      const id = await healthRound.next(signal)
      if (id?.kind === 'IngressGroup') wakeAll(id)
      else if (id) wake(id)
    },
    inspectNext() {
      const id = drift.inspectNext()
      if (!id) return
      // Each compares the targets of its own part.
      if (id.kind === 'Group') for (const member of ledger.read(id)?.members ?? []) context.memory.strict.add(member.id.uid)
      wakeAll(id)
    },
    orphans: signal => orphans.find(knownLocations(), signal),
  }

  /** The part that a member has on record; when it is to be another one, the look at the whole brings it about. */
  function syncMember(group: GroupId, id: ServiceId, signal: AbortSignal): Promise<Outcome | undefined> {
    return turns.take(group.uid, async () => {
      const record = ledger.read(group)
      const goal = groupGoal(sharingAt(group))
      if (!goal || !record?.members?.some(member => member.id.uid === id.uid && member.ports.length > 0)) return undefined
      return apply(context, { id: group, goal, observed: { kind: 'settled', record }, actions: [], member: id }, signal)
    })
  }

  /** What bindings opened at `location` by their records. */
  function boundAt(location: Location): readonly (readonly [string, BindingOpenings])[] {
    return [...(dependencies.bindingRecords?.() ?? [])].flatMap(([uid, { place, openings }]) =>
      place && openings && locations.of(place) === location ? [[uid, openings] as const] : [],
    )
  }

  /** Everything that opens doors for clients at targets, wherever. */
  function doors(): readonly BindingRules[] {
    const bound = [...(dependencies.bindingRecords?.() ?? [])].flatMap(([, { place }]) => (place ? [locations.of(place)] : []))
    return [...new Set([...knownLocations(), ...bound])].flatMap(each => [
      context.directRulesOf(each),
      context.bindingRulesOf(each),
    ])
  }

  /** Those of the ledger and of the classes; a class whose place is not known yet has made nothing. */
  function knownLocations(): readonly Location[] {
    const found = new Set<Location>()
    for (const [, { place }] of ledger.entries()) found.add(locations.of(place))
    for (const each of dependencies.classes()) {
      try {
        found.add(locations.ofClass(each))
      } catch (error) {
        log.debug({ class: each.metadata.name, error }, 'the place of a class is not known')
      }
    }
    return [...found]
  }
}

function check(desired: DesiredLoadBalancer): readonly Problem[] {
  const { settings, problems } = readSettings(desired)
  const unsupported: Problem[] = []
  if (settings.group !== undefined && settings.adopt !== undefined)
    unsupported.push(blocks('UnsupportedAnnotation', 'The load balancer of a group cannot be one that is taken over.'))
  return [...problems, ...unsupported]
}

function clientOptions({ region, endpoints, assumeRole }: Place) {
  return {
    region,
    ...(endpoints === undefined ? {} : { endpoints }),
    ...(assumeRole === undefined ? {} : { assumeRole }),
  }
}
