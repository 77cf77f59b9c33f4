// Names of what is made in AWS: readable in front, and a hash that is the same whenever the same thing would be made again. Pure.
import { createHash } from 'node:crypto'
import { ingressAlone, namedIngressGroup } from '../../../src/model/ingress-group-ids.ts'
import type { LoadBalancerOwner } from '../../../src/model/load-balancer-owner.ts'
import type { GroupId } from '../../../src/model/load-balancer.ts'

/** Whom a load balancer is for: one Service, all members of a group of a class in a namespace, or Ingresses that share one. */
export type Owner =
  | { readonly kind: 'Service'; readonly namespace: string; readonly name: string; readonly uid: string }
  | { readonly kind: 'Group'; readonly namespace: string; readonly class: string; readonly name: string }
  /** The namespace is empty for a group that is named. */
  | { readonly kind: 'IngressGroup'; readonly namespace: string; readonly class: string; readonly name: string }

/** Settings that AWS does not change on a load balancer once it is there: another value means another load balancer. */
export interface ImmutableLoadBalancer {
  readonly scheme: string
  readonly vpcId: string
  /** A load balancer born without security groups never gets any (ELBv2 API, SetSecurityGroups). */
  readonly withSecurityGroups: boolean
  /** Only of Application Load Balancers. */
  readonly customerOwnedIpv4Pool?: string | undefined
}

/** Settings that AWS does not change on a target group once it is there. */
export interface ImmutableTargetGroup {
  readonly protocol: string
  readonly targetType: string
  readonly ipAddressType: string
  readonly vpcId: string
  /** Only of Application Load Balancers. */
  readonly protocolVersion?: string | undefined
}

/** ELBv2: load balancers and target groups. */
const longestName = 32
const hashDigits = 10

export function ownerOf(id: LoadBalancerOwner): Owner {
  const { namespace, name } = id
  return id.kind === 'Service'
    ? { kind: 'Service', namespace, name, uid: id.uid }
    : { kind: id.kind, namespace, class: id.class, name }
}

export function groupId(namespace: string, className: string, name: string): GroupId {
  return { kind: 'Group', namespace, class: className, name, uid: `group/${namespace}/${className}/${name}` }
}

/** `default/web`, or `group/default/aws-public/edge`: the owner in tags and messages. */
export function ownerText(owner: Owner): string {
  if (owner.kind === 'Service') return `${owner.namespace}/${owner.name}`
  if (owner.kind === 'Group') return groupId(owner.namespace, owner.class, owner.name).uid
  return (owner.namespace === '' ? namedIngressGroup(owner.class, owner.name) : ingressAlone(owner.class, owner)).uid
}

/** The group of Services that an `ownerText` names; undefined for every other owner. */
export function groupOfText(text: string): GroupId | undefined {
  const [kind, namespace, className, name, ...rest] = text.split('/')
  const isGroup = kind === 'group' && rest.length === 0
  return isGroup && namespace !== undefined && className !== undefined && name !== undefined
    ? groupId(namespace, className, name)
    : undefined
}

/** `weir-default-web-0a1b2c3d4e`. `cluster` is the UID of the namespace kube-system. */
export function loadBalancerName(cluster: string, owner: Owner, immutable: ImmutableLoadBalancer): string {
  const { scheme, vpcId, withSecurityGroups, customerOwnedIpv4Pool } = immutable
  const parts = [
    scheme,
    vpcId,
    String(withSecurityGroups),
    ...(customerOwnedIpv4Pool === undefined ? [] : [customerOwnedIpv4Pool]),
  ]
  return readable(owner, hash('load-balancer', cluster, ...identity(owner), ...parts))
}

/** `key` tells the target groups of one load balancer apart: the listener's port, or `targetGroupKey` of another Service. */
export function targetGroupName(cluster: string, owner: Owner, key: string, immutable: ImmutableTargetGroup): string {
  const { protocol, targetType, ipAddressType, vpcId, protocolVersion } = immutable
  const parts = [key, protocol, targetType, ipAddressType, vpcId, ...(protocolVersion === undefined ? [] : [protocolVersion])]
  return readable(owner, hash('target-group', cluster, ...identity(owner), ...parts))
}

/** Key of the target group of another Service that a listener leads to as well: `443/canary:80`. */
export function targetGroupKey(listenerPort: number, service: string, servicePort: number | string): string {
  return `${listenerPort}/${service}:${servicePort}`
}

/** The managed security group at the front of a load balancer. EC2 allows 255 characters; 32 are enough here too. */
export function frontendSecurityGroupName(cluster: string, owner: Owner, vpcId: string): string {
  return readable(owner, hash('frontend', cluster, ...identity(owner), vpcId))
}

/** The security group all load balancers of the cluster share, by which targets know their traffic. */
export function backendSecurityGroupName(cluster: string, vpcId: string): string {
  return `weir-backend-${hash('backend', cluster, vpcId)}`
}

/**
 * What is wrong with a name for a load balancer or a target group, completing `"x" …`; undefined when nothing is. Rules by ELBv2
 * API reference, CreateLoadBalancer.
 */
export function validName(name: string): string | undefined {
  if (name.length === 0 || name.length > longestName) return `must have 1 to ${longestName} characters`
  if (!/^[A-Za-z0-9-]+$/.test(name)) return 'may have only letters, digits and dashes'
  if (name.startsWith('-') || name.endsWith('-')) return 'must not begin or end with a dash'
  return name.startsWith('internal-') ? 'must not begin with internal-' : undefined
}

/** A Service that was deleted and made again is another owner. A group has no uid: its name is all it is. */
function identity(owner: Owner): readonly string[] {
  return owner.kind === 'Service'
    ? ['service', owner.namespace, owner.name, owner.uid]
    : [owner.kind === 'Group' ? 'group' : 'ingress', owner.namespace, owner.class, owner.name]
}

/** Length before each part keeps `a`,`bc` and `ab`,`c` apart. */
function hash(...parts: readonly string[]): string {
  const text = parts.map(part => `${part.length}:${part}`).join('')
  return createHash('sha256').update(text).digest('hex').slice(0, hashDigits)
}

/** `weir-<namespace>-<name>-<hash>`, both names cut so that all fits; the hash alone keeps names apart. */
function readable(owner: Owner, digits: string): string {
  const [first, second] = [owner.namespace, owner.name]
  const room = longestName - 'weir-'.length - 1 - 1 - hashDigits
  const [one, other] = [plain(first), plain(second)]
  const half = Math.floor(room / 2)
  const oneLength = Math.min(one.length, Math.max(half, room - other.length))
  const words = [one.slice(0, oneLength), other.slice(0, room - oneLength)].map(trimDashes).filter(word => word !== '')
  return ['weir', ...words, digits].join('-')
}

function plain(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9-]/g, '')
}

function trimDashes(text: string): string {
  return text.replaceAll(/^-+|-+$/g, '')
}
