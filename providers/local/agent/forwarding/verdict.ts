// Whether a node takes part in the data path, as its NodeReport says it.
import type { Obstacle } from '../datapath/preflight.ts'

export type Verdict = { readonly able: true } | { readonly able: false; readonly obstacle: Obstacle }

/** `as-before`: it is not known yet, so what was said last stays. */
export type DataPathReport = Verdict | 'as-before'

/** The condition of a NodeReport by which an agent says whether packets can be sent to its node as they are. */
export const dataPathCondition = 'DataPath'

export function conditionOf(verdict: Verdict) {
  if (!verdict.able) return { type: dataPathCondition, status: 'False' as const, ...verdict.obstacle }
  const message = 'Serves its own pods for addresses with pod targets.'
  return { type: dataPathCondition, status: 'True' as const, reason: 'Accepted' as const, message }
}
