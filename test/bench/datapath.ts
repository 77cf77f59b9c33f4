// datapath: requests to pods directly, as kube-proxy translates and masquerades them, and by our table; and what large tables cost.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeCluster } from '../../providers/local/agent/datapath/cluster-under-test.ts'
import type { TestCluster } from '../../providers/local/agent/datapath/cluster-under-test.ts'
import { podAddress, virtual } from '../../providers/local/agent/datapath/network-under-test.ts'
import type { Family } from '../../providers/local/agent/datapath/network-under-test.ts'
import { lines } from '../lab/progress.ts'
import { limits, scale } from './datapath-scale.ts'
import type { Cost } from './datapath-scale.ts'
import { median, rounded, table } from './figures.ts'
import type { BenchOptions } from './options.ts'

const families = ['IPv4', 'IPv6'] as const
const kubeProxyAddress = { IPv4: '10.201.200.2', IPv6: 'fd00:201::c8:2' } as const
/** Another address of the pod elsewhere, which the client finds behind the node that announces. */
const behindAddress = { IPv4: '10.244.2.50', IPv6: 'fd00:244:2::50' } as const
const pods = { local: 'n1a', remote: 'n2a' } as const
const podPort = 9000
const connections = 32
const measureMs = 300

/** `routed`: to a pod elsewhere, through the announcing node as a router and nothing more: what that way costs whoever looks at no packet. */
type Path = 'direct' | 'kubeProxy' | 'routed' | 'ours'
type Place = keyof typeof pods
const pathsTo: Readonly<Record<Place, readonly Path[]>> = {
  local: ['direct', 'kubeProxy', 'ours'],
  remote: ['direct', 'kubeProxy', 'routed', 'ours'],
}
const places: readonly Place[] = ['local', 'remote']
/** Ports of the Services, by where their only pod is. */
const ports: Readonly<Record<Place, number>> = { local: 1001, remote: 1002 }

/** Processor time per answer, in microseconds, of client, nodes and pod together; and what one connection carries. */
interface Figures {
  readonly localUs: number
  readonly remoteUs: number
  readonly gbps: number
}

/** Answers per second of processor time, ours beside another path: the middle of all rounds. */
interface Ratios {
  readonly local: number
  readonly remote: number
}

interface Compared {
  readonly figures: Readonly<Record<Path, Figures>>
  readonly to: Readonly<Record<Path, Ratios>>
}

/** Ours may cost at most so much of what the pod gives directly, and nothing of what the ways of others give to pods elsewhere. */
const goals = { local: 0.95, remote: 0.85, others: 1 } as const

export async function datapath({ services = 10_000, rounds, signal }: BenchOptions): Promise<Readonly<Record<string, unknown>>> {
  const progress = lines(process.stderr)
  if (spawnSync('cc', ['--version']).status !== 0) throw new Error('the load generator needs a C compiler (cc)')
  const tables = await progress.step(`tables of ${services} Services`, async () => [
    await scale(services, 3),
    await scale(services, 100),
  ])
  const header = ['nodes', 'written ms (CPU)', 'replaced ms (CPU)', 'one pod changed ms (CPU)', 'nft MB at most']
  const cost = ({ wallMs, cpuMs }: Cost) => `${wallMs.toFixed(0)} (${cpuMs.toFixed(0)})`
  const tableRows = [
    ...tables.map(each => [
      `${each.nodes}`,
      cost(each.written),
      cost(each.replaced),
      cost(each.changed),
      each.nftPeakMb.toFixed(0),
    ]),
    ['limit', ...Object.values(limits).map(String)],
  ]
  console.log(`datapath: ${services} Services of 10 pods, least of 5 runs\n${table(header, tableRows)}\n`)

  const results = new Map<string, Compared>()
  for (const others of [0, 1000])
    for (const family of families) {
      const name = `${family}, ${others === 0 ? '1 Service' : '1,000 Services'}`
      results.set(
        name,
        await progress.step(`requests over ${name}`, () => requests({ family, others, rounds: rounds * 3, signal })),
      )
    }
  for (const [name, { figures, to }] of results) {
    const rows = Object.entries(figures).map(([path, { localUs, remoteUs, gbps }]) => [
      path,
      ...[localUs, remoteUs, gbps].map(value => (Number.isNaN(value) ? '-' : value.toFixed(2))),
    ])
    const goal = (ratio: number, limit: number) => `${ratio.toFixed(3)} (goal ${limit})${ratio >= limit ? '' : ' missed'}`
    console.log(`${table([name, 'local µs', 'remote µs', 'remote Gbit/s'], rows)}
by processor time, ours to direct: local ${goal(to.direct.local, goals.local)}, remote ${goal(to.direct.remote, goals.remote)}
by processor time, ours to others, remote: kubeProxy ${goal(to.kubeProxy.remote, goals.others)}, routed ${goal(to.routed.remote, goals.others)}
`)
  }
  const ratiosOf = ({ to }: Compared) => ({
    local: rounded(to.direct.local, 3),
    remote: rounded(to.direct.remote, 3),
    toKubeProxy: rounded(to.kubeProxy.remote, 3),
    toRouted: rounded(to.routed.remote, 3),
  })
  return {
    ratios: Object.fromEntries([...results].map(([name, compared]) => [name, ratiosOf(compared)])),
    figures: Object.fromEntries([...results].map(([name, { figures }]) => [name, figures])),
    tables,
  }
}

