// What a Service is told that did not get an address: whose it is, or why there is none, and what to do. Pure.
import { firstFew } from '../../src/model/first-few.ts'
import type { DesiredLoadBalancer, Problem } from '../../src/model/load-balancer.ts'
import type { GiveResult } from './give-result.ts'
import { avoidedCount } from './pools/pools.ts'
import type { PoolBook } from './pools/pools.ts'
import { sharingProblem } from './sharing/sharing-problems.ts'

/** What keeps a Service from an address, in words; undefined when it was given. */
export function hindranceOf(result: GiveResult, desired: DesiredLoadBalancer, pools: PoolBook): Problem | undefined {
  if (result.kind === 'in-use') return result.discord ? sharingProblem(result.address, result.discord) : inUse(result, desired)
  if (result.kind === 'kept') return keptForOther(result)
  if (result.kind === 'of-node') return ofNode(result.address, result.node)
  return result.kind === 'exhausted' ? exhausted(result, pools) : undefined
}

function inUse(
  { address, by, sharedUnder }: Extract<GiveResult, { readonly kind: 'in-use' }>,
  { class: { spec } }: DesiredLoadBalancer,
): Problem {
  const owner = by ? `${by.namespace}/${by.name}` : 'nobody known (its AddressBlock was changed by hand)'
  const mayShare = by !== undefined && spec.local?.final?.includes('allow-shared-ip') !== true
  const key = sharedUnder === undefined ? 'the same weir.dev/allow-shared-ip' : `weir.dev/allow-shared-ip: ${sharedUnder}`
  const share = ` With other ports than its own this Service could share it: set ${key}${sharedUnder === undefined ? ' on both' : ' here'}.`
  return {
    reason: 'RequestedAddressInUse',
    message: `${address} belongs to ${owner}.`,
    remedy: `Ask for another address, or wait: it is given when it becomes free.${mayShare ? share : ''}`,
    severity: 'blocks',
  }
}

function keptForOther({ address, for: { namespace, name }, until }: Extract<GiveResult, { readonly kind: 'kept' }>): Problem {
  return {
    reason: 'RequestedAddressInUse',
    message: `${address} is kept for ${namespace}/${name}, which is gone, until ${until}.`,
    remedy: 'Ask for another address, or wait: it is given when that time is over.',
    severity: 'blocks',
  }
}

function ofNode(address: string, node: string): Problem {
  return {
    reason: 'AddressOfNode',
    message: `${address} is an address of node ${node}; given to a Service it would cut the node off.`,
    remedy: 'Ask for another address, and keep the addresses of nodes out of the pools.',
    severity: 'blocks',
  }
}

function exhausted(
  { family, pools: names, reserved }: Extract<GiveResult, { readonly kind: 'exhausted' }>,
  book: PoolBook,
): Problem {
  const pools = names.length === 1 ? `Pool ${names[0]} is` : `Pools ${firstFew(names)} are`
  const avoiding = names.flatMap(name => book.get(name) ?? []).some(pool => family === 'IPv4' && avoidedCount(pool) > 0n)
  const kept = reserved.flatMap(({ address, for: keptFor, until }) =>
    keptFor ? `${address.text} for ${keptFor.namespace}/${keptFor.name} until ${until}` : [],
  )
  const strange = reserved.filter(({ mac }) => mac !== undefined).map(({ address }) => address.text)
  const hints = [
    ...(avoiding ? ['Addresses ending in .0 or .255 are given only on request.'] : []),
    ...(kept.length > 0 ? [`Kept for Services that are gone (keepFor): ${firstFew(kept)}.`] : []),
    ...(strange.length > 0 ? [`Used by stations of others, so given only on request: ${firstFew(strange)}.`] : []),
  ]
  return {
    reason: 'PoolsExhausted',
    message: [`${pools} full: no ${family} address is free.`, ...hints].join(' '),
    remedy: 'Enlarge a pool or free an address; this Service gets the next one by itself.',
    severity: 'blocks',
  }
}
