import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Announcement } from '../../../../src/api/announcement.ts'
import { heartbeatSecretField, heartbeatSecretName, rotate } from '../../../../src/model/heartbeat-keys.ts'
import { startCluster, weirPath } from '../../../../test/contract/cluster.ts'
import type { Cluster } from '../../../../test/contract/cluster.ts'
import { startAgent, wireToLoopback } from '../agent-process-under-test.ts'
import type { AgentProcess, Wire } from '../agent-process-under-test.ts'
import { makeLan, missingForLan, openProber } from '../announcer/lan-under-test.ts'
import type { Lan, Prober, Station } from '../announcer/lan-under-test.ts'

const missing = missingForLan()
const web = { text: '10.201.200.1', number: 0x0ac9_c801, name: 'ip-10-201-200-1' }
const names = ['n0', 'n1', 'n2']

describe.skipIf(missing !== undefined)(
  missing ? `heartbeats on a LAN: not run, ${missing}` : 'three agents that hear each other on a LAN',
  () => {
    const resources = new AsyncDisposableStack()
    let cluster: Cluster
    let lan: Lan
    let prober: Prober
    const stations = new Map<string, Station>()
    const agents = new Map<string, AgentProcess>()
    const wires = new Map<string, Wire>()

    const start = (node: string) => {
      const station = stations.get(node)
      if (!station) throw new Error(`no station ${node}`)
      agents.set(node, startAgent({ station, node, kubeconfig: cluster.plane.kubeconfig }))
    }
    const hears = (node: string, what: string) =>
      vi.waitFor(() => expect(agents.get(node)?.log.join()).toContain(what), { timeout: 60_000 })
    const owned = (node: string) =>
      cluster.until(
        weirPath('announcements', web.name),
        ({ status }: Announcement) => status?.node === node,
        `${node} to own ${web.text}`,
      )
    const answering = () => prober.answers(web.number).map(mac => names.find(name => stations.get(name)?.mac === mac))
    /** Asks without pause from when `disturb` was called until somebody else answers: who, and how long nobody did. */
    const gapAfter = async (disturb: () => unknown, before: string | undefined) => {
      const started = performance.now()
      let last = started
      const done = disturb()
      for (;;) {
        const [mac] = prober.ask(web.number, { waitMs: 5 })
        const node = names.find(name => stations.get(name)?.mac === mac)
        const now = performance.now()
        if (node !== undefined && node !== before) {
          await done
          return { node, gapMs: Math.round(now - last) }
        }
        if (node !== undefined) last = now
        if (now - started > 60_000) throw new Error('nobody answers')
        await sleep(1)
      }
    }

    beforeAll(async () => {
      cluster = resources.use(await startCluster())
      lan = resources.use(makeLan('hbt'))
      for (const name of names) stations.set(name, name === 'n0' ? lan.node : lan.attach())
      prober = resources.use(openProber(lan, lan.client))
      const { ring } = rotate(undefined, Date.now(), bytes => crypto.getRandomValues(new Uint8Array(bytes)))
      await cluster.create('/api/v1/namespaces/weir-system/secrets', {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: heartbeatSecretName },
        data: { [heartbeatSecretField]: Buffer.from(JSON.stringify(ring)).toString('base64') },
      })
      for (const [name, station] of stations) {
        wires.set(name, resources.use(wireToLoopback(lan, station, Number(new URL(cluster.plane.server).port))))
        await cluster.create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name } })
      }
      resources.defer(async () => {
        for (const [node, agent] of agents) {
          await agent.end('SIGKILL')
          if (process.env['WEIR_SHOW_LOG']) process.stderr.write(`${node}\n${agent.log.join('\n')}\n`)
        }
      })
      for (const name of names) start(name)
      for (const name of names) await hears(name, 'agent works')
      await cluster.create(weirPath('announcements'), {
        apiVersion: 'weir.dev/v1alpha1',
        kind: 'Announcement',
        metadata: { name: web.name, finalizers: ['weir.dev/announced'] },
        spec: { address: web.text, pool: 'office', services: [{ uid: 'u', namespace: 'default', name: 'web' }], nodes: names },
      })
      await owned('n0')
      await sleep(1500)
    })
    afterAll(async () => {
      await resources.disposeAsync()
    })

    test('the next candidate answers when the announcing agent is killed, and the status follows', async () => {
      expect(answering()).toEqual(['n0'])
      const { node, gapMs } = await gapAfter(() => agents.get('n0')?.end('SIGKILL'), 'n0')
      process.stderr.write(`kill -9 of the announcing agent: nobody answered for ${gapMs} ms\n`)
      expect(node).toBe('n1')
      expect((await owned('n1')).status).toMatchObject({ epoch: 2, reason: 'OwnerDead' })
    })

    test('a returning node takes nothing back', async () => {
      start('n0')
      await hears('n0', 'agent works')
      await sleep(2000)
      expect(answering()).toEqual(['n1'])
    })

    test('so it is while the API server is away, and the status follows when it is back', async () => {
      for (const wire of wires.values()) wire.cut()
      const { node, gapMs } = await gapAfter(() => agents.get('n1')?.end('SIGKILL'), 'n1')
      process.stderr.write(`the same without the API server: ${gapMs} ms\n`)
      expect(node).toBe('n0')
      await sleep(1000)
      for (const wire of wires.values()) wire.mend()
      expect((await owned('n0')).status).toMatchObject({ epoch: 3 })
    })

    test('a planned move leaves no gap', async () => {
      const { node, gapMs } = await gapAfter(
        () => cluster.patch(weirPath('announcements', web.name), { spec: { nodes: ['n2', 'n1'] } }),
        'n0',
      )
      process.stderr.write(`a planned move: ${gapMs} ms\n`)
      expect(node).toBe('n2')
      expect((await owned('n2')).status).toMatchObject({ epoch: 4 })
    })

    test('a process that stood still yields to the one that took over, and neither answer at once', async () => {
      await cluster.patch(weirPath('announcements', web.name), { spec: { nodes: ['n2', 'n0'] } })
      await sleep(500)
      const pid = agents.get('n2')?.pid ?? 0
      const { node, gapMs } = await gapAfter(() => process.kill(pid, 'SIGSTOP'), 'n2')
      process.stderr.write(`a process that stands still: ${gapMs} ms\n`)
      expect(node).toBe('n0')
      await sleep(3000)
      process.kill(pid, 'SIGCONT')
      await sleep(1000)
      expect(answering()).toEqual(['n0'])
    })
  },
)
