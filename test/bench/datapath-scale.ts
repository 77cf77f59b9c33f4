// datapath, first half: how long the kernel takes for tables of many Services, and how much memory nft.
import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { makeAddress } from '../../src/model/address.ts'
import type { IpAddress } from '../../src/model/address.ts'
import type { PodTarget } from '../../src/model/load-balancer.ts'
import { insideNamespace } from '../../providers/local/agent/announcer/lan-under-test.ts'
import { openNetlinkSocket } from '../../providers/local/agent/announcer/netlink-socket.ts'
import { createDataPath } from '../../providers/local/agent/datapath/data-path.ts'
import type { DesiredDataPath } from '../../providers/local/agent/datapath/data-path.ts'
import { desiredService, profileOf } from '../../providers/local/agent/datapath/desired-service.ts'
import { serviceKey } from '../../providers/local/agent/datapath/desired.ts'
import type { DesiredService } from '../../providers/local/agent/datapath/desired.ts'
import { createElementWriter } from '../../providers/local/agent/datapath/element-writer.ts'
import { netfilterProtocol } from '../../providers/local/agent/datapath/flows.ts'
import { createNft } from '../../providers/local/agent/datapath/nft.ts'
import { memoryOf } from './figures.ts'

/** The least of several runs, since whatever else the machine does only adds; and the processor time of that work, ours and nft's. */
export interface Cost {
  readonly wallMs: number
  readonly cpuMs: number
}

export interface ScaleFigures {
  readonly nodes: number
  readonly services: number
  readonly written: Cost
  readonly replaced: Cost
  /** One pod more or less of one Service. */
  readonly changed: Cost
  readonly nftPeakMb: number
}

/** What it may cost at most: 10,000 Services of ten pods, at any number of nodes. */
export const limits = { writtenMs: 1500, replacedMs: 1500, changedMs: 40, nftPeakMb: 150 } as const

const podsPerService = 10
const around = { self: 'node-0', isAlive: () => true }

/** `services` Services of ten pods each, spread at random over so many nodes, written by the node that has most to write. */
export async function scale(services: number, nodes: number): Promise<ScaleFigures> {
  const namespace = `weir-bench-${process.pid}`
  spawnSync('ip', ['netns', 'add', namespace])
  try {
    return await measure(namespace, services, nodes)
  } finally {
    spawnSync('ip', ['netns', 'del', namespace])
  }
}

async function measure(namespace: string, services: number, nodes: number): Promise<ScaleFigures> {
  const nft = createNft(['ip', 'netns', 'exec', namespace, 'nft'])
  using elements = createElementWriter(
    insideNamespace(namespace, () => openNetlinkSocket({ groups: 0, protocol: netfilterProtocol })),
  )
  const routes = { set: () => {}, clear: () => {}, [Symbol.dispose]: () => {} }
  const flows = { forget: () => 0, [Symbol.dispose]: () => {} }
  using peak = watchPeak()
  const first = desired(services, nodes)
  const written: Cost[] = []
  const replaced: Cost[] = []
  const changed: Cost[] = []
  for (let round = 0; round < 5; round++) {
    await createDataPath({ nft, elements, routes, flows }).remove()
    const path = createDataPath({ nft, elements, routes, flows })
    written.push(await measured(() => path.apply(first)))
    // Another process that knows nothing of the first one writes all of it anew beside what works.
    const again = createDataPath({ nft, elements, routes, flows })
    replaced.push(await measured(() => again.apply(first)))
    for (let change = 0; change < 6; change++) changed.push(await measured(() => again.apply(onePodLess(first, change))))
  }
  return {
    nodes,
    services,
    written: least(written),
    replaced: least(replaced),
    changed: least(changed),
    nftPeakMb: peak.megabytes(),
  }
}

async function measured(work: () => Promise<void>): Promise<Cost> {
  const cpu = processorMs()
  const start = performance.now()
  await work()
  return { wallMs: performance.now() - start, cpuMs: processorMs() - cpu }
}

/** Of this process, all its threads, and of the children that have ended (proc(5), stat: utime to cstime, in hundredths of a second). */
function processorMs(): number {
  const { user, system } = process.cpuUsage()
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? []
  return (user + system) / 1000 + 10 * (Number(fields[13]) + Number(fields[14]))
}

function least(costs: readonly Cost[]): Cost {
  return { wallMs: Math.min(...costs.map(({ wallMs }) => wallMs)), cpuMs: Math.min(...costs.map(({ cpuMs }) => cpuMs)) }
}

function desired(services: number, nodes: number): DesiredDataPath {
  const random = randomNumbers(7)
  const names = Array.from({ length: nodes }, (_, index) => `node-${index}`)
  const targets = Array.from({ length: services }, (_, index) =>
    Array.from({ length: podsPerService }, (_unused, pod): PodTarget => {
      const node = names[Math.floor(random() * nodes)] ?? ''
      return { address: address(0x0af4_0000 + index * podsPerService + pod).text, port: 8080, node, terminating: false }
    }),
  )
  const profiles = new Set(targets.map(each => profileOf({ targets: each, path: 'direct' }, around))).size
  const list = targets.map((each, index) => serviceOf(index, each, profiles))
  const peers = names.slice(1).map((name, index) => ({
    name,
    mac: `02:00:00:00:${hex(index >> 8)}:${hex(index & 255)}`,
    interfaceIndex: 1,
    addresses: [address(0x0ac9_0002 + index)],
    alive: true,
  }))
  return { self: 'node-0', interfaces: ['eth0'], seed: 1, peers, services: new Map(list.map(each => [serviceKey(each), each])) }
}

function serviceOf(index: number, targets: readonly PodTarget[], profiles: number, before?: DesiredService): DesiredService {
  const port = { address: address(0x0ac9_c801 + index), protocol: 'TCP' as const, port: 80, sources: [], path: 'direct' as const }
  return desiredService({ ...port, targets }, { ...around, profiles }, before)
}

function onePodLess(from: DesiredDataPath, change: number): DesiredDataPath {
  const services = new Map(from.services)
  const pods = ['node-0', 'node-1', 'node-1'].slice(0, 2 + (change % 2))
  const targets = pods.map(
    (node, at): PodTarget => ({ address: address(0x0af4_0000 + at).text, port: 8080, node, terminating: false }),
  )
  const service = serviceOf(0, targets, 1, from.services.get([...from.services.keys()][0] ?? ''))
  return { ...from, services: services.set(serviceKey(service), service) }
}

const address = (value: number): IpAddress => makeAddress('IPv4', BigInt(value))
const hex = (byte: number) => byte.toString(16).padStart(2, '0')

/** Numbers from 0 to 1 that are the same in every run (xorshift). */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

/** Looks all the time at how much the nft processes that we started need. */
function watchPeak(): Disposable & { readonly megabytes: () => number } {
  let peak = 0
  const look = () => {
    for (const task of readdirSync('/proc/self/task')) {
      for (const child of readFileSync(`/proc/self/task/${task}/children`, 'utf8').trim().split(' ')) {
        if (child === '') continue
        try {
          peak = Math.max(peak, memoryOf(Number(child)).peakMb || 0)
        } catch {
          // It has ended since.
        }
      }
    }
  }
  const timer = setInterval(look, 5)
  return { megabytes: () => peak, [Symbol.dispose]: () => clearInterval(timer) }
}
