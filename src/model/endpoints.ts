// EndpointSlices as membership: which nodes hold usable endpoints, how many there are, and the pod targets of one listener.
import type { Endpoint, EndpointConditions, EndpointPort, EndpointSlice } from './kubernetes-objects.ts'
import type { IpFamily, Listener, Membership, PodTarget, PortlessPort, SoughtPort } from './load-balancer.ts'

/**
 * What an endpoint can be used for: `ready` always, `draining` (serving while terminating, KEP-1669) only where no ready one
 * is left, `unusable` never. Absent conditions count as ready and serving, not terminating (discovery.k8s.io/v1).
 * publishNotReadyAddresses needs no rule of its own: the slices then say ready.
 */
export function usability(conditions: EndpointConditions | undefined): 'ready' | 'draining' | 'unusable' {
  if (conditions?.ready ?? true) return 'ready'
  return (conditions?.serving ?? true) && (conditions?.terminating ?? false) ? 'draining' : 'unusable'
}

/**
 * The membership that the slices of one Service describe. `families` restricts it to slices of those families; slices of
 * type FQDN never count. An endpoint found in several slices, or with one address per family, counts once, by its best state.
 * With `ports` only endpoints of slices that have one of them count as ready. The nodes are those of all endpoints: Services
 * that share an address with externalTrafficPolicy Local have one selector and other ports, and must not differ in them.
 */
export function buildMembership(
  slices: Iterable<EndpointSlice>,
  families?: readonly IpFamily[],
  ports: readonly SoughtPort[] = [],
): Membership {
  const endpoints = new Map<string, Usability>()
  const nodes = new Map<string, Usability>()
  const reached = new Set<string>()
  const found = new Map<SoughtPort, Usability>()
  for (const slice of slices) {
    if (!isCounted(slice, families)) continue
    const served = ports.filter(port => numberOf(slice, port) !== undefined)
    for (const endpoint of slice.endpoints ?? []) {
      const address = endpoint.addresses[0]
      if (address === undefined) continue
      const state = usability(endpoint.conditions)
      const who = identity(endpoint, address)
      keepBest(endpoints, who, state)
      if (served.length > 0 && state === 'ready') reached.add(who)
      for (const port of served) keepBest(found, port, state)
      if (endpoint.nodeName) keepBest(nodes, endpoint.nodeName, state)
    }
  }
  const portless = portlessOf(ports, found, endpoints)
  return {
    nodesWithEndpoints: [...nodes].flatMap(([name, state]) => (state === 'unusable' ? [] : name)).toSorted(),
    readyEndpoints: ports.length > 0 ? reached.size : [...endpoints.values()].filter(state => state === 'ready').length,
    totalEndpoints: endpoints.size,
    ...(portless.length > 0 ? { portless } : {}),
  }
}

/**
 * The pods a listener's traffic can go to, of one family, each address and port once, sorted by address and port. The port is
 * found in every slice by the name and protocol of the Service port, so slices may carry different numbers for a named target
 * port. Draining pods come along with `terminating`: they are for use only while no other target is left.
 */
export function podTargets(
  listener: Pick<Listener, 'portName' | 'protocol'>,
  slices: Iterable<EndpointSlice>,
  family: IpFamily,
): readonly PodTarget[] {
  const targets = new Map<string, PodTarget>()
  for (const slice of slices) {
    if (!isCounted(slice, [family])) continue
    const port = numberOf(slice, listener)
    if (port === undefined) continue
    for (const endpoint of slice.endpoints ?? []) addTarget(targets, endpoint, port)
  }
  return [...targets].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, target]) => target)
}

type Usability = ReturnType<typeof usability>

const rank: Readonly<Record<Usability, number>> = { unusable: 0, draining: 1, ready: 2 }

/** While there are usable endpoints, those that are not do not help a port. */
function portlessOf(
  ports: readonly SoughtPort[],
  found: ReadonlyMap<SoughtPort, Usability>,
  endpoints: ReadonlyMap<string, Usability>,
): readonly PortlessPort[] {
  const isUsable = [...endpoints.values()].some(state => state !== 'unusable')
  return ports.flatMap(listener => {
    const state = found.get(listener)
    if (endpoints.size === 0 || (state !== undefined && (state !== 'unusable' || !isUsable))) return []
    const { port, protocol, portName, targetPort } = listener
    const sought = { port, protocol, portName, ...(targetPort === undefined ? {} : { targetPort }) }
    return { ...sought, ...(state === undefined ? {} : { unready: true as const }) }
  })
}

function keepBest<K>(states: Map<K, Usability>, key: K, state: Usability): void {
  const known = states.get(key)
  if (known === undefined || rank[state] > rank[known]) states.set(key, state)
}

function isCounted({ addressType }: EndpointSlice, families: readonly IpFamily[] | undefined): boolean {
  return addressType !== 'FQDN' && (families === undefined || families.includes(addressType))
}

/** A pod has one endpoint per family; its uid makes them one. Endpoints made by hand have only their address. */
function identity(endpoint: Endpoint, address: string): string {
  return endpoint.targetRef?.uid ?? address
}

/** kube-proxy passes over ports without a number as well. */
function numberOf({ ports }: EndpointSlice, listener: Pick<Listener, 'portName' | 'protocol'>): number | undefined {
  return ports?.find(candidate => isPortOf(candidate, listener))?.port ?? undefined
}

function isPortOf(port: EndpointPort, listener: Pick<Listener, 'portName' | 'protocol'>): boolean {
  return (port.name ?? '') === listener.portName && (port.protocol ?? 'TCP') === listener.protocol
}

function addTarget(targets: Map<string, PodTarget>, endpoint: Endpoint, port: number): void {
  const address = endpoint.addresses[0]
  const state = usability(endpoint.conditions)
  if (address === undefined || state === 'unusable') return
  const key = `${address} ${port}`
  if (state === 'draining' && targets.has(key)) return
  const node = endpoint.nodeName === undefined ? {} : { node: endpoint.nodeName }
  targets.set(key, { address, port, ...node, terminating: state === 'draining' })
}
