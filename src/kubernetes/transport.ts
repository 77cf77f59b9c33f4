// HTTP to the API server over one shared connection pool: JSON requests with timeouts and retries, and watch streams.
import type { Clock, Random } from './clock.ts'
import type { Credentials } from './credentials.ts'
import type { Logger } from './logger.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/**
 * When a failed request is sent again: `idempotent` after everything transient (reset, timeout, 429, 5xx), also when
 * the server may have acted already; `unsent` only when it surely did not act (429, connection never made); `never`.
 */
export type RetryPolicy = 'idempotent' | 'unsent' | 'never'

export type Query = Readonly<Record<string, string | number | boolean | undefined>>

export interface ApiRequest {
  readonly method?: Method
  readonly path: string
  readonly query?: Query
  readonly body?: unknown
  /** Of the body; `application/json` unless told. */
  readonly contentType?: string
  /** For one attempt, in milliseconds. */
  readonly timeoutMs?: number
  /** `idempotent` for GET, `unsent` for all else, unless told. */
  readonly retry?: RetryPolicy
  readonly signal?: AbortSignal
}

export interface StreamRequest {
  readonly path: string
  readonly query?: Query
  /** The stream fails with UnreachableError when nothing arrives for so long. */
  readonly idleTimeoutMs: number
  readonly signal: AbortSignal
}

export interface TransportStats {
  /** TCP connections opened so far. */
  readonly connections: number
  readonly requests: number
  readonly retries: number
}

export interface Transport extends AsyncDisposable {
  readonly server: string
  /** The JSON answer. Throws ApiError, UnreachableError, CredentialsError, or the signal's reason. */
  request<T>(request: ApiRequest): Promise<T>
  /** The lines of an endless answer, each parsed as JSON. Not retried. Ends when the server ends it. */
  stream<T>(request: StreamRequest): AsyncIterable<T>
  readonly stats: TransportStats
  /** Ends all connections; what is under way fails. */
  close(): Promise<void>
}

export interface TransportOptions {
  readonly credentials: Credentials
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly userAgent: string
}

export function createTransport(_options: TransportOptions): Transport {
  throw new Error('in work')
}
