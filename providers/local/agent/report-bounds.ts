// What of a node's interfaces goes into its report, whose lists the API server bounds: what the placing of addresses looks at first.
import type { NodeInterface } from '../../../src/api/node-report.ts'
import { parseCidr } from '../../../src/model/address.ts'

/** As the schema of NodeReport has it; a report with more would be refused as a whole. */
export const mostInterfaces = 4096
export const mostAddresses = 256

export interface Bounded {
  readonly interfaces: readonly NodeInterface[]
  /** What was left out, in sentences; empty when nothing was. */
  readonly leftOut: readonly string[]
}

/** Addresses are placed by the subnets of an interface with carrier: so of each subnet one address goes before a second. */
export function boundInterfaces(found: readonly NodeInterface[]): Bounded {
  const leftOut: string[] = []
  const kept = firstOf(found, mostInterfaces, rankOfInterface)
  if (kept.length < found.length) leftOut.push(`Of ${found.length} interfaces ${kept.length} are reported.`)
  const interfaces = kept.map(each => {
    const addresses = firstOf(each.addresses, mostAddresses, rankByNetwork())
    if (addresses.length < each.addresses.length)
      leftOut.push(`Of ${each.addresses.length} addresses of ${each.name} ${addresses.length} are reported.`)
    return { ...each, addresses }
  })
  return { interfaces, leftOut }
}

/** The `most` of lowest rank, in the order they came in. Each is ranked once, in that order. */
function firstOf<T>(all: readonly T[], most: number, rankOf: (one: T) => number): T[] {
  if (all.length <= most) return [...all]
  const ranked = all.map((one, index) => ({ one, index, rank: rankOf(one) }))
  const kept = ranked.toSorted((a, b) => a.rank - b.rank || a.index - b.index).slice(0, most)
  return kept.toSorted((a, b) => a.index - b.index).map(({ one }) => one)
}

function rankOfInterface({ carrier, addresses }: NodeInterface): number {
  return (carrier ? 0 : 1) + (addresses.length > 0 ? 0 : 2)
}

/** The first address of a subnet, by the size of that; then what is of no use: more of the same, single hosts, the unreadable. */
function rankByNetwork(): (address: string) => number {
  const known = new Set<string>()
  return address => {
    const cidr = parseCidr(address)
    if (!cidr) return 400
    const { network, prefixLength } = cidr
    const length = network.family === 'IPv4' ? 32 : 128
    const key = `${network.family} ${network.first} ${prefixLength}`
    if (prefixLength === length) return 300
    if (known.has(key)) return 200
    known.add(key)
    return prefixLength
  }
}
