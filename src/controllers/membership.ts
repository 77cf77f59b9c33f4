// The loop of targets, for providers that register them one by one: endpoints and nodes come and go without a look at the rest.
import { readyCondition } from '../api/reasons.ts'
import { findCondition } from '../kubernetes/conditions.ts'
import { keyOf, makeKey } from '../kubernetes/objects.ts'
import type { ObjectKey } from '../kubernetes/objects.ts'
import { createQueue } from '../kubernetes/queue.ts'
import type { WorkOutcome } from '../kubernetes/queue.ts'
import { buildLoadBalancer } from '../model/build.ts'
import { claim } from '../model/claim.ts'
import { buildMembership } from '../model/endpoints.ts'
import { serviceNameLabel } from '../model/kubernetes-objects.ts'
import type { Node, Service } from '../model/kubernetes-objects.ts'
import type { LoadBalancerId } from '../model/load-balancer.ts'
import { nodeExclusion } from '../model/nodes.ts'
import { ProviderError } from '../provider.ts'
import type { Goal, Outcome, Provider } from '../provider.ts'
import { missingCapabilities } from './capabilities.ts'
import type { Controller, Surroundings } from './controller.ts'
import { followReferences, portsMark } from './references.ts'
import type { ServiceController } from './service.ts'

export interface MembershipOptions {
  readonly surroundings: Surroundings
  readonly provider: Provider
  /** Brings the targets up to date and nothing else; undefined when there is nothing yet that could have any. */
  readonly syncTargets: (id: LoadBalancerId, goal: Goal, signal: AbortSignal) => Promise<Outcome | undefined>
  /** Names of other Services of the namespace whose endpoints are targets of this one's load balancer, too. */
  readonly othersOf?: (service: Service) => readonly string[]
  /** Looks at a Service whole: its condition is written there. */
  readonly services: Pick<ServiceController, 'look'>
}

export interface MembershipController extends Controller {
  /** Looks at the targets of a Service again: something that is no endpoint and no node has changed. */
  look(key: ObjectKey): void
  /** The Services whose load balancers lead to this one, too. */
  leadingTo(key: ObjectKey): readonly Service[]
}

/** Endpoints of a rollout change together, and nodes of a scale-up: each burst is one call. */
const endpointDelayMs = 100
const nodeDelayMs = 1000

/** Calls to a provider wait much and work little. */
const concurrency = 64

export function startMembershipController(options: MembershipOptions): MembershipController {
  const { surroundings } = options
  const { stores, clock, random, metrics } = surroundings
  const log = surroundings.log.child({ controller: 'membership' })
  const queue = createQueue({
    name: 'membership',
    work: (key, signal) => sync({ ...options, surroundings: { ...surroundings, log } }, key, signal),
    clock,
    random,
    logger: log,
    concurrency,
    metrics: metrics.queue('membership'),
  })
  const references = followReferences(stores.services, options.othersOf ?? (() => []))
  const subscriptions = [
    () => references.stop(),
    stores.slices.subscribe(({ object, old }) => {
      const { metadata } = object ?? old
      const name = metadata.labels?.[serviceNameLabel]
      if (name === undefined) return
      const key = makeKey(metadata.namespace, name)
      for (const each of [key, ...references.to(key)]) queue.addAfter(each, endpointDelayMs)
    }),
    stores.services.subscribe(({ key, object, old }) => {
      if (portsMark(object) === portsMark(old)) return
      for (const each of references.to(key)) queue.addAfter(each, endpointDelayMs)
    }),
    stores.nodes.subscribe(({ object, old }) => {
      if (targetMark(object) === targetMark(old)) return
      for (const service of stores.services.values()) {
        if (service.spec.type === 'LoadBalancer') queue.addAfter(keyOf(service), nodeDelayMs)
      }
    }),
  ]
  return {
    name: 'membership',
    look: key => queue.add(key),
    leadingTo: key => [...references.to(key)].flatMap(each => stores.services.get(each) ?? []),
    stop: async graceMs => {
      for (const unsubscribe of subscriptions) unsubscribe()
      await queue.drain(graceMs)
    },
  }
}

/** What of a node decides whether it is a target, and which. */
export function targetMark(node: Node | undefined): string {
  if (!node) return ''
  const { metadata, spec } = node
  return JSON.stringify([metadata.uid, metadata.labels, spec?.providerID, nodeExclusion(node)])
}

async function sync(options: MembershipOptions, key: ObjectKey, signal: AbortSignal): Promise<WorkOutcome | undefined> {
  const { surroundings, syncTargets, services } = options
  const { clock, log, metrics, stores } = surroundings
  const service = stores.services.get(key)
  const goal = service && goalOf(options, key, service)
  if (!goal) return undefined
  const startedAt = clock.monotonic()
  try {
    const outcome = await syncTargets(goal.desired.id, goal, signal)
    if (!outcome) return undefined
    const durationMs = Math.round(clock.monotonic() - startedAt)
    metrics.reconciled('membership', outcome.readiness.reason, durationMs)
    log.debug({ object: key, reason: outcome.readiness.reason, durationMs }, 'targets are up to date')
    const told = findCondition(service.status?.conditions, readyCondition)
    if (told?.reason !== outcome.readiness.reason || outcome.warnings.length > 0) services.look(key)
    return outcome.again === 'on-change' ? undefined : { againAfterMs: outcome.again.afterMs }
  } catch (error) {
    // Told in the condition, which the look at the whole writes.
    if (error instanceof ProviderError) services.look(key)
    throw error
  }
}

/** What a Service asks of `provider`. Undefined for a Service that is another provider's, or refused: then everything stays as it is. */
export function goalOf(
  {
    surroundings: { stores },
    provider,
  }: {
    readonly surroundings: Pick<Surroundings, 'stores'>
    readonly provider: Pick<Provider, 'name' | 'capabilities' | 'check'>
  },
  key: ObjectKey,
  service: Service,
): Goal | undefined {
  const claimed = claim(service, [...stores.classes.values()])
  if (claimed.kind !== 'ours' || claimed.class.spec.provider !== provider.name) return undefined
  const { desired, problems } = buildLoadBalancer(service, claimed.class)
  if (
    [...problems, ...missingCapabilities(desired, provider), ...provider.check(desired)].some(
      ({ severity }) => severity === 'blocks',
    )
  )
    return undefined
  return { desired, membership: buildMembership(stores.slices.byIndex('service', key), desired.families, desired.listeners) }
}
