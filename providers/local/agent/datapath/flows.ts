// Flows in the kernel's connection tracking: those to a pod that is gone are forgotten, so that the next packet finds another one.
import { parseAddress } from '../../../../src/model/address.ts'
import type { IpAddress } from '../../../../src/model/address.ts'
import { encodeRequest, readAcknowledgement, readAttributes, readMessages } from '../announcer/netlink.ts'
import type { NetlinkSocket } from '../announcer/netlink-socket.ts'
import { protocolNumber } from './desired.ts'
import type { DataPathProtocol, DesiredService } from './desired.ts'
import { addressBytes } from './address-bytes.ts'

/** NETLINK_NETFILTER: what the socket of `createFlows` has to speak. */
export const netfilterProtocol = 12

/** A flow as connection tracking knows it: what the client sent to, and who answers. */
export interface Flow {
  readonly address: string
  readonly port: number
  readonly pod: string
}

export interface FlowChoice {
  /** Only flows that this pod answers. */
  readonly to?: IpAddress
  /** UDP unless told. */
  readonly protocol?: DataPathProtocol
}

export interface Flows extends Disposable {
  /** Forgets all flows that `isGone` says so of; how many. Throws SocketError. */
  forget(isGone: (flow: Flow) => boolean, choice?: FlowChoice): number
}

const getFlows = 0x0101 // NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET
const deleteFlow = 0x0102
const requestFlag = 0x1
const acknowledgeFlag = 0x4
const dumpFlags = 0x300

export function createFlows(socket: NetlinkSocket): Flows {
  const buffer = new Uint8Array(1 << 17)
  let sequence = 0
  const ask = (type: number, flags: number, family: number, attributes: readonly (readonly [number, Uint8Array])[]) => {
    const body = Uint8Array.of(family, 0, 0, 0)
    socket.send(encodeRequest({ type, flags: requestFlag | flags, sequence: ++sequence, body, attributes }))
  }
  /** Calls `each` with every flow; false when the kernel refused. */
  const dump = (family: number, filter: readonly (readonly [number, Uint8Array])[], each: (payload: Uint8Array) => void) => {
    ask(getFlows, dumpFlags, family, filter)
    for (let length = socket.receive(buffer); length > 0; length = socket.receive(buffer)) {
      for (const message of readMessages(buffer.subarray(0, length))) {
        const errno = readAcknowledgement(message)
        if (errno !== undefined && errno !== 0) return false
        if (message.type === (getFlows & 0xff00)) each(message.payload)
      }
    }
    return true
  }
  return {
    forget(isGone, { to, protocol = 'UDP' } = {}) {
      const number = protocolNumber[protocol]
      const found: { readonly family: number; readonly tuple: Uint8Array }[] = []
      for (const family of to ? [to.family === 'IPv4' ? 2 : 10] : [2, 10]) {
        const look = (payload: Uint8Array) => {
          const flow = readFlow(payload, number)
          if (flow && isGone(flow.flow)) found.push({ family, tuple: flow.tuple })
        }
        // Kernels before 5.8 cannot choose.
        if (!dump(family, filterFor(number, to), look)) dump(family, [], look)
      }
      for (const { family, tuple } of found) {
        ask(deleteFlow, acknowledgeFlag, family, [[1 | nested, tuple]])
        // Gone meanwhile is as good.
        socket.receive(buffer)
      }
      return found.length
    },
    [Symbol.dispose]: () => socket[Symbol.dispose](),
  }
}

const nested = 0x8000

/**
 * Only flows of that protocol, and of IPv4 only those that this pod answers: asked for an IPv6 address the kernel gives all flows but
 * those with it (6.18; it takes the outcome of a comparison the wrong way round).
 */
function filterFor(number: number, pod: IpAddress | undefined): readonly (readonly [number, Uint8Array])[] {
  const protocol = attribute(2 | nested, attribute(1, Uint8Array.of(number)))
  const source = pod?.family === 'IPv4' ? attribute(1 | nested, attribute(1, addressBytes(pod))) : undefined
  // Of the reply (CTA_FILTER_REPLY_FLAGS), by protocol number and source address.
  const flags = attribute(2, new Uint8Array(Uint32Array.of(source ? 0b1001 : 0b1000).buffer))
  return [
    [2 | nested, source ? joined(source, protocol) : protocol],
    [25 | nested, flags],
  ]
}

/** The tuple of the first direction as it came, for deleting. Undefined for what is of another protocol or not translated. */
function readFlow(payload: Uint8Array, number: number): { readonly flow: Flow; readonly tuple: Uint8Array } | undefined {
  const attributes = readAttributes(payload.subarray(4))
  const original = attributes.get(1)
  const reply = attributes.get(2)
  if (!original || !reply) return undefined
  const sent = readTuple(original)
  const answered = readTuple(reply)
  if (sent?.protocol !== number || !answered) return undefined
  return { flow: { address: sent.destination, port: sent.port, pod: answered.source }, tuple: original.slice() }
}

function readTuple(bytes: Uint8Array) {
  const parts = readAttributes(bytes)
  const addresses = readAttributes(parts.get(1) ?? new Uint8Array())
  const transport = readAttributes(parts.get(2) ?? new Uint8Array())
  const source = textOf(addresses.get(1) ?? addresses.get(3))
  const destination = textOf(addresses.get(2) ?? addresses.get(4))
  const [protocol] = transport.get(1) ?? []
  const [high = 0, low = 0] = transport.get(3) ?? []
  return source === undefined || destination === undefined ? undefined : { source, destination, protocol, port: high * 256 + low }
}

function textOf(bytes: Uint8Array | undefined): string | undefined {
  if (!bytes) return undefined
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, at) => (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16))
  return parseAddress(groups.join(':'))?.text
}

function attribute(type: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array((4 + value.length + 3) & ~3)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, 4 + value.length, true)
  view.setUint16(2, type, true)
  bytes.set(value, 4)
  return bytes
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap(part => [...part]))
}

/** UDP pods that a Service used before and that do not serve any more. Pure. */
export function gonePods(before: DesiredService, after: DesiredService | undefined): readonly IpAddress[] {
  if (before.protocol !== 'UDP') return []
  const still = new Set(after && servingPods(after).map(({ text }) => text))
  return servingPods(before).filter(({ text }) => !still.has(text))
}

/** Pods that have flows: those in use, and those that drain, which keep theirs while they serve (as with kube-proxy). */
export function servingPods({ endpoints, draining = [] }: DesiredService): readonly IpAddress[] {
  return [...endpoints.map(({ address }) => address), ...draining]
}
