// The interfaces of this node that could announce addresses, read from the kernel.
import { readdirSync, readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import type { NodeInterface } from '../../../src/api/node-report.ts'
import { formatMac, isStation, parseMac } from './announcer/mac.ts'

export interface InterfaceSources {
  /** /sys/class/net unless told. */
  readonly directory?: string
  /** os.networkInterfaces unless told: the addresses of interfaces that are up and running. */
  readonly addresses?: () => Readonly<Record<string, readonly { readonly cidr: string | null }[] | undefined>>
  /** What was read before: libuv hides the addresses of an interface without carrier, so the last ones known are kept. */
  readonly known?: readonly NodeInterface[]
}

const ethernet = 1 // ARPHRD_ETHER
const loopback = 0x8 // IFF_LOOPBACK
const withoutArp = 0x80 // IFF_NOARP

/**
 * The Ethernet-like interfaces of this network namespace, in the order of their index. Left out: what speaks no ARP (dummies
 * and with them kube-ipvs0, tunnels, loopback), members of a bond or bridge (their master speaks for them), and the ends of
 * veth pairs without an address, which lead to pods. A member of a VRF stays: its master separates routes and speaks no ARP.
 */
export function readInterfaces(sources: InterfaceSources = {}): NodeInterface[] {
  const { directory = '/sys/class/net', addresses = networkInterfaces, known = [] } = sources
  const byName = addresses()
  return readdirSync(directory)
    .flatMap(name => readInterface({ path: join(directory, name), name, found: byName[name] ?? [], known }))
    .toSorted((a, b) => a.index - b.index)
}

function readInterface({ path, name, found, known }: InterfaceEntry): NodeInterface[] {
  const entries = readEntries(path)
  const flags = number(entries, 'flags')
  const index = number(entries, 'ifindex')
  const mac = parseMac(text(entries, 'address') ?? '')
  if (number(entries, 'type') !== ethernet || flags === undefined || index === undefined) return []
  if ((flags & (loopback | withoutArp)) !== 0 || hasSpeaker(path, entries) || !mac || !isStation(mac)) return []
  // Reading it fails while the interface is down.
  const carrier = text(entries, 'carrier') === '1'
  const present = [...new Set(found.flatMap(({ cidr }) => cidr ?? []))].toSorted()
  const remembered = carrier ? [] : (known.find(each => each.index === index)?.addresses ?? [])
  const addresses = present.length > 0 ? present : remembered
  const link = number(entries, 'iflink')
  const leadsElsewhere = link !== index && !/^DEVTYPE=/m.test(text(entries, 'uevent') ?? '')
  if (leadsElsewhere && addresses.length === 0) return []
  const mtu = number(entries, 'mtu')
  return [{ name, index, mac: formatMac(mac), carrier, ...(mtu !== undefined && { mtu }), addresses }]
}

/** Whether the interface has a master that announces in its place. */
function hasSpeaker(path: string, entries: ReadonlyMap<string, () => string>): boolean {
  if (!entries.has('master')) return false
  const flags = number(readEntries(join(path, 'master')), 'flags')
  return flags === undefined || (flags & withoutArp) === 0
}

interface InterfaceEntry {
  readonly path: string
  readonly name: string
  readonly found: readonly { readonly cidr: string | null }[]
  readonly known: readonly NodeInterface[]
}

/** The names of the entries of an interface, each with the way to read it; none when the interface vanished meanwhile. */
function readEntries(path: string): ReadonlyMap<string, () => string> {
  try {
    return new Map(readdirSync(path).map(entry => [entry, () => readFileSync(join(path, entry), 'utf8')]))
  } catch {
    return new Map()
  }
}

function text(entries: ReadonlyMap<string, () => string>, name: string): string | undefined {
  try {
    return entries.get(name)?.().trim()
  } catch {
    return undefined
  }
}

function number(entries: ReadonlyMap<string, () => string>, name: string): number | undefined {
  const value = text(entries, name)
  return value === undefined || value === '' ? undefined : Number(value)
}
