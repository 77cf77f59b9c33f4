// TLS as clusters do it: HTTP/2 or only HTTP/1.1, a CA that changes, a certificate that is not to be trusted, connections that end.
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import http2 from 'node:http2'
import type { Http2SecureServer, ServerHttp2Session } from 'node:http2'
import https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAuthority } from '../../test/lab/pki.ts'
import { systemClock } from './clock.ts'
import type { Credentials } from './credentials.ts'
import { generationOf } from './identity.ts'
import { silentLogger } from './logger.ts'
import { createTransport } from './transport.ts'

let folder: string
let served: { readonly cert: Buffer; readonly key: Buffer }
let ca: Buffer
let otherCa: Buffer
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tls-'))
  const authority = await createAuthority(join(folder, 'own'))
  const pair = await authority.issue({ file: 'server', user: 'server', names: ['IP:127.0.0.1'] })
  served = { cert: readFileSync(pair.cert), key: readFileSync(pair.key) }
  ca = readFileSync(authority.ca)
  otherCa = readFileSync((await createAuthority(join(folder, 'other'))).ca)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const body = JSON.stringify({ metadata: { name: 'web' } })

async function serve(server: Http2SecureServer | https.Server) {
  let connections = 0
  const sessions = new Set<ServerHttp2Session>()
  server.on('secureConnection', () => connections++)
  server.on('session', (session: ServerHttp2Session) => sessions.add(session))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  let tls = { ca }
  const credentials: Credentials = {
    server: `https://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    namespace: undefined,
    current: async () => ({ generation: generationOf(tls), tls, headers: {} }),
    invalidate: () => {},
  }
  const transport = createTransport({
    credentials,
    clock: systemClock(),
    random: () => 0,
    logger: silentLogger,
    userAgent: 'test',
  })
  return {
    transport,
    sessions,
    connections: () => connections,
    trust: (next: Buffer) => {
      tls = { ca: next }
    },
    get: () => transport.request({ path: '/api/v1/services/web', retry: 'never' }),
    async [Symbol.asyncDispose]() {
      await transport.close()
      for (const session of sessions) session.destroy()
      server.close()
    },
  }
}

const http2Server = () => http2.createSecureServer({ ...served, allowHTTP1: true }, (_, response) => response.end(body))

test('a server that speaks only HTTP/1.1 is spoken to over a few kept connections', async () => {
  await using api = await serve(https.createServer(served, (_, response) => response.end(body)))
  for (let i = 0; i < 50; i++) expect(await api.get()).toEqual({ metadata: { name: 'web' } })
  // The first one only found out that there is no HTTP/2.
  expect(api.transport.stats.connections).toBe(2)
})

test('the same CA keeps the connection, another one makes a new one, and what was under way on the old ends well', async () => {
  const slow = Promise.withResolvers<void>()
  const server = http2.createSecureServer(served, (request, response) => {
    const ready = request.url === '/slow' ? slow.promise : Promise.resolve()
    void ready.then(() => response.end(body))
  })
  await using api = await serve(server)
  await api.get()
  const pending = api.transport.request({ path: '/slow' })
  await api.get()
  expect(api.connections()).toBe(1)
  api.trust(Buffer.concat([otherCa, ca]))
  await api.get()
  expect(api.connections()).toBe(2)
  slow.resolve()
  expect(await pending).toEqual({ metadata: { name: 'web' } })
})

test('a server whose certificate another CA signed is not spoken to, and the error says so', async () => {
  await using api = await serve(http2Server())
  api.trust(otherCa)
  await expect(api.get()).rejects.toThrow(
    `cannot reach the API server ${api.transport.server} (its certificate is not signed by the CA we know)`,
  )
  api.trust(ca)
  await api.get()
})

test('a server that says goodbye (GOAWAY), as API servers do to spread load, is connected to anew without a failed request', async () => {
  await using api = await serve(http2Server())
  for (let i = 0; i < 5; i++) {
    await api.get()
    for (const session of api.sessions) session.goaway()
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  await api.get()
  expect(api.connections()).toBeGreaterThan(1)
})

test('an answer cut in the middle by a dying connection is an error, never half an object', async () => {
  const server = http2.createSecureServer(served, (request, response) => {
    response.write(body.slice(0, 10))
    setTimeout(() => request.stream.session?.destroy(), 10)
  })
  await using api = await serve(server)
  await expect(api.get()).rejects.toMatchObject({ name: 'UnreachableError', unsent: false, why: 'connection reset' })
})

test('aborting one request leaves the connection to the others', async () => {
  const server = http2.createSecureServer(served, (request, response) => {
    if (request.url !== '/never') response.end(body)
  })
  await using api = await serve(server)
  await api.get()
  const stopping = new AbortController()
  const pending = api.transport.request({ path: '/never', signal: stopping.signal })
  setTimeout(() => stopping.abort(new Error('enough')), 10)
  await expect(pending).rejects.toThrow('enough')
  await api.get()
  expect(api.connections()).toBe(1)
})

test('a closed transport fails what is under way and refuses what comes', async () => {
  await using api = await serve(http2.createSecureServer(served, () => {}))
  const pending = api.get().catch((error: unknown) => error)
  setTimeout(() => void api.transport.close(), 20)
  expect(await pending).toMatchObject({ name: 'AbortError' })
  await expect(api.get()).rejects.toThrow('the transport was closed')
})