interface Run {
  readonly family: Family
  readonly others: number
  readonly rounds: number
  readonly signal: AbortSignal
}

/** Every path in turn, again and again, so that what else the machine does falls on all of them. */
async function requests({ family, others, rounds, signal }: Run): Promise<Compared> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  using _ = { [Symbol.dispose]: () => rmSync(folder, { recursive: true }) }
  const program = join(folder, 'load')
  const built = spawnSync('cc', ['-O2', '-o', program, join(import.meta.dirname, 'load.c')], { encoding: 'utf8' })
  if (built.status !== 0) throw new Error(built.stderr)
  await using cluster = await makeCluster('bench', 2)
  using servers = await startServers(cluster, program)
  await cluster.serve([
    ...places.map(place => ({ protocol: 'TCP' as const, port: ports[place], pods: [pods[place]], targetPort: podPort })),
    ...Array.from({ length: others }, (_unused, index) => ({
      protocol: 'TCP' as const,
      port: 2000 + index,
      pods: ['n1a', 'n2a', 'n2b'],
    })),
  ])
  cluster.announceFrom('n1')
  likeKubeProxy(cluster, family, others)
  routesToPods(cluster, family)

  signal.addEventListener('abort', () => servers[Symbol.dispose](), { once: true })
  const samples = new Map<string, number[]>()
  const measure = async (what: 'ask' | 'push', path: Path, place: Place) => {
    signal.throwIfAborted()
    const target = {
      direct: [podAddress(pods[place], family), podPort],
      routed: [behindAddress[family], podPort],
      kubeProxy: [kubeProxyAddress[family], ports[place]],
      ours: [virtual[family], ports[place]],
    }[path]
    const words = [what, ...target, ...(what === 'ask' ? [connections] : []), measureMs].map(String)
    const before = servers.cpuOf(place)
    const [rate = Number.NaN, answers, clientCpu = 0] = await output(cluster, program, words)
    const note = (value: number) => {
      const key = `${what} ${path} ${place}`
      samples.set(key, [...(samples.get(key) ?? []), value])
    }
    // What a loaded machine does not change: how much of the processor client, nodes and pod need together for an answer.
    note(answers === undefined ? rate : ((clientCpu + servers.cpuOf(place) - before) / answers) * 1e6)
  }
  for (let round = 0; round < rounds; round++) {
    // Whoever is first in one round is last in another: what the machine does besides falls on all of them.
    const inTurn = (paths: readonly Path[]) => paths.map((path, at) => paths[(at + round) % paths.length] ?? path)
    for (const place of places) for (const path of inTurn(pathsTo[place])) await measure('ask', path, place)
    for (const path of inTurn(pathsTo.remote)) await measure('push', path, 'remote')
  }
  const middle = (key: string) => median(samples.get(key) ?? [])
  const figures = (path: Path): Figures => ({
    localUs: middle(`ask ${path} local`),
    remoteUs: middle(`ask ${path} remote`),
    gbps: middle(`push ${path} remote`),
  })
  const ratio = (place: Place, to: Path) =>
    median(
      Array.from({ length: rounds }, (_, round) => {
        const cost = (path: Path) => samples.get(`ask ${path} ${place}`)?.[round] ?? Number.NaN
        return cost(to) / cost('ours')
      }),
    )
  const each = <T>(make: (path: Path) => T): Readonly<Record<Path, T>> => ({
    direct: make('direct'),
    kubeProxy: make('kubeProxy'),
    routed: make('routed'),
    ours: make('ours'),
  })
  return { figures: each(figures), to: each(path => ({ local: ratio('local', path), remote: ratio('remote', path) })) }
}

