// What on this node stands in the way of a data path of ours: found before anything is written, and named.
import { existsSync, readFileSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { findTraps, readTrapFacts } from '../node-traps.ts'
import type { Chain } from './expressions.ts'
import { NftFailed } from './nft.ts'
import type { Nft } from './nft.ts'
import { objectsOf, property } from './present-table.ts'
import { classChains, formerChains, pickChains } from './service-chains.ts'
import { chainText, frame, generationParts, switchTo } from './skeleton.ts'

export type ObstacleReason =
  | 'NftMissing'
  | 'NftRefused'
  | 'AddressesOnNode'
  | 'ForwardingOff'
  | 'NetfilterBypassed'
  | 'StrictReversePath'

/** Why this node cannot take part. */
export interface Obstacle {
  readonly reason: ObstacleReason
  /** What was found and what to do. */
  readonly message: string
}

/** What the data path is for on this node. */
export interface PreflightScope {
  /** Families with addresses to serve. */
  readonly families: { readonly ipv4: boolean; readonly ipv6: boolean }
  /** Interfaces by which packets for IPv4 addresses come in. */
  readonly interfaces: readonly string[]
}

export interface PreflightFacts extends Pick<PreflightScope, 'families'> {
  /** The release of the kernel. */
  readonly kernel: string
  /** What nft said to our table, unchanged by it; undefined when it would be taken. */
  readonly refused: { readonly code: 'NftMissing' | 'NftRefused'; readonly complaint: string } | undefined
  /** kube-proxy keeps the addresses on an interface (IPVS). */
  readonly ipvs: boolean
  /** A CNI takes packets past netfilter. */
  readonly bypass: string | undefined
  readonly forwarding: { readonly ipv4: boolean; readonly ipv6: boolean }
  /** What strict reverse path filtering does to packets for our addresses, and what to do; undefined when nothing. */
  readonly strictPath: string | undefined
}

/** The first thing in the way, in the order of how much it breaks. Pure. */
export function findObstacle({
  kernel,
  refused,
  ipvs,
  bypass,
  forwarding,
  families,
  strictPath,
}: PreflightFacts): Obstacle | undefined {
  if (refused?.code === 'NftMissing')
    return {
      reason: 'NftMissing',
      message: `nft cannot be run (${refused.complaint}). Use the image as it is built, or install nftables.`,
    }
  if (refused)
    return {
      reason: 'NftRefused',
      message: `The kernel (Linux ${kernel}) does not take our nftables table: ${refused.complaint}. It needs nf_tables with NAT, sets with timeouts, rejecting before routing (Linux 5.10 has all of it), and the capability NET_ADMIN.`,
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
  if (names.length === 0) return strictPath === undefined ? undefined : { reason: 'StrictReversePath', message: strictPath }
  return {
    reason: 'ForwardingOff',
    message: `${names.join(' and ')} is 0, so packets do not reach pods or other nodes. Set it to 1.`,
  }
}

/** Asks nft and reads what the kernel is set to. What cannot be read counts as harmless. */
export async function readPreflight(nft: Nft, { families, interfaces }: PreflightScope, root = '/'): Promise<PreflightFacts> {
  const setting = (path: string) => {
    try {
      return readFileSync(join(root, 'proc/sys', path), 'utf8').trim()
    } catch {
      return undefined
    }
  }
  const has = (name: string) => existsSync(join(root, 'sys/class/net', name))
  const refused = await tryTable(nft)
  const traps = findTraps(readTrapFacts(interfaces, root))
  return {
    kernel: release(),
    refused,
    ipvs: has('kube-ipvs0'),
    bypass: refused ? undefined : await bypassOf(nft, has),
    strictPath: traps.find(({ reason }) => reason === 'StrictReversePath')?.message,
    forwarding: {
      ipv4: setting('net/ipv4/ip_forward') !== '0',
      ipv6: setting('net/ipv6/conf/all/forwarding') !== '0',
    },
    families,
  }
}

/** Who takes packets past netfilter. */
async function bypassOf(nft: Nft, has: (device: string) => boolean): Promise<string | undefined> {
  // A pair of devices that is there only while its programs in the kernel do the work of kube-proxy.
  if (has('bpfin.cali')) return 'Calico (eBPF)'
  // Only in place of kube-proxy does Cilium send answers of pods out past netfilter.
  if (!has('cilium_host') || hasKubeProxy(await nft.list(['list', 'chains']))) return undefined
  return 'Cilium in place of kube-proxy'
}

/** Whether kube-proxy has written rules: in its mode nftables a table of its own, in its mode iptables chains by these names. */
function hasKubeProxy(listing: unknown): boolean {
  return objectsOf(listing).some(object => {
    const chain = property(object, 'chain')
    return property(chain, 'table') === 'kube-proxy' || property(chain, 'name') === 'KUBE-SERVICES'
  })
}

async function tryTable(nft: Nft): Promise<PreflightFacts['refused']> {
  const text = [...frame(), ...generationParts('a', 0), ...chainText(everyKind()), ...switchTo('a', 0)].join('\n')
  try {
    // Under another name, so that what stands there plays no part.
    const complaint = await nft.check(`${text.replaceAll('inet weir', 'inet weir_trial')}\n`)
    return complaint === undefined ? undefined : { code: 'NftRefused', complaint }
  } catch (error) {
    if (error instanceof NftFailed) return { code: error.code, complaint: error.message }
    throw error
  }
}

/** Chains of every kind that a Service may need, so that nothing of them is refused later. */
function everyKind(): readonly Chain[] {
  const chains: Chain[] = []
  let number = 0
  for (const family of [4, 6] as const)
    for (const affinitySeconds of [0, 60]) {
      for (const protocol of ['TCP', 'UDP'] as const) {
        const common = { family, protocol, affinitySeconds, slots: 64, restricted: true }
        for (const local of [true, false]) chains.push(...classChains({ ...common, path: 'direct', local }, ++number, 'a', 0))
        for (const path of ['refuse', 'silent'] as const)
          chains.push(...classChains({ ...common, path, local: false }, ++number, 'a', 0))
        chains.push(...pickChains({ family, protocol, endpoints: 2, affinitySeconds }, ++number, 'a', 0))
      }
      chains.push(...formerChains({ family, slots: 64, byClient: affinitySeconds > 0 }, ++number, 'a', 0))
    }
  return chains
}
