import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startCluster, weirPath } from '../../../test/contract/cluster.ts'
import type { Cluster } from '../../../test/contract/cluster.ts'
import { startAgent, wireToLoopback } from './agent-process-under-test.ts'
import type { AgentProcess } from './agent-process-under-test.ts'
import { isMember, makeLan, missingForLan, openNdpProber, openProber } from './announcer/lan-under-test.ts'
import type { Lan } from './announcer/lan-under-test.ts'
import { requestFrame } from './announcer/arp.ts'
import { formatMac, parseMac } from './announcer/mac.ts'

const missing = missingForLan()
/** The client's own addresses: somebody put them into a pool by mistake. */
const taken = { text: '10.201.0.2', name: 'ip-10-201-0-2' }
const taken6 = { text: 'fd00:201::2', name: 'ip-fd00-0201-0000-0000-0000-0000-0000-0002' }
const web6 = {
  text: 'fd00:201::bb:1111',
  name: 'ip-fd00-0201-0000-0000-0000-0000-00bb-1111',
  value: (0xfd00_0201n << 96n) + 0xbb_1111n,
}

function macOf(text: string) {
  const mac = parseMac(text)
  if (!mac) throw new Error(`${text} is no MAC`)
  return mac
}

describe.skipIf(missing !== undefined)(
  missing ? `an agent and a foreign station: not run, ${missing}` : 'an agent and a foreign station on its LAN',
  () => {
    const resources = new AsyncDisposableStack()
    let cluster: Cluster
    let lan: Lan
    let agent: AgentProcess

    const announcement = ({ text, name }: { readonly text: string; readonly name: string }) =>
      cluster.create(weirPath('announcements'), {
        apiVersion: 'weir.dev/v1alpha1',
        kind: 'Announcement',
        metadata: { name, finalizers: ['weir.dev/announced'] },
        spec: { address: text, pool: 'office', services: [{ uid: 'u', namespace: 'default', name: 'web' }], nodes: ['n0'] },
      })

    beforeAll(async () => {
      cluster = resources.use(await startCluster())
      lan = resources.use(makeLan('fst'))
      resources.use(wireToLoopback(lan, lan.node, Number(new URL(cluster.plane.server).port)))
      await cluster.create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n0' } })
      const addresses = [{ type: 'InternalIP', address: '10.201.0.1' }]
      await cluster.patch('/api/v1/nodes/n0/status', { status: { addresses } })
      agent = resources.use(startAgent({ station: lan.node, node: 'n0', kubeconfig: cluster.plane.kubeconfig }))
    })
    afterAll(async () => {
      if (process.env['WEIR_SHOW_LOG']) process.stderr.write(`${agent.log.join('\n')}\n`)
      await resources.disposeAsync()
    })

    test.each([taken, taken6])('$text, which another station has, is reported with its MAC and not announced', async address => {
      await announcement(address)
      const found = await cluster.until(weirPath('announcements', address.name), ({ status }) => status?.conflict)
      expect(found.status).toMatchObject({ epoch: 0, node: '', conflict: { mac: lan.client.mac } })
    })

    test("the address of the node's own gateway is never announced, though the node knows its MAC from before", async () => {
      const gateway = { text: '10.201.0.254', name: 'ip-10-201-0-254' }
      lan.run(lan.client, ['ip', 'address', 'add', `${gateway.text}/16`, 'dev', 'eth0'])
      lan.run(lan.node, ['ip', 'route', 'add', 'default', 'via', gateway.text])
      lan.run(lan.node, ['ip', 'neighbour', 'replace', gateway.text, 'lladdr', lan.client.mac, 'dev', 'eth0'])
      await announcement(gateway)
      const found = await cluster.until(weirPath('announcements', gateway.name), ({ status }) => status?.conflict)
      expect(found.status).toMatchObject({ epoch: 0, node: '', conflict: { mac: lan.client.mac } })
    })

    test('a gateway that comes up later with an announced address is told of, and the address is defended', async () => {
      const late = { text: '10.201.0.253', name: 'ip-10-201-0-253', number: 0x0ac9_00fd }
      await announcement(late)
      await cluster.until(weirPath('announcements', late.name), ({ status }) => status?.node === 'n0')
      lan.run(lan.node, ['ip', 'route', 'replace', 'default', 'via', late.text])
      lan.run(lan.client, ['ip', 'address', 'add', `${late.text}/16`, 'dev', 'eth0'])
      using prober = openProber(lan, lan.client)
      // The announcements of the claim go on for some seconds, and are no defence.
      await sleep(6000)
      prober.hear(50)
      prober.send(requestFrame({ from: macOf(lan.client.mac), senderIp: late.number, targetIp: 0x0ac9_0001 }))
      const told = () => agent.log.filter(line => line.includes('another station uses this address')).join()
      await vi.waitFor(() => expect(told()).toContain(lan.client.mac), { timeout: 60_000 })
      const [defence] = prober.gather(1, ({ senderIp, targetIp }) => senderIp === late.number && targetIp === late.number)
      expect(defence && formatMac(defence.senderMac)).toBe(lan.node.mac)
      const { status } = await cluster.get(weirPath('announcements', late.name))
      expect(status).toMatchObject({ node: 'n0', epoch: 1 })
    })

    test('a deleted Announcement that was never claimed keeps its finalizer for the controller', async () => {
      await cluster.remove(weirPath('announcements', taken.name))
      await sleep(500)
      const left = await cluster.get(weirPath('announcements', taken.name))
      expect(left.metadata.finalizers).toEqual(['weir.dev/announced'])
    })

    test('an IPv6 address is claimed and answered, and a link that flaps is announced anew at once, without anybody looking', async () => {
      await announcement(web6)
      const mine = await cluster.until(weirPath('announcements', web6.name), ({ status }) => status?.node === 'n0')
      expect(mine.status).toMatchObject({ epoch: 1, interface: 'eth0', mac: lan.node.mac, reason: 'FirstClaim' })
      using prober = openNdpProber(lan, lan.client)
      expect(prober.answers(web6.value).map(({ targetMac }) => targetMac && formatMac(targetMac))).toContain(lan.node.mac)
      expect(isMember(lan, lan.node, web6.value)).toBe(true)

      await sleep(6000)
      prober.hear(20)
      const port = { ...lan.node, namespace: lan.switchNamespace }
      lan.run(port, ['ip', 'link', 'set', 'p1', 'down'])
      lan.run(port, ['ip', 'link', 'set', 'p1', 'up'])
      const announced = () => prober.hear(20).some(({ target, solicited }) => target === web6.value && !solicited)
      await vi.waitFor(() => expect(announced()).toBe(true), { timeout: 60_000 })

      lan.run(lan.node, ['ip', 'link', 'set', 'eth0', 'address', '02:00:00:00:00:ad'])
      await cluster.until(weirPath('announcements', web6.name), ({ status }) => status?.mac === '02:00:00:00:00:ad')
      expect(prober.answers(web6.value).map(({ targetMac }) => targetMac && formatMac(targetMac))).toContain('02:00:00:00:00:ad')
    })
  },
)
