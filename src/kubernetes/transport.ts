// HTTP to the API server over one shared connection: JSON requests with timeouts and retries, and watch streams.
import { abortAfter } from './abort-after.ts'
import { isOurs, joinPath, cutOff, parseStatus, queryOf, retryAfterMs } from './answers.ts'
import type { Query } from './answers.ts'
import type { Clock, Random } from './clock.ts'
import { openConnections } from './connections.ts'
import type { Connections } from './connections.ts'
import type { Answer } from './exchange.ts'
import type { Credentials } from './credentials.ts'
import { ApiError, UnreachableError } from './errors.ts'
import { unreachable } from './failures.ts'
import { jsonLines, textOf } from './json-lines.ts'
import type { Logger } from './logger.ts'
import { retrying } from './retry.ts'
import type { RetryPolicy } from './retry.ts'

export type { Query, RetryPolicy }

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface ApiRequest {
  /** GET unless told. */
  readonly method?: Method
  readonly path: string
  readonly query?: Query
  readonly body?: unknown
  /** Of the body; `application/json` unless told. */
  readonly contentType?: string
  /** For one attempt, in milliseconds; 15 s unless told. */
  readonly timeoutMs?: number
  /** `idempotent` for GET, `unsent` for all else, unless told. */
  readonly retry?: RetryPolicy
  readonly signal?: AbortSignal | undefined
}

export interface StreamRequest {
  readonly path: string
  readonly query?: Query
  /** The stream fails with UnreachableError when nothing arrives for so long. */
  readonly idleTimeoutMs: number
  readonly signal: AbortSignal
  /** The server accepted the request; lines may come. */
  readonly onOpen?: () => void
}

