// Problems of this provider in the words the user reads them in.
import type { Reason } from '../../../src/api/reasons.ts'
import { reasons } from '../../../src/api/reasons.ts'
import type { Problem } from '../../../src/model/load-balancer.ts'

/** One that keeps everything as it is. The remedy is that of the reason unless there is a better one. */
export function blocks(reason: Reason, message: string, remedy: string = reasons[reason].remedy): Problem {
  return { reason, message, remedy, severity: 'blocks' }
}

/** One that the Service is served in spite of. */
export function warns(reason: Reason, message: string, remedy: string = reasons[reason].remedy): Problem {
  return { reason, message, remedy, severity: 'warns' }
}

export function invalidSettings(message: string, remedy?: string): Problem {
  return blocks('InvalidSettings', message, remedy)
}

/** A sentence that may also stand in the middle of another one, as it begins by itself; a name in front stays as it is. */
export function beginning(text: string): string {
  return /^(a|an|every|no|the|there) /.test(text) ? text.slice(0, 1).toUpperCase() + text.slice(1) : text
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}
