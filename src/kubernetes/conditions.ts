// Conditions as data: setting one keeps the time of its last transition when its status did not change.

import { cutText } from './cut-text.ts'

/** Longer messages are refused (metav1.Condition), and with them all that is written beside. */
export const longestMessageBytes = 32_768

/** metav1.Condition (KEP-1623). `lastTransitionTime` is RFC 3339 with seconds. */
export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
  readonly lastTransitionTime: string
  readonly observedGeneration?: number
}

/** A condition as its author states it; the time is found by setCondition. */
export type ConditionState = Omit<Condition, 'lastTransitionTime'>

/** RFC 3339 with whole seconds, the form of metav1.Time. */
export function formatTime(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`
}

/** RFC 3339 with microseconds, the form of metav1.MicroTime (Lease, Event). */
export function formatMicroTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('Z', '000Z')
}

/**
 * The list with `condition` in it, others untouched and in place. lastTransitionTime moves only when the status does.
 * A message that is too long is cut.
 * Returns the given list itself when nothing would change, so that callers can compare by identity.
 */
export function setCondition(
  list: readonly Condition[] | undefined,
  condition: ConditionState,
  nowMs: number,
): readonly Condition[] {
  const old = findCondition(list, condition.type)
  const next: Condition = {
    ...condition,
    message: cutText(condition.message, longestMessageBytes),
    lastTransitionTime: old?.status === condition.status ? old.lastTransitionTime : formatTime(nowMs),
  }
  if (!old) return [...(list ?? []), next]
  if (sameCondition(old, next)) return list ?? []
  return (list ?? []).map(entry => (entry.type === condition.type ? next : entry))
}

/** The list without that condition; the given list itself when it was not there. */
export function removeCondition(list: readonly Condition[] | undefined, type: string): readonly Condition[] {
  const conditions = list ?? []
  return findCondition(conditions, type) ? conditions.filter(entry => entry.type !== type) : conditions
}

export function findCondition(list: readonly Condition[] | undefined, type: string): Condition | undefined {
  return list?.find(entry => entry.type === type)
}

function sameCondition(one: Condition, other: Condition): boolean {
  return (
    one.status === other.status &&
    one.reason === other.reason &&
    one.message === other.message &&
    one.observedGeneration === other.observedGeneration
  )
}
