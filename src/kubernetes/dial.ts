// Opens one TLS connection to the API server, offering HTTP/2 first.
import { isIP } from 'node:net'
import tls from 'node:tls'
import type { TLSSocket } from 'node:tls'
import type { Clock } from './clock.ts'
import type { TlsIdentity } from './credentials.ts'

export interface DialOptions {
  readonly server: URL
  readonly tls: TlsIdentity
  readonly clock: Clock
  readonly connectTimeoutMs: number
}

/** Everything that fails in here failed before a request was sent. */
export class DialError extends Error {
  constructor(cause: unknown) {
    super('no connection', { cause })
  }
}

/** Resolves when the handshake is done and the certificate is accepted; rejects with a DialError. */
export function dial({ server, tls: identity, clock, connectTimeoutMs }: DialOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    // A URL writes IPv6 in brackets, a socket wants it without.
    const host = server.hostname.replace(/^\[|\]$/g, '')
    const socket = tls.connect({
      ...identity,
      host,
      port: Number(server.port || 443),
      // An address must not be sent as server name (RFC 6066); it is checked against the certificate all the same.
      servername: identity.servername ?? (isIP(host) ? '' : host),
      ALPNProtocols: ['h2', 'http/1.1'],
    })
    const cancel = clock.schedule(connectTimeoutMs, () =>
      socket.destroy(Object.assign(new Error('connect timeout'), { code: 'ETIMEDOUT' })),
    )
    const onError = (cause: unknown) => {
      cancel()
      reject(new DialError(cause))
    }
    socket.once('error', onError)
    socket.once('secureConnect', () => {
      cancel()
      socket.off('error', onError)
      socket.setNoDelay(true)
      socket.setKeepAlive(true, 30_000)
      resolve(socket)
    })
  })
}
