// Settings of the node under which announcing fails in ways that are hard to find: recognised, and said in the NodeReport.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Reason } from '../../../src/api/reasons.ts'

export type TrapReason = Extract<Reason, 'StrictArpMissing' | 'StrictReversePath' | 'WirelessInterface' | 'ForwardingOff'>

/** A condition of the NodeReport with status True; it is the type and the reason at once. */
export interface Trap {
  readonly reason: TrapReason
  /** What was found and what to do. */
  readonly message: string
}

/** What the kernel is set to; per interface the stricter of its own setting and that for all. */
export interface TrapFacts {
  /** kube-proxy works with IPVS: the addresses of Services are on an interface of every node. */
  readonly ipvs: boolean
  readonly forwarding: boolean
  /** The interface of the default route; undefined when there is none. */
  readonly defaultRoute: string | undefined
  readonly interfaces: readonly {
    readonly name: string
    readonly arpIgnore: number
    readonly arpAnnounce: number
    readonly reversePathFilter: number
    readonly wireless: boolean
  }[]
}

/** Pure. In the order of how much they break. */
export function findTraps({ ipvs, forwarding, defaultRoute, interfaces }: TrapFacts): readonly Trap[] {
  const traps: Trap[] = []
  const named = (which: (each: TrapFacts['interfaces'][number]) => boolean) => interfaces.filter(which).map(({ name }) => name)
  const loose = ipvs ? named(each => each.arpIgnore < 1 || each.arpAnnounce < 2) : []
  if (loose.length > 0) {
    const message = `kube-proxy uses IPVS without strict ARP, so every node answers for every address on ${loose.join(', ')}. Set ipvs.strictARP: true in the configuration of kube-proxy.`
    traps.push({ reason: 'StrictArpMissing', message })
  }
  if (!forwarding) {
    const message = 'net.ipv4.ip_forward is 0, so packets to announced addresses do not reach pods. Set it to 1.'
    traps.push({ reason: 'ForwardingOff', message })
  }
  const strict = defaultRoute === undefined ? [] : named(each => each.reversePathFilter === 1 && each.name !== defaultRoute)
  if (strict.length > 0) {
    const message = `Strict reverse path filtering (rp_filter = 1) on ${strict.join(', ')} drops clients from other subnets, to which the route leads over ${defaultRoute}. Set rp_filter to 2 there, or do not announce there.`
    traps.push({ reason: 'StrictReversePath', message })
  }
  const wireless = named(each => each.wireless)
  if (wireless.length > 0) {
    const message = `${wireless.join(', ')}: many wireless networks hold back broadcasts and answer ARP in the place of stations, so that addresses are not found or moves go unnoticed. Announce on a wired interface.`
    traps.push({ reason: 'WirelessInterface', message })
  }
  return traps
}

/** Reads the facts about the interfaces that could announce. What cannot be read counts as harmless. */
export function readTrapFacts(names: readonly string[], root = '/'): TrapFacts {
  const read = (...path: readonly string[]): string | undefined => {
    try {
      return readFileSync(join(root, ...path), 'utf8').trim()
    } catch {
      return undefined
    }
  }
  const setting = (name: string, key: string, unknown: number) => {
    const values = ['all', name].map(of => read('proc/sys/net/ipv4/conf', of, key)).filter(value => value !== undefined)
    return values.length > 0 ? Math.max(...values.map(Number)) : unknown
  }
  return {
    ipvs: existsSync(join(root, 'sys/class/net/kube-ipvs0')),
    forwarding: read('proc/sys/net/ipv4/ip_forward') !== '0',
    defaultRoute: defaultRouteOf(read('proc/net/route') ?? ''),
    interfaces: names.map(name => ({
      name,
      arpIgnore: setting(name, 'arp_ignore', 1),
      arpAnnounce: setting(name, 'arp_announce', 2),
      reversePathFilter: setting(name, 'rp_filter', 0),
      wireless: ['wireless', 'phy80211'].some(entry => existsSync(join(root, 'sys/class/net', name, entry))),
    })),
  }
}

/** From the table in /proc/net/route: the interface of the default route with the lowest metric. */
function defaultRouteOf(table: string): string | undefined {
  const routes = table
    .split('\n')
    .map(line => line.split(/\s+/))
    .filter(([, destination, , , , , , mask]) => destination === '00000000' && mask === '00000000')
    .toSorted((one, other) => Number(one[6]) - Number(other[6]))
  return routes[0]?.[0]
}
