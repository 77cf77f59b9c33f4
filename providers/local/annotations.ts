// Annotations of Services that the local provider reads, ours and MetalLB's; documentation is made from these rows.
import { annotationTable, list, nonEmpty } from '../../src/api/annotations.ts'
import type { Parsed } from '../../src/api/annotations.ts'
import { parseAddress } from '../../src/model/address.ts'
import type { IpAddress } from '../../src/model/address.ts'
import { firstFew } from '../../src/model/first-few.ts'

/** Reads one requested address. */
export function requestedAddress(text: string): Parsed<IpAddress> {
  const address = parseAddress(text)
  return address ? { value: address } : { error: `${JSON.stringify(firstFew([text]))} is not an IPv4 or IPv6 address` }
}

export const weirAnnotations = annotationTable('weir.dev/', {
  'load-balancer-ips': {
    parse: list(requestedAddress),
    sets: 'addresses',
    doc: 'Addresses to ask for, separated by commas, at most one per family.',
    example: '192.0.2.10',
    reason: 'RequestedAddressInvalid',
  },
  'address-pool': { parse: nonEmpty, sets: 'pool', doc: 'The AddressPool to take addresses from.', example: 'office' },
})

export const metallbAnnotations = annotationTable('metallb.io/', {
  loadBalancerIPs: {
    parse: list(requestedAddress),
    sets: 'addresses',
    doc: 'The same as `weir.dev/load-balancer-ips`.',
    example: '192.0.2.10',
    reason: 'RequestedAddressInvalid',
  },
  'address-pool': { parse: nonEmpty, sets: 'pool', doc: 'The same as `weir.dev/address-pool`.', example: 'office' },
  'allow-shared-ip': { parse: 'reserved', sets: 'sharing', doc: 'Services with the same value will share an address.' },
})
