// Which nodes may carry load-balancer traffic, by the predicates of the cloud-provider service controller (KEP-3458).
import { drainLabel } from '../api/group.ts'
import { type IpAddress, parseAddress } from './address.ts'
import type { Node } from './kubernetes-objects.ts'

/** Label that takes a node out of load balancing, unless its value is a spelling of false. */
export const excludeLabel = 'node.kubernetes.io/exclude-from-external-load-balancers'

/** Taint of a node that the cluster autoscaler is about to remove. */
export const toBeDeletedTaint = 'ToBeDeletedByClusterAutoscaler'

/** Taint of a node that an operator declared dead (KEP-2268): its pods and volumes have gone elsewhere. */
export const outOfServiceTaint = 'node.kubernetes.io/out-of-service'

/** Condition of a node whose network the network provider has not set up. */
export const networkUnavailable = 'NetworkUnavailable'

export type NodeExclusion = 'being-deleted' | 'excluded-by-label' | 'to-be-deleted-by-autoscaler'

/**
 * Why a node may not carry load-balancer traffic, or undefined when it may. Readiness, cordons and the control-plane role are
 * not considered on purpose: health checks (here: Leases and endpoints) decide those, and nodes do not flap in and out.
 */
export function nodeExclusion(node: Node): NodeExclusion | undefined {
  if (node.metadata.deletionTimestamp !== undefined) return 'being-deleted'
  const label = node.metadata.labels?.[excludeLabel]
  if (label !== undefined && !spellsFalse(label)) return 'excluded-by-label'
  if (node.spec?.taints?.some(taint => taint.key === toBeDeletedTaint)) return 'to-be-deleted-by-autoscaler'
  return undefined
}

/** Why a node may not announce addresses though it may carry the traffic of others' load balancers. */
export function announcingExclusion(node: Node): 'out-of-service' | 'network-unavailable' | undefined {
  if (node.spec?.taints?.some(taint => taint.key === outOfServiceTaint)) return 'out-of-service'
  const isUnavailable = node.status?.conditions?.some(({ type, status }) => type === networkUnavailable && status === 'True')
  return isUnavailable ? 'network-unavailable' : undefined
}

/** Whether somebody wants the node to announce nothing while another one can. */
export function isDrained({ metadata }: Node): boolean {
  const label = metadata.labels?.[drainLabel]
  return label !== undefined && !spellsFalse(label)
}

export function isEligible(node: Node): boolean {
  return nodeExclusion(node) === undefined
}

/** The nodes' names that pass `isEligible`, sorted. */
export function eligibleNodes(nodes: Iterable<Node>): readonly string[] {
  const names: string[] = []
  for (const node of nodes) if (isEligible(node)) names.push(node.metadata.name)
  return names.toSorted()
}

/** The node's addresses of type InternalIP, in its order; what cannot be read is left out. */
export function internalIPs(node: Node): readonly IpAddress[] {
  const addresses: IpAddress[] = []
  for (const { type, address } of node.status?.addresses ?? []) {
    const parsed = type === 'InternalIP' ? parseAddress(address) : undefined
    if (parsed) addresses.push(parsed)
  }
  return addresses
}

/** The spellings of false that Go's strconv.ParseBool knows, which Kubernetes reads labels with. */
function spellsFalse(text: string): boolean {
  return ['0', 'f', 'F', 'false', 'False', 'FALSE'].includes(text)
}
