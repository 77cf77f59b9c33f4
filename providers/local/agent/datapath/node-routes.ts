// Routes to the other nodes by packet mark: a packet that another node serves goes there as it is. Needs the capability NET_ADMIN.
import { constants } from 'node:os'
import type { IpAddress } from '../../../../src/model/address.ts'
import { readAttributes } from '../announcer/netlink.ts'
import type { NetlinkRequest } from '../announcer/netlink.ts'
import type { NetlinkSocket } from '../announcer/netlink-socket.ts'
import { addressBytes } from './address-bytes.ts'
import { lastNodeNumber } from './desired.ts'
import { nodeMark, nodeMarkMask } from './names.ts'
import { createNetlinkRequests } from './netlink-requests.ts'

/** The table of a node is this and its number. */
const firstTable = 20_400
/** Before the rule that drops what nobody claims (20180), after the node's own addresses. */
const rulePriority = 20_170

/** Where a node is found. One address per family at most, on the interface's own segment. */
export interface NodeNeighbour {
  readonly number: number
  readonly interfaceIndex: number
  readonly addresses: readonly IpAddress[]
}

export interface NodeRoutes extends Disposable {
  /**
   * Makes these the routes there are, those of an earlier process included. Throws RoutesRefused; what was there stays then.
   * Disposing leaves them: they go on working without us.
   */
  set(neighbours: readonly NodeNeighbour[]): void
  /** Takes all away. */
  clear(): void
}

export class RoutesRefused extends Error {
  readonly code = 'RoutesRefused'
  readonly errno: number
  constructor(errno: number) {
    super(`routes to other nodes cannot be set (errno ${errno})`)
    this.errno = errno
  }
}

const newRoute = 24
const deleteRoute = 25
const newRule = 32
const deleteRule = 33
const getRule = 34
const create = 0x400
const replace = 0x100
const exclusive = 0x200
const families = { IPv4: 2, IPv6: 10 } as const
const { EEXIST, ENOENT, ESRCH } = constants.errno

interface Route {
  readonly family: 2 | 10
  readonly number: number
  readonly gateway: Uint8Array
  readonly interfaceIndex: number
}

export function createNodeRoutes(socket: NetlinkSocket): NodeRoutes {
  const requests = createNetlinkRequests(socket)
  const known = new Map<string, string>()
  const need = (errno: number, ...harmless: readonly number[]) => {
    if (errno !== 0 && !harmless.includes(errno)) throw new RoutesRefused(errno)
  }
  const remove = (family: 2 | 10, number: number) => {
    need(requests.change(deleteRule, 0, ruleMessage(family, number)), ENOENT, ESRCH)
    need(requests.change(deleteRoute, 0, routeMessage({ family, number })), ENOENT, ESRCH)
  }
  const inKernel = () =>
    [2 as const, 10 as const].flatMap(family =>
      rulesOf(requests.dump(getRule, Uint8Array.of(family, ...new Uint8Array(11)))).map(number => ({ family, number })),
    )
  let first = true
  const set = (neighbours: readonly NodeNeighbour[]) => {
    const wanted = new Map(neighbours.flatMap(routesTo).map(route => [`${route.family} ${route.number}`, route]))
    const present = first ? inKernel() : [...known.keys()].map(keyParts)
    for (const [key, route] of wanted) {
      const text = `${route.gateway.join('.')} ${route.interfaceIndex}`
      if (known.get(key) === text) continue
      need(requests.change(newRoute, create | replace, routeMessage(route)))
      need(requests.change(newRule, create | exclusive, ruleMessage(route.family, route.number)), EEXIST)
      known.set(key, text)
    }
    for (const { family, number } of present) {
      const key = `${family} ${number}`
      if (wanted.has(key)) continue
      remove(family, number)
      known.delete(key)
    }
    first = false
  }
  return {
    set,
    clear() {
      first = true
      set([])
    },
    [Symbol.dispose]: () => socket[Symbol.dispose](),
  }
}

function keyParts(key: string): { readonly family: 2 | 10; readonly number: number } {
  const [family, number] = key.split(' ')
  return { family: family === '2' ? 2 : 10, number: Number(number) }
}

function routesTo({ number, interfaceIndex, addresses }: NodeNeighbour): readonly Route[] {
  return addresses.map(address => ({ family: families[address.family], number, gateway: addressBytes(address), interfaceIndex }))
}

/** Numbers of nodes that rules of ours lead to. */
function rulesOf(messages: readonly { readonly type: number; readonly payload: Uint8Array }[]): readonly number[] {
  return messages.flatMap(({ type, payload }) => {
    if (type !== newRule) return []
    const attributes = readAttributes(payload.subarray(12))
    const read = (kind: number) => {
      const value = attributes.get(kind)
      return value && new DataView(value.buffer, value.byteOffset, value.length).getUint32(0, true)
    }
    const number = (read(15) ?? 0) - firstTable
    return read(6) === rulePriority && number > 1 && number <= lastNodeNumber ? [number] : []
  })
}

/** struct rtmsg of a default route (rtnetlink(7)); without a gateway, of any in the node's table. */
function routeMessage(route: Pick<Route, 'family' | 'number'> & Partial<Route>): Pick<NetlinkRequest, 'body' | 'attributes'> {
  const { family, number, gateway, interfaceIndex } = route
  const onLink = 4 // RTNH_F_ONLINK: the gateway is on the segment whatever addresses this node has there.
  const [protocol, kind] = gateway ? [4, 1] : [0, 0]
  return {
    body: Uint8Array.of(family, 0, 0, 0, 0, protocol, 0, kind, gateway ? onLink : 0, 0, 0, 0),
    attributes: [
      ...(interfaceIndex === undefined ? [] : [[4, number32(interfaceIndex)] as const]), // RTA_OIF
      ...(gateway ? [[5, gateway] as const] : []), // RTA_GATEWAY
      [15, number32(firstTable + number)], // RTA_TABLE
    ],
  }
}

/** struct fib_rule_hdr of the rule that leads packets with the mark of a node to its table. */
function ruleMessage(family: 2 | 10, number: number): Pick<NetlinkRequest, 'body' | 'attributes'> {
  const toTable = 1
  return {
    body: Uint8Array.of(family, 0, 0, 0, 0, 0, 0, toTable, 0, 0, 0, 0),
    attributes: [
      [6, number32(rulePriority)], // FRA_PRIORITY
      [10, number32(nodeMark(number))], // FRA_FWMARK
      [15, number32(firstTable + number)], // FRA_TABLE
      [16, number32(nodeMarkMask)], // FRA_FWMASK
    ],
  }
}

function number32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer)
}
