// What on this node stands in the way of a data path of ours: found before anything is written, and named.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { NftFailed } from './nft.ts'
import type { Nft } from './nft.ts'
import { frame, generationParts, switchTo } from './skeleton.ts'

export type ObstacleReason = 'NftMissing' | 'NftRefused' | 'AddressesOnNode' | 'ForwardingOff' | 'NetfilterBypassed'

/** Why this node cannot take part. */
export interface Obstacle {
  readonly reason: ObstacleReason
  /** What was found and what to do. */
  readonly message: string
}

export interface PreflightFacts {
  /** What nft said to our table, unchanged by it; undefined when it would be taken. */
  readonly refused: { readonly code: 'NftMissing' | 'NftRefused'; readonly complaint: string } | undefined
  /** kube-proxy keeps the addresses on an interface (IPVS). */
  readonly ipvs: boolean
  /** A CNI takes packets past netfilter. */
  readonly bypass: string | undefined
  readonly forwarding: { readonly ipv4: boolean; readonly ipv6: boolean }
  /** Families with addresses to serve. */
  readonly families: { readonly ipv4: boolean; readonly ipv6: boolean }
}

/** The first thing in the way, in the order of how much it breaks. Pure. */
export function findObstacle({ refused, ipvs, bypass, forwarding, families }: PreflightFacts): Obstacle | undefined {
  if (refused?.code === 'NftMissing')
    return {
      reason: 'NftMissing',
      message: `nft cannot be run (${refused.complaint}). Use the image as it is built, or install nftables.`,
    }
  if (refused)
    return {
      reason: 'NftRefused',
      message: `The kernel does not take our nftables table: ${refused.complaint}. It needs nf_tables with NAT, sets with timeouts, and the capability NET_ADMIN.`,
    }
  if (ipvs)
    return {
      reason: 'AddressesOnNode',
      message:
        'kube-proxy uses IPVS and keeps every address on the node itself, so packets are never sent on. Use its mode nftables or iptables.',
    }
  if (bypass !== undefined)
    return {
      reason: 'NetfilterBypassed',
      message: `${bypass} takes packets past netfilter, so what is translated is not translated back.`,
    }
  const off = [
    families.ipv4 && !forwarding.ipv4 && 'net.ipv4.ip_forward',
    families.ipv6 && !forwarding.ipv6 && 'net.ipv6.conf.all.forwarding',
  ]
  const names = off.filter(name => name !== false)
  if (names.length === 0) return undefined
  return {
    reason: 'ForwardingOff',
    message: `${names.join(' and ')} is 0, so packets do not reach pods or other nodes. Set it to 1.`,
  }
}

/** Asks nft and reads what the kernel is set to. What cannot be read counts as harmless. */
export async function readPreflight(nft: Nft, families: PreflightFacts['families'], root = '/'): Promise<PreflightFacts> {
  const setting = (path: string) => {
    try {
      return readFileSync(join(root, 'proc/sys', path), 'utf8').trim()
    } catch {
      return undefined
    }
  }
  const has = (name: string) => existsSync(join(root, 'sys/class/net', name))
  return {
    refused: await tryTable(nft),
    ipvs: has('kube-ipvs0'),
    // Cilium's own device; with its replacement of kube-proxy, answers of pods do not pass netfilter.
    bypass: has('cilium_host') && setting('net/netfilter/nf_conntrack_count') === '0' ? 'Cilium' : undefined,
    forwarding: {
      ipv4: setting('net/ipv4/ip_forward') !== '0',
      ipv6: setting('net/ipv6/conf/all/forwarding') !== '0',
    },
    families,
  }
}

async function tryTable(nft: Nft): Promise<PreflightFacts['refused']> {
  const text = [...frame(), ...generationParts('a', 0), ...switchTo('a', 0)].join('\n')
  try {
    // Under another name, so that what stands there plays no part.
    const complaint = await nft.check(`${text.replaceAll('inet weir', 'inet weir_trial')}\n`)
    return complaint === undefined ? undefined : { code: 'NftRefused', complaint }
  } catch (error) {
    if (error instanceof NftFailed) return { code: error.code, complaint: error.message }
    throw error
  }
}
