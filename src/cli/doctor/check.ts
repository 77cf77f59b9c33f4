// What a check says.
import type { Fact } from './facts.ts'

export type State = 'well' | 'wrong' | 'unknown'

export interface Finding {
  /** `strict ARP`. */
  readonly check: string
  readonly state: State
  /** What was looked at and found: the object, the value. */
  readonly found: string
  /** What to do; only where something is wrong. */
  readonly fix?: string
}

export const well = (check: string, found: string): Finding => ({ check, state: 'well', found })
export const wrong = (check: string, found: string, fix: string): Finding => ({ check, state: 'wrong', found, fix })
export const unknown = (check: string, found: string): Finding => ({ check, state: 'unknown', found })

/** What `say` makes of what was found; where nothing was, that is said. */
export function about<T>(
  check: string,
  fact: Fact<T>,
  absent: string,
  say: (found: T) => readonly Finding[],
): readonly Finding[] {
  if ('found' in fact) return say(fact.found)
  return [unknown(check, 'absent' in fact ? absent : `cannot be looked at: ${fact.unknown}`)]
}
