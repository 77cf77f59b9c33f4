// gateway: requests straight to a server, through a bare Envoy with the same routes, through one as careful as ours, and through ours; and fifty changes under a thousand requests a second.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { ingress } from '../../src/model/routing/examples-under-test.ts'
import { envoyProgram } from '../gateway/envoy-program.ts'
import { handCluster, startBackend, startPart } from '../gateway/gateway-part.ts'
import { ask, startServedEnvoy } from '../gateway/served-envoy.ts'
import { askSteadily } from '../gateway/steady-requests.ts'
import { lines } from '../lab/progress.ts'
import { waitFor } from '../lab/waiting.ts'
import { bareEnvoy } from './bare-envoy.ts'
import { median, memoryOf, rounded, table, verdict } from './figures.ts'
import type { BenchOptions } from './options.ts'

const connections = 32
const measureMs = 700
/** Where everything listens; other programs have other addresses of loopback. */
const address = '127.77.7.7'
const ports = { bare: 18_080, careful: 18_081, http: 18_180, https: 18_181 } as const
/** By processor time of client, proxy and server together. */
const goal = 0.97

type Way = 'direct' | 'bare' | 'careful' | 'ours'
const ways: readonly Way[] = ['direct', 'bare', 'careful', 'ours']

interface Figures {
  readonly rps: Readonly<Record<Way, number>>
  /** What a request costs through a bare Envoy, beside what it costs through ours. */
  readonly ratio: number
  /** The same beside an Envoy that treats its backends as ours does, and does nothing else. */
  readonly carefulRatio: number
  readonly bareMb: number
  readonly oursMb: number
}

