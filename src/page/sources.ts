// What the page is made from: the copies that the controller keeps anyway, and the two it keeps only while somebody looks.
import type { AddressBlock } from '../api/address-block.ts'
import type { AddressPool } from '../api/address-pool.ts'
import type { Announcement } from '../api/announcement.ts'
import type { IngressReport } from '../api/ingress-report.ts'
import type { LoadBalancer } from '../api/load-balancer.ts'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import type { NodeReport } from '../api/node-report.ts'
import type { Ingress, IngressClass } from '../model/ingress-objects.ts'
import type { EndpointSlice, Node, Service } from '../model/kubernetes-objects.ts'
import type { ObjectMeta } from '../api/kind.ts'
import type { KubernetesObject, ObjectKey } from '../kubernetes/objects.ts'
import type { Self } from './model.ts'

/** As much of a store as is read here. */
export interface Objects<T extends KubernetesObject> {
  get(key: ObjectKey): T | undefined
  values(): Iterable<T>
  readonly size: number
}

/** An Event (events.k8s.io/v1) of Weir, as much of it as is shown. */
export interface WeirEvent {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectMeta
  /** MicroTime of the first. */
  readonly eventTime?: string | null
  readonly type?: string
  readonly reason?: string
  readonly note?: string
  readonly regarding?: { readonly kind?: string; readonly namespace?: string; readonly name?: string }
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string } | null
}

export interface PageSources {
  readonly services: Objects<Service>
  readonly slices: { byIndex(index: 'service', key: ObjectKey): readonly EndpointSlice[] }
  readonly nodes: Objects<Node>
  readonly classes: Objects<LoadBalancerClass>
  readonly pools: Objects<AddressPool>
  readonly blocks: Objects<AddressBlock>
  readonly announcements: Objects<Announcement>
  readonly reports: Objects<NodeReport>
  readonly ingresses: Objects<Ingress>
  readonly ingressClasses: Objects<IngressClass>
  readonly ingressReports: Objects<IngressReport>
  readonly loadBalancers: Objects<LoadBalancer>
  readonly events: Objects<WeirEvent>
  /** Whether the agent of a node renews its Lease. */
  readonly isAlive: (node: string) => boolean
  readonly self: Self
}
