// The loop of LoadBalancerClasses: what is wrong with each, how many Services and Ingresses use it, and the finalizer that keeps a used one.
import { inUseFinalizer, serviceFinalizer } from '../api/group.ts'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import { readyCondition } from '../api/reasons.ts'
import type { Reason } from '../api/reasons.ts'
import { findCondition, setCondition } from '../kubernetes/conditions.ts'
import { isConflict, isNotFound } from '../kubernetes/errors.ts'
import { keyOf } from '../kubernetes/objects.ts'
import { createQueue } from '../kubernetes/queue.ts'
import type { MergePatch } from '../kubernetes/writes.ts'
import { claim } from '../model/claim.ts'
import { defaultClass, namedClass } from '../model/class-choice.ts'
import type { Service } from '../model/kubernetes-objects.ts'
import { answers, judgeClass } from './class-verdicts.ts'
import type { ClassFacts, ClassVerdict } from './class-verdicts.ts'
import type { Controller, Surroundings } from './controller.ts'
import { loadBalancerClasses } from './resources.ts'
import { unclassed } from './stores.ts'
import type { Stores } from './stores.ts'

/** Counts follow this much later, so that a thousand new Services are one change of the count. */
const countDelayMs = 1000

export interface ClassController extends Controller {
  /** Judges every class again: a provider has other things to say. */
  look(): void
  /** Judges one again: others use it than before. */
  lookAt(name: string): void
}

/** What is told about classes from elsewhere. */
export interface ClassSources extends Omit<ClassFacts, 'classes'> {
  /** What else than Services uses a class, by kind and name: `Ingress default/shop`. */
  readonly otherUsers?: (subject: LoadBalancerClass) => readonly string[]
}

export function startClassController(surroundings: Surroundings, facts: ClassSources): ClassController {
  const { stores, clock, random, metrics } = surroundings
  const log = surroundings.log.child({ controller: 'class' })
  const queue = createQueue({
    name: 'class',
    work: (name, signal) => reconcileClass({ ...surroundings, log }, facts, name, signal),
    clock,
    random,
    logger: log,
    metrics: metrics.queue('class'),
  })
  const look = () => {
    for (const name of stores.classes.keys()) queue.add(name)
  }
  /** The first user is worth a write at once: until then nothing keeps the class from being deleted. */
  const usersChanged = ({ metadata }: LoadBalancerClass) => {
    if (metadata.finalizers?.includes(inUseFinalizer)) queue.addAfter(metadata.name, countDelayMs, { priority: 'low' })
    else queue.add(metadata.name)
  }
  const subscriptions = [
    // Classes judge each other (defaults, aliases), and there are few.
    stores.classes.subscribe(look, { replay: true }),
    stores.services.subscribe(({ object, old }) => {
      if (classValue(object) === classValue(old) && isClaimed(object) === isClaimed(old)) return
      for (const candidate of stores.classes.values()) {
        if (isNamedBy(candidate, object) || isNamedBy(candidate, old)) usersChanged(candidate)
      }
    }),
  ]
  return {
    name: 'class',
    look,
    lookAt(name) {
      const subject = stores.classes.get(name)
      if (subject) usersChanged(subject)
    },
    stop: async graceMs => {
      for (const unsubscribe of subscriptions) unsubscribe()
      await queue.drain(graceMs)
    },
  }
}

/** By which value of the class field a Service is one of ours; one without a class only once it carries our condition. */
function classValue(service: Service | undefined): string | undefined {
  if (service?.spec.type !== 'LoadBalancer') return undefined
  if (service.spec.loadBalancerClass !== undefined) return service.spec.loadBalancerClass
  return isServedWithoutClass(service) ? unclassed : undefined
}

/** Our finalizer comes with the claim: of one that another controller had held until then, that alone is the sign. */
function isClaimed(service: Service | undefined): boolean {
  return service?.metadata.finalizers?.includes(serviceFinalizer) === true
}

const notServed: ReadonlySet<string> = new Set<Reason>([
  'ForeignLoadBalancer',
  'SeveralDefaultClasses',
  'OtherControllerRuns',
  'TakeOverUnproven',
])

function isServedWithoutClass(service: Service): boolean {
  const condition = findCondition(service.status?.conditions, readyCondition)
  return condition !== undefined && !notServed.has(condition.reason)
}

function isNamedBy(candidate: LoadBalancerClass, service: Service | undefined): boolean {
  const value = classValue(service)
  return value !== undefined && (value === unclassed ? candidate.spec.default : answers(candidate).includes(value))
}

