// Which ports of a Service are served on the LAN, and how its status tells of the others. Pure.
import type { DesiredLoadBalancer, Protocol } from '../../src/model/load-balancer.ts'
import type { PortStatus } from '../../src/provider.ts'

/** kube-proxy carries SCTP too, but nobody here has shown that it gets through. */
export const servedProtocols: ReadonlySet<Protocol> = new Set(['TCP', 'UDP'] as const)

/** Each port, those that are not served with an error; undefined when all are (core/v1 PortStatus: all ports or none). */
export function portStatuses({ listeners }: DesiredLoadBalancer): readonly PortStatus[] | undefined {
  if (listeners.every(({ protocol }) => servedProtocols.has(protocol))) return undefined
  return listeners.map(({ port, protocol }) => ({
    port,
    protocol,
    ...(servedProtocols.has(protocol) ? {} : { error: 'weir.dev/UnsupportedProtocol' }),
  }))
}

/** What the condition of a Service that is served says of ports that are not; empty when all are. */
export function unservedText({ listeners }: DesiredLoadBalancer): string {
  const unserved = listeners.filter(({ protocol }) => !servedProtocols.has(protocol))
  if (unserved.length === 0) return ''
  const shown = unserved.slice(0, 5).map(({ port, protocol }) => `${port}/${protocol}`)
  const more = unserved.length > shown.length ? ` and ${unserved.length - shown.length} more` : ''
  return ` Not served, for it is neither TCP nor UDP: ${shown.join(', ')}${more}.`
}
