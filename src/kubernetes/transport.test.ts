// The transport against a plain HTTP server that misbehaves on order: what is repeated, what is not, and what errors say.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { systemClock } from './clock.ts'
import type { Credentials } from './credentials.ts'
import { ApiError, isConflict, UnreachableError } from './errors.ts'
import { silentLogger } from './logger.ts'
import { createTransport } from './transport.ts'

type Reply = (request: IncomingMessage, response: ServerResponse) => void

/** Answers the first request with the first reply and so on; the last one goes on answering. */
async function serve(...replies: readonly Reply[]) {
  const seen: string[] = []
  const listener: RequestListener = (request, response) => {
    const reply = replies[Math.min(seen.length, replies.length - 1)]
    seen.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`.trim())
    reply?.(request, response)
  }
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  let token = 1
  const credentials: Credentials = {
    server: `http://127.0.0.1:${port}`,
    namespace: undefined,
    current: async () => ({ generation: 'one', tls: {}, headers: { authorization: `Bearer ${token}` } }),
    invalidate: () => void token++,
  }
  const sleeps: number[] = []
  const told: string[] = []
  const clock = systemClock()
  const transport = createTransport({
    credentials,
    // Pauses between attempts are noted instead of waited for.
    clock: { ...clock, sleep: async (ms, signal) => void (signal?.throwIfAborted(), sleeps.push(Math.round(ms))) },
    random: () => 0,
    logger: silentLogger,
    userAgent: 'test',
    onCall: ({ method, path, status, isStream }) => void told.push(`${method} ${path} ${status} ${isStream}`),
  })
  return {
    transport,
    seen,
    sleeps,
    told,
    stopServer: () => {
      server.closeAllConnections()
      server.close()
    },
    async [Symbol.asyncDispose]() {
      await transport.close()
      server.closeAllConnections()
      server.close()
    },
  }
}

const json =
  (code: number, body: unknown, headers: Record<string, string> = {}): Reply =>
  (_, response) =>
    response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
const status = (code: number, reason: string, headers: Record<string, string> = {}): Reply =>
  json(code, { kind: 'Status', code, reason, message: `${reason} it is` }, headers)
const reset: Reply = request => void request.socket.destroy()
const fine = json(200, { metadata: { name: 'web' } })

test('a read is repeated after a reset, a 503 and a 429, with growing pauses and never before Retry-After', async () => {
  await using api = await serve(
    reset,
    status(503, 'ServiceUnavailable'),
    status(429, 'TooManyRequests', { 'retry-after': '3' }),
    fine,
  )
  expect(await api.transport.request({ path: '/api/v1/services' })).toEqual({ metadata: { name: 'web' } })
  expect(api.seen).toHaveLength(4)
  expect(api.sleeps).toEqual([100, 200, 3000])
  expect(api.transport.stats.retries).toBe(3)
})

test('every attempt is told with its status, a query is not, and nobody answering is undefined', async () => {
  await using api = await serve(reset, status(503, 'ServiceUnavailable'), fine)
  await api.transport.request({ path: '/api/v1/services', query: { limit: 500 } })
  expect(api.told).toEqual([
    'GET /api/v1/services undefined false',
    'GET /api/v1/services 503 false',
    'GET /api/v1/services 200 false',
  ])
})

test('a write that may have arrived is not repeated, unless it says that repeating is safe', async () => {
  {
    await using api = await serve(reset, fine)
    const written = api.transport.request({ method: 'POST', path: '/api/v1/services', body: {} })
    await expect(written).rejects.toMatchObject({ name: 'UnreachableError', unsent: false, retry: 'later' })
    expect(api.seen).toHaveLength(1)
  }
  await using api = await serve(reset, fine)
  await api.transport.request({ method: 'PATCH', path: '/x', body: {}, retry: 'idempotent' })
  expect(api.seen).toHaveLength(2)
})

test('a write that was turned away is repeated', async () => {
  await using api = await serve(status(429, 'TooManyRequests', { 'retry-after': '1' }), fine)
  await api.transport.request({ method: 'POST', path: '/api/v1/services', body: {} })
  expect(api.seen).toHaveLength(2)
})

