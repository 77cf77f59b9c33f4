// Small pieces of HTTP as the API server speaks it: queries, Status bodies, Retry-After.
import type { Clock } from './clock.ts'
import { ApiError, CredentialsError, UnreachableError } from './errors.ts'
import type { ApiStatus } from './errors.ts'

export type Query = Readonly<Record<string, string | number | boolean | undefined>>

/** `?a=1&b=2`, or nothing. What is undefined is left out. */
export function queryOf(query: Query | undefined): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) search.set(name, String(value))
  return search.size > 0 ? `?${search.toString()}` : ''
}

/** The server's URL may carry a path of its own, as proxies in front of many clusters do. */
export function joinPath(base: URL, target: string): string {
  return base.pathname === '/' ? target : base.pathname.replace(/\/+$/, '') + target
}

/** A metav1.Status if it is one. Proxies and overloaded servers answer in plain text; that is kept as the message. */
export function parseStatus(text: string): ApiStatus {
  try {
    const parsed: ApiStatus | null = JSON.parse(text)
    if (parsed?.kind === 'Status') return parsed
  } catch {
    // Not JSON: below.
  }
  return { message: text.trim().slice(0, 300) }
}

/** The body of a success was not whole JSON: the connection ended in the middle of it. */
export function cutOff(cause: unknown): Error {
  return Object.assign(new Error('the answer was cut off', { cause }), { code: 'ECONNRESET' })
}

/** Retry-After (RFC 9110, 10.2.3) in milliseconds: seconds, or a date. */
export function retryAfterMs(header: unknown, clock: Clock): number | undefined {
  if (typeof header !== 'string') return undefined
  if (/^\d+$/.test(header)) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - clock.now())
}

/** Errors that say already what happened. */
export function isOurs(error: unknown): boolean {
  return error instanceof ApiError || error instanceof UnreachableError || error instanceof CredentialsError
}
