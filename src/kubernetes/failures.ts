// Turns what sockets and TLS say into one error with plain words.
import { DialError } from './dial.ts'
import { messageOf, nodeCodeOf, UnreachableError } from './errors.ts'

/** Words for what people meet, by node's error codes. */
const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ETIMEDOUT: 'timed out',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'host name unknown',
  EAI_AGAIN: 'host name cannot be resolved now',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not signed by the CA we know',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not signed by the CA we know',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not signed by the CA we know',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is not signed by the CA we know',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
}

/** Streams that the server refused before looking at them, and sessions that were closed before the request. */
const neverSent = new Set(['ERR_HTTP2_GOAWAY_SESSION', 'ERR_HTTP2_INVALID_SESSION'])

/** The error for a request that got no (whole) answer. */
export function unreachable(server: string, error: unknown): UnreachableError {
  if (error instanceof UnreachableError) return error
  const cause = error instanceof DialError ? error.cause : error
  return new UnreachableError(server, explain(cause), { cause, unsent: isUnsent(error) })
}

function isUnsent(error: unknown): boolean {
  if (error instanceof DialError) return true
  if (!(error instanceof Error)) return false
  const whileConnecting = 'syscall' in error && error.syscall === 'connect'
  return whileConnecting || neverSent.has(nodeCodeOf(error) ?? '') || error.message.includes('NGHTTP2_REFUSED_STREAM')
}

function explain(cause: unknown): string {
  // Node tries every address of a name and reports them together.
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause
  const code = nodeCodeOf(first)
  if (code?.startsWith('ERR_HTTP2')) return 'connection reset'
  return words[code ?? ''] ?? messageOf(first)
}
