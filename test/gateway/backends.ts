// Backends for a gateway under test: servers of loopback that say who they are and what they saw.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createServer2 } from 'node:http2'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server as NetServer } from 'node:net'
import type { Duplex } from 'node:stream'

/** What a backend saw, as it answers in JSON. */
export interface Seen {
  readonly backend: string
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: number
}

export interface Backends extends AsyncDisposable {
  /** The port of loopback of a backend; undefined for one that was not started. */
  readonly port: (name: string) => number | undefined
  /** Requests that a backend got so far. */
  readonly count: (name: string) => number
}

type Handler = (request: IncomingMessage, response: ServerResponse, name: string) => boolean

/** `answer` may take over a request, and says so. `tls`: files for those whose name begins with `tls`; `h2` ones speak HTTP/2. */
export async function startBackends(
  names: readonly string[],
  options: {
    readonly answer?: Handler
    readonly tls?: { readonly key: string; readonly cert: string; readonly ca?: string }
  } = {},
): Promise<Backends> {
  const counts = new Map<string, number>()
  const servers = new Map<string, NetServer & Partial<Pick<Server, 'closeAllConnections'>>>()
  for (const name of names) {
    const handle = (request: IncomingMessage, response: ServerResponse): void => {
      counts.set(name, (counts.get(name) ?? 0) + 1)
      if (options.answer?.(request, response, name)) return
      let bytes = 0
      request.on('data', (chunk: Buffer) => (bytes += chunk.length))
      request.on('end', () => {
        const { method, url, headers } = request
        response.end(JSON.stringify({ backend: name, method, url, headers, bytes }))
      })
    }
    const server = name.startsWith('tls')
      ? createTlsServer({ ...options.tls }, handle)
      : name.startsWith('h2')
        ? createServer2((request, response) => {
            counts.set(name, (counts.get(name) ?? 0) + 1)
            response.end(
              JSON.stringify({ backend: name, method: request.method, url: request.url, headers: request.headers, bytes: 0 }),
            )
          })
        : createServer(handle)
    // Says back whatever comes after the handshake.
    server.on('upgrade', (_, socket: Duplex) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
      socket.on('error', () => socket.destroy())
      socket.pipe(socket)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    servers.set(name, server)
  }
  return {
    port: name => {
      const address = servers.get(name)?.address()
      return typeof address === 'object' && address ? (address satisfies AddressInfo).port : undefined
    },
    count: name => counts.get(name) ?? 0,
    async [Symbol.asyncDispose]() {
      for (const server of servers.values()) {
        server.close()
        server.closeAllConnections?.()
      }
    },
  }
}
