// Drops packets for announced addresses that nothing on the node claims, by routes that lead nowhere. Needs the capability NET_ADMIN.
import { constants } from 'node:os'
import { isIpv6, writeIpv4, writeIpv6 } from './address-key.ts'
import type { AddressKey } from './address-key.ts'
import { encodeRequest, readAcknowledgement, readAttributes, readMessages } from './netlink.ts'
import type { NetlinkRequest } from './netlink.ts'
import type { NetlinkSocket } from './netlink-socket.ts'

/**
 * The table of our routes, and the priority of the rules that lead packets there: after the addresses of the node itself, so
 * that what kube-proxy keeps on an interface (IPVS) still arrives, and before all other routes.
 */
export const unclaimedTable = 20_180
const rulePriority = 20_180

/**
 * kube-proxy translates what it claims before routes are looked up. Whatever still has an announced address as its destination
 * then has no port of a Service; without this it would be sent on, back into the LAN, or between a router and us until its hop
 * limit ends. Only packets that come in by an announcing interface are concerned: pods and the node itself use other ways.
 */
export interface UnclaimedDrop extends Disposable {
  add(interfaceName: string, address: AddressKey): void
  remove(interfaceName: string, address: AddressKey): void
}

export interface UnclaimedDropOptions {
  readonly socket: NetlinkSocket
  /** The kernel does not let us: nothing is dropped. Told once; `errno` as in errno(3). */
  readonly onRefused: (errno: number) => void
}

const addFlags = 0x1 | 0x400 // NLM_F_REQUEST, NLM_F_CREATE
const requestFlag = 0x1
const acknowledgeFlag = 0x4
const dumpFlags = 0x300
const newRoute = 24
const deleteRoute = 25
const getRoute = 26
const newRule = 32
const deleteRule = 33
const families = [2, 10] as const // AF_INET, AF_INET6

/** Removes what an earlier process left. */
export function createUnclaimedDrop({ socket, onRefused }: UnclaimedDropOptions): UnclaimedDrop {
  const addresses = new Map<string, Set<AddressKey>>()
  const users = new Map<AddressKey, number>()
  const buffer = new Uint8Array(65_536)
  let refused = false
  let sequence = 0

  /** The errno of what failed among what was asked since the last time; the kernel has answered when `send` returns. */
  const answers = () => {
    const errors: number[] = []
    const routes: Uint8Array[] = []
    for (let length = receive(); length > 0; length = receive()) {
      for (const message of readMessages(buffer.subarray(0, length))) {
        const errno = readAcknowledgement(message)
        if (errno !== undefined) errors.push(errno)
        if (message.type === newRoute) routes.push(message.payload.slice())
      }
    }
    return { errors, routes }
  }
  const receive = (): number => {
    try {
      return socket.receive(buffer)
    } catch {
      return 0
    }
  }
  const ask = (type: number, flags: number, rest: Pick<NetlinkRequest, 'body' | 'attributes'>) => {
    if (refused) return { errors: [], routes: [] }
    socket.send(encodeRequest({ type, flags, sequence: ++sequence, ...rest }))
    const answer = answers()
    const { EPERM, EACCES } = constants.errno
    const no = answer.errors.find(errno => errno === EPERM || errno === EACCES)
    if (no !== undefined) {
      refused = true
      onRefused(no)
    }
    return answer
  }
  const clear = (family: number) => {
    // Each request takes one rule away, and fails when there is none left.
    for (let left = 256; left > 0; left--) {
      const { errors } = ask(deleteRule, requestFlag | acknowledgeFlag, ruleMessage(family))
      if (!errors.includes(0)) break
    }
    const { routes } = ask(getRoute, requestFlag | dumpFlags, {
      body: Uint8Array.of(family, ...new Uint8Array(11)),
      attributes: [],
    })
    for (const route of routes) {
      const attributes = readAttributes(route.subarray(12))
      const table = attributes.get(15)
      const destination = attributes.get(1)
      if (!table || !destination || new DataView(table.buffer, table.byteOffset).getUint32(0, true) !== unclaimedTable) continue
      ask(deleteRoute, requestFlag, routeMessage(deleteRoute, family, destination))
    }
  }
  const rule = (type: number, flags: number, interfaceName: string) => {
    for (const family of families) ask(type, flags, ruleMessage(family, interfaceName))
  }
  const route = (type: typeof newRoute | typeof deleteRoute, flags: number, address: AddressKey) => {
    const bytes = new Uint8Array(isIpv6(address) ? 16 : 4)
    if (isIpv6(address)) writeIpv6(bytes, 0, address)
    else writeIpv4(bytes, 0, address)
    ask(type, flags, routeMessage(type, isIpv6(address) ? 10 : 2, bytes))
  }
  const remove = (interfaceName: string, address: AddressKey) => {
    const known = addresses.get(interfaceName)
    if (!known?.delete(address)) return
    const others = (users.get(address) ?? 1) - 1
    if (others > 0) users.set(address, others)
    else {
      users.delete(address)
      route(deleteRoute, requestFlag, address)
    }
    if (known.size > 0) return
    addresses.delete(interfaceName)
    rule(deleteRule, requestFlag, interfaceName)
  }

  for (const family of families) clear(family)
  return {
    add(interfaceName, address) {
      const known = addresses.get(interfaceName) ?? new Set<AddressKey>()
      if (known.has(address)) return
      if (known.size === 0) rule(newRule, addFlags, interfaceName)
      addresses.set(interfaceName, known.add(address))
      const others = users.get(address) ?? 0
      users.set(address, others + 1)
      if (others === 0) route(newRoute, addFlags, address)
    },
    remove,
    [Symbol.dispose]() {
      for (const [name, known] of addresses) for (const address of known) remove(name, address)
      socket[Symbol.dispose]()
    },
  }
}

/** struct rtmsg of a route of type blackhole, and its attributes (rtnetlink(7)). Deleting asks for any protocol and scope. */
function routeMessage(
  type: typeof newRoute | typeof deleteRoute,
  family: number,
  destination: Uint8Array,
): Pick<NetlinkRequest, 'body' | 'attributes'> {
  const [protocol, scope] = type === newRoute ? [4, 0] : [0, 255]
  const blackhole = 6
  return {
    body: Uint8Array.of(family, destination.length * 8, 0, 0, 0, protocol, scope, blackhole, 0, 0, 0, 0),
    attributes: [
      [1, destination], // RTA_DST
      [15, number32(unclaimedTable)], // RTA_TABLE
    ],
  }
}

/** struct fib_rule_hdr of a rule that leads to our table; without an interface, of any such rule. */
function ruleMessage(family: number, interfaceName?: string): Pick<NetlinkRequest, 'body' | 'attributes'> {
  const toTable = 1
  return {
    body: Uint8Array.of(family, 0, 0, 0, 0, 0, 0, toTable, 0, 0, 0, 0),
    attributes: [
      ...(interfaceName === undefined ? [] : [[3, new TextEncoder().encode(`${interfaceName}\0`)] as const]), // FRA_IIFNAME
      [6, number32(rulePriority)], // FRA_PRIORITY
      [15, number32(unclaimedTable)], // FRA_TABLE
    ],
  }
}

function number32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer)
}
