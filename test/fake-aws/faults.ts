// Failures that a test injects: at which call, before or after its effect, and as what.
import type { AwsError } from './errors.ts'
import { awsError } from './errors.ts'

export type Fault = {
  /** The operation, for instance `CreateListener`; `*` for every one, `ec2:*` for all of a service. */
  readonly operation: string
  /** `before`: the call has no effect. `after`: it has, and the answer is lost. */
  readonly when: 'before' | 'after'
  /** Which matching call from now on fails first, counted from 1. */
  readonly nth?: number
  /** How many calls fail from there; 1 when absent. */
  readonly times?: number
  /** A code of AWS's, `reset` for a connection that breaks, `timeout` for an answer that never comes. */
  readonly error:
    | 'reset'
    | 'timeout'
    | (string & {})
    | { readonly code: string; readonly message?: string; readonly status?: number }
  /** Only calls with such an input. */
  readonly match?: (input: Readonly<Record<string, unknown>>) => boolean
}

/** An injected fault; disposing takes it back. */
export type FaultHandle = Disposable & {
  /** How many calls it has failed. */
  readonly hits: number
  /** Resolves when it fails a call for the first time: the moment to stop a controller, for instance. */
  readonly reached: Promise<void>
}

export type Failure = 'reset' | 'timeout' | AwsError

export type Faults = {
  readonly fail: (fault: Fault) => FaultHandle
  /** The failure of a call at that point of it, if there is one; counts the call. */
  failureOf(call: CallIdentity, when: 'before' | 'after'): Failure | undefined
}

type CallIdentity = { readonly service: string; readonly operation: string; readonly input: Readonly<Record<string, unknown>> }

/** No faults yet. `known` are the operations by service, so that a misspelt one is noticed. */
export function faults(known: ReadonlyMap<string, ReadonlySet<string>>): Faults {
  const active = new Set<{ readonly fault: Fault; readonly reach: () => void; seen: number; hits: number }>()
  return {
    fail(fault) {
      if (!isKnown(known, fault.operation)) throw new Error(`there is no operation ${fault.operation} to fail`)
      const { promise: reached, resolve: reach } = Promise.withResolvers<void>()
      const entry = { fault, reach, seen: 0, hits: 0 }
      active.add(entry)
      return {
        get hits() {
          return entry.hits
        },
        reached,
        [Symbol.dispose]: () => void active.delete(entry),
      }
    },
    failureOf(call, when) {
      for (const entry of active) {
        const { fault } = entry
        if (fault.when !== when || !concerns(fault, call)) continue
        entry.seen++
        const first = fault.nth ?? 1
        if (entry.seen < first || entry.seen >= first + (fault.times ?? 1)) continue
        entry.hits++
        entry.reach()
        return failure(fault.error)
      }
      return undefined
    },
  }
}

function isKnown(known: ReadonlyMap<string, ReadonlySet<string>>, operation: string): boolean {
  if (operation === '*') return true
  if (operation.endsWith(':*')) return known.has(operation.slice(0, -2))
  return [...known.values()].some(operations => operations.has(operation))
}

function concerns({ operation, match }: Fault, call: CallIdentity): boolean {
  const named = operation === '*' || operation === `${call.service}:*` || operation === call.operation
  return named && (match?.(call.input) ?? true)
}

function failure(error: Fault['error']): Failure {
  if (typeof error === 'object') return awsError(error.code, error.message ?? `injected ${error.code}`, error.status)
  if (error === 'reset') return 'reset'
  if (error === 'timeout') return 'timeout'
  return awsError(error, `injected ${error}`)
}
