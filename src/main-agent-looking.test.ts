// When an agent is ready, and who may read its metrics from elsewhere.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemClock } from './kubernetes/clock.ts'
import { agentStates, agentTroubles, lookAfterAgent } from './main-agent-looking.ts'
import type { AgentState } from './main-agent-looking.ts'
import { createLog } from './observability/log.ts'
import { freePort } from '../test/contract/free-port.ts'

const eth0 = { name: 'eth0', index: 2, mac: '02:00:5e:10:00:01', carrier: true, addresses: [] }
const able = 1n << 13n
const well: AgentState = {
  phases: new Map(),
  watches: [],
  deaf: new Map(),
  interfaces: [eth0],
  leaseAgeMs: 3000,
  leaseDurationMs: 10_000,
}
const troubles = (change: Partial<AgentState>, capabilities: bigint | undefined = able) =>
  agentTroubles({ ...well, ...change }, { monotonic: () => 0 }, capabilities)

test('an agent that knows, is known and can send is ready', () => {
  expect(troubles({})).toEqual([])
  expect(troubles({ interfaces: undefined, leaseAgeMs: undefined })).toEqual([])
})

test('what keeps it from sending or from being known is named', () => {
  expect(troubles({}, 0n)).toEqual(['nothing can be sent: the capability NET_RAW is missing'])
  expect(troubles({ interfaces: [{ ...eth0, carrier: false }] })).toEqual(['nothing can be sent: no interface has a carrier'])
  expect(troubles({ deaf: new Map([['eth0', 'EPERM']]) })).toEqual(['eth0 cannot be listened on: EPERM'])
  expect(troubles({ leaseAgeMs: 12_300 })).toEqual(['the Lease of this node was not renewed for 12 s'])
  expect(troubles({ phases: new Map([['start', 'the caches are not filled yet']]) })).toEqual(['the caches are not filled yet'])
})

test('metrics are served where they are asked for, nothing else is, and the token may change while they are', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-metrics-'))
  using _ = { [Symbol.dispose]: () => rmSync(folder, { recursive: true }) }
  const metricsTokenFile = join(folder, 'token')
  writeFileSync(metricsTokenFile, 'first\n')
  const port = await freePort()
  await using looking = await lookAfterAgent({
    healthPort: 0,
    metricsListen: { host: '127.0.0.1', port },
    metricsTokenFile,
    log: createLog({ level: 'silent', program: 'test' }),
    clock: systemClock(),
    render: async () => ({ contentType: 'text/plain', text: 'weir_leading 1\n' }),
    state: well,
    routes: [],
  })
  expect(looking).toBeDefined()
  const get = (path: string, token?: string) =>
    fetch(`http://127.0.0.1:${port}${path}`, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })
  await expect
    .poll(
      () =>
        get('/metrics').then(
          ({ status }) => status,
          () => 0,
        ),
      { timeout: 30_000 },
    )
    .toBe(401)
  expect((await get('/metrics', 'wrong')).status).toBe(401)
  expect(await (await get('/metrics', 'first')).text()).toBe('weir_leading 1\n')
  expect((await get('/debug/log-level', 'first')).status).toBe(404)
  expect((await get('/readyz', 'first')).status).toBe(404)
  writeFileSync(metricsTokenFile, 'second')
  expect((await get('/metrics', 'first')).status).toBe(401)
  expect((await get('/metrics', 'second')).status).toBe(200)
  writeFileSync(metricsTokenFile, '')
  expect((await get('/metrics', '')).status).toBe(401)
})

test('what an agent knows of an address is found by the address as by the name of its Announcement', () => {
  const asked: string[] = []
  const read = agentStates(() => ({ stateOf: name => void asked.push(name) }))
  read('announcement', ['192.0.2.1'])
  read('announcement', ['ip-192-0-2-1'])
  read('service', ['default', 'web'])
  expect(asked).toEqual(['ip-192-0-2-1', 'ip-192-0-2-1'])
})
