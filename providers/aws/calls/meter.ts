// What is told of every call to AWS, and what the answers said last about the health of targets.
import { ProviderError } from '../../../src/provider.ts'
import { isGone, isThrottle } from './errors.ts'

/** How a call ended, in the words of `weir_api_calls_total`. */
export type CallOutcome = 'ok' | 'conflict' | 'not-found' | 'throttled' | 'denied' | 'refused' | 'failed' | 'unreachable'

export interface MeteredCall {
  readonly service: string
  readonly operation: string
  readonly outcome: CallOutcome
  readonly ms: number
  /** How often AWS answered "too many", those that the SDK sent again included. */
  readonly throttles: number
}

export type CallMeter = (call: MeteredCall) => void

/** `error` as providerError gives it; `cause` as the SDK threw it. */
export function outcomeOf(error: unknown, cause: unknown): CallOutcome {
  if (isThrottle(cause)) return 'throttled'
  if (isGone(cause)) return 'not-found'
  const code = error instanceof ProviderError ? error.code : undefined
  if (code === 'AccessDenied' || code === 'CredentialsInvalid') return 'denied'
  if (code === 'ProviderUnreachable') return 'unreachable'
  if (code === 'NameTaken') return 'conflict'
  return error instanceof ProviderError && error.retry === 'when-changed' ? 'refused' : 'failed'
}

/** Of each target group what was said last, for as long as the group is there. */
export interface HealthSeen {
  /** Takes in an answer, if it tells of health. */
  take(operation: string, input: object, output: unknown): void
  /** Targets by health, over all groups. */
  counts(): ReadonlyMap<string, number>
}

interface HealthAnswer {
  readonly TargetHealthDescriptions?: readonly { readonly TargetHealth?: { readonly State?: string } }[]
}

export function createHealthSeen(): HealthSeen {
  const groups = new Map<string, ReadonlyMap<string, number>>()
  return {
    take(operation, input, output) {
      const { TargetGroupArn: arn, Targets: some } = input as { readonly TargetGroupArn?: string; readonly Targets?: unknown }
      if (arn === undefined) return
      if (operation === 'DeleteTargetGroup') groups.delete(arn)
      if (operation !== 'DescribeTargetHealth' || some !== undefined) return
      const { TargetHealthDescriptions = [] } = (output ?? {}) as HealthAnswer
      const counts = new Map<string, number>()
      for (const { TargetHealth } of TargetHealthDescriptions) {
        const state = stateOf(TargetHealth?.State)
        counts.set(state, (counts.get(state) ?? 0) + 1)
      }
      groups.set(arn, counts)
    },
    counts() {
      const all = new Map<string, number>()
      for (const counts of groups.values()) for (const [state, count] of counts) all.set(state, (all.get(state) ?? 0) + count)
      return all
    },
  }
}

/** TargetHealthStateEnum of the ELBv2 API; `unhealthy.draining` is a state of its own there. */
function stateOf(state: string | undefined): string {
  return state === undefined ? 'unavailable' : state === 'unhealthy.draining' ? 'draining' : state
}
