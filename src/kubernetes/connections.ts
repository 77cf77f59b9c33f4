// Connections to the API server made with one identity: one HTTP/2 connection for everything, or a few of HTTP/1.1
// where the server speaks nothing else.
import http from 'node:http'
import https from 'node:https'
import type { TLSSocket } from 'node:tls'
import type { Clock } from './clock.ts'
import type { TlsIdentity } from './credentials.ts'
import { dial } from './dial.ts'
import type { Answer, Exchange } from './exchange.ts'
import { http2Session } from './http2-session.ts'
import type { Http2Session } from './http2-session.ts'

/*
 * Measured with 64 status patches at a time on a local API server (it is the limit, about 900/s): one HTTP/2 connection
 * is as fast as 16 of HTTP/1.1 with two thirds of their CPU time, 4 of HTTP/1.1 are a fifth slower. Watches share it too, so
 * that an agent costs the API server one connection and not ten. Node's own client needs 25 MB less memory than undici
 * for the same work, which decides where every node runs an agent.
 */

export interface Connections {
  /** Sends one request. Rejects with what the socket said; `isUnsent` tells whether the request may have arrived. */
  send(exchange: Exchange): Promise<Answer>
  /** Something did not answer in time: find out soon whether the connection is dead. */
  suspect(): void
  /** Takes no new requests, and closes when those under way have ended. */
  retire(): void
  destroy(): void
}

export interface ConnectionsOptions {
  readonly server: URL
  readonly tls: TlsIdentity
  readonly clock: Clock
  readonly connectTimeoutMs: number
  readonly onConnect: () => void
}

/** HTTP/1.1 takes one connection for each request under way and each watch; so many idle ones are kept for the next. */
const http1Kept = 16

export function openConnections(options: ConnectionsOptions): Connections {
  const { server, onConnect } = options
  let session: Promise<Http2Session> | undefined
  let http1: http.Agent | undefined =
    server.protocol === 'http:' ? new http.Agent({ keepAlive: true, maxFreeSockets: http1Kept }) : undefined
  let retired = false

  const connect = (): Promise<Http2Session> => {
    const opening = dial(options).then(socket => {
      onConnect()
      if (socket.alpnProtocol !== 'h2') throw new NoHttp2(socket)
      return http2Session({
        server,
        socket,
        clock: options.clock,
        onUnusable: () => {
          if (session === opening) session = undefined
        },
      })
    })
    opening.catch(() => {
      if (session === opening) session = undefined
    })
    return opening
  }
  const sendOverHttp2 = async (exchange: Exchange): Promise<Answer> => {
    session ??= connect()
    const opened = await session
    exchange.signal.throwIfAborted()
    const answer = await opened.send(exchange)
    if (retired) opened.retire()
    return answer
  }
  return {
    async send(exchange) {
      if (http1) return sendOverHttp1(server, http1, onConnect, exchange)
      try {
        return await sendOverHttp2(exchange)
      } catch (error) {
        if (!(error instanceof NoHttp2)) throw error
        error.socket.destroy()
        http1 ??= new https.Agent({ ...options.tls, keepAlive: true, maxFreeSockets: http1Kept })
        return sendOverHttp1(server, http1, onConnect, exchange)
      }
    },
    suspect() {
      void session?.then(opened => opened.probe()).catch(() => {})
    },
    retire() {
      retired = true
      void session?.then(opened => opened.retire()).catch(() => {})
    },
    destroy() {
      void session?.then(opened => opened.destroy()).catch(() => {})
      http1?.destroy()
    },
  }
}

class NoHttp2 extends Error {
  readonly socket: TLSSocket

  constructor(socket: TLSSocket) {
    super('the server does not speak HTTP/2')
    this.socket = socket
  }
}

function sendOverHttp1(server: URL, agent: http.Agent, onConnect: () => void, exchange: Exchange): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method, path, headers, body, signal } = exchange
    const client = server.protocol === 'http:' ? http : https
    const request = client.request(server, { agent, method, path, headers: { ...headers }, signal })
    request.on('socket', () => {
      if (!request.reusedSocket) onConnect()
    })
    request.on('error', reject)
    request.on('response', response => {
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: response })
    })
    request.end(body)
  })
}
