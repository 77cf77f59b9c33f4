// datapath: requests to pods directly, as kube-proxy translates and masquerades them, and by our table; and what large tables cost.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeCluster } from '../../providers/local/agent/datapath/cluster-under-test.ts'
import type { TestCluster } from '../../providers/local/agent/datapath/cluster-under-test.ts'
import { podAddress, virtual } from '../../providers/local/agent/datapath/network-under-test.ts'
import { lines } from '../lab/progress.ts'
import { limits, scale } from './datapath-scale.ts'
import type { Cost } from './datapath-scale.ts'
import { median, rounded, table } from './figures.ts'
import type { BenchOptions } from './options.ts'

const kubeProxyAddress = '10.201.200.2'
const pods = { local: 'n1a', remote: 'n2a' } as const
const podPort = 9000
const connections = 32
const measureMs = 400

type Path = 'direct' | 'kubeProxy' | 'ours'
type Place = keyof typeof pods
const paths: readonly Path[] = ['direct', 'kubeProxy', 'ours']
const places: readonly Place[] = ['local', 'remote']
/** Ports of the Services, by where their only pod is. */
const ports: Readonly<Record<Place, number>> = { local: 1001, remote: 1002 }

interface Figures {
  readonly localRps: number
  readonly remoteRps: number
  readonly gbps: number
}

/** Answers per second of processor time, ours beside another path: the middle of all rounds. */
interface Ratios {
  readonly local: number
  readonly remote: number
}

interface Compared {
  readonly figures: Readonly<Record<Path, Figures>>
  readonly toDirect: Ratios
  readonly toKubeProxy: Ratios
}

/** Ours may cost at most so much of what the pod gives directly, and nothing of what kube-proxy's way gives to pods elsewhere. */
const goals = { local: 0.95, remote: 0.85, toKubeProxy: 1 } as const

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

  const one = await progress.step('requests beside 1 Service', () => requests({ others: 0, rounds: rounds * 3, signal }))
  const many = await progress.step('requests beside 1,000 Services', () => requests({ others: 1000, rounds: rounds * 3, signal }))
  for (const [name, { figures, toDirect, toKubeProxy }] of [['1 Service', one] as const, ['1,000 Services', many] as const]) {
    const rows = paths.map(path => {
      const { localRps, remoteRps, gbps } = figures[path]
      return [path, localRps.toFixed(0), remoteRps.toFixed(0), gbps.toFixed(2)]
    })
    const goal = (ratio: number, limit: number) => `${ratio.toFixed(3)} (goal ${limit})${ratio >= limit ? '' : ' missed'}`
    console.log(`${table([name, 'local req/s', 'remote req/s', 'remote Gbit/s'], rows)}
by processor time, ours to direct: local ${goal(toDirect.local, goals.local)}, remote ${goal(toDirect.remote, goals.remote)}
by processor time, ours to kubeProxy: remote ${goal(toKubeProxy.remote, goals.toKubeProxy)}
`)
  }
  return {
    ...many.figures,
    ratioLocal: rounded(many.toDirect.local, 3),
    ratioRemote: rounded(many.toDirect.remote, 3),
    ratioToKubeProxy: rounded(many.toKubeProxy.remote, 3),
    oneService: one,
    tables,
  }
}

interface Run {
  readonly others: number
  readonly rounds: number
  readonly signal: AbortSignal
}

