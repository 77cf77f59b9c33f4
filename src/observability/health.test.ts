// The health port answers by what the program says of itself.
import { expect, test } from 'vitest'
import { serveHealth } from './health.ts'

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

test('a taken port is an error, not a silent program', async () => {
  await using first = await serveHealth({ port: 0, host: '127.0.0.1', unready: () => [] })
  await expect(serveHealth({ port: first.port, host: '127.0.0.1', unready: () => [] })).rejects.toThrow('EADDRINUSE')
})
