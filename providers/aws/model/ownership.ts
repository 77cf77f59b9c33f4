// Tags that say whose a resource is. Nothing that these do not call ours is ever changed or deleted. Pure.
import type { Owner } from './names.ts'
import { ownerText } from './names.ts'

export type Tags = Readonly<Record<string, string>>

/** Keys of our marks. */
export const clusterTag = 'weir.dev/cluster'
export const ownerTag = 'weir.dev/owner'
export const ownerUidTag = 'weir.dev/owner-uid'
export const resourceTag = 'weir.dev/resource'

/** Hash of what was imported, on a certificate: its content cannot be read back. */
export const contentTag = 'weir.dev/content'

/**
 * What a resource is to its owner: `load-balancer`, `target-group/80`, `security-group/frontend`, `security-group/backend`,
 * `certificate/shop/web-tls`.
 */
export type ResourceId =
  | `load-balancer`
  | `target-group/${string}`
  | `security-group/${'frontend' | 'backend'}`
  | `certificate/${string}`

/** What the marks say. */
export type Ownership =
  | { readonly kind: 'ours'; readonly resource: string; readonly owner: string; readonly ownerUid?: string }
  /** Made by Weir for another cluster of the account. */
  | { readonly kind: 'another-cluster'; readonly cluster: string }
  /** Made by AWS Load Balancer Controller: can be taken over when that one is gone. */
  | {
      readonly kind: 'aws-load-balancer-controller'
      readonly of: OtherStack['of']
      readonly cluster: string
      readonly stack: string
      readonly resource: string
    }
  | { readonly kind: 'foreign' }

/**
 * Marks of AWS Load Balancer Controller: its own key for the cluster (an older one is of its version 1), and keys for the stack and
 * the part of it that differ between Services and Ingresses.
 */
const lbcCluster = ['elbv2.k8s.aws/cluster', 'ingress.k8s.aws/cluster'] as const
const lbcStacks = [
  { of: 'Service', stack: 'service.k8s.aws/stack', resource: 'service.k8s.aws/resource' },
  { of: 'Ingress', stack: 'ingress.k8s.aws/stack', resource: 'ingress.k8s.aws/resource' },
] as const

/** What AWS Load Balancer Controller calls the owner of what it makes. */
export interface OtherStack {
  readonly of: 'Service' | 'Ingress'
  /** `default/web`, or the name of a group of Ingresses. */
  readonly stack: string
}

/** What it would call an owner of ours; undefined for groups of Services, which it does not have. */
export function otherStackOf(owner: Owner): OtherStack | undefined {
  if (owner.kind === 'Group') return undefined
  const of = owner.kind === 'Service' ? 'Service' : 'Ingress'
  return { of, stack: owner.namespace === '' ? owner.name : `${owner.namespace}/${owner.name}` }
}

/** Who owns what the whole cluster shares. */
const sharedOwner = 'cluster'

/** Our marks on a resource; `cluster` is the UID of the namespace kube-system. Without an owner it is shared by all of the cluster. */
export function ownershipTags(cluster: string, resource: ResourceId, owner?: Owner): Tags {
  return {
    [clusterTag]: cluster,
    [ownerTag]: owner === undefined ? sharedOwner : ownerText(owner),
    ...(owner?.kind === 'Service' ? { [ownerUidTag]: owner.uid } : {}),
    [resourceTag]: resource,
  }
}

export function ownershipOf(tags: Tags, cluster: string): Ownership {
  const marked = tags[clusterTag]
  const { [ownerTag]: owner, [ownerUidTag]: ownerUid, [resourceTag]: resource } = tags
  if (marked !== undefined && marked !== cluster) return { kind: 'another-cluster', cluster: marked }
  if (marked !== undefined && owner !== undefined && resource !== undefined)
    return { kind: 'ours', resource, owner, ...(ownerUid === undefined ? {} : { ownerUid }) }
  const [otherCluster] = lbcCluster.flatMap(key => tags[key] ?? [])
  if (marked !== undefined || otherCluster === undefined) return { kind: 'foreign' }
  for (const keys of lbcStacks) {
    const [stack, part] = [tags[keys.stack], tags[keys.resource]]
    if (stack === undefined || part === undefined) continue
    return { kind: 'aws-load-balancer-controller', of: keys.of, cluster: otherCluster, stack, resource: part }
  }
  return { kind: 'foreign' }
}

/** Whether a resource is the owner's own. One of a Service that was deleted and made again with the same name is not. */
export function isOwnedBy(tags: Tags, cluster: string, owner: Owner): boolean {
  const ownership = ownershipOf(tags, cluster)
  if (ownership.kind !== 'ours' || ownership.owner !== ownerText(owner)) return false
  return owner.kind !== 'Service' || ownership.ownerUid === owner.uid
}

