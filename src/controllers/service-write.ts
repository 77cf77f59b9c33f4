// Carries a decision about a Service to the API server: one patch, one log line, one event per transition, warnings once.
import { readyCondition } from '../api/reasons.ts'
import type { Reason } from '../api/reasons.ts'
import { findCondition, longestMessageBytes } from '../kubernetes/conditions.ts'
import { cutText } from '../kubernetes/cut-text.ts'
import type { ObjectKey } from '../kubernetes/objects.ts'
import type { Problem } from '../model/load-balancer.ts'
import type { Service } from '../model/kubernetes-objects.ts'
import type { Surroundings } from './controller.ts'
import { pruneService } from './prune.ts'
import { services } from './resources.ts'
import type { ServiceMemory } from './service-memory.ts'
import { warningMark } from './service-memory.ts'
import { ownPart, patched, statusPatch } from './service-status.ts'
import type { ServiceGoal, Verdict } from './service-status.ts'

export interface Decision {
  readonly key: ObjectKey
  readonly service: Service
  readonly goal: ServiceGoal
  readonly warnings: readonly Problem[]
  /** Clock.monotonic() when work on the key began. */
  readonly startedAt: number
}

const nothingWarned: ReadonlySet<string> = new Set()

/** Reasons that tell of waiting, not of anything wrong: their events are Normal. */
const calm: ReadonlySet<Reason> = new Set<Reason>(['Serving', 'Pending', 'Provisioning', 'Withdrawing'])

/** The EndpointSlice of a new Service comes some seconds after it; until then nothing is wrong. */
const startingMs = 10_000

/** Whether a move to `verdict` is told as a Warning. */
export function eventType(
  { reason, waiting = false }: Verdict,
  { metadata, status }: Service,
  nowMs: number,
): 'Normal' | 'Warning' {
  if (calm.has(reason)) return 'Normal'
  const ageMs = nowMs - Date.parse(metadata.creationTimestamp ?? '')
  const hasServed = findCondition(status?.conditions, readyCondition)?.status === 'True'
  return reason === 'NoReadyEndpoints' && !hasServed && (waiting || ageMs < startingMs) ? 'Normal' : 'Warning'
}

/**
 * Writes what `decision` says unless it is there already. Throws what the API server answers; a Conflict means that the
 * Service has changed since it was read, and the caller looks again.
 */
export async function writeDecision(
  { writer, events, clock, log, metrics }: Surroundings,
  memory: ServiceMemory,
  decision: Decision,
  signal: AbortSignal,
): Promise<void> {
  const { key, service, goal, startedAt } = decision
  const uid = service.metadata.uid ?? ''
  const patch = statusPatch(service, goal, clock.now())
  if (patch) {
    // Before the request: the watch may tell of the change before the answer arrives.
    memory.note(key, uid, { written: ownPart(patched(service, patch)) })
    const answer = await writer.patchStatus(services, service, patch, { signal })
    memory.note(key, uid, {
      written: ownPart(answer),
      ahead: { of: service.metadata.resourceVersion ?? '', service: pruneService(answer) },
    })
  }
  const before = findCondition(service.status?.conditions, readyCondition)
  const verdict = typeof goal.condition === 'object' ? goal.condition : undefined
  const reason = verdict?.reason ?? 'Released'
  const durationMs = Math.round(clock.monotonic() - startedAt)
  metrics.reconciled('service', reason, durationMs)
  memory.note(key, uid, { decided: { at: clock.now(), reason, durationMs, wrote: patch !== undefined } })
  const line = { object: key, reason, durationMs, ...(goal.ingress ? { addresses: goal.ingress.map(addressOf) } : {}) }
  if (patch) log.info({ ...line, message: verdict && cutText(verdict.message, longestMessageBytes) }, 'Service decided')
  else log.debug(line, 'Service unchanged')

  const tell = (type: 'Normal' | 'Warning', reason: Reason, action: string, note: string) =>
    events.record({ regarding: { ...service, apiVersion: 'v1', kind: 'Service' }, type, reason, action, note })
  const moved = verdict && (before?.reason !== verdict.reason || (before.status === 'True') !== verdict.ready)
  if (verdict && moved) {
    tell(eventType(verdict, service, clock.now()), verdict.reason, actionOf(verdict), verdict.message)
  }
  if (patch && goal.condition === 'none' && before) tell('Normal', 'Released', 'Release', 'Nothing of the load balancer is left.')
  tellWarnings(decision, memory, moved === true, warning =>
    tell('Warning', warning.reason, 'Warn', `${warning.message} ${warning.remedy}`),
  )
}

/**
 * Each warning once, for as long as it holds. After a restart nothing is remembered; then a condition that is what it was
 * tells that the warnings beside it were told by an earlier process.
 */
function tellWarnings(
  { key, service, warnings }: Decision,
  memory: ServiceMemory,
  moved: boolean,
  tell: (warning: Problem) => void,
): void {
  const uid = service.metadata.uid ?? ''
  const remembered = memory.get(key)
  const known = remembered?.uid === uid ? remembered.warned : undefined
  // The same mistake may be found by the builder and by the provider.
  const current = new Map(warnings.map(warning => [warningMark(warning), warning]))
  for (const [mark, warning] of current) {
    const isNews = known ? !known.has(mark) : moved
    if (isNews) tell(warning)
  }
  memory.note(key, uid, { warned: current.size === 0 ? nothingWarned : new Set(current.keys()) })
}

function actionOf(verdict: Verdict): string {
  if (verdict.ready) return 'Serve'
  return verdict.reason === 'Withdrawing' ? 'Withdraw' : 'Wait'
}

function addressOf(point: { readonly ip: string } | { readonly hostname: string }): string {
  return 'ip' in point ? point.ip : point.hostname
}
