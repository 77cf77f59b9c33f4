// When a look at an object is to be followed by another one.
import type { WorkOutcome } from '../kubernetes/queue.ts'
import type { Outcome } from '../provider.ts'

/** What the queue is told of an outcome; undefined: only a change brings another look. */
export function again({ again }: Pick<Outcome, 'again'>): WorkOutcome | undefined {
  return again === 'on-change' ? undefined : { againAfterMs: again.afterMs }
}

/** Of two wishes to look again, the earlier one. */
export function sooner(one: WorkOutcome | undefined, other: WorkOutcome | undefined): WorkOutcome | undefined {
  if (!one || !other) return one ?? other
  return (one.againAfterMs ?? Infinity) <= (other.againAfterMs ?? Infinity) ? one : other
}
