// One look at one TargetGroupBinding: who has the target group, what is asked for, bind, and what came of it.
import { bindingFinalizer } from '../api/group.ts'
import { kindReadyCondition } from '../api/conditions.ts'
import type { Finding } from '../api/conditions.ts'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import type { TargetGroupBinding } from '../api/target-group-binding.ts'
import { findCondition } from '../kubernetes/conditions.ts'
import { UnreachableError, isAbort, isConflict, isNotFound } from '../kubernetes/errors.ts'
import { keyOf, makeKey } from '../kubernetes/objects.ts'
import type { ObjectKey } from '../kubernetes/objects.ts'
import type { WorkOutcome } from '../kubernetes/queue.ts'
import type { Store } from '../kubernetes/store.ts'
import { bindingId, buildBinding } from '../model/binding.ts'
import { rivalOf } from '../model/binding-rivals.ts'
import type { EndpointSlice } from '../model/kubernetes-objects.ts'
import type { Problem } from '../model/load-balancer.ts'
import { ProviderError } from '../provider.ts'
import type { BindingRecord, FoundGroup, TargetBinder } from '../provider.ts'
import { nextStatus, recordOf } from './binding-status.ts'
import type { Surroundings } from './controller.ts'
import { targetGroupBindings } from './resources.ts'

export interface BindingContext {
  readonly surroundings: Surroundings
  readonly bindings: Store<TargetGroupBinding>
  readonly binder: TargetBinder
  /** Classes of the provider of `binder`. */
  readonly classes: () => readonly LoadBalancerClass[]
  /** Slices of a Service, with pods that only wait for their target groups. */
  readonly slicesOf: (service: ObjectKey) => readonly EndpointSlice[]
  /** What the API server answered to our last write, until the store has caught up. */
  readonly ahead: Map<ObjectKey, { readonly of: string; readonly binding: TargetGroupBinding }>
  /** When targets were last compared in full, by key; monotonic. */
  readonly inspected: Map<ObjectKey, number>
  /** Warnings that were told and still hold. */
  readonly warned: Map<ObjectKey, ReadonlySet<string>>
  /** How often the target group is looked for again, and all of its targets compared. */
  readonly recheckMs: number
  readonly inspectMs: number
}

/** The binding as we know it: what our last write answered, while the store has not got that far. */
export function latest({ bindings, ahead }: Pick<BindingContext, 'bindings' | 'ahead'>, key: ObjectKey) {
  const stored = bindings.get(key)
  const newer = ahead.get(key)
  return stored && newer && newer.of === stored.metadata.resourceVersion ? newer.binding : stored
}

export async function reconcileBinding(
  context: BindingContext,
  key: ObjectKey,
  signal: AbortSignal,
): Promise<WorkOutcome | undefined> {
  const binding = latest(context, key)
  if (!binding) {
    for (const memory of [context.ahead, context.inspected, context.warned]) memory.delete(key)
    return undefined
  }
  const work = createWork(context, key, binding, signal)
  try {
    return await (binding.metadata.deletionTimestamp === undefined ? bind(context, work) : release(context, work))
  } catch (error) {
    if (isNotFound(error)) return undefined
    const finding = findingOf(error, signal)
    if (finding) await work.write(keptAfter(error, work.record()), finding)
    // What only a change of the binding puts right comes with an event; the rest of the world may change without one.
    if (error instanceof ProviderError && (error.retry === 'when-changed' || error.retry === 'never'))
      return { againAfterMs: context.recheckMs }
    throw error
  }
}

/** A binding under work: every write is on top of the answer to the one before. */
interface Work {
  readonly key: ObjectKey
  readonly signal: AbortSignal
  binding(): TargetGroupBinding
  record(): BindingRecord
  write(record: BindingRecord, finding?: Finding): Promise<void>
  setFinalizer(present: boolean): Promise<void>
}

function createWork(context: BindingContext, key: ObjectKey, seen: TargetGroupBinding, signal: AbortSignal): Work {
  const { surroundings, ahead } = context
  const { writer, clock } = surroundings
  const startedAt = clock.monotonic()
  let current = seen
  const answered = (binding: TargetGroupBinding) => {
    current = binding
    ahead.set(key, { of: context.bindings.get(key)?.metadata.resourceVersion ?? '', binding })
  }
  return {
    key,
    signal,
    binding: () => current,
    record: () => recordOf(current),
    async write(record, finding) {
      const status = nextStatus(current, { record, finding }, clock.now())
      if (status) answered(await writer.updateStatus(targetGroupBindings, { ...current, status }, { signal }))
      if (finding) tell(surroundings, seen, finding, { isNews: status !== undefined, startedAt })
    },
    async setFinalizer(present) {
      const { finalizers = [] } = current.metadata
      if (finalizers.includes(bindingFinalizer) === present) return
      const next = present ? [...finalizers, bindingFinalizer] : finalizers.filter(each => each !== bindingFinalizer)
      answered(await writer.patch(targetGroupBindings, current, { metadata: { finalizers: next } }, { signal }))
    },
  }
}

