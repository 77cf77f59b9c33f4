// Services that share an address in a simulated cluster, for tests.
import type { DesiredLoadBalancer, Listener } from '../../../src/model/load-balancer.ts'
import type { IngressPoint, Outcome } from '../../../src/provider.ts'
import type { SimulatedLan } from '../simulation/simulated-lan.ts'
import { poolNamed, serviceNamed } from '../simulation/simulation.ts'

export const office = poolNamed('office', ['10.201.200.0/24'])
export const ipsOf = ({ ingress }: { readonly ingress: readonly IngressPoint[] }) =>
  ingress.map(point => ('ip' in point ? point.ip : point.hostname))
export const ports = (...texts: readonly string[]): readonly Listener[] =>
  texts.map(text => {
    const [port, protocol] = text.split('/')
    return { port: Number(port), protocol: protocol === 'UDP' ? 'UDP' : 'TCP', portName: text }
  })

export interface Wish extends Partial<DesiredLoadBalancer> {
  readonly key?: string
  readonly port?: string
  readonly ip?: string
  readonly namespace?: string
  readonly shareWith?: string
  readonly day?: number
}
/** A Service that shares under the key `dns` unless told otherwise. */
export function sharer(
  name: string,
  { key = 'dns', port = '53/UDP', ip, namespace = 'default', shareWith, day = 1, ...rest }: Wish = {},
) {
  const annotations = {
    ...(key !== '' && { 'weir.dev/allow-shared-ip': key }),
    ...(ip !== undefined && { 'weir.dev/load-balancer-ips': ip }),
    ...(shareWith !== undefined && { 'weir.dev/share-with-namespaces': shareWith }),
  }
  const id = { kind: 'Service', namespace, name, uid: `uid-of-${namespace}-${name}` } as const
  return serviceNamed(name, { id, annotations, listeners: ports(port), createdAt: `2026-01-0${day}T00:00:00Z`, ...rest })
}
export const shown = (desired: DesiredLoadBalancer, outcome: Outcome): DesiredLoadBalancer => ({
  ...desired,
  statusAddresses: ipsOf(outcome),
})
export async function settled(lan: SimulatedLan, service: DesiredLoadBalancer): Promise<Outcome> {
  let outcome = await lan.bring(service)
  for (let look = 0; look < 4; look++) outcome = await lan.bring(shown(service, outcome))
  return outcome
}
export const ownersAt = (lan: SimulatedLan, offset: number) =>
  lan.blocks.read('ipv4-10-201-200-0')?.spec.allocations[offset]?.owners.map(({ name }) => name)
