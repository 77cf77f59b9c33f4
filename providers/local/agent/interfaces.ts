// The interfaces of this node that could announce addresses, read from the kernel, and word when they change.
import { readdirSync, readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
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
 * veth pairs without an address, which lead to pods.
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
  if ((flags & (loopback | withoutArp)) !== 0 || entries.has('master') || !mac || !isStation(mac)) return []
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

/** Word about interfaces. Made by looking every few seconds; events of the kernel can stand behind it as well. */
export interface InterfaceWatch extends Disposable {
  readonly interfaces: readonly NodeInterface[]
}

export interface InterfaceWatchOptions {
  readonly read: (known: readonly NodeInterface[]) => readonly NodeInterface[]
  readonly everyMs: number
  readonly schedule: (ms: number, run: () => void) => () => void
  readonly onChange: (now: readonly NodeInterface[], before: readonly NodeInterface[]) => void
  /** Told when looking failed; what was seen before stays. */
  readonly onError: (error: unknown) => void
}

/** Looks now, calls `onChange` with the first look, and again whenever something differs. */
export function watchInterfaces({ read, everyMs, schedule, onChange, onError }: InterfaceWatchOptions): InterfaceWatch {
  let interfaces: readonly NodeInterface[] = []
  let cancel: () => void = () => {}
  const look = () => {
    cancel = schedule(everyMs, look)
    try {
      const found = read(interfaces)
      if (isDeepStrictEqual(found, interfaces)) return
      const before = interfaces
      interfaces = found
      onChange(found, before)
    } catch (error) {
      onError(error)
    }
  }
  look()
  return {
    get interfaces() {
      return interfaces
    },
    [Symbol.dispose]: () => cancel(),
  }
}
