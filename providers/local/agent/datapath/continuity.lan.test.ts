// What open connections live through: other pods come and go, slots move, the address moves, a node dies, the agent starts anew.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { missingForLan } from '../announcer/lan-under-test.ts'
import { makeCluster } from './cluster-under-test.ts'
import type { TestCluster } from './cluster-under-test.ts'
import { virtual } from './network-under-test.ts'
import type { Family } from './network-under-test.ts'

const missing = missingForLan()
const families = ['IPv4', 'IPv6'] as const
const allPods = ['n1a', 'n1b', 'n2a', 'n2b', 'n3a', 'n3b']
let cluster: TestCluster
let connections = 0

interface Open {
  readonly id: number
  readonly pod: string
}

const web = (pods: readonly string[]) => [{ protocol: 'TCP' as const, port: 80, pods }]

async function open(family: Family, count: number): Promise<readonly Open[]> {
  const opened: Open[] = []
  for (let at = 0; at < count; at++) {
    const id = ++connections
    await cluster.ask({ op: 'open', id, address: virtual[family], port: 80 })
    opened.push({ id, pod: await answer(id) })
  }
  return opened
}

async function answer(id: number): Promise<string> {
  const { words, error } = await cluster.ask({ op: 'ask', id })
  return error ?? words?.[0] ?? ''
}

/** Asks on all of them: each is answered by the pod that it began with. */
async function expectUnbroken(opened: readonly Open[], when: string): Promise<void> {
  const now = await Promise.all(opened.map(async ({ id, pod }) => `${pod} → ${await answer(id)}`))
  expect(now, when).toEqual(opened.map(({ pod }) => `${pod} → ${pod}`))
}

beforeAll(async () => {
  if (missing === undefined) cluster = await makeCluster('con')
})
afterAll(() => cluster?.[Symbol.asyncDispose]())

