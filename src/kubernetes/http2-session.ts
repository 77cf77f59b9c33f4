// One HTTP/2 connection: many requests at once, and pings that notice when the other end is silently gone.
import http2 from 'node:http2'
import type { ClientHttp2Stream } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import type { Clock } from './clock.ts'
import type { Answer, Exchange } from './exchange.ts'

export interface Http2Session {
  send(exchange: Exchange): Promise<Answer>
  /** Pings now; without an answer the connection is destroyed and every request on it fails. */
  probe(): void
  /** Closes when the requests under way have ended. */
  retire(): void
  destroy(): void
}

export interface Http2SessionOptions {
  readonly server: URL
  readonly socket: TLSSocket
  readonly clock: Clock
  /** No further request can be sent on it. */
  readonly onUnusable: () => void
}

/** A dead peer is found within the sum of both. The kernel alone would take a quarter of an hour. */
const pingEveryMs = 15_000
const pongWithinMs = 10_000

/** Large lists arrive in one go and need not wait for window updates. */
const windowBytes = 1 << 20

export function http2Session({ server, socket, clock, onUnusable }: Http2SessionOptions): Http2Session {
  const session = http2.connect(server, {
    createConnection: () => socket,
    settings: { initialWindowSize: windowBytes, enablePush: false },
    maxSessionMemory: 256,
  })
  session.once('connect', () => session.setLocalWindowSize(4 * windowBytes))
  // The streams report what happened; without a listener the session's own copy would end the process.
  session.on('error', () => {})
  session.once('goaway', onUnusable)
  session.once('close', onUnusable)

  let probing = false
  const probe = () => {
    if (probing || session.closed || session.destroyed) return
    probing = true
    const cancel = clock.schedule(pongWithinMs, () => {
      onUnusable()
      session.destroy(Object.assign(new Error('no answer to a ping'), { code: 'ETIMEDOUT' }))
    })
    session.ping(() => {
      probing = false
      cancel()
    })
  }
  const beat = (): (() => void) =>
    clock.schedule(pingEveryMs, () => {
      probe()
      cancelBeat = beat()
    })
  let cancelBeat = beat()
  session.once('close', () => cancelBeat())

  return {
    send: exchange =>
      new Promise((resolve, reject) => {
        const { method, path, headers, body, signal } = exchange
        const stream = session.request(
          { ':method': method, ':path': path, ...headers },
          { endStream: body === undefined, signal },
        )
        stream.once('response', received => resolve({ status: Number(received[':status']), headers: received, body: stream }))
        stream.on('error', reject)
        // Closed by the server's death the stream may carry no error at all.
        stream.once('close', () => reject(connectionLost()))
        failWhenCut(stream)
        if (body !== undefined) stream.end(body)
      }),
    probe,
    retire: () => session.close(),
    destroy: () => session.destroy(),
  }
}

/** Node ends the body of an interrupted stream as if it were complete; this makes it fail. */
function failWhenCut(stream: ClientHttp2Stream): void {
  stream.once('aborted', () => stream.destroy(connectionLost()))
}

function connectionLost(): Error {
  return Object.assign(new Error('the connection was lost'), { code: 'ECONNRESET' })
}
