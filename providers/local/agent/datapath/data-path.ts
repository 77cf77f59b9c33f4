// The data path of this node: keeps our nftables table and the routes to other nodes as they are desired, one change after the other.
import type { IpAddress } from '../../../../src/model/address.ts'
import type { DesiredNode, DesiredService, DesiredTable } from './desired.ts'
import type { ElementWriter } from './element-writer.ts'
import { readHistory, withHistory } from './history.ts'
import type { Restored } from './history.ts'
import { tableName } from './names.ts'
import type { Generation } from './names.ts'
import { layGround, letGo } from './ground.ts'
import { gonePods, servingPods } from './flows.ts'
import type { Flows } from './flows.ts'
import { removeTables } from './nft-tables.ts'
import type { Nft } from './nft.ts'
import { numberNodes, readNumbers } from './node-numbers.ts'
import type { NodeNumbers } from './node-numbers.ts'
import type { NodeNeighbour, NodeRoutes } from './node-routes.ts'
import { planTable } from './plan.ts'
import { presentQuestions, readPresentTable } from './present-table.ts'
import { createShortcuts, withoutShortcuts } from './shortcuts.ts'
import { frame, generationParts, removeGeneration, switchTo } from './skeleton.ts'
import type { Transaction } from './transactions.ts'
import { emptyTable } from './written-table.ts'
import type { WrittenTable } from './written-table.ts'

/** Another node that takes part, on a segment of ours. */
export interface PeerNode {
  readonly name: string
  readonly mac: string
  readonly interfaceIndex: number
  /** Its addresses on that segment, one per family at most. */
  readonly addresses: readonly IpAddress[]
  readonly alive: boolean
}

/** What the table shall be, before nodes have numbers. */
export interface DesiredDataPath extends Omit<DesiredTable, 'nodes'> {
  readonly self: string
  readonly peers: readonly PeerNode[]
}

export interface DataPath {
  /**
   * Resolves when this, or something newer that was asked for meanwhile, stands in the kernel. Throws NftFailed, ElementsRefused or RoutesRefused;
   * then the next one is written anew from the ground while what was there goes on.
   */
  apply(desired: DesiredDataPath, signal?: AbortSignal): Promise<void>
  /** Takes everything away: the table, the routes and their rules. */
  remove(): Promise<void>
  /** Why packets of open connections go the long way, through all rules: nft or the kernel does not take the short one. */
  readonly shortcutsRefused: string | undefined
}

export interface DataPathOptions {
  readonly nft: Nft
  readonly elements: ElementWriter
  readonly routes: NodeRoutes
  readonly flows: Flows
}

