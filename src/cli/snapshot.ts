// What the commands look at: the objects of the cluster, read once, each kind only when a command asks for it.
import type { AddressBlock } from '../api/address-block.ts'
import type { AddressPool } from '../api/address-pool.ts'
import type { Announcement } from '../api/announcement.ts'
import type { IngressReport } from '../api/ingress-report.ts'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import type { LoadBalancer } from '../api/load-balancer.ts'
import type { TargetGroupBinding } from '../api/target-group-binding.ts'
import type { NodeReport } from '../api/node-report.ts'
import type { Ingress, IngressClass } from '../model/ingress-objects.ts'
import type { EndpointSlice, Namespace, Node, Service, ServiceCIDR } from '../model/kubernetes-objects.ts'
import { type Lease, leases } from '../kubernetes/leases.ts'
import { listAll } from '../kubernetes/list-watch.ts'
import { isNotFound } from '../kubernetes/errors.ts'
import type { KubernetesObject, Resource } from '../kubernetes/objects.ts'
import type { Transport } from '../kubernetes/transport.ts'
import type { PodOfTargets } from './pod.ts'
import * as resources from '../controllers/resources.ts'
import { podsOfTargets } from './resources.ts'

export interface Snapshot {
  readonly services: readonly Service[]
  readonly slices: readonly EndpointSlice[]
  readonly nodes: readonly Node[]
  readonly namespaces: readonly Namespace[]
  readonly serviceCidrs: readonly ServiceCIDR[]
  /** Of Weir's own namespace. */
  readonly leases: readonly Lease[]
  /** Of one namespace. */
  readonly pods: readonly PodOfTargets[]
  readonly classes: readonly LoadBalancerClass[]
  readonly pools: readonly AddressPool[]
  readonly blocks: readonly AddressBlock[]
  readonly announcements: readonly Announcement[]
  readonly reports: readonly NodeReport[]
  readonly loadBalancers: readonly LoadBalancer[]
  readonly bindings: readonly TargetGroupBinding[]
  readonly ingresses: readonly Ingress[]
  readonly ingressClasses: readonly IngressClass[]
  readonly ingressReports: readonly IngressReport[]
}

export type Part = keyof Snapshot

const sources: { readonly [P in Part]: Resource<Snapshot[P][number] & KubernetesObject> } = {
  services: resources.services,
  slices: resources.endpointSlices,
  nodes: resources.nodes,
  namespaces: resources.namespaces,
  serviceCidrs: resources.serviceCidrs,
  leases,
  pods: podsOfTargets,
  classes: resources.loadBalancerClasses,
  pools: resources.addressPools,
  blocks: resources.addressBlocks,
  announcements: resources.announcements,
  reports: resources.nodeReports,
  loadBalancers: resources.loadBalancers,
  bindings: resources.targetGroupBindings,
  ingresses: resources.ingresses,
  ingressClasses: resources.ingressClasses,
  ingressReports: resources.ingressReports,
}

/** Nothing of anything; what is read is put over it. */
export const emptySnapshot: Snapshot = {
  services: [],
  slices: [],
  nodes: [],
  namespaces: [],
  serviceCidrs: [],
  leases: [],
  pods: [],
  classes: [],
  pools: [],
  blocks: [],
  announcements: [],
  reports: [],
  loadBalancers: [],
  bindings: [],
  ingresses: [],
  ingressClasses: [],
  ingressReports: [],
}

export interface SnapshotOptions {
  readonly signal: AbortSignal
  readonly podsOf?: string
  /** Whose Leases are read; absent: those of all namespaces. */
  readonly systemNamespace?: string
}

/** Reads all objects of the kinds in `parts`. A kind that the cluster does not know has none. `podsOf` is the namespace whose pods are read; absent: all. */
export async function takeSnapshot(
  transport: Transport,
  parts: readonly Part[],
  { signal, podsOf, systemNamespace }: SnapshotOptions,
): Promise<Snapshot> {
  const read = await Promise.all(
    parts.map(async (part): Promise<Partial<Snapshot>> => {
      const namespace = part === 'pods' ? podsOf : part === 'leases' ? systemNamespace : undefined
      const resource: Resource = sources[part]
      return { [part]: await all(transport, { resource, ...(namespace === undefined ? {} : { namespace }) }, signal) }
    }),
  )
  return Object.assign({ ...emptySnapshot }, ...read)
}

async function all(
  transport: Transport,
  selection: { readonly resource: Resource; readonly namespace?: string },
  signal: AbortSignal,
): Promise<readonly KubernetesObject[]> {
  const found: KubernetesObject[] = []
  try {
    await listAll(transport, selection, signal, object => found.push(object))
  } catch (error) {
    if (isNotFound(error)) return []
    throw error
  }
  return found
}
