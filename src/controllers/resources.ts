// The resources the controllers watch and write, and our own kinds among them, as the API core names them.
import { addressBlock } from '../api/address-block.ts'
import type { AddressBlock } from '../api/address-block.ts'
import { addressPool } from '../api/address-pool.ts'
import type { AddressPool } from '../api/address-pool.ts'
import { announcement } from '../api/announcement.ts'
import type { Announcement } from '../api/announcement.ts'
import { group, version } from '../api/group.ts'
import type { KindDefinition } from '../api/kind.ts'
import { loadBalancerClass } from '../api/load-balancer-class.ts'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import { nodeReport } from '../api/node-report.ts'
import type { NodeReport } from '../api/node-report.ts'
import { defineResource } from '../kubernetes/objects.ts'
import type { KubernetesObject, Resource } from '../kubernetes/objects.ts'
import type { EndpointSlice, Node, Service } from '../model/kubernetes-objects.ts'

/** The resource of a kind of ours. */
export function resourceOf<T extends KubernetesObject>(kind: KindDefinition): Resource<T> {
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
export const loadBalancerClasses = resourceOf<LoadBalancerClass>(loadBalancerClass)
export const addressPools = resourceOf<AddressPool>(addressPool)
export const addressBlocks = resourceOf<AddressBlock>(addressBlock)
export const announcements = resourceOf<Announcement>(announcement)
export const nodeReports = resourceOf<NodeReport>(nodeReport)
