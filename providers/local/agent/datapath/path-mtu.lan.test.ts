// Networks on the way to a client that take small packets only: whoever sends too large ones hears of it, on whatever node it is.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { missingForLan } from '../announcer/lan-under-test.ts'
import type { ClientAnswer, ClientRequest } from './client-under-test.ts'
import { makeCluster } from './cluster-under-test.ts'
import type { TestCluster } from './cluster-under-test.ts'
import { virtual } from './network-under-test.ts'

const missing = missingForLan()
let cluster: TestCluster
let ask: (request: ClientRequest) => Promise<ClientAnswer>
let connections = 0

const families = ['IPv4', 'IPv6'] as const
const places = [
  ['this node', 'n1a'],
  ['another node', 'n2a'],
] as const

const combinations = families.flatMap(family => places.map(([place, pod]) => [family, place, pod] as const))

beforeAll(async () => {
  if (missing !== undefined) return
  cluster = await makeCluster('mtu', 2)
  cluster.announceFrom('n1')
  ask = await cluster.clientBehind(1300)
  await cluster.serve([{ protocol: 'TCP', port: 80, pods: ['n1a', 'n2a'] }])
  // Neighbours have to find each other first; a connection that begins with lost packets sends slowly.
  for (const family of families)
    for (let found = 0; found < 6; found++) await ask({ op: 'open', id: ++connections, address: virtual[family], port: 80 })
})
afterAll(() => cluster?.[Symbol.asyncDispose]())

describe.skipIf(missing !== undefined)(missing ? `path MTU: not run, ${missing}` : 'path MTU', () => {
  test.each(combinations)(
    'over %s a large answer from a pod on %s reaches a client behind a narrow link',
    async (family, _, pod) => {
      await cluster.serve([{ protocol: 'TCP', port: 80, pods: [pod] }])
      const id = ++connections
      await ask({ op: 'open', id, address: virtual[family], port: 80 })
      const { words, error } = await ask({ op: 'ask', id, lines: 4000 })
      expect(error ?? words?.[0]).toBe(pod)
    },
  )

  test.each(combinations)('over %s a pod on %s learns that its datagrams are too large', async (family, _, pod) => {
    await cluster.serve([{ protocol: 'UDP', port: 53, pods: [pod] }])
    const id = ++connections
    // The question fits by itself; the answer, which says who answers besides, does not.
    const bytes = family === 'IPv4' ? 1255 : 1240
    const client = family === 'IPv4' ? '10.209.0.2' : 'fd00:209::2'
    const learnt = async () => {
      await ask({ op: 'udp', id, address: virtual[family], port: 53, waitMs: 300, bytes })
      expect(cluster.run(pod, 'ip', 'route', 'get', client)).toMatch(/mtu 1300/)
    }
    await vi.waitFor(learnt, { timeout: 60_000 })
  })
})