/**
 * Whether a load balancer may be taken over for `owner`: it is of nobody who could object. One with another owner's marks is
 * refused, one without any marks needs `weir.dev/adopt` with the owner's name on it, which only who may tag it can set. So does
 * one of AWS Load Balancer Controller, unless it was made for the same Service of the cluster called `clusterName`.
 */
export function adoptionOf(
  tags: Tags,
  cluster: string,
  owner: Owner,
  clusterName?: string,
): { readonly allowed: boolean; readonly why: string } {
  const ownership = ownershipOf(tags, cluster)
  const name = ownerText(owner)
  if (ownership.kind === 'ours')
    return ownership.owner === name ? yes('it is ours already') : no(`it belongs to ${ownership.owner}`)
  if (ownership.kind === 'another-cluster') return no(`it belongs to the cluster ${ownership.cluster}`)
  const named = tags[adoptTag]
  if (named === name || named === adoptValue(name, cluster)) return yes('its tags allow it')
  if (named?.startsWith(`${name}@`) === true)
    return no(`the cluster ${named.slice(name.length + 1)} left it behind for a Service of its own`)
  const lacks = `it lacks the tag ${adoptTag}=${name}`
  if (ownership.kind !== 'aws-load-balancer-controller') return no(lacks)
  const words = `AWS Load Balancer Controller made it for ${ownership.stack} of the cluster ${ownership.cluster}`
  const mine = otherStackOf(owner)
  if (ownership.of !== mine?.of || ownership.stack !== mine.stack) return no(`${words}, and ${lacks}`)
  if (clusterName === undefined) return no(`${words}; whether that is this one is not known without spec.aws.clusterName`)
  return ownership.cluster === clusterName ? yes(words) : no(`${words}, and ${lacks}`)
}

/** What AWS Load Balancer Controller made something as, if it was for this very owner; in some cluster. */
export function leftFor(
  tags: Tags,
  cluster: string,
  owner: Owner,
): Extract<Ownership, { kind: 'aws-load-balancer-controller' }> | undefined {
  const ownership = ownershipOf(tags, cluster)
  const mine = otherStackOf(owner)
  if (ownership.kind !== 'aws-load-balancer-controller') return undefined
  return ownership.of === mine?.of && ownership.stack === mine.stack ? ownership : undefined
}

/** Set by people on a load balancer that a Service may take over; the value is the owner, as `default/web`. */
export const adoptTag = 'weir.dev/adopt'

/** What is left behind is for the Service of this cluster only: others of the account may have one of the same name. */
export function adoptValue(owner: string, cluster: string): string {
  return `${owner}@${cluster}`
}

/** On a load balancer that was taken over: it keeps its name, and what others set on it. */
export const adoptedTag = 'weir.dev/adopted'

/** Marks by which AWS Load Balancer Controller would go on taking it for its own. */
export const otherMarks: readonly string[] = [...lbcCluster, ...lbcStacks.flatMap(({ stack, resource }) => [stack, resource])]

/** Keys of marks to take off what is left behind, so that no sweep takes it for ours. */
export const ownershipTagKeys: readonly string[] = [clusterTag, ownerTag, ownerUidTag, resourceTag, adoptedTag]

/**
 * Which tags to set and which keys to take away; keys that others manage are left alone, as are those of AWS. Of what was taken
 * over, only the keys in `removable` are taken away.
 */
export function tagChanges(
  wanted: Tags,
  observed: Tags,
  externallyManaged: readonly string[] = [],
  removable?: readonly string[],
): { readonly set: Tags; readonly remove: readonly string[] } {
  const set = Object.entries(wanted).filter(([key, value]) => observed[key] !== value && !externallyManaged.includes(key))
  const remove = Object.keys(observed).filter(
    key => !(key in wanted) && !key.startsWith('aws:') && key !== adoptTag && !externallyManaged.includes(key),
  )
  const isRemovable = (key: string) => removable === undefined || removable.includes(key)
  return { set: Object.fromEntries(set), remove: remove.filter(isRemovable) }
}

/** What is wrong with a tag somebody asks for; undefined when nothing is. Limits by the ELBv2 and EC2 API references, Tag. */
export function tagProblem(key: string, value: string, externallyManaged: readonly string[]): string | undefined {
  if (externallyManaged.includes(key)) return 'is in externalManagedTags of the class'
  if (/^aws:/i.test(key)) return 'begins with aws:, which is reserved'
  if (key.startsWith('weir.dev/')) return 'begins with weir.dev/, which marks what is ours'
  if (key.length > 128) return 'has a key of more than 128 characters'
  return value.length > 256 ? 'has a value of more than 256 characters' : undefined
}

function yes(why: string): { readonly allowed: true; readonly why: string } {
  return { allowed: true, why }
}

function no(why: string): { readonly allowed: false; readonly why: string } {
  return { allowed: false, why }
}
