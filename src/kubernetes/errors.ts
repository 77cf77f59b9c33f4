// What can go wrong between us and the API server, as types that say how to go on.

/**
 * How to go on after an error: `now` look again and repeat, `later` the same request may succeed with time,
 * `when-changed` only other input helps, `never` not in this process.
 */
export type RetryClass = 'now' | 'later' | 'when-changed' | 'never'

/** metav1.Status, as far as it is read. */
export interface ApiStatus {
  readonly kind?: string
  readonly message?: string
  readonly reason?: string
  readonly code?: number
  readonly details?: {
    readonly retryAfterSeconds?: number
    readonly causes?: readonly { readonly field?: string; readonly message?: string }[]
  }
}

/** The API server answered, with an error. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** HTTP status. */
  readonly code: number
  /** metav1.StatusReason such as `Conflict`, `NotFound`, `Expired`; empty when the answer was no Status. */
  readonly reason: string
  readonly retry: RetryClass
  /** From Retry-After, in milliseconds. */
  readonly retryAfterMs: number | undefined
  readonly status: ApiStatus | undefined

  constructor(
    request: string,
    code: number,
    options: { readonly status?: ApiStatus | undefined; readonly retryAfterMs?: number | undefined } = {},
  ) {
    const { status, retryAfterMs } = options
    super(`${request}: ${status?.message || `HTTP ${code}`}`)
    this.code = code
    this.reason = status?.reason ?? ''
    this.retry = namesAnotherObject(status) ? 'now' : classifyStatus(code)
    this.retryAfterMs = retryAfterMs ?? secondsToMs(status?.details?.retryAfterSeconds)
    this.status = status
  }
}

/** The API server did not answer: refused, reset, timed out, unknown name, or its certificate was not accepted. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError'
  readonly code = 'Unreachable'
  readonly retry: RetryClass = 'later'
  readonly server: string
  /** What happened in words, for instance `connection refused`. */
  readonly why: string
  /** True when the request surely never reached the server, so that repeating it cannot do anything twice. */
  readonly unsent: boolean

  constructor(server: string, why: string, options: { readonly cause?: unknown; readonly unsent: boolean }) {
    super(`cannot reach the API server ${server} (${why})`, { cause: options.cause })
    this.server = server
    this.why = why
    this.unsent = options.unsent
  }
}

/** There is no usable way to the cluster: no kubeconfig, a broken one, or credentials that cannot be had. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError'
  readonly code = 'Credentials'
  readonly retry: RetryClass = 'later'
  readonly remedy: string

  constructor(message: string, options: { readonly remedy: string; readonly cause?: unknown }) {
    super(message, { cause: options.cause })
    this.remedy = options.remedy
  }
}

function classifyStatus(code: number): RetryClass {
  if (code === 409 || code === 410) return 'now'
  // 401 and 403: tokens are renewed and roles are granted while we run, so time may help.
  if (code === 401 || code === 403 || code === 408 || code === 429 || code >= 500) return 'later'
  return 'when-changed'
}

/** A patch that names the uid of a predecessor is answered with 422 when it names no resourceVersion. */
function namesAnotherObject(status: ApiStatus | undefined): boolean {
  return status?.reason === 'Invalid' && status.details?.causes?.some(cause => cause.field === 'metadata.uid') === true
}

function secondsToMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000
}

const hasCode = (error: unknown, code: number): error is ApiError => error instanceof ApiError && error.code === code

export const isNotFound = (error: unknown): error is ApiError => hasCode(error, 404)

/** Somebody else wrote first, or the object is another one by now: read again and decide again. */
export const isConflict = (error: unknown): error is ApiError =>
  error instanceof ApiError && ((error.code === 409 && error.reason !== 'AlreadyExists') || namesAnotherObject(error.status))

export const isAlreadyExists = (error: unknown): error is ApiError => hasCode(error, 409) && error.reason === 'AlreadyExists'

/** The resourceVersion or continue token is too old: list again. */
export const isGone = (error: unknown): error is ApiError => hasCode(error, 410)

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The code that node puts on errors of sockets, files and TLS. */
export function nodeCodeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** True for the error an AbortSignal produced. */
export function isAbort(error: unknown, signal?: AbortSignal): boolean {
  return signal?.aborted === true && (error === signal.reason || (error instanceof Error && error.name === 'AbortError'))
}
