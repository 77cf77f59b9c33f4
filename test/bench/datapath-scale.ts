// datapath, first half: how long the kernel takes for tables of many Services, and how much memory nft.
import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { makeAddress } from '../../src/model/address.ts'
import type { IpAddress } from '../../src/model/address.ts'
import type { PodTarget } from '../../src/model/load-balancer.ts'
import { createDataPath } from '../../providers/local/agent/datapath/data-path.ts'
import type { DesiredDataPath } from '../../providers/local/agent/datapath/data-path.ts'
import { desiredService, profileOf } from '../../providers/local/agent/datapath/desired-service.ts'
import { serviceKey } from '../../providers/local/agent/datapath/desired.ts'
import type { DesiredService } from '../../providers/local/agent/datapath/desired.ts'
import { createNft } from '../../providers/local/agent/datapath/nft.ts'
import { median, memoryOf } from './figures.ts'

export interface ScaleFigures {
  readonly nodes: number
  readonly services: number
  readonly writtenMs: number
  readonly replacedMs: number
  /** One pod more or less of one Service. */
  readonly changedMs: number
  readonly nftPeakMb: number
}

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
  const routes = { set: () => {}, clear: () => {}, [Symbol.dispose]: () => {} }
  const flows = { forget: () => 0, [Symbol.dispose]: () => {} }
  using peak = watchPeak()
  const first = desired(services, nodes)
  const writtenMs: number[] = []
  const replacedMs: number[] = []
  const changedMs: number[] = []
  for (let round = 0; round < 3; round++) {
    await createDataPath({ nft, routes, flows }).remove()
    const path = createDataPath({ nft, routes, flows })
    writtenMs.push(await timed(() => path.apply(first)))
    // Another process that knows nothing of the first one writes all of it anew beside what works.
    const again = createDataPath({ nft, routes, flows })
    replacedMs.push(await timed(() => again.apply(first)))
    for (let change = 0; change < 5; change++) changedMs.push(await timed(() => again.apply(onePodLess(first, change))))
  }
  return {
    nodes,
    services,
    writtenMs: median(writtenMs),
    replacedMs: median(replacedMs),
    changedMs: median(changedMs),
    nftPeakMb: peak.megabytes(),
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
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
