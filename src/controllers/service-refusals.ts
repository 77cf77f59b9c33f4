// What the condition of a Service says when it is not served: of mistakes in it, and of errors.
import { UnreachableError, isAbort, isConflict, isNotFound } from '../kubernetes/errors.ts'
import type { Problem } from '../model/load-balancer.ts'
import { ProviderError } from '../provider.ts'
import type { Verdict } from './service-status.ts'

/** Of more mistakes the first ones are told; the others show when these are corrected. */
const mostProblems = 5

/** The condition for problems that keep a Service from being served; the first one gives the reason. */
export function refusal(problems: readonly Problem[]): Verdict {
  const [first] = problems
  if (!first) throw new TypeError('refused without a problem')
  const told = problems.slice(0, mostProblems).map(({ message, remedy }) => `${message} ${remedy}`)
  const more = problems.length > told.length ? ` There are ${problems.length - told.length} more mistakes.` : ''
  return { ready: false, reason: first.reason, message: told.join(' ') + more }
}

/** What the condition says of an error; undefined for what is nobody's fault and passes: a conflict, an API server that is away. */
export function failureVerdict(error: unknown, signal: AbortSignal): Verdict | undefined {
  if (error instanceof ProviderError) return { ready: false, reason: error.code, message: `${error.message} ${error.remedy}` }
  if (isAbort(error, signal) || isConflict(error) || isNotFound(error) || error instanceof UnreachableError) return undefined
  return {
    ready: false,
    reason: 'ProviderError',
    message: `${error instanceof Error ? error.message : String(error)} It is tried again.`,
  }
}