async function bind(context: BindingContext, work: Work): Promise<WorkOutcome | undefined> {
  const { surroundings, bindings, binder, classes, slicesOf, inspected } = context
  const { stores, clock, random } = surroundings
  const { key, signal } = work
  const binding = work.binding()
  const rival = rivalOf(binding, bindings.values())
  if (rival) return giveWay(context, work, rival)
  const service = makeKey(binding.metadata.namespace, binding.spec.serviceRef.name)
  const built = buildBinding({
    binding,
    classes: classes(),
    service: stores.services.get(service),
    slices: slicesOf(service),
    nodes: stores.nodes.values(),
  })
  if ('problem' in built) {
    await work.write(work.record(), built.problem)
    return undefined
  }
  const { goal } = built
  const found = await binder.find(goal, work.record(), signal)
  // Two names turned out to mean one target group.
  const late = rivalOf(withGroup(work.binding(), found), bindings.values())
  if (late) return giveWay(context, work, late)
  await work.setFinalizer(true)
  const now = clock.monotonic()
  // The first full look is spread over the whole round.
  const last = inspected.get(key) ?? now - random() * context.inspectMs
  const strict = now - last >= context.inspectMs
  const outcome = await binder.bind({ goal, found, record: work.record(), strict, note: record => work.write(record) }, signal)
  inspected.set(key, strict ? now : last)
  await work.write(outcome.record, outcome.readiness)
  warn(context, work, outcome.warnings)
  return { againAfterMs: Math.round(context.recheckMs * (0.75 + random() / 2)) }
}

function withGroup(binding: TargetGroupBinding, { group }: FoundGroup): TargetGroupBinding {
  return { ...binding, status: { ...binding.status, targetGroup: group } }
}

/** What it registered before goes: the one that has the target group registers what it wants itself. */
async function giveWay(context: BindingContext, work: Work, rival: TargetGroupBinding): Promise<undefined> {
  const record = work.record()
  if ((record.registered ?? []).length > 0 || Object.keys(record.openings ?? {}).length > 0)
    await context.binder.unbind(bindingId(work.binding()), record, work.signal)
  const { place, targetGroup } = record
  const rest = { ...(place ? { place } : {}), ...(targetGroup ? { targetGroup } : {}) }
  const message = `The target group is filled by the binding ${keyOf(rival)}, which is older.`
  await work.write(rest, { reason: 'TargetGroupTaken', message })
}

async function release({ binder, surroundings }: BindingContext, work: Work): Promise<undefined> {
  const binding = work.binding()
  if (!binding.metadata.finalizers?.includes(bindingFinalizer)) return
  await binder.unbind(bindingId(binding), work.record(), work.signal)
  await work.setFinalizer(false)
  surroundings.log.info({ object: work.key, targets: binding.status?.targets ?? 0 }, 'TargetGroupBinding released')
}

/** A target group that is gone has no targets of ours. */
function keptAfter(error: unknown, record: BindingRecord): BindingRecord {
  if (!(error instanceof ProviderError) || error.code !== 'TargetGroupNotFound') return record
  return record.place ? { place: record.place } : {}
}

/** What the condition says of an error; undefined for what is nobody's fault and passes. */
function findingOf(error: unknown, signal: AbortSignal): Finding | undefined {
  if (error instanceof ProviderError) return { reason: error.code, message: error.message, remedy: error.remedy }
  if (isAbort(error, signal) || signal.aborted || isConflict(error) || error instanceof UnreachableError) return undefined
  return {
    reason: 'ProviderError',
    message: error instanceof Error ? error.message : String(error),
    remedy: 'It is tried again.',
  }
}

/** One line per decision, and one event per transition. */
function tell(
  { events, log, metrics, clock }: Surroundings,
  seen: TargetGroupBinding,
  finding: Finding,
  { isNews, startedAt }: { readonly isNews: boolean; readonly startedAt: number },
): void {
  const { ready = false, reason, message } = finding
  const durationMs = Math.round(clock.monotonic() - startedAt)
  const object = keyOf(seen)
  metrics.reconciled('binding', reason, durationMs)
  if (isNews) log.info({ object, reason, message, durationMs }, 'TargetGroupBinding decided')
  else log.debug({ object, reason, durationMs }, 'TargetGroupBinding unchanged')
  const before = findCondition(seen.status?.conditions, kindReadyCondition)
  if (before?.reason === reason) return
  // The EndpointSlice of a new Service comes a moment after it.
  const isCalm = ready || (reason === 'NoReadyEndpoints' && !before)
  const remedy = ready ? '' : ` ${finding.remedy ?? ''}`
  const note = `${message}${remedy}`.trim()
  events.record({ regarding: seen, type: isCalm ? 'Normal' : 'Warning', reason, action: 'Bind', note })
}

/** Each warning once, for as long as it holds. */
function warn({ surroundings, warned }: BindingContext, work: Work, warnings: readonly Problem[]): void {
  const known = warned.get(work.key)
  const marks = new Map(warnings.map(each => [`${each.reason} ${each.message}`, each]))
  for (const [mark, { reason, message, remedy }] of marks) {
    if (known?.has(mark)) continue
    const note = `${message} ${remedy}`
    surroundings.events.record({ regarding: work.binding(), type: 'Warning', reason, action: 'Warn', note })
  }
  warned.set(work.key, new Set(marks.keys()))
}