describe.skipIf(missing !== undefined)(missing ? `open connections: not run, ${missing}` : 'open connections', () => {
  test.each(families)('over %s stay with their pods while pods come and go and the address moves', async family => {
    await cluster.serve(web(allPods))
    cluster.announceFrom('n1')
    const opened = await open(family, 24)
    expect(new Set(opened.map(({ pod }) => pod.slice(0, 2))).size).toBe(3)

    await cluster.serve(web(['n1a', 'n2a', 'n2b']))
    await expectUnbroken(opened, 'after three pods began to drain')
    await cluster.serve(web(['n3a']))
    await expectUnbroken(opened, 'when all slots are those of one node')
    await cluster.serve(web(allPods))
    await expectUnbroken(opened, 'and back')
    cluster.announceFrom('n2')
    await expectUnbroken(opened, 'at another node')
    cluster.announceFrom('n3')
    await expectUnbroken(opened, 'and another')
    const later = await open(family, 12)
    await cluster.serve(web(['n1a', 'n1b', 'n2a', 'n2b']))
    cluster.announceFrom('n1')
    await expectUnbroken([...opened, ...later], 'after slots and address moved')
  })

  test.each(families)('over %s live on when the address moves after slots did', async family => {
    await cluster.serve(web(['n1a', 'n2a']))
    cluster.announceFrom('n3')
    const opened = await open(family, 24)
    await cluster.serve(web(['n2a', 'n3a']))
    // The node that announced is gone with all that it remembered; the others know only what is theirs.
    cluster.announceFrom('n2')
    await expectUnbroken(opened, 'slots of n1 are elsewhere now, and only n1 knows their connections')
    cluster.announceFrom('n3')
    await expectUnbroken(opened, 'again')
  })

  test('an agent that starts anew takes nothing from them, whatever changed while it was away', async () => {
    await cluster.serve(web(allPods))
    cluster.announceFrom('n1')
    const opened = await open('IPv4', 24)
    for (const node of cluster.nodes) cluster.restartAgent(node)
    await expectUnbroken(opened, 'without agents')
    await cluster.serve(web(['n1a', 'n2b', 'n3a', 'n3b']))
    await expectUnbroken(opened, 'with new agents and other pods')
    cluster.announceFrom('n2')
    await expectUnbroken(opened, 'at another node')
  })

  test.each(families)(
    'over %s are found after slots moved, all agents started anew, and then the address moved',
    async family => {
      await cluster.serve(web(['n1a', 'n2a']))
      cluster.announceFrom('n3')
      const opened = await open(family, 24)
      await cluster.serve(web(['n2a', 'n3a']))
      for (const node of cluster.nodes) cluster.restartAgent(node)
      await cluster.serve(web(['n2a', 'n3a']))
      await cluster.serve(web(['n2a', 'n3a']))
      cluster.announceFrom('n2')
      await expectUnbroken(opened, 'slots of n1 are elsewhere now, and only n1 knows their connections')
    },
  )

  test.each([
    // As a later agent would leave it that was taken back.
    ['a mark of its own', 'flush set inet weir active; add element inet weir active { 4097 }'],
    // As an earlier one might have.
    [
      'maps of other types',
      'delete table inet weir; add table inet weir; add map inet weir pins_tcp4 { type ipv4_addr : mark; }',
    ],
  ])(
    'live on when agents find tables of another layout, with %s, which give way to what they would write afresh',
    async (_, how) => {
      /** Without what the kernel itself remembers of connections. */
      const content = (node: string) => {
        const lines = cluster.run(node, 'nft', 'list', 'table', 'inet', 'weir').split('\n')
        return lines.filter(line => !line.includes(' expires ')).toSorted()
      }
      await cluster.serve(web(allPods))
      cluster.announceFrom('n1')
      const opened = [...(await open('IPv4', 24)), ...(await open('IPv6', 24))]
      for (const node of cluster.nodes) {
        cluster.run(node, 'nft', how)
        cluster.restartAgent(node)
      }
      await cluster.serve(web(allPods))
      await expectUnbroken(opened, 'with new agents')
      cluster.announceFrom('n2')
      await expectUnbroken(opened, 'at another node')
      const found = content('n3')
      await cluster.remove('n3')
      await cluster.serve(web(allPods), { on: ['n3'] })
      expect(found).toEqual(content('n3'))
    },
  )

  test('that are closed are forgotten soon', async () => {
    await cluster.serve(web(allPods))
    cluster.announceFrom('n1')
    const opened = await open('IPv4', 4)
    await expectUnbroken(opened, 'before')
    const lasting = () =>
      cluster.run('n1', 'nft', 'list', 'map', 'inet', 'weir', 'pins_tcp4').match(/expires (1h|5\dm)/g)?.length ?? 0
    const before = lasting()
    for (const { id } of opened) await cluster.ask({ op: 'close', id })
    await vi.waitFor(() => expect(lasting()).toBe(before - 4), { timeout: 60_000 })
  })

  test('new ones go on without a failure through a rolling update', async () => {
    const generations = [
      allPods,
      ['n1b', 'n2a', 'n2b', 'n3a', 'n3b'],
      ['n1a', 'n2a', '-n2b', 'n3a'],
      ['-n1a', 'n2b', 'n3a', 'n3b'],
      ['n1a', 'n1b'],
      allPods,
    ]
    await cluster.serve(web(allPods))
    cluster.announceFrom('n1')
    const rolling = new AbortController()
    const failures: string[] = []
    let asked = 0
    const load = async () => {
      while (!rolling.signal.aborted) {
        const id = ++connections
        const opened = await cluster.ask({ op: 'open', id, address: virtual.IPv4, port: 80 })
        const said = opened.error ?? (await answer(id))
        await cluster.ask({ op: 'close', id })
        asked++
        if (!allPods.includes(said)) failures.push(said)
      }
    }
    const loads = [load(), load(), load()]
    for (const pods of [...generations, ...generations]) {
      // Agents hear of a change one after the other.
      for (const node of cluster.nodes) await cluster.serve(web(pods), { on: [node] })
      await sleep(100)
    }
    rolling.abort()
    await Promise.all(loads)
    expect(failures).toEqual([])
    expect(asked).toBeGreaterThan(50)
  })

  test.each(families)('of UDP over %s have another pod at once when theirs is gone, on its node or elsewhere', async family => {
    const dns = (pods: readonly string[]) => [{ protocol: 'UDP' as const, port: 53, pods }]
    const id = ++connections
    const ask = async () => {
      const { words, error } = await cluster.ask({ op: 'udp', id, address: virtual[family], port: 53 })
      return error ?? words?.[0]
    }
    cluster.announceFrom('n1')
    await cluster.serve(dns(['n2a']))
    expect(await ask()).toBe('n2a')
    await cluster.serve(dns(['n2b', 'n3a']))
    expect(await ask()).toBe('n2b')
    await cluster.serve(dns(['n3a', 'n3b']))
    expect(await ask()).toMatch(/^n3/)
    await cluster.serve(dns(['n1a']))
    expect(await ask()).toBe('n1a')
    cluster.restartAgent('n1')
    await cluster.serve(dns(['n1b']))
    expect(await ask()).toBe('n1b')
  })

  test.each(families)(
    'of UDP over %s stay with a pod that drains for as long as it serves, while new ones go elsewhere',
    async family => {
      const dns = (pods: readonly string[]) => [{ protocol: 'UDP' as const, port: 53, pods }]
      const ask = async (id: number) => {
        const { words, error } = await cluster.ask({ op: 'udp', id, address: virtual[family], port: 53 })
        return error ?? words?.[0]
      }
      cluster.announceFrom('n1')
      await cluster.serve(dns(['n2a']))
      const id = ++connections
      expect(await ask(id)).toBe('n2a')
      await cluster.serve(dns(['-n2a', 'n2b']))
      expect(await ask(id)).toBe('n2a')
      expect(await ask(++connections)).toBe('n2b')
      await cluster.serve(dns(['n2b']))
      expect(await ask(id)).toBe('n2b')
    },
  )

  test('on other nodes go on when one dies, and new ones go to those that live', async () => {
    await cluster.serve(web(allPods))
    cluster.announceFrom('n1')
    const opened = await open('IPv4', 24)
    cluster.kill('n3')
    await cluster.serve(web(allPods), { on: ['n1', 'n2'], dead: ['n3'] })
    await expectUnbroken(
      opened.filter(({ pod }) => !pod.startsWith('n3')),
      'those on n1 and n2',
    )
    const pods = (await open('IPv4', 16)).map(({ pod }) => pod)
    expect(pods.filter(pod => !/^n[12]/.test(pod))).toEqual([])
  })
})
