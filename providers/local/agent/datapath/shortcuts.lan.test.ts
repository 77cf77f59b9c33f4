// Busy connections leave a node from where they come in; that changes nothing of where they go, and ends when it has to.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { missingForLan } from '../announcer/lan-under-test.ts'
import { makeCluster } from './cluster-under-test.ts'
import type { TestCluster } from './cluster-under-test.ts'
import { virtual } from './network-under-test.ts'
import type { Family } from './network-under-test.ts'

const missing = missingForLan()
const allPods = ['n1a', 'n1b', 'n2a', 'n2b', 'n3a', 'n3b']
const patience = { timeout: 40_000, interval: 50 }
let cluster: TestCluster
let connections = 0

interface Open {
  readonly id: number
  readonly pod: string
}

const web = (pods: readonly string[], sources: readonly string[] = []) => [{ protocol: 'TCP' as const, port: 80, pods, sources }]
const dns = (pods: readonly string[]) => [{ protocol: 'UDP' as const, port: 53, pods }]

async function open(family: Family, count: number): Promise<readonly Open[]> {
  const opened: Open[] = []
  for (let at = 0; at < count; at++) {
    const id = ++connections
    await cluster.ask({ op: 'open', id, address: virtual[family], port: 80 })
    opened.push({ id, pod: await answer(id) })
  }
  return opened
}

async function answer(id: number, waitMs = 10_000): Promise<string> {
  const { words, error } = await cluster.ask({ op: 'ask', id, waitMs })
  return error ?? words?.[0] ?? ''
}

async function expectUnbroken(opened: readonly Open[], when: string): Promise<void> {
  const now = await Promise.all(opened.map(async ({ id, pod }) => `${pod} → ${await answer(id)}`))
  expect(now, when).toEqual(opened.map(({ pod }) => `${pod} → ${pod}`))
}

/** How many connections the node has noted lately. */
function noted(node: string, map: string): number {
  return cluster.run(node, 'nft', 'list', 'map', 'inet', 'weir', map).match(/expires/g)?.length ?? 0
}

/** Asks on all of them until most are noted at the node that announces. */
const keepBusy = (opened: readonly Open[], family: Family, node: string) =>
  vi.waitFor(async () => {
    for (let round = 0; round < 4; round++) await expectUnbroken(opened, 'while busy')
    expect(noted(node, family === 'IPv4' ? 'recent_tcp4' : 'recent_tcp6')).toBeGreaterThan(opened.length / 2)
  }, patience)

/** Packets that the node has routed. */
function routed(node: string, family: Family): number {
  if (family === 'IPv6') return Number(/Ip6OutForwDatagrams\s+(\d+)/.exec(cluster.run(node, 'cat', '/proc/net/snmp6'))?.[1])
  const [names = '', values = ''] = cluster.run(node, 'grep', '^Ip:', '/proc/net/snmp').split('\n')
  return Number(values.split(' ')[names.split(' ').indexOf('ForwDatagrams')])
}

beforeAll(async () => {
  if (missing === undefined) cluster = await makeCluster('cut')
})
afterAll(() => cluster?.[Symbol.asyncDispose]())

describe.skipIf(missing !== undefined)(missing ? `busy connections: not run, ${missing}` : 'busy connections', () => {
  test.each(['IPv4', 'IPv6'] as const)('over %s to a pod elsewhere are not routed by the node that announces', async family => {
    await cluster.serve(web(['n2a']))
    cluster.announceFrom('n1')
    const opened = await open(family, 1)
    await vi.waitFor(async () => {
      const before = routed('n1', family)
      for (let round = 0; round < 60; round++) await expectUnbroken(opened, 'one after the other')
      expect(routed('n1', family) - before).toBeLessThan(30)
    }, patience)
  })

  test.each(['IPv4', 'IPv6'] as const)('over %s stay with their pods whatever moves', async family => {
    await cluster.serve(web(allPods))
    cluster.announceFrom('n1')
    const opened = await open(family, 24)
    await keepBusy(opened, family, 'n1')
    await cluster.serve(web(['n1a', 'n2a', 'n2b']))
    await expectUnbroken(opened, 'after three pods began to drain')
    await cluster.serve(web(['n3a']))
    await keepBusy(opened, family, 'n1')
    await cluster.serve(web(allPods))
    cluster.announceFrom('n2')
    await expectUnbroken(opened, 'at another node')
    await keepBusy(opened, family, 'n2')
    cluster.announceFrom('n1')
    await expectUnbroken(opened, 'and back at once')
    await cluster.serve([])
    await cluster.serve(web(allPods))
    await expectUnbroken(opened, 'when their Service was gone for a moment')
    for (const node of cluster.nodes) cluster.restartAgent(node)
    await expectUnbroken(opened, 'without agents')
    await cluster.serve(web(['n1b', 'n3b']))
    await expectUnbroken(opened, 'with new agents')
  })

  test.each(['IPv4', 'IPv6'] as const)('over %s end at once when their client may not connect any more', async family => {
    await cluster.serve(web(['n1a', 'n2a']))
    cluster.announceFrom('n1')
    const opened = await open(family, 8)
    await keepBusy(opened, family, 'n1')
    await cluster.serve(web(['n1a', 'n2a'], ['192.0.2.0/24', '2001:db8::/32']))
    const answers = await Promise.all(opened.map(({ id }) => answer(id, 300)))
    expect(answers.filter(pod => allPods.includes(pod))).toEqual([])
  })

  test('an address and port that a client uses again begins a connection of its own', async () => {
    await cluster.serve(web(['n2a']))
    cluster.announceFrom('n1')
    const opened = await open('IPv4', 8)
    await keepBusy(opened, 'IPv4', 'n1')
    for (const { id } of opened) await cluster.ask({ op: 'close', id })
    await vi.waitFor(() => expect(noted('n1', 'recent_tcp4')).toBe(0), patience)
  })

  test('of UDP have another pod at once when theirs is gone, however busy', async () => {
    const id = ++connections
    const ask = async () => {
      const { words, error } = await cluster.ask({ op: 'udp', id, address: virtual.IPv4, port: 53, waitMs: 5000 })
      return error ?? words?.[0]
    }
    const busy = () =>
      vi.waitFor(async () => {
        await ask()
        expect(noted('n1', 'recent_udp4')).toBeGreaterThan(0)
      }, patience)
    cluster.announceFrom('n1')
    for (const [pods, pod] of [
      [['n2a'], /^n2a$/],
      [['n2b', 'n3a'], /^n2b$/],
      [['n3a', 'n3b'], /^n3/],
      [['n1a'], /^n1a$/],
      [['n2a'], /^n2a$/],
    ] as const) {
      await cluster.serve(dns(pods))
      expect(await ask()).toMatch(pod)
      await busy()
    }
    await cluster.serve(dns(['n2a', 'n3a']), { on: ['n1', 'n3'], dead: ['n2'] })
    expect(await ask()).toBe('n3a')
  })
})
