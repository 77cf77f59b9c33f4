// Agents as they run, with a true API server, three nodes and pods behind them: an address whose traffic goes straight to pods, from beginning to end.
import { spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { heartbeatSecretField, heartbeatSecretName, rotate } from '../../../../src/model/heartbeat-keys.ts'
import { startCluster, weirPath } from '../../../../test/contract/cluster.ts'
import type { Cluster } from '../../../../test/contract/cluster.ts'
import { startAgent, wireToLoopback } from '../agent-process-under-test.ts'
import type { AgentProcess, Wire } from '../agent-process-under-test.ts'
import { missingForLan } from '../announcer/lan-under-test.ts'
import { makeCluster, secondClientAddress } from '../datapath/cluster-under-test.ts'
import type { TestCluster } from '../datapath/cluster-under-test.ts'
import { podAddress, virtual } from '../datapath/network-under-test.ts'
import type { Family } from '../datapath/network-under-test.ts'

const missing = missingForLan()
const families = ['IPv4', 'IPv6'] as const
const names = { IPv4: 'ip-10-201-200-1', IPv6: 'ip-fd00-0201-0000-0000-0000-0000-00c8-0001' } as const
/** Longer than anything takes on a busy machine. */
const untilSo = { timeout: 60_000 }
const leases = '/apis/coordination.k8s.io/v1/namespaces/weir-system/leases'
const slices = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices'

describe.skipIf(missing !== undefined)(
  missing ? `agents with a data path: not run, ${missing}` : 'agents with a data path, on three nodes with a true API server',
  () => {
    const resources = new AsyncDisposableStack()
    let cluster: Cluster
    let net: TestCluster
    const agents = new Map<string, AgentProcess>()
    const wires = new Map<string, Wire>()
    let serviceUid = ''
    let asked = 0

    const start = async (node: string, rights: Pick<Parameters<typeof startAgent>[0], 'capabilities'> = {}) => {
      agents.set(node, startAgent({ station: net.station(node), node, kubeconfig: cluster.plane.kubeconfig, ...rights }))
      await cluster.until(`${leases}/${node}`, ({ spec }) => spec.holderIdentity === node)
    }
    const announce = (family: Family, nodes: readonly string[]) =>
      cluster.create(weirPath('announcements'), {
        apiVersion: 'weir.dev/v1alpha1',
        kind: 'Announcement',
        metadata: { name: names[family], finalizers: ['weir.dev/announced'] },
        spec: {
          address: virtual[family],
          pool: 'office',
          services: [{ uid: serviceUid, namespace: 'default', name: 'web' }],
          nodes,
          targets: 'Pod',
          hashSeed: 4711,
        },
      })
    const endpointsOf = (pods: readonly string[], family: Family) =>
      pods.map(pod => ({
        addresses: [podAddress(pod, family)],
        nodeName: pod.slice(0, 2),
        conditions: { ready: true, serving: true, terminating: false },
      }))
    const serve = (pods: readonly string[]) =>
      Promise.all(
        families.map(family => cluster.patch(`${slices}/web-${family.toLowerCase()}`, { endpoints: endpointsOf(pods, family) })),
      )
    const untilPath = (family: Family, mode: string, more: (status: Record<string, unknown>) => boolean = () => true) =>
      cluster.until(
        weirPath('announcements', names[family]),
        ({ status }) => status?.path?.mode === mode && more(status.path),
        `path ${mode} of ${virtual[family]}`,
      )
    /** Opens a connection of its own: which pod answered, and whom it saw. */
    const open = async (family: Family) => {
      const id = ++asked
      const opened = await net.ask({ op: 'open', id, address: virtual[family], port: 80 })
      if (opened.error) return { id, pod: opened.error, saw: '' }
      const { words, error } = await net.ask({ op: 'ask', id })
      return { id, pod: words?.[0] ?? error ?? '', saw: words?.[1] ?? '' }
    }
    const openMany = async (family: Family, count = 24) => {
      const opened = []
      for (let at = 0; at < count; at++) opened.push(await open(family))
      return opened
    }
    const podsOf = (opened: readonly { readonly pod: string }[]) => [...new Set(opened.map(({ pod }) => pod))].toSorted()
    /** Each connection is answered by the pod that it began with. */
    const expectUnbroken = async (opened: readonly { readonly id: number; readonly pod: string }[]) => {
      const ask = async ({ id, pod }: (typeof opened)[number]) => {
        const { words, error } = await net.ask({ op: 'ask', id })
        return `${pod} → ${words?.[0] ?? error}`
      }
      expect(await Promise.all(opened.map(ask))).toEqual(opened.map(({ pod }) => `${pod} → ${pod}`))
    }
    const untilPods = (family: Family, pods: readonly string[]) =>
      vi.waitFor(async () => {
        const opened = await openMany(family)
        for (const { id } of opened) await net.ask({ op: 'close', id })
        expect(podsOf(opened)).toEqual(pods)
      }, untilSo)
    const ownerOf = async (family: Family): Promise<string> =>
      (await cluster.get(weirPath('announcements', names[family]))).status.node
    const tableAt = (node: string) =>
      spawnSync('ip', ['netns', 'exec', net.namespaceOf(node), 'nft', 'list', 'chains', 'inet'], { encoding: 'utf8' }).stdout
    const logOf = (node: string) => agents.get(node)?.log.join('\n') ?? ''

    beforeAll(async () => {
      cluster = resources.use(await startCluster())
      net = resources.use(await makeCluster('fwd'))
      const { ring } = rotate(undefined, Date.now(), bytes => crypto.getRandomValues(new Uint8Array(bytes)))
      await cluster.create('/api/v1/namespaces/weir-system/secrets', {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: heartbeatSecretName },
        data: { [heartbeatSecretField]: Buffer.from(JSON.stringify(ring)).toString('base64') },
      })
      for (const name of net.nodes) {
        wires.set(name, resources.use(wireToLoopback(net.lan, net.station(name), Number(new URL(cluster.plane.server).port))))
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
      const service = await cluster.create('/api/v1/namespaces/default/services', {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web' },
        spec: {
          type: 'LoadBalancer',
          loadBalancerClass: 'weir.dev/pods',
          ports: [{ name: 'http', port: 80, targetPort: 'http' }],
        },
      })
      serviceUid = service.metadata.uid
      for (const family of families)
        await cluster.create(slices, {
          apiVersion: 'discovery.k8s.io/v1',
          kind: 'EndpointSlice',
          metadata: { name: `web-${family.toLowerCase()}`, labels: { 'kubernetes.io/service-name': 'web' } },
          addressType: family,
          ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
          endpoints: endpointsOf(['n1a', 'n2a', 'n2b', 'n3a'], family),
        })
      for (const node of net.nodes) await start(node)
    }, 90_000)
    afterAll(() => resources.disposeAsync())

    test('without an address that has pod targets there is no table, and nothing is watched for one', async () => {
      await vi.waitFor(() => expect(logOf('n3')).toContain('agent works'), untilSo)
      await sleep(500)
      for (const node of net.nodes) {
        expect(logOf(node)).not.toContain('data path')
        expect(tableAt(node)).not.toContain('table inet weir')
      }
      const report = await cluster.get(weirPath('nodereports', 'n1'))
      expect(report.spec.conditions.map(({ type }: { type: string }) => type)).not.toContain('DataPath')
    })

    test.each(families)('%s goes straight to pods on all nodes, which see the client itself', async family => {
      await announce(family, ['n1', 'n2'])
      await untilPath(family, 'direct')
      for (const node of net.nodes)
        await cluster.until(weirPath('nodereports', node), ({ spec }) =>
          spec.conditions.some((each: { type: string; status: string }) => each.type === 'DataPath' && each.status === 'True'),
        )
      // A node that has not heard yet hands back what it is handed, and what goes to one that nobody has heard of yet is masqueraded.
      await vi.waitFor(async () => {
        const opened = await openMany(family, 48)
        expect(podsOf(opened)).toEqual(['n1a', 'n2a', 'n2b', 'n3a'])
        expect(new Set(opened.map(({ saw }) => saw))).toEqual(new Set([net.client[family]]))
      }, untilSo)
    })

    test('packets that no port claims are dropped beside it', async () => {
      const owner = await ownerOf('IPv4')
      const dropped = spawnSync('ip', ['-n', net.namespaceOf(owner), 'route', 'show', 'table', '20180'], {
        encoding: 'utf8',
      }).stdout
      expect(dropped).toContain(`blackhole ${virtual.IPv4}`)
      expect((await net.ask({ op: 'open', id: ++asked, address: virtual.IPv4, port: 81, waitMs: 1500 })).error).toBe(
        'Error: timeout',
      )
    })

    test.each(families)('endpoints of %s come and go, one line of the log each; open connections stay', async family => {
      const opened = await openMany(family)
      const lines = () => agents.get('n1')?.log.filter(line => line.includes('data path written')).length ?? 0
      const before = lines()
      await serve(['n1a', 'n3a', 'n3b'])
      await untilPods(family, ['n1a', 'n3a', 'n3b'])
      expect(lines() - before).toBeLessThanOrEqual(2)
      await expectUnbroken(opened)
      await serve(['n1a', 'n2a', 'n2b', 'n3a'])
      await untilPods(family, ['n1a', 'n2a', 'n2b', 'n3a'])
    })

    test.each(families)('connections of %s to a removed pod end when their drain time is over, and no others', async family => {
      const reference = { uid: serviceUid, namespace: 'default', name: 'web' }
      const drainSeconds = (seconds: number | null) =>
        cluster.patch(weirPath('announcements', names[family]), {
          spec: { services: [{ ...reference, ...(seconds !== null && { drainSeconds: seconds }) }] },
        })
      const opened = await openMany(family, 32)
      const [leaving, staying] = [opened.filter(({ pod }) => pod === 'n2a'), opened.filter(({ pod }) => pod !== 'n2a')]
      expect(leaving).not.toEqual([])
      await serve(['n1a', 'n2b', 'n3a'])
      await untilPods(family, ['n1a', 'n2b', 'n3a'])
      await expectUnbroken(opened)
      await drainSeconds(1)
      const ends = async ({ id }: { readonly id: number }) => {
        const { words } = await net.ask({ op: 'ask', id, waitMs: 1000 })
        expect(words?.[0]).toBeUndefined()
      }
      for (const each of leaving) await vi.waitFor(() => ends(each), untilSo)
      await expectUnbroken(staying)
      await drainSeconds(null)
      await serve(['n1a', 'n2a', 'n2b', 'n3a'])
      await untilPods(family, ['n1a', 'n2a', 'n2b', 'n3a'])
    })

    test.each(['a node', 'the node that announces'])(
      'when the agent of %s ends and another one starts, no connection is lost and none fails',
      async who => {
        const owner = await ownerOf('IPv4')
        const node = who === 'a node' ? 'n3' : owner
        const opened = await openMany('IPv4')
        expect(await agents.get(node)?.end('SIGTERM')).toEqual({ code: 0, signal: null })
        expect(tableAt(node)).toContain('table inet weir')
        await cluster.until(weirPath('announcements', names.IPv4), ({ status }) => status.node !== '')
        await sleep(300)
        const meanwhile = await openMany('IPv4', 36)
        expect(podsOf(meanwhile)).toEqual(['n1a', 'n2a', 'n2b', 'n3a'])
        await start(node)
        await vi.waitFor(() => expect(logOf(node)).toContain('data path written'), untilSo)
        await untilPods('IPv4', ['n1a', 'n2a', 'n2b', 'n3a'])
        await expectUnbroken([...opened, ...meanwhile])
      },
    )

    test('when the agent that announces is killed, the address moves; connections to other nodes stay, new ones go only there', async () => {
      const owner = await ownerOf('IPv4')
      const opened = await openMany('IPv4')
      await agents.get(owner)?.end('SIGKILL')
      await cluster.until(weirPath('announcements', names.IPv4), ({ status }) => status.node !== owner && status.node !== '')
      await untilPath('IPv4', 'direct')
      await expectUnbroken(opened.filter(({ pod }) => !pod.startsWith(owner)))
      await vi.waitFor(async () => {
        const later = podsOf(await openMany('IPv4'))
        expect(later.filter(pod => !/^n\d/.test(pod) || pod.startsWith(owner))).toEqual([])
      }, untilSo)
      await start(owner)
      await untilPods('IPv4', ['n1a', 'n2a', 'n2b', 'n3a'])
    })

    test.each([
      {
        reason: 'ForwardingOff',
        names: 'net.ipv6.conf.all.forwarding',
        begin: () => net.run('n3', 'sysctl', '-qw', 'net.ipv6.conf.all.forwarding=0'),
        end: () => net.run('n3', 'sysctl', '-qw', 'net.ipv6.conf.all.forwarding=1'),
      },
      {
        // Strict reverse path filtering is on in these namespaces; clients of other subnets would come from elsewhere.
        reason: 'StrictReversePath',
        names: 'Set rp_filter to 2',
        begin: () => net.run('n3', 'ip', 'route', 'add', 'default', 'dev', 'cni0'),
        end: () => net.run('n3', 'ip', 'route', 'del', 'default', 'dev', 'cni0'),
      },
    ])('a node that cannot ($reason) says why, and the others masquerade instead of handing it packets', async obstacle => {
      await agents.get('n3')?.end('SIGTERM')
      obstacle.begin()
      await start('n3')
      await cluster.until(weirPath('nodereports', 'n3'), ({ spec }) =>
        spec.conditions.some(
          (each: { type: string; reason: string }) => each.type === 'DataPath' && each.reason === obstacle.reason,
        ),
      )
      const { status } = await untilPath('IPv4', 'masquerade', path => path['node'] === 'n3')
      expect(status.path).toMatchObject({ reason: 'NodeUnable', message: expect.stringContaining(obstacle.names) })
      expect(tableAt('n3')).not.toContain('table inet weir')
      await untilPods('IPv4', ['n1a', 'n2a', 'n2b', 'n3a'])
      obstacle.end()
      await agents.get('n3')?.end('SIGTERM')
      await start('n3')
      await untilPath('IPv4', 'direct')
    })

    test('an agent without the right to write says so, at its address too, and goes on as soon as it has it', async () => {
      const owner = await ownerOf('IPv4')
      const opened = await openMany('IPv4')
      for (const node of net.nodes) await agents.get(node)?.end('SIGTERM')
      await start(owner, { capabilities: ['net_raw'] })
      const { status } = await untilPath('IPv4', 'kube-proxy')
      // What it may not change stands as it was, and works.
      expect(tableAt(owner)).toContain('table inet weir')
      await expectUnbroken(opened)
      await untilPods('IPv4', ['n1a', 'n2a', 'n2b', 'n3a'])
      expect(status.path).toMatchObject({ reason: 'NftRefused', node: owner, message: expect.stringContaining('NET_ADMIN') })
      await cluster.until(weirPath('nodereports', owner), ({ spec }) =>
        spec.conditions.some(
          (each: { type: string; reason: string }) => each.type === 'DataPath' && each.reason === 'NftRefused',
        ),
      )
      await agents.get(owner)?.end('SIGTERM')
      for (const node of net.nodes) await start(node)
      await untilPath('IPv4', 'direct')
    })

    test.each(families)(
      'a node that falls silent gets nothing new of %s, though nobody hears of it from the API server',
      async family => {
        await untilPods(family, ['n1a', 'n2a', 'n2b', 'n3a'])
        const { spec, status } = await cluster.get(weirPath('announcements', names[family]))
        // Candidates of an address hear each other; of other nodes the API server tells.
        const silent = spec.nodes.find((node: string) => node !== status.node)
        const opened = await openMany(family)
        for (const wire of wires.values()) wire.cut()
        await agents.get(silent)?.end('SIGKILL')
        await vi.waitFor(() => {
          const last = agents.get(status.node)?.log.findLast(line => line.includes('data path written')) ?? '{}'
          expect(JSON.parse(last)).toMatchObject({ peers: 2, alive: 1 })
        }, untilSo)
        expect(podsOf(await openMany(family)).filter(pod => pod.startsWith(silent))).toEqual([])
        // Its pods live, and what is open goes on.
        await expectUnbroken(opened)
        for (const wire of wires.values()) wire.mend()
        await start(silent)
        await untilPods(family, ['n1a', 'n2a', 'n2b', 'n3a'])
      },
    )

    test('--uninstall takes tables, routes and rules out of a node whose agent went first', async () => {
      const left = () =>
        [
          ['nft', 'list', 'tables'],
          ['ip', 'rule'],
          ['ip', '-6', 'rule'],
          ['ip', 'route', 'show', 'table', 'all'],
          ['ip', '-6', 'route', 'show', 'table', 'all'],
        ].map(command => net.run('n3', ...command).match(/weir|20170|lookup 2[0-4]\d{3}|table 2[0-4]\d{3}/)?.[0] ?? '')
      const uninstall = () =>
        net.run('n3', process.execPath, new URL('../../../../src/main-agent.ts', import.meta.url).pathname, '--uninstall')
      await agents.get('n3')?.end('SIGTERM')
      expect(left().every(Boolean)).toBe(true)
      uninstall()
      expect(left().filter(Boolean)).toEqual([])
      uninstall()
      await start('n3')
      await vi.waitFor(() => expect(left().every(Boolean)).toBe(true), untilSo)
      await untilPods('IPv4', ['n1a', 'n2a', 'n2b', 'n3a'])
    })

    test('when the last such address goes, the table goes everywhere', async () => {
      for (const family of families) {
        await cluster.remove(weirPath('announcements', names[family]))
        await cluster.untilGone(weirPath('announcements', names[family]))
      }
      for (const node of net.nodes) {
        const rulesAt = () => spawnSync('ip', ['-n', net.namespaceOf(node), 'rule'], { encoding: 'utf8' }).stdout
        await vi.waitFor(() => expect(`${tableAt(node)} ${rulesAt()}`).not.toMatch(/table inet weir|20170/), untilSo)
        await cluster.until(weirPath('nodereports', node), ({ spec }) =>
          spec.conditions.every((each: { type: string }) => each.type !== 'DataPath'),
        )
      }
    })

    test('source ranges of the annotation are kept at addresses with node targets, by their candidates alone', async () => {
      const annotation = 'service.beta.kubernetes.io/load-balancer-source-ranges'
      const ports = [
        { name: 'http', port: 80, protocol: 'TCP' },
        { name: 'dns', port: 53, protocol: 'UDP' },
      ]
      const { metadata } = await cluster.create('/api/v1/namespaces/default/services', {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'fenced', annotations: { [annotation]: '10.201.0.2/32,fd00:201::2/128' } },
        spec: { type: 'LoadBalancer', loadBalancerClass: 'weir.dev/nodes', ports },
      })
      // kube-proxy, which knows nothing of the annotation.
      for (const [family, ip] of [
        ['IPv4', 'ip'],
        ['IPv6', 'ip6'],
      ] as const) {
        const pod = family === 'IPv4' ? podAddress('n1a', family) : `[${podAddress('n1a', family)}]`
        const rules = [`tcp dport 80 dnat to ${pod}:8080`, `udp dport 53 dnat to ${pod}:5353`]
        const chain = rules.map(rule => `${ip} daddr ${virtual[family]} ${rule};`).join(' ')
        const table = `table ${ip} like-kube-proxy { chain prerouting { type nat hook prerouting priority dstnat; ${chain} }; }`
        net.run('n1', 'nft', table)
        await cluster.create(weirPath('announcements'), {
          apiVersion: 'weir.dev/v1alpha1',
          kind: 'Announcement',
          metadata: { name: names[family], finalizers: ['weir.dev/announced'] },
          spec: {
            address: virtual[family],
            pool: 'office',
            services: [{ uid: metadata.uid, namespace: 'default', name: 'fenced' }],
            nodes: ['n1'],
            fenced: true,
          },
        })
        await cluster.until(weirPath('announcements', names[family]), ({ status }) => status?.node === 'n1')
      }
      const asks = async (family: Family, protocol: string, from: string) => {
        const to = { id: ++asked, address: virtual[family], from }
        if (protocol === 'UDP') return net.ask({ op: 'udp', ...to, port: 53, waitMs: 700 })
        const opened = await net.ask({ op: 'open', ...to, port: 80, waitMs: 1500 })
        return opened.error === undefined ? net.ask({ op: 'ask', id: to.id, waitMs: 3000 }) : opened
      }
      const all = families.flatMap(family => ['TCP', 'UDP'].map(protocol => [family, protocol] as const))
      for (const [family, protocol] of all) {
        // Never let in, not even at first.
        expect((await asks(family, protocol, secondClientAddress[family])).error, `${family} ${protocol}`).toMatch(/timeout/)
        await vi.waitFor(async () => {
          const { words } = await asks(family, protocol, net.client[family])
          expect(words?.slice(0, 2)).toEqual(['n1a', net.client[family]])
        }, untilSo)
      }
      expect(tableAt('n1')).toContain('table inet weir')
      for (const node of ['n2', 'n3']) expect(tableAt(node)).not.toContain('table inet weir')
      for (const node of net.nodes) {
        const { spec } = await cluster.get(weirPath('nodereports', node))
        expect(spec.conditions.map(({ type }: { type: string }) => type)).not.toContain('DataPath')
      }
      expect((await cluster.get(weirPath('announcements', names.IPv4))).status).not.toHaveProperty('path')

      await cluster.patch('/api/v1/namespaces/default/services/fenced', { metadata: { annotations: { [annotation]: null } } })
      for (const family of families) await cluster.patch(weirPath('announcements', names[family]), { spec: { fenced: null } })
      for (const [family, protocol] of all)
        await vi.waitFor(async () => {
          expect((await asks(family, protocol, secondClientAddress[family])).words?.[0]).toBe('n1a')
        }, untilSo)
      await vi.waitFor(() => expect(tableAt('n1')).not.toContain('table inet weir'), untilSo)
    })
  },
)
