// The resources the controllers watch and write, and our own kinds among them, as the API core names them.
import type { AddressBlock } from '../api/address-block.ts'
import type { AddressPool } from '../api/address-pool.ts'
import type { Announcement } from '../api/announcement.ts'
import { group, version } from '../api/group.ts'
import { kindNames } from '../api/kind-names.ts'
import type { KindNames } from '../api/kind-names.ts'
import type { IngressReport } from '../api/ingress-report.ts'
import type { LoadBalancer } from '../api/load-balancer.ts'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import type { NodeReport } from '../api/node-report.ts'
import type { TargetGroupBinding } from '../api/target-group-binding.ts'
import { defineResource } from '../kubernetes/objects.ts'
import type { KubernetesObject, Resource } from '../kubernetes/objects.ts'
import type { Ingress, IngressClass } from '../model/ingress-objects.ts'
import type { EndpointSlice, Namespace, Node, Pod, Service, ServiceCIDR } from '../model/kubernetes-objects.ts'

/** The resource of a kind of ours. */
export function resourceOf<T extends KubernetesObject>(kind: KindNames): Resource<T> {
  return defineResource<T>({ group, version, plural: kind.plural, kind: kind.kind, namespaced: kind.scope === 'Namespaced' })
}

export const services = defineResource<Service>({
  group: '',
  version: 'v1',
  plural: 'services',
  kind: 'Service',
  namespaced: true,
})
export const nodes = defineResource<Node>({ group: '', version: 'v1', plural: 'nodes', kind: 'Node', namespaced: false })
export const endpointSlices = defineResource<EndpointSlice>({
  group: 'discovery.k8s.io',
  version: 'v1',
  plural: 'endpointslices',
  kind: 'EndpointSlice',
  namespaced: true,
})
export const loadBalancerClasses = resourceOf<LoadBalancerClass>(kindNames.loadBalancerClass)
export const addressPools = resourceOf<AddressPool>(kindNames.addressPool)
export const addressBlocks = resourceOf<AddressBlock>(kindNames.addressBlock)
export const announcements = resourceOf<Announcement>(kindNames.announcement)
export const nodeReports = resourceOf<NodeReport>(kindNames.nodeReport)
export const loadBalancers = resourceOf<LoadBalancer>(kindNames.loadBalancer)
export const targetGroupBindings = resourceOf<TargetGroupBinding>(kindNames.targetGroupBinding)
export const ingressReports = resourceOf<IngressReport>(kindNames.ingressReport)
export const ingresses = defineResource<Ingress>({
  group: 'networking.k8s.io',
  version: 'v1',
  plural: 'ingresses',
  kind: 'Ingress',
  namespaced: true,
})
export const ingressClasses = defineResource<IngressClass>({
  group: 'networking.k8s.io',
  version: 'v1',
  plural: 'ingressclasses',
  kind: 'IngressClass',
  namespaced: false,
})
/** As much of a Secret as anybody here reads: base64 by field. */
export interface Secret extends KubernetesObject {
  readonly type?: string
  readonly data?: Readonly<Record<string, string>>
}
export const secrets = defineResource<Secret>({ group: '', version: 'v1', plural: 'secrets', kind: 'Secret', namespaced: true })
export const pods = defineResource<Pod>({ group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true })
export const namespaces = defineResource<Namespace>({
  group: '',
  version: 'v1',
  plural: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
})
/** Known to API servers from 1.33 on. */
export const serviceCidrs = defineResource<ServiceCIDR>({
  group: 'networking.k8s.io',
  version: 'v1',
  plural: 'servicecidrs',
  kind: 'ServiceCIDR',
  namespaced: false,
})
