// The condition Ready as its author states it, from what a provider or a claim found out: one wording for all of Weir.
import type { Condition } from './common-schemas.ts'
import { type Reason, readyCondition, reasons } from './reasons.ts'
import { type ReasonRow } from './reason-row.ts'

/** A condition without the time of its transition, which is found when it is written. */
export type ConditionState = Omit<Condition, 'lastTransitionTime'>

/** What a condition is made from; a Readiness and a Problem both have this form. */
export interface Finding {
  readonly ready?: boolean
  readonly reason: Reason
  readonly message: string
  /** What the user should do. Absent: what the table of reasons says, unless it is ready. */
  readonly remedy?: string
}

/** Type of the condition on kinds of our own. */
export const kindReadyCondition = 'Ready'

/** Kubernetes takes up to 32768 characters; nobody reads as many. */
const longestMessage = 1024

/**
 * The condition for a Service, or with `type` for a kind of ours. The message says what is the matter and then what to do.
 * `generation` is that of the object it was judged by.
 */
export function readyState(finding: Finding, generation?: number, type: string = readyCondition): ConditionState {
  return {
    type,
    status: finding.ready ? 'True' : 'False',
    reason: finding.reason,
    message: conditionMessage(finding),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  }
}

/** Message and remedy as one text, each a sentence; the remedy is not said twice when the message ends with it already. */
export function conditionMessage({ ready = false, reason, message, remedy }: Finding): string {
  const row: ReasonRow = reasons[reason]
  const said = sentence(message === '' ? row.meaning : message)
  const advice = sentence(remedy ?? (ready ? '' : row.remedy))
  const text = advice === '' || said.endsWith(advice) ? said : `${said} ${advice}`
  return text.length <= longestMessage ? text : `${text.slice(0, longestMessage - 1)}…`
}

function sentence(text: string): string {
  const trimmed = text.trim()
  return trimmed === '' || /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`
}
