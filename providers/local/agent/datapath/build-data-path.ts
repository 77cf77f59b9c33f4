// From all addresses with pod targets and all nodes to what this node's data path shall be. Pure, but for what it may remember.
import { formatAddress } from '../../../../src/model/address.ts'
import { createBuildMemory, surroundingsOf } from './build-memory.ts'
import type { BuildMemory, DataPathSurroundings, DataPathView, Prepared } from './build-memory.ts'
import type { DesiredDataPath } from './data-path.ts'
import { desiredService } from './desired-service.ts'
import { serviceKey } from './desired.ts'
import type { DesiredService } from './desired.ts'
import type { PathChoice } from './network-paths.ts'
import { slotCount } from './slots.ts'

export interface BuiltDataPath {
  readonly desired: DesiredDataPath
  /** The path of each address, by its text, and why it is no better one; of several Services at it the first that is not direct. */
  readonly paths: ReadonlyMap<string, PathChoice>
}

/**
 * `before`: the Services of the last one. What is the same comes out as the same object, which costs nothing to write, and where slots change,
 * the ones before are remembered. `memory` makes what did not change cheap to build, too.
 */
export function buildDataPath(
  view: DataPathView,
  before: ReadonlyMap<string, DesiredService>,
  memory: BuildMemory = createBuildMemory(),
): BuiltDataPath {
  const around = surroundingsOf(view, memory)
  const paths = new Map<string, PathChoice>()
  const used = new Set<string>()
  const profiles = new Set<string>()
  const all: Prepared[] = []
  for (const at of view.services) {
    const prepared = around.prepare(at)
    if (!prepared) continue
    all.push(prepared)
    used.add(prepared.segment)
    for (const profile of prepared.profiles) profiles.add(profile)
    if (!prepared.choice) continue
    const known = paths.get(at.address.text)
    if (!known || known.path === 'direct') paths.set(at.address.text, prepared.choice)
  }
  // Which way a node is met on two segments depends on which of them have addresses.
  if (used.size < around.segments.size) {
    memory.surroundings = undefined
    return buildDataPath(view, before, memory)
  }
  const services = new Map<string, DesiredService>()
  for (const prepared of all) {
    for (const [key, service] of servicesOf(prepared, around, {
      before,
      profiles: profiles.size,
      announces: view.announces ?? always,
    })) {
      // Two Services at one port of one address: the controller allows none, and the first one is as good as any.
      if (!services.has(key)) services.set(key, service)
    }
  }
  const { self, seed } = view
  return { desired: { self, interfaces: [...used], seed, peers: around.peers(), services }, paths }
}

const always = () => true

/** What a Service depends on besides itself and its surroundings. */
interface Changing {
  readonly before: ReadonlyMap<string, DesiredService>
  readonly profiles: number
  readonly announces: (address: string) => boolean
}

/** What is desired for the ports, from memory if nothing that counts is another than last time. */
function servicesOf(
  prepared: Prepared,
  { self, isAlive, tables }: DataPathSurroundings,
  { before, profiles, announces }: Changing,
): Prepared['built'] {
  const { built, ports, pods } = prepared
  const around = { self, isAlive, profiles, tables, announces }
  const isSame = ([key, service]: readonly [string, DesiredService], index: number) =>
    before.get(key) === service &&
    (!service.slots || service.slots.nodes.length === slotCount(pods[index] ?? 0, profiles)) &&
    service.path !== (announces(service.address.text) ? 'silent' : 'refuse')
  if (built.length === ports.length && built.every(isSame)) return built
  prepared.built = ports.map(port => {
    const key = serviceKey(port)
    const known = before.get(key)
    const service = desiredService(port, around, known)
    return [key, known && contentOf(known) === contentOf(service) ? known : service]
  })
  return prepared.built
}

function contentOf({
  path,
  endpoints,
  draining,
  slots,
  previous,
  affinitySeconds,
  drainSeconds,
  sources,
}: DesiredService): string {
  const pods = endpoints.map(({ address, port, local }) => `${address.text} ${port} ${local}`)
  const ranges = sources.map(({ family, first, last }) => `${formatAddress(family, first)}-${formatAddress(family, last)}`)
  const leaving = draining?.map(({ text }) => text).join()
  return [path, leaving, slots?.id, previous?.id, affinitySeconds, drainSeconds, pods.join(), ranges.join()].join('\n')
}