test('never means never', async () => {
  await using api = await serve(status(429, 'TooManyRequests'), fine)
  await expect(api.transport.request({ path: '/x', retry: 'never' })).rejects.toMatchObject({ code: 429, retry: 'later' })
  expect(api.seen).toHaveLength(1)
})

test('a long Retry-After is left to the caller, who finds it in the error', async () => {
  await using api = await serve(status(503, 'ServiceUnavailable', { 'retry-after': '60' }), fine)
  await expect(api.transport.request({ path: '/x' })).rejects.toMatchObject({ code: 503, retryAfterMs: 60_000 })
  expect(api.seen).toHaveLength(1)
})

test('a conflict and an invalid object are said at once, by code, reason and how to go on', async () => {
  await using api = await serve(status(409, 'Conflict'), status(422, 'Invalid'))
  const conflict = await api.transport.request({ path: '/x' }).catch((error: unknown) => error)
  expect(conflict).toBeInstanceOf(ApiError)
  expect(conflict).toMatchObject({ code: 409, reason: 'Conflict', retry: 'now', message: 'GET /x: Conflict it is' })
  expect(isConflict(conflict)).toBe(true)
  await expect(api.transport.request({ path: '/x' })).rejects.toMatchObject({ code: 422, retry: 'when-changed' })
  expect(api.seen).toHaveLength(2)
})

test('after a 401 the credentials are read anew and the request is sent once more', async () => {
  await using api = await serve(status(401, 'Unauthorized'), fine)
  await api.transport.request({ method: 'POST', path: '/x', body: {} })
  expect(api.seen).toEqual(['POST /x Bearer 1', 'POST /x Bearer 2'])
})

test('a server that does not answer in time, one that refuses, and an answer that is cut off are all unreachable, in words', async () => {
  const cut: Reply = (request, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('{"items":')
    setTimeout(() => request.socket.destroy(), 5)
  }
  await using api = await serve(() => {}, cut)
  const { server } = api.transport
  await expect(api.transport.request({ path: '/x', timeoutMs: 30, retry: 'never' })).rejects.toThrow(
    `cannot reach the API server ${server} (no answer within 0.03 s)`,
  )
  await expect(api.transport.request({ path: '/x', retry: 'never' })).rejects.toThrow(
    `cannot reach the API server ${server} (connection reset)`,
  )
  api.stopServer()
  const refused = await api.transport.request({ path: '/x', retry: 'never' }).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(UnreachableError)
  expect(refused).toMatchObject({ unsent: true, message: `cannot reach the API server ${server} (connection refused)` })
})

test('an error page that is no Status is quoted', async () => {
  await using api = await serve((_, response) => response.writeHead(502).end('upstream is away'))
  await expect(api.transport.request({ path: '/x', retry: 'never' })).rejects.toThrow('GET /x: upstream is away')
})

test('aborting ends a request with the reason given', async () => {
  await using api = await serve(() => {})
  const stopping = new AbortController()
  const pending = api.transport.request({ path: '/x', signal: stopping.signal })
  stopping.abort(new Error('enough'))
  await expect(pending).rejects.toThrow('enough')
})

test('a stream gives whole lines however they are cut, and fails when it falls silent', async () => {
  await using api = await serve((_, response) => {
    const bytes = Buffer.from('{"n":"ä"}\n{"n":2}\n{"n":')
    for (const byte of bytes) response.write(Buffer.of(byte))
  })
  const lines: unknown[] = []
  const read = async () => {
    const stream = api.transport.stream({
      path: '/x',
      query: { watch: true },
      idleTimeoutMs: 50,
      signal: new AbortController().signal,
    })
    for await (const line of stream) lines.push(line)
  }
  await expect(read()).rejects.toThrow('silent for 0.05 s')
  expect(lines).toEqual([{ n: 'ä' }, { n: 2 }])
  expect(api.seen).toEqual(['GET /x?watch=true Bearer 1'])
})

test('leaving a stream closes it at the server', async () => {
  const closed = Promise.withResolvers<void>()
  await using api = await serve((_, response) => {
    response.once('close', () => closed.resolve())
    response.write('{"n":1}\n')
  })
  for await (const line of api.transport.stream({ path: '/x', idleTimeoutMs: 5000, signal: new AbortController().signal })) {
    expect(line).toEqual({ n: 1 })
    break
  }
  await closed.promise
})
