// Shortcuts: packets in the middle of connections leave for their node from where they come in, before all other rules and the node's routing.
import { vocabulary } from './expressions.ts'
import { hasPlainName } from './element.ts'
import { keptNames, nodeMark, tableName } from './names.ts'
import type { Family, Generation } from './names.ts'
import type { Nft } from './nft.ts'
import { NftFailed } from './nft.ts'
import type { NodeNeighbour } from './node-routes.ts'
import { lastNodeNumber } from './desired.ts'

/** What the shortcuts of a node are made from. */
export interface Shortcut {
  readonly generation: Generation
  readonly seed: number
  /** By which packets come in. */
  readonly interfaces: readonly string[]
  /** Those that live; to others packets go the long way, which knows what becomes of them. */
  readonly neighbours: readonly NodeNeighbour[]
}

const families: readonly Family[] = [4, 6]
const inet = `inet ${tableName}`
/** Only a table of the family netdev can send a packet on without routing it; it cannot read sets of another table. */
export const shortcutTable = `netdev ${tableName}`
/** The chain of each interface; the kernel takes it away with its interface. */
const chainName = (index: number) => `device${index}`
export const isShortcutChain = (name: string) => /^device\d+$/.test(name)

/** Takes our rules for interfaces away; nothing else leads out of them. */
export function withoutShortcuts(chains: readonly string[]): readonly string[] {
  return chains
    .filter(isShortcutChain)
    .flatMap(name => [`add chain ${inet} ${name}`, `flush chain ${inet} ${name}`, `delete chain ${inet} ${name}`])
}

/** Forgets what was noted of connections: what is done with them may have changed. */
export function forgetRecent(): readonly string[] {
  return families.flatMap(family => {
    const { recentTcp, recentUdp } = keptNames(family)
    return [recentTcp, recentUdp].map(map => `flush map ${inet} ${map}`)
  })
}

/** One transaction that makes these the shortcuts there are; `before`: how many interfaces had some. Pure. */
export function shortcutText({ generation, seed, interfaces, neighbours }: Shortcut, before: number): readonly string[] {
  const names = [...new Set(interfaces)].filter(hasPlainName).toSorted()
  const words = families.map(family => vocabulary(family, generation, seed))
  const hook = (table: string, name: string, index: number, priority: number) =>
    `add chain ${table} ${chainName(index)} { type filter hook ingress device "${name}" priority ${priority}; policy accept; }`
  const links = [...new Set(neighbours.map(({ interfaceIndex }) => interfaceIndex))].toSorted((one, other) => one - other)
  return [
    ...withoutShortcuts(Array.from({ length: before }, (_, index) => chainName(index))),
    ...forgetRecent(),
    ...names.flatMap((name, index) => [
      hook(inet, name, index, -10),
      ...words.map(({ family, names: { addresses }, chain }) => {
        const destination = family === 4 ? 'meta nfproto ipv4 @nh,128,32' : 'meta nfproto ipv6 @nh,192,128'
        return `add rule ${inet} ${chainName(index)} ${destination} @${addresses} goto ${chain('shortcut')}`
      }),
    ]),
    `add table ${shortcutTable}`,
    `delete table ${shortcutTable}`,
    `add table ${shortcutTable}`,
    ...links.flatMap(link => families.flatMap(family => gateways(family, link, neighbours))),
    ...names.flatMap((name, index) => [
      hook(shortcutTable, name, index, 0),
      ...links.flatMap(link => {
        // Out by the interface it came in by, so it is no larger than that takes.
        const same = names.length > 1 ? `meta iif ${link} ` : ''
        const onward = (ip: 'ip' | 'ip6', family: Family) => `fwd ${ip} to meta mark map @${mapName(family, link)} device ${link}`
        return [`${same}meta protocol ip ${onward('ip', 4)}`, `${same}${onward('ip6', 6)}`].map(
          rule => `add rule ${shortcutTable} ${chainName(index)} ${rule}`,
        )
      }),
    ]),
  ]
}

const mapName = (family: Family, link: number) => `gateways${family}_${link}`

function gateways(family: Family, link: number, neighbours: readonly NodeNeighbour[]): readonly string[] {
  const name = `${shortcutTable} ${mapName(family, link)}`
  const wanted = family === 4 ? 'IPv4' : 'IPv6'
  const elements = neighbours.flatMap(({ number, interfaceIndex, addresses }) =>
    interfaceIndex === link
      ? addresses.flatMap(({ family: its, text }) => (its === wanted ? `0x${nodeMark(number).toString(16)} : ${text}` : []))
      : [],
  )
  return [
    `add map ${name} { type mark : ipv${family}_addr; size ${lastNodeNumber + 96}; }`,
    ...(elements.length === 0 ? [] : [`add element ${name} { ${elements.join(', ')} }`]),
  ]
}

export interface Shortcuts {
  /** Makes these the shortcuts there are. Where the kernel does not take them there are none, and packets go the long way. */
  set(shortcut: Shortcut, signal?: AbortSignal): Promise<void>
  /** The chains of interfaces are gone, or as many as `present` says; what there is will be written anew. */
  reset(present: readonly string[]): void
  /** Why there are none; undefined while there are, or none were asked for. */
  readonly refused: string | undefined
}

export function createShortcuts(nft: Nft): Shortcuts {
  let chains = 0
  let refused: string | undefined
  let tried: string | undefined
  return {
    async set(shortcut, signal) {
      const wanted = shortcutText(shortcut, 0).join()
      if (wanted === tried) return
      try {
        await nft.run(`${shortcutText(shortcut, chains).join('\n')}\n`, signal)
        chains = Math.max(chains, shortcut.interfaces.length)
        refused = undefined
      } catch (error) {
        if (!(error instanceof NftFailed)) throw error
        refused = error.message
      }
      tried = wanted
    },
    reset(present) {
      tried = undefined
      refused = undefined
      chains = 1 + Math.max(-1, ...present.filter(isShortcutChain).map(name => Number(name.slice('device'.length))))
    },
    get refused() {
      return refused
    },
  }
}
