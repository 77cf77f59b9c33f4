// Which ports of a Service share a listener: a load balancer of AWS has one listener per port number, whatever the protocol. Pure.
import type { Problem } from '../../../src/model/load-balancer.ts'
import { warns } from '../model/problems.ts'
import type { ListenerProtocol, PortError } from './aws-settings.ts'
import type { Values } from './values.ts'
import type { ServicePort, Wish } from './wish.ts'

/** A listener to be, and the ports of the Service it serves. */
export interface PortPair {
  readonly port: number
  readonly protocol: ListenerProtocol
  readonly serves: readonly [ServicePort, ...ServicePort[]]
}

export interface PortPairs {
  /** By port. */
  readonly pairs: readonly PortPair[]
  readonly portErrors: readonly PortError[]
  readonly problems: readonly Problem[]
}

/** Why a port is not served. */
interface Refusal {
  readonly port: ServicePort
  readonly error: 'PortConflict' | 'UnsupportedProtocol' | 'DualStackUDPNeedsSourceNAT' | 'DualStackUDPNeedsIPv6Targets'
  readonly message: string
  readonly remedy: string
}

/**
 * TCP and UDP of one number become TCP_UDP where both lead to the same port of the targets; otherwise the one that stands
 * later in the Service is refused by name. No port is dropped in silence.
 */
export function pairPorts(wish: Wish, values: Values, isTls: (port: ServicePort) => boolean): PortPairs {
  const pairs: PortPair[] = []
  const refusals: Refusal[] = []
  const served: ServicePort[] = []
  for (const port of wish.listeners) {
    const refusal = refusalOf(port, wish, values)
    if (refusal) refusals.push(refusal)
    else served.push(port)
  }
  for (const [number, ports] of Map.groupBy(served, ({ port }) => port)) {
    const [first, second] = ports
    if (!first) continue
    const conflict = second && conflictOf(first, second, values, isTls)
    if (conflict) refusals.push(conflict)
    if (second && !conflict) {
      const tcpFirst = [first, second].toSorted((one, other) => (one.protocol < other.protocol ? -1 : 1))
      pairs.push({ port: number, protocol: 'TCP_UDP', serves: [tcpFirst[0] ?? first, ...tcpFirst.slice(1)] })
    } else
      pairs.push({ port: number, protocol: isTls(first) ? 'TLS' : first.protocol === 'UDP' ? 'UDP' : 'TCP', serves: [first] })
  }
  return {
    pairs: pairs.toSorted((one, other) => one.port - other.port),
    portErrors: refusals.map(({ port: { port, protocol }, error }) => ({ port, protocol, error: `weir.dev/${error}` })),
    problems: refusals.map(({ error, message, remedy }) =>
      warns(error === 'PortConflict' ? 'PortConflict' : 'PortNotServed', message, remedy),
    ),
  }
}

function refusalOf(port: ServicePort, { families }: Wish, values: Values): Refusal | undefined {
  const name = `${port.port}/${port.protocol}`
  if (port.protocol === 'SCTP') {
    const remedy = 'Use TCP or UDP.'
    return { port, error: 'UnsupportedProtocol', message: `${name} is not served: no load balancer of AWS knows SCTP.`, remedy }
  }
  if (port.protocol !== 'UDP' || values.ipAddressType !== 'dualstack') return undefined
  if (!values.ipv6SourceNat) {
    const remedy = 'Set aws-load-balancer-enable-prefix-for-ipv6-source-nat: "on", or use ipv4.'
    const message = `${name} is not served: UDP on a dualstack load balancer needs source NAT with IPv6 prefixes.`
    return { port, error: 'DualStackUDPNeedsSourceNAT', message, remedy }
  }
  if (families.includes('IPv6')) return undefined
  const message = `${name} is not served: UDP on a dualstack load balancer needs IPv6 targets, and the Service has no IPv6.`
  return { port, error: 'DualStackUDPNeedsIPv6Targets', message, remedy: 'Add IPv6 to spec.ipFamilies, or use ipv4.' }
}

function conflictOf(
  first: ServicePort,
  second: ServicePort,
  values: Values,
  isTls: (port: ServicePort) => boolean,
): Refusal | undefined {
  const why = [first, second].some(isTls)
    ? 'a TLS listener cannot carry UDP beside it'
    : values.tcpUdpListeners === false
      ? 'TCP and UDP are not to be joined'
      : leadsTo(first, values) === leadsTo(second, values)
        ? undefined
        : `they lead to different ports of the targets (${leadsTo(first, values)} and ${leadsTo(second, values)})`
  if (why === undefined) return undefined
  const [kept, refused] = [first, second].map(({ port, protocol }) => `${port}/${protocol}`)
  const message = `${refused} is not served, because ${kept} is: ${why}.`
  const remedy = 'Give both the same target port, or one of them another port number.'
  return { port: second, error: 'PortConflict', message, remedy }
}

/** Where the connections of a port end: a TCP_UDP target group has one port per target. */
function leadsTo({ port, nodePort, targetPort = port }: ServicePort, { targets }: Values): string {
  return String(targets === 'Node' ? nodePort : targetPort)
}
