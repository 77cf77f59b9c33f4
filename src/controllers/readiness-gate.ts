// The loop of pods that wait for their load balancers: a pod with the gate is let in once it is healthy in all target groups.
import { readinessGate } from '../api/group.ts'
import { setCondition } from '../kubernetes/conditions.ts'
import { isConflict, isNotFound } from '../kubernetes/errors.ts'
import { keyOf } from '../kubernetes/objects.ts'
import type { ObjectKey } from '../kubernetes/objects.ts'
import { createQueue } from '../kubernetes/queue.ts'
import type { WorkOutcome } from '../kubernetes/queue.ts'
import type { Store } from '../kubernetes/store.ts'
import type { EndpointSlice, Pod, Service } from '../model/kubernetes-objects.ts'
import type { Controller, Surroundings } from './controller.ts'
import { pods as podResource } from './resources.ts'

/** A target group of a Service, with what the load balancer thinks of its targets. */
export interface WaitingGroup {
  readonly targetType: 'instance' | 'ip'
  /** By address and port of the target, as `10.0.0.1 8080`. `reason` is the provider's word for why it is not healthy. */
  readonly health: ReadonlyMap<string, { readonly state: string; readonly reason: string }>
}

export interface ReadinessGateOptions {
  readonly surroundings: Surroundings
  /** Pods that carry the label of the gate. */
  readonly pods: Store<Pod>
  /** Whether a Service is the provider's. */
  readonly isOurs: (service: Service) => boolean
  /** The groups of a Service of the provider's; undefined while not all of them are made. */
  readonly groupsOf: (service: Service, signal: AbortSignal) => Promise<readonly WaitingGroup[] | undefined>
  /** Has the targets of a Service looked at: a pod of it may be registered now. */
  readonly lookAtTargets: (key: ObjectKey) => void
}

/** How often to ask for the health of targets that somebody waits for; pods of one Service share an answer that is younger. */
const pollMs = 3000
const youngMs = 2000

export function startReadinessGate(options: ReadinessGateOptions): Controller {
  const { surroundings, pods, groupsOf } = options
  const { clock, random, metrics } = surroundings
  const log = surroundings.log.child({ controller: 'readiness-gate' })
  const asked = new Map<ObjectKey, { readonly at: number; readonly answer: ReturnType<typeof groupsOf> }>()
  const shared: typeof groupsOf = (service, signal) => {
    const key = keyOf(service)
    const now = clock.monotonic()
    for (const [other, { at }] of asked) if (now - at > youngMs) asked.delete(other)
    const known = asked.get(key)
    if (known) return known.answer
    const answer = groupsOf(service, signal)
    asked.set(key, { at: now, answer })
    answer.catch(() => asked.delete(key))
    return answer
  }
  const queue = createQueue({
    name: 'readiness-gate',
    work: (key, signal) => judge({ ...options, groupsOf: shared, surroundings: { ...surroundings, log } }, key, signal),
    clock,
    random,
    logger: log,
    concurrency: 32,
    firstDelayMs: 500,
    longestDelayMs: 10_000,
    metrics: metrics.queue('readiness-gate'),
  })
  const unsubscribe = pods.subscribe(({ key, object }) => object && waits(object) && queue.add(key), { replay: true })
  return {
    name: 'readiness-gate',
    stop: async graceMs => {
      unsubscribe()
      await queue.drain(graceMs)
    },
  }
}

/** Whether a pod has the gate, is alive but for it, and was not let in. Health comes and goes; the gate is about starting (KEP-580). */
function waits(pod: Pod): boolean {
  if (pod.metadata.deletionTimestamp !== undefined || !hasGate(pod)) return false
  return !isTrue(pod, readinessGate) && isTrue(pod, 'ContainersReady')
}

function hasGate({ spec }: Pod): boolean {
  return spec?.readinessGates?.some(({ conditionType }) => conditionType === readinessGate) === true
}

function isTrue({ status }: Pod, type: string): boolean {
  return status?.conditions?.some(condition => condition.type === type && condition.status === 'True') === true
}

