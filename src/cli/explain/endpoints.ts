// For each port of a Service: every endpoint, whether it gets traffic, and why or why not.
import { usability } from '../../model/endpoints.ts'
import type { Endpoint, EndpointSlice, Service, ServicePort } from '../../model/kubernetes-objects.ts'
import type { Protocol } from '../../model/load-balancer.ts'
import { portlessText } from '../../model/portless.ts'
import { type PodOfTargets, whyNotReady } from '../pod.ts'

export interface EndpointState {
  readonly address: string
  readonly port: number
  readonly node: string
  readonly pod: string
  readonly state: 'in' | 'out'
  readonly why: string
}

export interface PortState {
  /** `port 80/TCP → http`. */
  readonly title: string
  readonly port: number
  readonly protocol: string
  /** Those that get traffic first. */
  readonly endpoints: readonly EndpointState[]
  /** Why there is none. */
  readonly none?: string
}

/** Pure. Each endpoint once for each address family. */
export function endpointStates(
  { spec }: Service,
  slices: readonly EndpointSlice[],
  pods: readonly PodOfTargets[],
): readonly PortState[] {
  return (spec.ports ?? []).map(port => {
    const protocol = port.protocol ?? 'TCP'
    const found = slices.flatMap(slice => endpointsOf(slice, port))
    const ready = found.some(({ endpoint }) => usability(endpoint.conditions) === 'ready')
    const states = found.map(({ endpoint, number }) => stateOf(endpoint, { number, ready, pods }))
    return {
      title: `port ${port.port}/${protocol}${port.targetPort === undefined ? '' : ` → ${port.targetPort}`}`,
      port: port.port,
      protocol,
      endpoints: states.toSorted((one, other) => rank(one) - rank(other) || (one.address < other.address ? -1 : 1)),
      ...(states.length === 0 ? { none: whyNone(port, protocol, slices) } : {}),
    }
  })
}

function whyNone({ name, targetPort }: ServicePort, protocol: Protocol, slices: readonly EndpointSlice[]): string {
  const isEmpty = !slices.some(({ addressType, endpoints }) => addressType !== 'FQDN' && (endpoints ?? []).length > 0)
  if (isEmpty) return 'no pod matches its selector'
  return portlessText({ protocol, portName: name ?? '', ...(targetPort === undefined ? {} : { targetPort }) })
}

/** A line for each endpoint of a port, or one that says why there is none. */
export function endpointLines({ endpoints, none }: PortState): readonly string[] {
  return none === undefined ? endpoints.map(endpointLine) : [`no endpoints: ${none}`]
}

function endpointsOf(
  slice: EndpointSlice,
  port: ServicePort,
): readonly { readonly endpoint: Endpoint; readonly number: number }[] {
  const protocol = port.protocol ?? 'TCP'
  const number = slice.ports?.find(
    other => (other.name ?? '') === (port.name ?? '') && (other.protocol ?? 'TCP') === protocol,
  )?.port
  if (slice.addressType === 'FQDN' || number === undefined || number === null) return []
  return (slice.endpoints ?? []).map(endpoint => ({ endpoint, number }))
}

interface Around {
  readonly number: number
  /** Some endpoint of the port is ready. */
  readonly ready: boolean
  readonly pods: readonly PodOfTargets[]
}

function stateOf(endpoint: Endpoint, { number, ready, pods }: Around): EndpointState {
  const name = endpoint.targetRef?.kind === 'Pod' ? (endpoint.targetRef.name ?? '') : ''
  const place = { address: endpoint.addresses[0] ?? '', port: number, node: endpoint.nodeName ?? '', pod: name }
  const usable = usability(endpoint.conditions)
  if (usable === 'ready') return { ...place, state: 'in', why: 'ready' }
  if (usable === 'draining') {
    return ready
      ? { ...place, state: 'out', why: 'ends and still serves what it has; others are ready' }
      : { ...place, state: 'in', why: 'ends, and is used because no other is ready' }
  }
  const detail = whyNotReady(pods.find(({ metadata }) => metadata.name === name))
  return { ...place, state: 'out', why: `not ready${detail === '' ? '' : `: ${detail}`}` }
}

function rank({ state }: EndpointState): number {
  return state === 'in' ? 0 : 1
}

/** `in    web-0  10.244.0.10:8080  n0  ready`. */
function endpointLine(endpoint: EndpointState): string {
  const place = [endpoint.pod || endpoint.address, `${endpoint.address}:${endpoint.port}`, endpoint.node]
    .filter(Boolean)
    .join('  ')
  return `${endpoint.state === 'out' ? 'out ' : 'in  '}  ${place}  ${endpoint.why}`
}
