import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Announcement } from '../../../src/api/announcement.ts'
import { startCluster, weirPath } from '../../../test/contract/cluster.ts'
import type { Cluster } from '../../../test/contract/cluster.ts'
import { startAgent, wireToLoopback } from './agent-process-under-test.ts'
import type { AgentProcess, Wire } from './agent-process-under-test.ts'
import { requestFrame } from './announcer/arp.ts'
import { makeLan, missingForLan, openProber } from './announcer/lan-under-test.ts'
import { parseMac } from './announcer/mac.ts'
import type { Lan, Prober, Station } from './announcer/lan-under-test.ts'

const missing = missingForLan()
const web = { text: '10.201.200.1', number: 0x0ac9_c801, name: 'ip-10-201-200-1' }
const leases = '/apis/coordination.k8s.io/v1/namespaces/weir-system/leases'

describe.skipIf(missing !== undefined)(
  missing ? `agents on a LAN: not run, ${missing}` : 'agents on a LAN with a true API server',
  () => {
    const resources = new AsyncDisposableStack()
    let cluster: Cluster
    let lan: Lan
    let prober: Prober
    let stations: ReadonlyMap<string, Station>
    const agents = new Map<string, AgentProcess>()
    const wires = new Map<string, Wire>()

    const start = (node: string) => {
      const station = stations.get(node)
      if (!station) throw new Error(`no station ${node}`)
      const agent = startAgent({ station, node, kubeconfig: cluster.plane.kubeconfig })
      agents.set(node, agent)
      return agent
    }
    const announced = async (path = weirPath('announcements', web.name)): Promise<Announcement> => cluster.get(path)
    const owned = (node: string) =>
      cluster.until(
        weirPath('announcements', web.name),
        ({ status }: Announcement) => status?.node === node,
        `${node} to own ${web.text}`,
      )

    /** Waits until this node alone answers for the address. */
    const answersAlone = (node: string) =>
      vi.waitFor(() => expect(prober.ask(web.number)).toEqual([stations.get(node)?.mac]), { timeout: 60_000 })

    beforeAll(async () => {
      cluster = resources.use(await startCluster())
      lan = resources.use(makeLan('agt'))
      stations = new Map([
        ['n0', lan.node],
        ['n1', lan.attach()],
      ])
      prober = resources.use(openProber(lan, lan.client))
      for (const [name, station] of stations) {
        wires.set(name, resources.use(wireToLoopback(lan, station, Number(new URL(cluster.plane.server).port))))
        await cluster.create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name } })
        await cluster.patch(`/api/v1/nodes/${name}/status`, {
          status: { addresses: [{ type: 'InternalIP', address: '10.201.0.1' }] },
        })
      }
      resources.defer(async () => {
        for (const [node, agent] of agents) {
          await agent.end('SIGKILL')
          if (process.env['WEIR_SHOW_LOG']) process.stderr.write(`${node}\n${agent.log.join('\n')}\n`)
        }
      })
      // The API server is away at first.
      for (const wire of wires.values()) wire.cut()
      for (const node of stations.keys()) start(node)
      await sleep(1500)
      for (const wire of wires.values()) wire.mend()
      for (const node of stations.keys()) await cluster.until(`${leases}/${node}`, ({ spec }) => spec.holderIdentity === node)
    })
    afterAll(async () => {
      await resources.disposeAsync()
    })

    test('they report what their nodes have', async () => {
      const report = await cluster.until(weirPath('nodereports', 'n0'), ({ spec }) => spec.conditions[0].status === 'True')
      expect(report.spec.interfaces).toEqual([
        {
          name: 'eth0',
          index: lan.node.index,
          mac: lan.node.mac,
          carrier: true,
          mtu: 1500,
          addresses: expect.arrayContaining(['10.201.0.1/16']),
        },
      ])
      // A namespace as it is made does not forward; the agent says so.
      expect(report.spec.conditions).toMatchObject([
        { type: 'Ready', reason: 'Accepted' },
        { type: 'ForwardingOff', status: 'True' },
      ])
      expect(report.metadata.ownerReferences).toMatchObject([{ kind: 'Node', name: 'n0' }])
      const lease = await cluster.get(`${leases}/n0`)
      expect(lease.metadata.labels).toEqual({ 'weir.dev/agent': 'node' })
    })

    test('a report that is deleted is written again, and report and Lease follow a Node that is registered again', async () => {
      const first = await cluster.get(weirPath('nodereports', 'n0'))
      await cluster.remove(weirPath('nodereports', 'n0'))
      await cluster.until(weirPath('nodereports', 'n0'), ({ metadata }) => metadata.uid !== first.metadata.uid)
      await cluster.remove('/api/v1/nodes/n0')
      const { metadata } = await cluster.create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n0' } })
      await cluster.patch('/api/v1/nodes/n0/status', { status: { addresses: [{ type: 'InternalIP', address: '10.201.0.1' }] } })
      for (const path of [weirPath('nodereports', 'n0'), `${leases}/n0`])
        await cluster.until(path, object => object.metadata.ownerReferences?.[0]?.uid === metadata.uid)
    })

    test('an Announcement is claimed by its first candidate, which answers with its own MAC; it needs no rights but NET_ADMIN and NET_RAW', async () => {
      await cluster.create(weirPath('announcements'), {
        apiVersion: 'weir.dev/v1alpha1',
        kind: 'Announcement',
        metadata: { name: web.name, finalizers: ['weir.dev/announced'] },
        spec: {
          address: web.text,
          pool: 'office',
          services: [{ uid: 'u', namespace: 'default', name: 'web' }],
          nodes: ['n0', 'n1'],
        },
      })
      expect((await owned('n0')).status).toMatchObject({ epoch: 1, interface: 'eth0', mac: lan.node.mac, reason: 'FirstClaim' })
      await answersAlone('n0')
      const status = readFileSync(`/proc/${agents.get('n0')?.pid}/status`, 'utf8')
      expect(/CapEff:\s*(\w+)/.exec(status)?.[1]).toBe('0000000000003000')
    })

    test('it is ready, tells metrics of what it does, and why it announces, to who asks on its node', async () => {
      const get = (path: string, options = '{}') => {
        const program = `fetch('http://127.0.0.1:7481${path}', ${options}).then(async r => console.log(r.status + ' ' + await r.text()))`
        return lan.run(lan.node, [process.execPath, '-e', program])
      }
      await vi.waitFor(() => expect(get('/readyz')).toBe('200 ok\n\n'), { timeout: 60_000 })
      const figures = [
        /^weir_agent_announced_addresses 1$/m,
        /^weir_agent_requests_total\{interface="eth0",protocol="arp"\} [1-9]/m,
        /^weir_agent_replies_total\{interface="eth0",protocol="arp"\} [1-9]/m,
        /^weir_agent_gratuitous_total\{interface="eth0",protocol="arp"\} [1-9]/m,
        /^weir_agent_transitions_total\{to="here"\} 1$/m,
        /^weir_agent_interface_up\{interface="eth0"\} 1$/m,
        /^weir_agent_interface_listening\{interface="eth0"\} 1$/m,
        /^weir_agent_lease_age_seconds \d/m,
        /^weir_api_calls_total\{service="kubernetes",operation="patch leases",outcome="ok"\} [1-9]/m,
        /^weir_watch_age_seconds\{resource="announcements"\} \d/m,
        /^weir_queue_work_seconds_count\{queue="agent",failed="false"\} [1-9]/m,
      ]
      for (const figure of figures) await vi.waitFor(() => expect(get('/metrics')).toMatch(figure), { timeout: 60_000 })
      const state = () => JSON.parse(get(`/debug/state?object=announcement/${web.text}`).slice(4)) as unknown
      const expected = {
        object: { status: { node: 'n0' } },
        announcedOn: 'eth0',
        living: ['n0', 'n1'],
        decision: { announce: { name: 'eth0', mac: lan.node.mac } },
      }
      await vi.waitFor(() => expect(state()).toMatchObject(expected), { timeout: 60_000 })
      expect(get('/debug/log-level', `{ method: 'PUT', body: 'debug' }`)).toBe('200 debug\n\n')
      expect(get('/debug/log-level', `{ method: 'PUT', body: 'info' }`)).toBe('200 info\n\n')
    })

    test('an agent that ends hands over at once, and one that comes back takes nothing', async () => {
      expect(await agents.get('n0')?.end('SIGTERM')).toEqual({ code: 0, signal: null })
      await owned('n1')
      await answersAlone('n1')
      const back = start('n0')
      await vi.waitFor(() => expect(back.log.join()).toContain('agent works'), { timeout: 60_000 })
      await sleep(2000)
      expect(prober.answers(web.number)).toEqual([stations.get('n1')?.mac])
    })

    test('the address of an agent that was killed is taken over', async () => {
      await agents.get('n1')?.end('SIGKILL')
      expect((await owned('n0')).status).toMatchObject({ epoch: 3, reason: 'OwnerDead' })
      await answersAlone('n0')
    })

    test('the address of an agent that was killed moves also when the agent is started again at once', async () => {
      start('n1')
      await cluster.until(`${leases}/n1`, ({ spec }) => spec.holderIdentity === 'n1')
      await vi.waitFor(() => expect(agents.get('n1')?.log.join()).toContain('agent works'), { timeout: 60_000 })
      await agents.get('n0')?.end('SIGKILL')
      start('n0')
      expect((await owned('n1')).status).toMatchObject({ epoch: 4, reason: 'Vacant' })
      await answersAlone('n1')
    })

    test('a process that stood still does not answer what was asked meanwhile, listens for a moment, and answers again', async () => {
      const pid = agents.get('n1')?.pid ?? 0
      process.kill(pid, 'SIGSTOP')
      await sleep(2500)
      prober.hear(20)
      for (let i = 0; i < 5; i++)
        prober.send(requestFrame({ from: parseMac(lan.client.mac) ?? new Uint8Array(6), senderIp: 1, targetIp: web.number }))
      process.kill(pid, 'SIGCONT')
      // It listens for 400 ms before it answers anything; what it would say of what waited comes at once.
      expect(prober.hear(200).filter(({ operation }) => operation === 'reply')).toEqual([])
      await answersAlone('n1')
    })

    test('an agent ends in good order also while the API server is away', async () => {
      const agent = agents.get('n0')
      await vi.waitFor(() => expect(agent?.log.join()).toContain('agent works'), { timeout: 60_000 })
      wires.get('n0')?.cut()
      expect(await agent?.end('SIGTERM')).toEqual({ code: 0, signal: null })
      wires.get('n0')?.mend()
    })

    test('a deleted Announcement is withdrawn before it is gone', async () => {
      await cluster.remove(weirPath('announcements', web.name))
      await cluster.untilGone(weirPath('announcements', web.name))
      prober.hear(50)
      expect(prober.ask(web.number)).toEqual([])
      await expect(announced()).rejects.toThrow('404')
    })
  },
)
