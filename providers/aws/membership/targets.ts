// Which targets a target group shall have: nodes by their instances, or pods by their addresses. Pure.
import { podTargets } from '../../../src/model/endpoints.ts'
import type { EndpointSlice, Node } from '../../../src/model/kubernetes-objects.ts'
import { isEligible } from '../../../src/model/nodes.ts'
import type { TargetGroupSettings } from '../settings/aws-settings.ts'

export interface Target {
  /** Instance id or address. */
  readonly id: string
  readonly port: number
  /** Only `all`, for addresses outside the VPC (ELBv2 API, TargetDescription). */
  readonly zone?: 'all'
  /** The node it is on, for finding its security groups. */
  readonly node?: string
}

export interface Choice {
  readonly targets: readonly Target[]
  /** Nodes that should be targets and cannot be. */
  readonly skipped: readonly { readonly node: string; readonly why: string }[]
}

export interface Around {
  readonly nodes: Iterable<Node>
  readonly slices: Iterable<EndpointSlice>
  /** Whether an address belongs to a subnet of the VPC. */
  readonly isInside: (address: string) => boolean
}

export type GroupWish = Pick<
  TargetGroupSettings,
  'targetType' | 'ipAddressType' | 'servicePort' | 'nodePort' | 'nodeLabels' | 'nodesWithEndpointsOnly'
>

/** The key of a target within its group. */
export function targetKey({ id, port }: Pick<Target, 'id' | 'port'>): string {
  return `${id} ${port}`
}

/** Sorted by key, each once. */
export function chooseTargets(wish: GroupWish, around: Around): Choice {
  const choice = wish.targetType === 'instance' ? instances(wish, around) : pods(wish, around)
  const unique = new Map(choice.targets.map(target => [targetKey(target), target]))
  return { ...choice, targets: [...unique].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, target]) => target) }
}

/** Every node that may carry load-balancer traffic (KEP-3458); health checks find out which of them do. */
function instances(wish: GroupWish, { nodes, slices }: Around): Choice {
  const { nodePort } = wish
  if (nodePort === undefined) return { targets: [], skipped: [] }
  const holders = wish.nodesWithEndpointsOnly ? nodesOf(wish, slices) : undefined
  const targets: Target[] = []
  const skipped: { node: string; why: string }[] = []
  for (const node of nodes) {
    const { name, labels = {} } = node.metadata
    if (!isEligible(node) || !hasLabels(labels, wish.nodeLabels) || holders?.has(name) === false) continue
    const instance = instanceOf(node.spec?.providerID)
    if ('id' in instance) targets.push({ id: instance.id, port: nodePort, node: name })
    else if (instance.why !== 'not an instance') skipped.push({ node: name, why: instance.why })
  }
  return { targets, skipped: skipped.toSorted((one, other) => (one.node < other.node ? -1 : 1)) }
}

function hasLabels(labels: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value)
}

/** Fargate and hybrid nodes have ids of other forms; they are no instances and nobody expects them to be targets. */
function instanceOf(providerId: string | undefined): { readonly id: string } | { readonly why: string } {
  if (providerId === undefined || providerId === '') return { why: 'spec.providerID is missing' }
  const last = providerId.slice(providerId.lastIndexOf('/') + 1)
  if (/^i-[0-9a-f]+$/.test(last)) return { id: last }
  if (providerId.startsWith('eks-hybrid:') || last.startsWith('fargate-')) return { why: 'not an instance' }
  return { why: `spec.providerID ${providerId} names no instance` }
}

function nodesOf(wish: GroupWish, slices: Iterable<EndpointSlice>): ReadonlySet<string> {
  const found = both(slices).flatMap(family => podTargets(portOf(wish), family.slices, family.name))
  return new Set(found.flatMap(({ node }) => (node === undefined ? [] : [node])))
}

function both(slices: Iterable<EndpointSlice>): { readonly name: 'IPv4' | 'IPv6'; readonly slices: readonly EndpointSlice[] }[] {
  const all = [...slices]
  return [
    { name: 'IPv4', slices: all },
    { name: 'IPv6', slices: all },
  ]
}

/** Ready ones; while there is none, those that still serve although they shut down (KEP-1669). */
function pods(wish: GroupWish, { slices, isInside }: Around): Choice {
  const family = wish.ipAddressType === 'ipv6' ? 'IPv6' : 'IPv4'
  const all = podTargets(portOf(wish), slices, family)
  const ready = all.filter(({ terminating }) => !terminating)
  const targets = (ready.length > 0 ? ready : all).map(({ address, port, node }): Target => {
    const outside = isInside(address) ? {} : { zone: 'all' as const }
    return { id: address, port, ...outside, ...(node === undefined ? {} : { node }) }
  })
  return { targets, skipped: [] }
}

function portOf({ servicePort }: GroupWish) {
  return { portName: servicePort.name, protocol: servicePort.protocol }
}
