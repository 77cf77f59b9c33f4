// What happens only while somebody looks: the watches that the controller itself does not need, and the count of changes.
import { randomUUID } from 'node:crypto'
import type { LoadBalancer } from '../api/load-balancer.ts'
import { loadBalancers } from '../controllers/resources.ts'
import { defineResource } from '../kubernetes/objects.ts'
import { startReflector } from '../kubernetes/reflector.ts'
import type { Reflector } from '../kubernetes/reflector.ts'
import { createStore } from '../kubernetes/store.ts'
import type { WritableStore } from '../kubernetes/store.ts'
import { keepNewest } from './newest.ts'
import type { WeirEvent } from './sources.ts'
import type { PageSurroundings } from './surroundings.ts'
import { timeOf } from './tables/events.ts'

/** Every component of Weir that writes events. */
export const eventReporter = 'weir.dev/controller'

const events = defineResource<WeirEvent>({
  group: 'events.k8s.io',
  version: 'v1',
  plural: 'events',
  kind: 'Event',
  namespaced: true,
})

/** Nobody asked for so long: nobody looks any more. A hidden tab asks every half a minute. */
const patienceMs = 90_000

/** A cluster in trouble may have very many; nobody reads further back than this. */
const mostEvents = 1000

export interface Looking {
  /** Somebody asks: starts what is needed, and keeps it. */
  seen(): View
  stop(): Promise<void>
}

export interface View {
  readonly events: WritableStore<WeirEvent>
  readonly loadBalancers: WritableStore<LoadBalancer>
  /** Another one after every change of anything that is shown. */
  readonly changes: string
  /** What of this cannot be read, in words; the page is shown all the same. */
  troubles(): readonly string[]
}

export function createLooking(around: PageSurroundings): Looking {
  const { clock } = around
  let current: ReturnType<typeof startView> | undefined
  let cancel = () => {}
  let ending: Promise<unknown> = Promise.resolve()
  const end = () => {
    ending = Promise.all([ending, current?.stop()])
    current = undefined
  }
  return {
    seen() {
      cancel()
      cancel = clock.schedule(patienceMs, end)
      current ??= startView(around)
      return current
    },
    async stop() {
      cancel()
      end()
      await ending
    },
  }
}

function startView({
  stores,
  agents,
  transport,
  clock,
  random,
  log,
  namespace,
}: PageSurroundings): View & { stop(): Promise<void> } {
  const begun = randomUUID()
  let changes = 0
  const changed = () => void changes++
  const seenEvents = createStore<WeirEvent>()
  const seenLoadBalancers = createStore<LoadBalancer>()
  // Leases change all the time; what they say is told by the agents' coming and going.
  const { leases: _leases, namespaces: _namespaces, ...shown } = stores
  const unsubscribe = [
    keepNewest(seenEvents, { most: mostEvents, timeOf }),
    ...Object.values(shown).map(store => store.subscribe(changed)),
    seenEvents.subscribe(changed),
    seenLoadBalancers.subscribe(changed),
    agents.subscribe(changed),
  ]
  const base = { transport, clock, random }
  const reflectors: readonly (readonly [string, Reflector])[] = [
    [
      'events',
      startReflector({
        ...base,
        resource: events,
        store: seenEvents,
        fieldSelector: `reportingController=${eventReporter}`,
        prune: pruneEvent,
        logger: log.child({ resource: 'events', for: 'page' }),
      }),
    ],
    [
      'load balancers',
      startReflector({
        ...base,
        resource: loadBalancers,
        store: seenLoadBalancers,
        namespace,
        prune: pruneLoadBalancer,
        logger: log.child({ resource: 'loadbalancers', for: 'page' }),
      }),
    ],
  ]
  return {
    events: seenEvents,
    loadBalancers: seenLoadBalancers,
    get changes() {
      return `${begun} ${changes}`
    },
    troubles: () => reflectors.flatMap(([what, { state }]) => (state.trouble ? [`${what}: ${state.trouble.message}`] : [])),
    async stop() {
      for (const each of unsubscribe) each()
      await Promise.all(reflectors.map(([, reflector]) => reflector.stop()))
    },
  }
}

function pruneEvent({ metadata, eventTime, type, reason, note, regarding, series }: WeirEvent): WeirEvent {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata
  const { kind, namespace: of, name: about } = regarding ?? {}
  return {
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    },
    ...(eventTime ? { eventTime } : {}),
    ...(type === undefined ? {} : { type }),
    ...(reason === undefined ? {} : { reason }),
    ...(note === undefined ? {} : { note }),
    regarding: {
      ...(kind === undefined ? {} : { kind }),
      ...(of === undefined ? {} : { namespace: of }),
      ...(about === undefined ? {} : { name: about }),
    },
    ...(series ? { series } : {}),
  }
}

/** Without hashes, attributes and what members asked for, most of it. */
function pruneLoadBalancer({ apiVersion, kind, metadata, spec, status }: LoadBalancer): LoadBalancer {
  const { attributes: _attributes, targets: _targets, openings: _openings, ...kept } = status ?? {}
  const members = spec.members.map(({ asked: _asked, hash: _hash, ...member }) => member)
  return { apiVersion, kind, metadata, spec: { ...spec, members }, ...(status ? { status: kept } : {}) }
}
