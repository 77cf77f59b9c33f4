// What the status of a Service says: its addresses, who announces them, its endpoints, and whether it is ready.
import type { Announcement } from '../api/announcement.ts'
import { readyCondition } from '../api/reasons.ts'
import { type IpAddress, announcementName, parseAddress } from '../model/address.ts'
import { listenersOf } from '../model/build.ts'
import { claim } from '../model/claim.ts'
import { buildMembership } from '../model/endpoints.ts'
import { type EndpointSlice, type Service, serviceNameLabel } from '../model/kubernetes-objects.ts'
import { toldTakeOvers } from './take-overs.ts'
import type { Snapshot } from './snapshot.ts'

export interface ServedAddress {
  /** An IP address, or a host name where AWS gives one. */
  readonly address: string
  readonly announcement?: Announcement
}

export interface ServedService {
  readonly service: Service
  readonly namespace: string
  readonly name: string
  /** Of the LoadBalancerClass; empty when none serves it. */
  readonly class: string
  /** Another controller may still serve it, by its condition: the class does nothing for it. */
  readonly waits: boolean
  readonly provider: string
  readonly targets: string
  readonly addresses: readonly ServedAddress[]
  readonly readyEndpoints: number
  readonly totalEndpoints: number
  readonly ready: boolean
  readonly reason: string
  readonly message: string
}

/** The Services that Weir serves or was asked to serve, by namespace and name. */
export function servedServices(snapshot: Snapshot, namespace?: string): readonly ServedService[] {
  return snapshot.services
    .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
    .filter(service => isConcerned(service, snapshot))
    .map(service => servedService(service, snapshot))
    .toSorted((one, other) => (`${one.namespace}/${one.name}` < `${other.namespace}/${other.name}` ? -1 : 1))
}

export function servedService(service: Service, snapshot: Snapshot): ServedService {
  const { metadata, spec, status } = service
  const claimed = claim(service, snapshot.classes)
  const lbClass = claimed.kind === 'ours' ? claimed.class : undefined
  const members = buildMembership(slicesOf(service, snapshot.slices), spec.ipFamilies, listenersOf(spec))
  const condition = status?.conditions?.find(({ type }) => type === readyCondition)
  const points = status?.loadBalancer?.ingress ?? []
  return {
    service,
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    class: lbClass?.metadata.name ?? '',
    waits: lbClass !== undefined && toldTakeOvers(service, []) !== undefined,
    provider: lbClass?.spec.provider ?? '',
    targets: lbClass?.spec.targets ?? '',
    addresses: points.flatMap(({ ip, hostname }) => servedAddress(ip ?? hostname, snapshot.announcements)),
    readyEndpoints: members.readyEndpoints,
    totalEndpoints: members.totalEndpoints,
    ready: condition?.status === 'True',
    reason: condition?.reason ?? '',
    message: condition?.message ?? '',
  }
}

export function slicesOf({ metadata }: Service, slices: readonly EndpointSlice[]): readonly EndpointSlice[] {
  return slices.filter(
    slice => slice.metadata.namespace === metadata.namespace && slice.metadata.labels?.[serviceNameLabel] === metadata.name,
  )
}

/** `n2 eth0 6a:60:e7:16:9c:22`; empty while nobody announces it. */
export function announcerText({ status }: Announcement): string {
  if (!status?.node) return ''
  return [status.node, status.interface, status.mac].filter(Boolean).join(' ')
}

/** Ours, or one that carries our condition, because something is in its way. */
export function isConcerned(service: Service, { classes }: Snapshot): boolean {
  const marked = service.status?.conditions?.some(({ type }) => type === readyCondition) === true
  return marked || (service.spec.type === 'LoadBalancer' && claim(service, classes).kind === 'ours')
}

function servedAddress(address: string | undefined, announcements: readonly Announcement[]): readonly ServedAddress[] {
  if (address === undefined) return []
  const parsed: IpAddress | undefined = parseAddress(address)
  const found = parsed && announcements.find(({ metadata }) => metadata.name === announcementName(parsed))
  return [{ address, ...(found ? { announcement: found } : {}) }]
}
