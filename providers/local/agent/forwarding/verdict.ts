// Whether a node takes part in the data path, as its NodeReport says it.
import type { Obstacle } from '../datapath/preflight.ts'

/** `withoutShortcuts`: why packets of open connections pass all rules at this node, which costs it more work. */
export type Verdict =
  | { readonly able: true; readonly withoutShortcuts?: string }
  | { readonly able: false; readonly obstacle: Obstacle }

/** `as-before`: it is not known yet, so what was said last stays. */
export type DataPathReport = Verdict | 'as-before'

/** The condition of a NodeReport by which an agent says whether packets can be sent to its node as they are. */
export const dataPathCondition = 'DataPath'

const longestMessage = 1024

export function conditionOf(verdict: Verdict) {
  if (!verdict.able) return { type: dataPathCondition, status: 'False' as const, ...verdict.obstacle }
  const { withoutShortcuts: why } = verdict
  const detour = why === undefined ? '' : ` Open connections take no shortcut, so each of their packets costs more: ${why}`
  const message = `Serves its own pods for addresses with pod targets.${detour}`.slice(0, longestMessage)
  return { type: dataPathCondition, status: 'True' as const, reason: 'Accepted' as const, message }
}