export interface TransportStats {
  /** TCP connections opened so far. */
  readonly connections: number
  /** Attempts sent, repetitions and streams included. */
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

/** One attempt that came to its end. */
export interface AnsweredCall {
  readonly method: Method
  readonly path: string
  /** Of HTTP; undefined when nobody answered. */
  readonly status: number | undefined
  readonly ms: number
  /** The answer is endless; this is its beginning. */
  readonly isStream: boolean
}

export interface TransportOptions {
  readonly credentials: Credentials
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** For instance `weir-controller/0.1.0`. */
  readonly userAgent: string
  /** Hears of every attempt; those that were given up by their caller are not told. */
  readonly onCall?: (call: AnsweredCall) => void
}

const defaultTimeoutMs = 15_000
const connectTimeoutMs = 10_000

export function createTransport(options: TransportOptions): Transport {
  const { credentials, clock, random, logger, userAgent } = options
  const { server } = credentials
  const base = new URL(server)
  const stats = { connections: 0, requests: 0, retries: 0 }
  const closed = new AbortController()
  let current: { readonly generation: string; readonly connections: Connections } | undefined

  /** One set of connections per content of certificates: changed ones get a new set, the old ends with its requests. */
  const connect = (generation: string, tls: Parameters<typeof openConnections>[0]['tls']): Connections => {
    if (current?.generation === generation) return current.connections
    current?.connections.retire()
    const connections = openConnections({ server: base, tls, clock, connectTimeoutMs, onConnect: () => stats.connections++ })
    current = { generation, connections }
    return connections
  }

  interface Sending {
    readonly method: Method
    readonly target: string
    readonly body?: string | undefined
    readonly contentType?: string | undefined
    readonly signal: AbortSignal
    readonly isStream?: boolean
    /** Whether the caller wants no answer any more. */
    readonly isGivenUp: () => boolean
  }
  const send = async ({ method, target, body, contentType, signal, isStream = false, isGivenUp }: Sending): Promise<Answer> => {
    const identity = await credentials.current()
    signal.throwIfAborted()
    const headers: Record<string, string> = { ...identity.headers, accept: 'application/json', 'user-agent': userAgent }
    if (body !== undefined) {
      headers['content-type'] = contentType ?? 'application/json'
      headers['content-length'] = String(Buffer.byteLength(body))
    }
    stats.requests++
    const sentAt = clock.monotonic()
    const tell = (status: number | undefined) => {
      const ms = clock.monotonic() - sentAt
      options.onCall?.({ method, path: target.split('?', 1)[0] ?? '', status, ms, isStream })
    }
    const sending = connect(identity.generation, identity.tls).send({
      method,
      path: joinPath(base, target),
      headers,
      body,
      signal,
    })
    let answer: Answer
    try {
      answer = await sending
    } catch (error) {
      if (!isGivenUp()) tell(undefined)
      throw error
    }
    tell(answer.status)
    if (answer.status === 401) credentials.invalidate()
    return answer
  }
  const failure = async (line: string, answer: Answer): Promise<ApiError> => {
    const status = parseStatus(await textOf(answer.body))
    return new ApiError(line, answer.status, { status, retryAfterMs: retryAfterMs(answer.headers['retry-after'], clock) })
  }

  const attempt = async <T>(request: ApiRequest, body: string | undefined): Promise<T> => {
    const { method = 'GET', path, query, contentType, timeoutMs = defaultTimeoutMs, signal } = request
    signal?.throwIfAborted()
    closed.signal.throwIfAborted()
    using limit = abortAfter(clock, timeoutMs, [signal, closed.signal])
    try {
      const answer = await send({
        method,
        target: path + queryOf(query),
        body,
        contentType,
        signal: limit.signal,
        isGivenUp: () => signal?.aborted === true || closed.signal.aborted,
      })
      if (answer.status >= 300) throw await failure(`${method} ${path}`, answer)
      const text = await textOf(answer.body)
      try {
        // What it holds is for the caller to say.
        const parsed: T = text === '' ? undefined : JSON.parse(text)
        return parsed
      } catch (error) {
        throw cutOff(error)
      }
    } catch (error) {
      signal?.throwIfAborted()
      closed.signal.throwIfAborted()
      if (limit.timedOut) {
        current?.connections.suspect()
        throw new UnreachableError(server, `no answer within ${timeoutMs / 1000} s`, { cause: error, unsent: false })
      }
      throw isOurs(error) ? error : unreachable(server, error)
    }
  }

  return {
    server,
    stats,
    async request<T>(request: ApiRequest): Promise<T> {
      const body = request.body === undefined ? undefined : JSON.stringify(request.body)
      const policy = request.retry ?? ((request.method ?? 'GET') === 'GET' ? 'idempotent' : 'unsent')
      const onRetry = (error: Error) => {
        stats.retries++
        logger.debug({ path: request.path, error: error.message }, 'sending a request again')
      }
      const run = () => retrying(() => attempt<T>(request, body), { policy, clock, random, signal: request.signal, onRetry })
      try {
        return await run()
      } catch (error) {
        // A rotated token or an expired exec answer: what was cached is forgotten by now, so one more try is with fresh ones.
        if (error instanceof ApiError && error.code === 401 && policy !== 'never') return run()
        throw error
      }
    },
    async *stream<T>({ path, query, idleTimeoutMs, signal, onOpen }: StreamRequest): AsyncGenerator<T> {
      signal.throwIfAborted()
      closed.signal.throwIfAborted()
      using limit = abortAfter(clock, idleTimeoutMs, [signal, closed.signal])
      try {
        const answer = await send({
          method: 'GET',
          target: path + queryOf(query),
          signal: limit.signal,
          isStream: true,
          isGivenUp: () => signal.aborted || closed.signal.aborted,
        })
        if (answer.status >= 300) throw await failure(`GET ${path}`, answer)
        limit.restart()
        onOpen?.()
        yield* jsonLines<T>(answer.body, limit.restart)
      } catch (error) {
        signal.throwIfAborted()
        closed.signal.throwIfAborted()
        if (limit.timedOut) {
          current?.connections.suspect()
          throw new UnreachableError(server, `silent for ${idleTimeoutMs / 1000} s`, { cause: error, unsent: false })
        }
        throw isOurs(error) ? error : unreachable(server, error)
      }
    },
    async close() {
      closed.abort(new DOMException('the transport was closed', 'AbortError'))
      current?.connections.destroy()
    },
    async [Symbol.asyncDispose]() {
      await this.close()
    },
  }
}