export async function gateway({ rounds, signal }: BenchOptions): Promise<Readonly<Record<string, unknown>>> {
  const progress = lines(process.stderr)
  if (spawnSync('cc', ['--version']).status !== 0) throw new Error('the load generator needs a C compiler (cc)')
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  using _ = { [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
  const program = join(folder, 'http-load')
  const built = spawnSync('cc', ['-O2', '-o', program, join(import.meta.dirname, 'http-load.c')], { encoding: 'utf8' })
  if (built.status !== 0) throw new Error(built.stderr)
  const run = (hosts: number) =>
    progress.step(`requests for ${hosts} hosts`, () => compare({ program, folder, hosts, rounds: rounds * 3, signal }))
  const one = await run(1)
  const many = await run(1000)
  const rows = [['1', one] as const, ['1,000', many] as const].map(([hosts, { rps, ratio, carefulRatio, bareMb, oursMb }]) => [
    hosts,
    ...ways.map(way => rps[way].toFixed(0)),
    `${ratio.toFixed(3)}${ratio >= goal ? '' : ' missed'}`,
    carefulRatio.toFixed(3),
    bareMb.toFixed(0),
    oursMb.toFixed(0),
  ])
  const header = [
    'hosts',
    'direct req/s',
    'bare Envoy',
    'careful Envoy',
    'ours',
    `ours to bare, CPU (goal ${goal})`,
    'to careful',
    'bare MB',
    'ours MB',
  ]
  console.log(`gateway: ${connections} connections that stay, median of ${rounds * 3}\n${table(header, rows)}\n`)
  const changed = await progress.step('changes under steady requests', () => changes(folder, signal))
  const { requests, perSecond, failures, agentMb } = changed
  console.log(`50 changes in ${requests} requests (${perSecond.toFixed(0)} per second): ${failures.length} failed ${verdict(failures.length === 0)}
${failures.join('\n')}`)
  return { one, many, changes: { requests, perSecond: rounded(perSecond), failed: failures.length, agentMb: rounded(agentMb) } }
}

interface Run {
  readonly program: string
  readonly folder: string
  readonly hosts: number
  readonly rounds: number
  readonly signal: AbortSignal
}

async function compare({ program, folder, hosts, rounds, signal }: Run): Promise<Figures> {
  await using resources = new AsyncDisposableStack()
  const server = spawn(program, ['serve', '127.0.0.1'], { stdio: ['ignore', 'pipe', 'inherit'] })
  resources.defer(() => void server.kill('SIGKILL'))
  signal.addEventListener('abort', () => server.kill('SIGKILL'), { once: true })
  const [said]: Buffer[] = await once(server.stdout, 'data')
  const backend = Number(said?.toString())

  const envoy = await envoyProgram()
  const startBare = (isCareful: boolean, port: number) => {
    const file = join(folder, `bare-${port}-${hosts}.json`)
    writeFileSync(file, JSON.stringify(bareEnvoy({ address, port, hosts, backend, isCareful })))
    const words = ['-c', file, '--concurrency', '1', '--disable-hot-restart', '-l', 'error']
    const child = spawn(envoy, words, { stdio: ['ignore', 'ignore', 'inherit'] })
    resources.defer(() => void child.kill('SIGKILL'))
    return child
  }
  const bare = startBare(false, ports.bare)
  const careful = startBare(true, ports.careful)

  const cluster = handCluster({ http: ports.http, https: ports.https })
  for (let host = 0; host < hosts; host++) {
    cluster.putService(`web${host}`, [backend])
    cluster.putIngress(
      ingress({ name: `i${host}`, rules: { [`h${host}.test`]: { 'Prefix /': `web${host}`, 'Prefix /api': `web${host}` } } }),
    )
  }
  mkdirSync(join(folder, `x${hosts}`))
  const socket = join(folder, `x${hosts}`, 'xds.sock')
  resources.use(await startPart(cluster.stores, socket))
  const ours = resources.use(await startServedEnvoy({ xdsSocket: socket, address }))
  await ours.untilReady()
  const port = (way: Way) => ({ direct: backend, bare: ports.bare, careful: ports.careful, ours: ports.http })[way]
  const hostOf = (way: Way) => (way === 'bare' || way === 'careful' ? address : '127.0.0.1')
  for (const way of ways) await untilServed(port(way), `h${hosts - 1}.test`, hostOf(way))

  const samples = new Map<string, number[]>()
  const note = (key: string, value: number) => samples.set(key, [...(samples.get(key) ?? []), value])
  const cpu = () => cpuOf(server.pid) + cpuOf(bare.pid) + cpuOf(careful.pid) + cpuOf(ours.pid)
  const measure = async (way: Way) => {
    signal.throwIfAborted()
    const before = cpu()
    const child = spawn(program, ['ask', hostOf(way), ...[port(way), connections, measureMs, hosts].map(String)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [rate = 0, answers = 1, own = 0] = (await text(child.stdout)).split(' ').map(Number)
    note(`rps ${way}`, rate)
    note(`cost ${way}`, (own + cpu() - before) / answers)
  }
  for (const way of ways) await measure(way)
  samples.clear()
  for (let round = 0; round < rounds; round++)
    for (let turn = 0; turn < ways.length; turn++) await measure(ways[(turn + round) % ways.length] ?? 'ours')
  const middle = (key: string) => median(samples.get(key) ?? [])
  const ratioTo = (peer: Way) => {
    const costs = samples.get(`cost ${peer}`)
    return rounded(median((samples.get('cost ours') ?? []).map((cost, round) => (costs?.[round] ?? Number.NaN) / cost)), 3)
  }
  return {
    rps: { direct: middle('rps direct'), bare: middle('rps bare'), careful: middle('rps careful'), ours: middle('rps ours') },
    ratio: ratioTo('bare'),
    carefulRatio: ratioTo('careful'),
    bareMb: rounded(memoryOf(bare.pid ?? 0).rssMb),
    oursMb: rounded(memoryOf(ours.pid).rssMb),
  }
}

/** A thousand requests a second, and a change every 200 ms: of routes, endpoints, backends, hosts. */
async function changes(folder: string, signal: AbortSignal) {
  await using resources = new AsyncDisposableStack()
  const [one, two] = await Promise.all([startBackend('one'), startBackend('two')])
  resources.use(one)
  resources.use(two)
  const cluster = handCluster({ http: ports.http, https: ports.https })
  cluster.putService('one', [one.port])
  cluster.putService('two', [two.port])
  for (let host = 0; host < 100; host++)
    cluster.putIngress(ingress({ name: `i${host}`, rules: { [`h${host}.test`]: { 'Prefix /': 'one' } } }))
  mkdirSync(join(folder, 'changes'))
  const socket = join(folder, 'changes', 'xds.sock')
  resources.use(await startPart(cluster.stores, socket))
  const envoy = resources.use(await startServedEnvoy({ xdsSocket: socket, address, concurrency: 2 }))
  await envoy.untilReady()
  await untilServed(ports.http, 'h0.test', '127.0.0.1')
  const isGood = (status: number, body: string) => status === 200 && (body === 'one' || body === 'two')
  const steady = askSteadily({ address: '127.0.0.1', port: ports.http, host: 'h0.test', isGood, askers: 16, pauseMs: 7 })
  const startedAt = performance.now()
  for (let change = 0; change < 50; change++) {
    signal.throwIfAborted()
    const to = change % 2 === 0 ? 'two' : 'one'
    if (change % 5 === 0) cluster.putService('one', change % 2 === 0 ? [one.port, two.port] : [one.port])
    else if (change % 5 === 1)
      cluster.putIngress(ingress({ name: `more${change}`, rules: { [`m${change}.test`]: { 'Prefix /': to } } }))
    else if (change % 5 === 2) {
      cluster.putService(`fresh${change}`, [two.port])
      cluster.putIngress(ingress({ name: 'i0', rules: { 'h0.test': { 'Prefix /': `fresh${change}` } } }))
    } else cluster.putIngress(ingress({ name: 'i0', rules: { 'h0.test': { 'Prefix /': to } } }))
    await sleep(200)
  }
  const { requests, failures } = await steady.stop()
  return {
    requests,
    failures,
    perSecond: (requests * 1000) / (performance.now() - startedAt),
    agentMb: process.memoryUsage.rss() / 1e6,
  }
}

async function untilServed(port: number, host: string, to: string): Promise<void> {
  await waitFor(
    async () => (await ask({ host: to, port, path: '/', headers: { host } }).catch(() => undefined))?.status === 200,
    {
      what: `${host} at ${to}:${port}`,
      timeoutMs: 60_000,
    },
  )
}

/** Seconds of processor time, of proc(5) in hundredths. */
function cpuOf(pid = 0): number {
  const [, fields = ''] = /\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
  const words = fields.split(' ')
  return (Number(words[11]) + Number(words[12])) / 100
}
