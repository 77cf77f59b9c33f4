// Annotations of Services that the local provider reads, ours and MetalLB's; documentation is made from these rows.
import { annotationTable, list, nonEmpty, ownAnnotations } from '../../src/api/annotations.ts'
import type { Parsed } from '../../src/api/annotations.ts'
import { longestDrainSeconds, usualDrainSeconds } from '../../src/api/drain.ts'
import { nearest } from '../../src/api/nearest.ts'
import { parseAddress } from '../../src/model/address.ts'
import type { IpAddress } from '../../src/model/address.ts'
import { firstFew } from '../../src/model/first-few.ts'

/** Reads one requested address. */
export function requestedAddress(text: string): Parsed<IpAddress> {
  const address = parseAddress(text)
  return address ? { value: address } : { error: `${JSON.stringify(firstFew([text]))} is not an IPv4 or IPv6 address` }
}

/** A name of a namespace (RFC 1123 label). */
function namespaceName(text: string): Parsed<string> {
  return /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text)
    ? { value: text }
    : { error: `${JSON.stringify(firstFew([text]))} is not a name of a namespace` }
}

function drainSeconds(text: string): Parsed<number> {
  const value = /^\d{1,5}$/.test(text.trim()) ? Number(text) : Number.NaN
  return value <= longestDrainSeconds
    ? { value }
    : { error: `${JSON.stringify(firstFew([text]))} is not a number of seconds from 0 to ${longestDrainSeconds}` }
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
  'allow-shared-ip': {
    parse: nonEmpty,
    sets: 'sharingKey',
    doc: 'Services of one namespace with the same value share an address, if their ports differ.',
    example: 'dns',
  },
  'share-with-namespaces': {
    parse: list(namespaceName),
    sets: 'shareWith',
    doc: 'Further namespaces to share an address with, separated by commas; their Services must name this one.',
    example: 'team-a,team-b',
  },
  'drain-seconds': {
    parse: drainSeconds,
    sets: 'drainSeconds',
    doc: `With targets Pod: how long open TCP connections may go on with a pod that gets no new ones any more; 0 cuts them at once. Without it what the class says, else ${usualDrainSeconds}.`,
    example: '300',
  },
})

const metallbRows = {
  loadBalancerIPs: {
    parse: list(requestedAddress),
    sets: 'addresses',
    doc: 'The same as `weir.dev/load-balancer-ips`.',
    example: '192.0.2.10',
    reason: 'RequestedAddressInvalid',
  },
  'address-pool': { parse: nonEmpty, sets: 'pool', doc: 'The same as `weir.dev/address-pool`.', example: 'office' },
  'allow-shared-ip': {
    parse: nonEmpty,
    sets: 'sharingKey',
    doc: 'The same as `weir.dev/allow-shared-ip`: other than with MetalLB the key alone opens no other namespace.',
    example: 'dns',
  },
} as const

export const metallbAnnotations = annotationTable('metallb.io/', metallbRows)

/** What MetalLB was called before; it still reads these keys, and so do we. */
export const formerMetallbAnnotations = annotationTable('metallb.universe.tf/', metallbRows)

/** Keys that MetalLB writes itself; they ask for nothing. */
const writtenByMetallb: ReadonlySet<string> = new Set(['ip-allocated-from-pool'])

/**
 * Annotations that have no effect here: misspelt ones of MetalLB, each with the nearest key it knows, and those under our own
 * prefix that only another provider reads.
 */
export function uselessAnnotations(
  annotations: Readonly<Record<string, string>>,
): readonly { readonly key: string; readonly meant?: string }[] {
  return Object.keys(annotations).flatMap(key => {
    for (const { prefix, rows } of [metallbAnnotations, formerMetallbAnnotations]) {
      const name = key.slice(prefix.length)
      if (!key.startsWith(prefix) || Object.hasOwn(rows, name) || writtenByMetallb.has(name)) continue
      const meant = nearest(name, Object.keys(rows))
      return meant === undefined ? [] : [{ key, meant: prefix + meant }]
    }
    const own = key.startsWith(weirAnnotations.prefix) ? key.slice(weirAnnotations.prefix.length) : undefined
    return own !== undefined && Object.hasOwn(ownAnnotations, own) && !Object.hasOwn(weirAnnotations.rows, own) ? [{ key }] : []
  })
}

/** What a Service says about sharing its address; mistakes in it are told where settings are read. */
export interface SharingWish {
  readonly key: string | undefined
  readonly namespaces: readonly string[]
}

export function readSharing(annotations: Readonly<Record<string, string>>): SharingWish {
  const own = weirAnnotations.parse(annotations).values
  const key =
    own.sharingKey ??
    metallbAnnotations.parse(annotations).values.sharingKey ??
    formerMetallbAnnotations.parse(annotations).values.sharingKey
  return { key, namespaces: own.shareWith ?? [] }
}

/** The pools that a Service names; more than one contradict each other. */
export function requestedPoolOf(annotations: Readonly<Record<string, string>>): readonly string[] {
  const tables = [weirAnnotations, metallbAnnotations, formerMetallbAnnotations]
  return tables.flatMap(table => table.parse(annotations).values.pool ?? [])
}