/** The Services (namespace/name) that use a class, sorted. */
function usersOf(subject: LoadBalancerClass, { services, classes }: Stores): readonly string[] {
  const all = [...classes.values()]
  const named = answers(subject).flatMap(value => services.byIndex('class', value))
  const unnamed = subject.spec.default ? services.byIndex('class', unclassed).filter(isServedWithoutClass) : []
  return [...named, ...unnamed]
    .filter(service => uses(service, subject, all))
    .map(keyOf)
    .toSorted()
}

/**
 * Whether `subject` is what serves a Service as the classes stand now. One that is being deleted serves nobody without a class
 * once another default is there. Of several defaults each counts, because any of them may be the one that is left. A Service
 * that is being released still needs its class: that says where its load balancer is.
 */
export function uses(service: Service, subject: LoadBalancerClass, classes: readonly LoadBalancerClass[]): boolean {
  if (!servingClasses(service, classes).some(({ metadata }) => metadata.name === subject.metadata.name)) return false
  const { kind } = claim(service, classes)
  return kind === 'ours' || kind === 'kept' || kind === 'release'
}

function servingClasses({ spec }: Service, classes: readonly LoadBalancerClass[]): readonly LoadBalancerClass[] {
  if (spec.loadBalancerClass !== undefined) {
    const named = namedClass(classes, spec.loadBalancerClass)
    return named ? [named.class] : []
  }
  const choice = defaultClass(classes)
  if (choice.kind === 'none') return []
  return choice.kind === 'one' ? [choice.class] : choice.classes
}

async function reconcileClass(
  { stores, writer, events, clock, log, metrics }: Surroundings,
  facts: ClassSources,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = clock.monotonic()
  const seen = stores.classes.get(name)
  if (!seen) return
  const served = usersOf(seen, stores)
  const others = facts.otherUsers?.(seen) ?? []
  const users = [...served, ...others]
  const verdict = judgeClass(seen, users, { ...facts, classes: [...stores.classes.values()] })
  try {
    // A custom resource's status subresource takes no metadata, so the finalizer is a write of its own.
    const finalizers = nextFinalizers(seen, users.length > 0)
    const current = finalizers ? await writer.patch(loadBalancerClasses, seen, { metadata: { finalizers } }, { signal }) : seen
    const patch = statusPatch(
      current,
      verdict,
      { services: served.length, ingresses: others.filter(isIngress).length },
      clock.now(),
    )
    const isGoing = current.metadata.deletionTimestamp !== undefined && users.length === 0
    if (!patch || isGoing) return
    await writer.patchStatus(loadBalancerClasses, current, patch, { signal })
  } catch (error) {
    // The change that was first is on its way and will be looked at.
    if (isConflict(error) || isNotFound(error)) return
    throw error
  }
  const before = findCondition(seen.status?.conditions, 'Ready')
  const durationMs = Math.round(clock.monotonic() - startedAt)
  metrics.reconciled('class', verdict.reason, durationMs)
  const counts = { services: served.length, others: others.length }
  log.info({ object: name, reason: verdict.reason, durationMs, ...counts }, 'LoadBalancerClass decided')
  if (before?.reason === verdict.reason) return
  const type = verdict.ready ? 'Normal' : 'Warning'
  events.record({ regarding: seen, type, reason: verdict.reason, action: 'Judge', note: verdict.message })
}

/** Placed while the class is used; a new one is refused by the API server once the class is being deleted. */
function nextFinalizers({ metadata }: LoadBalancerClass, isUsed: boolean): readonly string[] | undefined {
  const present = metadata.finalizers ?? []
  const has = present.includes(inUseFinalizer)
  if (has === isUsed || (isUsed && metadata.deletionTimestamp !== undefined)) return undefined
  return isUsed ? [...present, inUseFinalizer] : present.filter(name => name !== inUseFinalizer)
}

function isIngress(user: string): boolean {
  return user.startsWith('Ingress ')
}

interface UserCounts {
  readonly services: number
  readonly ingresses: number
}

function statusPatch(
  subject: LoadBalancerClass,
  verdict: ClassVerdict,
  { services, ingresses }: UserCounts,
  nowMs: number,
): MergePatch | undefined {
  const present = subject.status?.conditions
  const { generation } = subject.metadata
  const observed = generation === undefined ? {} : { observedGeneration: generation }
  const { ready, reason, message } = verdict
  const conditions = setCondition(
    present,
    { type: 'Ready', status: ready ? 'True' : 'False', reason, message, ...observed },
    nowMs,
  )
  const isSame =
    conditions === present &&
    subject.status?.services === services &&
    (subject.status.ingresses ?? 0) === ingresses &&
    subject.status.observedGeneration === generation
  return isSame ? undefined : { status: { conditions, services, ingresses, ...observed } }
}