/** Every path in turn, again and again, so that what else the machine does falls on all of them. */
async function requests({ others, rounds, signal }: Run): Promise<Compared> {
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
  likeKubeProxy(cluster, others)
  routesToPods(cluster)

  signal.addEventListener('abort', () => servers[Symbol.dispose](), { once: true })
  const samples = new Map<string, number[]>()
  const measure = async (what: 'ask' | 'push', path: Path, place: Place) => {
    signal.throwIfAborted()
    const target =
      path === 'direct'
        ? [podAddress(pods[place], 'IPv4'), podPort]
        : [path === 'ours' ? virtual.IPv4 : kubeProxyAddress, ports[place]]
    const words = [what, ...target, ...(what === 'ask' ? [connections] : []), measureMs].map(String)
    const before = servers.cpuOf(place)
    const [rate = Number.NaN, answers, clientCpu = 0] = await output(cluster, program, words)
    const note = (key: string, value: number) => samples.set(key, [...(samples.get(key) ?? []), value])
    note(`${what} ${path} ${place}`, rate)
    // What a loaded machine does not change: how much of the processor client, nodes and pod need together for an answer.
    if (answers !== undefined) note(`cost ${path} ${place}`, (clientCpu + servers.cpuOf(place) - before) / answers)
  }
  for (let round = 0; round < rounds; round++) {
    // Whoever is first in one round is last in another: what the machine does besides falls on all of them.
    const order = paths.map((_, at) => paths[(at + round) % paths.length] ?? 'ours')
    for (const place of places) for (const path of order) await measure('ask', path, place)
    for (const path of order) await measure('push', path, 'remote')
  }
  const middle = (key: string) => median(samples.get(key) ?? [])
  const figures = (path: Path): Figures => ({
    localRps: middle(`ask ${path} local`),
    remoteRps: middle(`ask ${path} remote`),
    gbps: middle(`push ${path} remote`),
  })
  const ratio = (place: Place, to: Path) =>
    median(
      Array.from({ length: rounds }, (_, round) => {
        const cost = (path: Path) => samples.get(`cost ${path} ${place}`)?.[round] ?? Number.NaN
        return cost(to) / cost('ours')
      }),
    )
  const ratios = (to: Path): Ratios => ({ local: ratio('local', to), remote: ratio('remote', to) })
  return {
    figures: { direct: figures('direct'), kubeProxy: figures('kubeProxy'), ours: figures('ours') },
    toDirect: ratios('direct'),
    toKubeProxy: ratios('kubeProxy'),
  }
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
function likeKubeProxy(cluster: TestCluster, others: number): void {
  const at = 'inet like-kube-proxy'
  const chains = [
    ...places.map(place => ({ port: ports[place], pod: pods[place] })),
    ...Array.from({ length: others }, (_, index) => ({ port: 2000 + index, pod: 'n2a' })),
  ].map(({ port, pod }) => ({ name: `service-${port}`, port, target: `${podAddress(pod, 'IPv4')}:${podPort}` }))
  const text = [
    `add table ${at}`,
    ...chains.flatMap(({ name, target }) => [
      `add chain ${at} ${name}`,
      `add chain ${at} endpoint-${name}`,
      `add rule ${at} ${name} mark set mark or 0x4000`,
      `add rule ${at} ${name} numgen random mod 1 vmap { 0 : goto endpoint-${name} }`,
      `add rule ${at} endpoint-${name} meta l4proto tcp dnat ip to ${target}`,
    ]),
    `add map ${at} services { type ipv4_addr . inet_proto . inet_service : verdict; }`,
    `add element ${at} services { ${chains.map(({ name, port }) => `${kubeProxyAddress} . tcp . ${port} : goto ${name}`).join(', ')} }`,
    `add chain ${at} prerouting { type nat hook prerouting priority dstnat; }`,
    `add rule ${at} prerouting ip daddr . meta l4proto . th dport vmap @services`,
    `add chain ${at} postrouting { type nat hook postrouting priority srcnat; }`,
    `add rule ${at} postrouting mark and 0x4000 != 0 masquerade fully-random`,
  ]
  const done = spawnSync('ip', ['netns', 'exec', cluster.namespaceOf('n1'), 'nft', '-f', '-'], {
    input: `${text.join('\n')}\n`,
    encoding: 'utf8',
  })
  if (done.status !== 0) throw new Error(done.stderr)
  const mac = /link\/ether (\S+)/.exec(cluster.run('n1', 'ip', 'link', 'show', 'eth0'))?.[1] ?? ''
  cluster.run('client', 'ip', 'neigh', 'replace', kubeProxyAddress, 'lladdr', mac, 'dev', 'eth0', 'nud', 'permanent')
}

/** The client's own routes to pods: the way that nothing can be faster than. */
function routesToPods(cluster: TestCluster): void {
  for (const [place, pod] of Object.entries(pods)) {
    const node = place === 'local' ? 'n1' : 'n2'
    const address = /inet (\S+)\//.exec(cluster.run(node, 'ip', '-4', 'addr', 'show', 'dev', 'eth0'))?.[1] ?? ''
    cluster.run('client', 'ip', 'route', 'add', podAddress(pod, 'IPv4'), 'via', address)
  }
}