/**
 * The slices as the load balancer is to see them: a pod that only waits for the gate is not ready to Kubernetes, and must be
 * registered all the same, or it would wait for ever.
 */
export function admitWaiting(
  slices: readonly EndpointSlice[],
  pods: Pick<Store<Pod>, 'byIndex' | 'size'>,
): readonly EndpointSlice[] {
  if (pods.size === 0) return slices
  return slices.map(slice => ({
    ...slice,
    endpoints: (slice.endpoints ?? []).map(endpoint => {
      const { uid } = endpoint.targetRef ?? {}
      if (uid === undefined || endpoint.conditions?.ready !== false || endpoint.conditions.terminating === true) return endpoint
      const [pod] = pods.byIndex('uid', uid)
      return pod && waits(pod) ? { ...endpoint, conditions: { ready: true, serving: true, terminating: false } } : endpoint
    }),
  }))
}

async function judge(options: ReadinessGateOptions, key: ObjectKey, signal: AbortSignal): Promise<WorkOutcome | undefined> {
  const { surroundings, pods } = options
  const { writer, clock, log } = surroundings
  const pod = pods.get(key)
  if (!pod || !waits(pod)) return undefined
  const waiting = await whatIsMissing(options, pod, signal)
  const isHealthy = waiting === undefined
  const state = {
    type: readinessGate,
    status: isHealthy ? ('True' as const) : ('False' as const),
    reason: isHealthy ? 'TargetsHealthy' : 'TargetsNotHealthy',
    message: waiting ?? 'The pod is healthy in all its target groups.',
  }
  // Conditions of pods have fields of their own, which pass through untouched.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const before = (pod.status?.conditions ?? []) as Parameters<typeof setCondition>[0]
  const conditions = setCondition(before, state, clock.now())
  try {
    if (conditions !== before) await writer.patchStatus(podResource, pod, { status: { conditions } }, { signal })
  } catch (error) {
    // Its own event is on the way.
    if (!isConflict(error) && !isNotFound(error)) throw error
  }
  if (!isHealthy) return { againAfterMs: pollMs }
  log.info({ object: key }, 'pod let in')
  return undefined
}

/** What the pod still waits for, as a sentence; undefined when it waits for nothing. */
async function whatIsMissing(options: ReadinessGateOptions, pod: Pod, signal: AbortSignal): Promise<string | undefined> {
  const { surroundings, isOurs, groupsOf, lookAtTargets } = options
  const { stores } = surroundings
  for (const service of stores.services.byIndex('namespace', pod.metadata.namespace ?? '')) {
    const key = keyOf(service)
    const slices = stores.slices.byIndex('service', key)
    const endpoints = slices.flatMap(slice =>
      (slice.endpoints ?? []).filter(({ targetRef }) => targetRef?.uid === pod.metadata.uid),
    )
    // Whose it is takes longer to find out than whether it concerns the pod.
    if ((endpoints.length === 0 && !isSelected(service, pod)) || !isOurs(service)) continue
    if (endpoints.length === 0) return `It is no endpoint of ${key} yet.`
    const groups = await groupsOf(service, signal)
    if (!groups) return `The load balancer of ${key} is being made.`
    const addresses = new Set(endpoints.map(({ addresses: [address = ''] }) => address))
    for (const { targetType, health } of groups) {
      if (targetType !== 'ip') continue
      const own = [...health].filter(([target]) => addresses.has(target.split(' ')[0] ?? ''))
      if (own.length === 0) {
        lookAtTargets(key)
        return `It is not registered yet at the load balancer of ${key}.`
      }
      const bad = own.find(([, { state }]) => state !== 'healthy')
      if (bad) return `Target ${bad[0].replace(' ', ':')} of ${key} is ${bad[1].state}${bad[1].reason && ` (${bad[1].reason})`}.`
    }
  }
  return undefined
}

function isSelected({ spec }: Service, { metadata }: Pod): boolean {
  const selector = Object.entries(spec.selector ?? {})
  return selector.length > 0 && selector.every(([label, value]) => metadata.labels?.[label] === value)
}
