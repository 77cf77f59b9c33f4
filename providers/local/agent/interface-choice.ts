// On which interface of a node an address is announced. Pure; the controller asks the same question of NodeReports.
import type { NodeInterface } from '../../../src/api/node-report.ts'
import { parseCidr, rangeContains } from '../../../src/model/address.ts'
import type { IpAddress } from '../../../src/model/address.ts'

/**
 * Why no interface serves. `NoInterface`: none has a subnet that holds the address, or none of the named ones exists.
 * `NoCarrier`: one fits, but its link is down. `AddressOfNode`: the address is the node's own, its kernel answers for it.
 */
export type NoInterfaceReason = 'NoInterface' | 'NoCarrier' | 'AddressOfNode'

export type InterfaceChoice = { readonly interface: NodeInterface } | { readonly none: NoInterfaceReason }

/**
 * The interface whose subnet holds the address, the smallest subnet first, then the lowest index. `named` (the pool's rule)
 * restricts the choice; among named interfaces one without a fitting subnet serves too, in the order they are named,
 * because routed addresses need no subnet on the node.
 */
export function chooseInterface(
  address: IpAddress,
  interfaces: readonly NodeInterface[],
  named?: readonly string[],
): InterfaceChoice {
  if (interfaces.some(each => holdsItself(each, address))) return { none: 'AddressOfNode' }
  const fitting = interfaces
    .filter(each => named === undefined || named.includes(each.name))
    .map(each => ({ interface: each, prefixLength: fittingPrefix(each, address) }))
    .filter(each => each.prefixLength >= 0)
    .toSorted((a, b) => b.prefixLength - a.prefixLength || a.interface.index - b.interface.index)
    .map(each => each.interface)
  const others = (named ?? []).flatMap(name => interfaces.filter(each => each.name === name && !fitting.includes(each)))
  const candidates = [...fitting, ...others]
  const up = candidates.find(each => each.carrier)
  if (up) return { interface: up }
  return { none: candidates.length > 0 ? 'NoCarrier' : 'NoInterface' }
}

/** Length of the longest prefix of the interface that holds the address; -1 when none does. */
function fittingPrefix(each: NodeInterface, address: IpAddress): number {
  let longest = -1
  for (const text of each.addresses) {
    const cidr = parseCidr(text)
    if (cidr && rangeContains(cidr.network, address)) longest = Math.max(longest, cidr.prefixLength)
  }
  return longest
}

function holdsItself(each: NodeInterface, address: IpAddress): boolean {
  return each.addresses.some(text => text.startsWith(`${address.text}/`))
}