async function startServers(
  cluster: TestCluster,
  program: string,
): Promise<Disposable & Record<'cpuOf', (place: Place) => number>> {
  const children = places
    .map(place => pods[place])
    .map(pod =>
      spawn('ip', ['netns', 'exec', cluster.namespaceOf(pod), program, 'serve', String(podPort)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      }),
    )
  await Promise.all(children.map(child => once(child.stdout, 'data')))
  return {
    // Seconds on the processor, to the nanosecond (schedstat: its first number), packets that it handled on the way included.
    cpuOf: place => Number(readFileSync(`/proc/${children[places.indexOf(place)]?.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e9,
    [Symbol.dispose]: () => children.forEach(child => child.kill('SIGKILL')),
  }
}

async function output(cluster: TestCluster, program: string, words: readonly string[]): Promise<readonly number[]> {
  const child = spawn('ip', ['netns', 'exec', cluster.namespaceOf('client'), program, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.on('data', data => {
    text += String(data)
  })
  await once(child, 'close')
  if (child.exitCode !== 0) throw new Error(`load ${words.join(' ')} failed`)
  return text.trim().split(' ').map(Number)
}

/** What kube-proxy (mode nftables, policy Cluster) makes of Services with these ports: a chain each, a mark, and a masquerade for all. */
function likeKubeProxy(cluster: TestCluster, family: Family, others: number): void {
  const at = 'inet like-kube-proxy'
  const [ip, type] = family === 'IPv4' ? ['ip', 'ipv4_addr'] : ['ip6', 'ipv6_addr']
  const to = (pod: string) => (family === 'IPv4' ? podAddress(pod, family) : `[${podAddress(pod, family)}]`)
  const chains = [
    ...places.map(place => ({ port: ports[place], pod: pods[place] })),
    ...Array.from({ length: others }, (_, index) => ({ port: 2000 + index, pod: 'n2a' })),
  ].map(({ port, pod }) => ({ name: `service-${port}`, port, target: `${to(pod)}:${podPort}` }))
  const key = (port: number) => `${kubeProxyAddress[family]} . tcp . ${port}`
  const text = [
    `add table ${at}`,
    ...chains.flatMap(({ name, target }) => [
      `add chain ${at} ${name}`,
      `add chain ${at} endpoint-${name}`,
      `add rule ${at} ${name} mark set mark or 0x4000`,
      `add rule ${at} ${name} numgen random mod 1 vmap { 0 : goto endpoint-${name} }`,
      `add rule ${at} endpoint-${name} meta l4proto tcp dnat ${ip} to ${target}`,
    ]),
    `add map ${at} services { type ${type} . inet_proto . inet_service : verdict; }`,
    `add element ${at} services { ${chains.map(({ name, port }) => `${key(port)} : goto ${name}`).join(', ')} }`,
    `add chain ${at} prerouting { type nat hook prerouting priority dstnat; }`,
    `add rule ${at} prerouting ${ip} daddr . meta l4proto . th dport vmap @services`,
    `add chain ${at} postrouting { type nat hook postrouting priority srcnat; }`,
    `add rule ${at} postrouting mark and 0x4000 != 0 masquerade fully-random`,
  ]
  const done = spawnSync('ip', ['netns', 'exec', cluster.namespaceOf('n1'), 'nft', '-f', '-'], {
    input: `${text.join('\n')}\n`,
    encoding: 'utf8',
  })
  if (done.status !== 0) throw new Error(done.stderr)
  const { mac } = cluster.station('n1')
  const neighbour = [kubeProxyAddress[family], 'lladdr', mac, 'dev', 'eth0', 'nud', 'permanent']
  cluster.run('client', 'ip', 'neigh', 'replace', ...neighbour)
}

/** The client's own routes to pods: the way that nothing can be faster than, and that through the announcing node as a router. */
function routesToPods(cluster: TestCluster, family: Family): void {
  const addressOf = (node: string) => {
    const text = cluster.run(node, 'ip', '-o', 'addr', 'show', 'dev', 'eth0', 'scope', 'global')
    return (family === 'IPv4' ? /inet (\S+)\// : /inet6 (\S+)\//).exec(text)?.[1] ?? ''
  }
  const route = (to: string, node: string) => cluster.run('client', 'ip', 'route', 'add', to, 'via', addressOf(node))
  // The router would tell of the shorter way.
  cluster.run('n1', 'sysctl', '-qw', 'net.ipv4.conf.all.send_redirects=0', 'net.ipv4.conf.eth0.send_redirects=0')
  cluster.run('client', 'sysctl', '-qw', 'net.ipv4.conf.all.accept_redirects=0', 'net.ipv6.conf.eth0.accept_redirects=0')
  for (const place of places) route(podAddress(pods[place], family), place === 'local' ? 'n1' : 'n2')
  const length = family === 'IPv4' ? 24 : 64
  const addIt = ['ip', 'addr', 'add', `${behindAddress[family]}/${length}`, 'dev', 'eth0']
  cluster.run(pods.remote, ...addIt, ...(family === 'IPv6' ? ['nodad'] : []))
  route(behindAddress[family], 'n1')
}
