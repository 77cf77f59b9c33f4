// A plan that changes nothing and says why.
import type { Reason } from '../../../src/api/reasons.ts'
import type { AwsAction } from '../actions.ts'
import { blocks } from '../model/problems.ts'

export function refused(reason: Reason, message: string): AwsAction {
  return { kind: 'refuse', problem: blocks(reason, message) }
}