export function createDataPath({ nft, elements, routes, flows }: DataPathOptions): DataPath {
  const shortcuts = createShortcuts(nft)
  let written: WrittenTable | undefined
  let numbers: NodeNumbers | undefined
  let routed: readonly NodeNeighbour[] = []
  let waiting:
    | { readonly desired: DesiredDataPath; readonly done: PromiseWithResolvers<void>; signal: AbortSignal | undefined }
    | undefined
  let running = false
  /** Packets for our addresses are dropped until the table is written. */
  let isHeld = false
  let restored = new Map<string, Restored>()
  const completed = new WeakMap<DesiredService, DesiredService>()

  const readNodes = async (): Promise<NodeNumbers> => {
    const maps = await Promise.all(['nodes4', 'nodes6'].map(name => nft.list(['list', 'map', 'inet', tableName, name])))
    return new Map(maps.flatMap(map => [...readNumbers(map)]))
  }
  const write = async (desired: DesiredDataPath, signal: AbortSignal | undefined) => {
    if (!numbers) {
      isHeld ||= await layGround(nft, desired, signal)
      numbers = await readNodes()
    }
    const numbered = numberNodes(
      numbers,
      desired.peers.flatMap(({ addresses }) => addresses[0] ?? []),
    )
    if (numbered.transaction !== '') await nft.run(numbered.transaction, signal)
    numbers = numbered.numbers
    const nodes = nodesOf(desired, numbers)
    // Routes are there before the table leads to them, and until nothing leads there any more.
    const neighbours = neighboursOf(desired, nodes)
    const still = new Set(neighbours.map(({ number }) => number))
    routes.set([...neighbours, ...routed.filter(({ number }) => !still.has(number))])
    const before = written
    if (!before) restored = await historyOf(desired, nodes)
    const table: DesiredTable = { ...desired, nodes, services: withHistory(desired.services, restored, completed) }
    if (before && before.seed === desired.seed) {
      const plan = planTable(table, before)
      written = undefined
      await carryOut(plan.transactions, signal)
      written = plan.written
      forgetGone(before, table)
    } else {
      written = await replace(table, signal)
      forgetStrange(table)
    }
    routed = neighbours
    routes.set(neighbours)
    const { generation, seed, interfaces } = written
    const living = new Set([...nodes.values()].flatMap(({ alive, number }) => (alive ? number : [])))
    await shortcuts.set(
      { generation, seed, interfaces, neighbours: neighbours.filter(({ number }) => living.has(number)) },
      signal,
    )
  }
  const historyOf = async ({ services }: DesiredDataPath, nodes: ReadonlyMap<string, DesiredNode>) => {
    const { generation } = readPresentTable(await nft.list(presentQuestions.active), undefined)
    return generation
      ? readHistory({ read: set => elements.read(set), generation, services, nodes })
      : new Map<string, Restored>()
  }
  const carryOut = async (transactions: readonly Transaction[], signal: AbortSignal | undefined) => {
    for (const each of transactions) {
      signal?.throwIfAborted()
      if (typeof each === 'string') await nft.run(each, signal)
      else await elements.write(each)
    }
  }
  const forgetGone = (before: WrittenTable, now: DesiredTable) => {
    for (const [key, { service }] of before.services) {
      const after = now.services.get(key)
      if (after === service) continue
      const { address, port } = service
      for (const pod of gonePods(service, after))
        flows.forget(flow => flow.address === address.text && flow.port === port && flow.pod === pod.text, { to: pod })
    }
  }
  /** After a start: what went away while nobody looked. */
  const forgetStrange = ({ services }: DesiredTable) => {
    const pods = new Map<string, ReadonlySet<string>>()
    for (const service of services.values())
      if (service.protocol === 'UDP')
        pods.set(`${service.address.text} ${service.port}`, new Set(servingPods(service).map(pod => pod.text)))
    if (pods.size > 0) flows.forget(({ address, port, pod }) => pods.get(`${address} ${port}`)?.has(pod) === false)
  }
  const replace = async (desired: DesiredTable, signal: AbortSignal | undefined): Promise<WrittenTable> => {
    written = undefined
    const present = readPresentTable(await nft.list(presentQuestions.active), await nft.list(presentQuestions.chains))
    const generation: Generation = present.generation === 'a' ? 'b' : 'a'
    const { generation: old } = present
    // What an earlier attempt left of this generation leads nowhere.
    await nft.run(
      textOf([...frame(), ...removeGeneration(generation, present), ...generationParts(generation, desired.seed)]),
      signal,
    )
    const plan = planTable(desired, emptyTable(generation, desired.seed))
    await carryOut(plan.transactions, signal)
    await nft.run(
      textOf([
        ...withoutShortcuts(present.chains),
        ...switchTo(generation, desired.seed),
        ...(old ? removeGeneration(old, present) : []),
      ]),
      signal,
    )
    shortcuts.reset([])
    isHeld = false
    return plan.written
  }
  const release = async () => {
    if (!isHeld) return
    isHeld = false
    await letGo(nft).catch(() => {})
  }
  const work = async () => {
    if (running) return
    running = true
    while (waiting) {
      const { desired, done, signal } = waiting
      waiting = undefined
      try {
        await write(desired, signal)
        done.resolve()
      } catch (error) {
        written = undefined
        await release()
        done.reject(error)
      }
    }
    running = false
  }
  return {
    apply(desired, signal) {
      const done = waiting?.done ?? Promise.withResolvers<void>()
      waiting = { desired, done, signal }
      void work()
      return done.promise
    },
    async remove() {
      await removeTables(nft)
      shortcuts.reset([])
      written = undefined
      numbers = undefined
      routed = []
      routes.clear()
    },
    get shortcutsRefused() {
      return shortcuts.refused
    },
  }
}

function textOf(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`
}

function nodesOf(desired: DesiredDataPath, numbers: NodeNumbers): ReadonlyMap<string, DesiredNode> {
  const nodes = new Map<string, DesiredNode>([[desired.self, { number: 1, mac: '', alive: true }]])
  for (const { name, mac, alive, addresses } of desired.peers) {
    const number = numbers.get(addresses[0]?.text ?? '')
    if (number !== undefined) nodes.set(name, { number, mac, alive })
  }
  return nodes
}

function neighboursOf(desired: DesiredDataPath, nodes: ReadonlyMap<string, DesiredNode>): readonly NodeNeighbour[] {
  return desired.peers.flatMap(({ name, interfaceIndex, addresses }) => {
    const number = nodes.get(name)?.number
    return number === undefined ? [] : [{ number, interfaceIndex, addresses }]
  })
}
