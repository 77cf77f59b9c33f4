// How a part of an Ingress that cannot be used is told of: hostile values are quoted, in one line and not at length.
import { type Reason, reasons } from '../../api/reasons.ts'
import type { Problem } from '../load-balancer.ts'

/** Longest piece of a value that is shown. */
const longest = 200

export function refusal(reason: Reason, message: string): Problem {
  return { reason, message, remedy: reasons[reason].remedy, severity: 'blocks' }
}

export function cut(text = ''): string {
  return text.length <= longest ? text : `${text.slice(0, longest).toWellFormed()}…`
}

export function quoted(text?: string): string {
  return JSON.stringify(cut(text))
}
