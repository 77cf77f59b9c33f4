// The health port answers by what the program says of itself.
import { IncomingMessage, request, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { answer, metricsRoute, serveHealth } from './health.ts'
import { isFromThisMachine } from './loopback.ts'

test('readyz names what is missing and turns to ok when nothing is', async () => {
  const missing = ['Services are not listed yet', 'the watch of Nodes is broken']
  await using server = await serveHealth({ port: 0, host: '127.0.0.1', unready: () => missing })
  const get = (path: string) => fetch(`http://127.0.0.1:${server.port}${path}`)

  const before = await get('/readyz')
  expect(before.status).toBe(503)
  expect(await before.text()).toBe('Services are not listed yet\nthe watch of Nodes is broken\n')

  missing.length = 0
  expect((await get('/readyz?verbose')).status).toBe(200)
  expect((await get('/healthz')).status).toBe(200)
})

test('metrics are served as their maker says, other paths and methods are refused', async () => {
  await using server = await serveHealth({
    port: 0,
    host: '127.0.0.1',
    unready: () => [],
    metrics: async () => ({ contentType: 'text/plain; version=0.0.4', text: 'weir_up 1\n' }),
  })
  const base = `http://127.0.0.1:${server.port}`
  const metrics = await fetch(`${base}/metrics`)
  expect(metrics.headers.get('content-type')).toBe('text/plain; version=0.0.4')
  expect(await metrics.text()).toBe('weir_up 1\n')
  expect((await fetch(`${base}/else`)).status).toBe(404)
  expect((await fetch(`${base}/readyz`, { method: 'POST' })).status).toBe(405)
})

test('metrics are written once for all that ask meanwhile, and anew for who asks later', async () => {
  const written = Promise.withResolvers<void>()
  let writes = 0
  const route = metricsRoute(async () => {
    writes += 1
    await written.promise
    return { contentType: 'text/plain', text: 'weir_up 1\n' }
  })
  const ask = async () => {
    const asked = new IncomingMessage(new Socket())
    const response = new ServerResponse(asked)
    await route.handle(asked, response, new URL('http://localhost/metrics'))
    return response.statusCode
  }
  const together = [ask(), ask(), ask()]
  expect(writes).toBe(1)
  written.resolve()
  expect(await Promise.all(together)).toEqual([200, 200, 200])
  await ask()
  expect(writes).toBe(2)
})

test('a taken port is an error, not a silent program', async () => {
  await using first = await serveHealth({ port: 0, host: '127.0.0.1', unready: () => [] })
  await expect(serveHealth({ port: first.port, host: '127.0.0.1', unready: () => [] })).rejects.toThrow('EADDRINUSE')
})

test('routes are served by path, below one that ends in a slash, and an error of one is its own', async () => {
  await using server = await serveHealth({
    port: 0,
    host: '127.0.0.1',
    unready: () => [],
    routes: [
      {
        path: '/page/',
        from: 'anywhere',
        handle: (request, response, url) => answer(request, response, { code: 200, text: url.pathname }),
      },
      {
        path: '/broken',
        from: 'anywhere',
        handle() {
          throw new Error('on purpose')
        },
      },
    ],
  })
  const base = `http://127.0.0.1:${server.port}`
  expect(await (await fetch(`${base}/page/app.js`)).text()).toBe('/page/app.js')
  const broken = await fetch(`${base}/broken`)
  expect(broken.status).toBe(500)
  expect(await broken.text()).toBe('on purpose\n')
  expect((await fetch(`${base}/readyz`)).status).toBe(200)
})

test('what is for processes beside this one is refused to a page of another site, whatever name it gave loopback', async () => {
  await using server = await serveHealth({
    port: 0,
    host: '127.0.0.1',
    unready: () => [],
    routes: [
      {
        path: '/debug',
        from: 'loopback',
        handle: (request, response) => answer(request, response, { code: 200, text: 'state' }),
      },
    ],
  })
  const statusFor = (headers: Record<string, string>) =>
    new Promise<number | undefined>((resolve, reject) => {
      const asking = request({ host: '127.0.0.1', port: server.port, path: '/debug', headers }, response => {
        response.resume()
        resolve(response.statusCode)
      })
      asking.once('error', reject)
      asking.end()
    })
  expect(await statusFor({})).toBe(200)
  expect(await statusFor({ host: 'localhost:8080' })).toBe(200)
  expect(await statusFor({ host: 'evil.example:8080' })).toBe(403)
  expect(await statusFor({ origin: 'http://evil.example' })).toBe(403)
})

test('another machine is not beside this process', () => {
  const from = (remoteAddress: string) => isFromThisMachine({ socket: { remoteAddress }, headers: { host: 'localhost' } })
  expect(['127.0.0.1', '::1', '::ffff:127.0.0.1'].map(from)).toEqual([true, true, true])
  expect(['10.0.0.7', '::ffff:10.0.0.7', ''].map(from)).toEqual([false, false, false])
})
