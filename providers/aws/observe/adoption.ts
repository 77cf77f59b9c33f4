// The load balancer that a Service, or a group of Ingresses, takes over, or took over before: it keeps its name, and what nobody asked to change.
import { reasons } from '../../../src/api/reasons.ts'
import { ProviderError } from '../../../src/provider.ts'
import { ownerText, ownerOf } from '../model/names.ts'
import { adoptedTag, adoptionOf, adoptTag, isOwnedBy, leftFor } from '../model/ownership.ts'
import type { AwsSettings } from '../settings/aws-settings.ts'
import { notOlder } from '../snapshots/pictures.ts'
import type { FoundLoadBalancer } from '../snapshots/shapes.ts'
import type { Look } from './look.ts'

/** Somebody may have tagged it, or made it, since the last listing. */
const maxAgeMs = 15_000

export interface Adoption {
  readonly balancer: FoundLoadBalancer
  /** It does not carry our marks yet. */
  readonly isNew: boolean
}

export interface Takeable {
  readonly type: 'network' | 'application'
  /** The owner's by their tags. */
  readonly own: readonly FoundLoadBalancer[]
  readonly clusterName: string | undefined
  /** It was another controller's, which is gone: what that one made for it is taken over without being asked for. */
  readonly takesOver: boolean
}

type Settings = Pick<AwsSettings, 'securityGroups'> & { readonly loadBalancer: Fitting; readonly adopt?: string }
type Fitting = Pick<AwsSettings['loadBalancer'], 'name' | 'scheme' | 'schemeAsked'> & { readonly ipAddressType: string }
type Where = Pick<Look, 'context' | 'location' | 'caller' | 'id'>

/**
 * What is asked for by `weir.dev/adopt-load-balancer`, else what was taken over before and still fits, else what the controller
 * before us left for this owner. Throws AdoptionRefused when it is not there, not allowed by its tags, or cannot become what is
 * asked for.
 */
export async function adoptionFor(look: Where, settings: Settings, takeable: Takeable): Promise<Adoption | undefined> {
  const { adopt } = settings
  const { own, type, clusterName } = takeable
  const unfitFor = (found: FoundLoadBalancer) => unfit(found, settings, look, type)
  if (adopt === undefined) {
    const before = own.find(each => each.tags[adoptedTag] !== undefined && unfitFor(each) === undefined)
    if (before) return { balancer: before, isNew: false }
    return own.length === 0 && takeable.takesOver ? leftBehind(look, settings, takeable) : undefined
  }
  const mine = own.find(each => isNamed(each, adopt))
  // One of ours that no longer fits is replaced like any other.
  if (mine) return unfitFor(mine) === undefined ? { balancer: mine, isNew: false } : undefined
  const { context, location, id } = look
  const { cluster } = context
  const found = (await seenLately(look)).find(each => isNamed(each, adopt))
  if (!found)
    throw refusal(
      `No load balancer ${adopt} is seen in ${location.place.region} yet; it is looked for again.`,
      'If it was made just now, wait; else correct weir.dev/adopt-load-balancer or leave it out.',
    )
  const owner = ownerOf(id)
  if (isOwnedBy(found.tags, cluster, owner)) return { balancer: found, isNew: false }
  const misfit = unfitFor(found) ?? otherFamilies(found, settings)
  if (misfit !== undefined) throw refusal(`${found.name} cannot be taken over: ${misfit}.`)
  const { allowed, why } = adoptionOf(found.tags, cluster, owner, clusterName)
  if (!allowed) throw notAllowed(found.name, why, ownerText(owner))
  return { balancer: found, isNew: true }
}

/**
 * What AWS Load Balancer Controller made for the same Service or group. Where it may be that and cannot be told, or does not fit,
 * nothing is made beside it: clients would be left with the old one, which nobody tends.
 */
async function leftBehind(look: Where, settings: Settings, { type, clusterName }: Takeable): Promise<Adoption | undefined> {
  const owner = ownerOf(look.id)
  const { vpcId } = look.location.place
  const left = (await seenLately(look)).flatMap(found => {
    const made = found.vpcId === vpcId ? leftFor(found.tags, look.context.cluster, owner) : undefined
    return made && (clusterName === undefined || made.cluster === clusterName) ? [{ found, made }] : []
  })
  const [first] = left
  if (!first) return undefined
  const { found, made } = first
  if (clusterName === undefined)
    throw refusal(
      `AWS Load Balancer Controller made ${found.name} for ${made.stack} of the cluster ${made.cluster}; whether that is this one is not known.`,
      `Say spec.aws.clusterName in the class: ${made.cluster} if it is this one.`,
    )
  const misfit = unfit(found, settings, look, type) ?? otherFamilies(found, settings)
  if (misfit !== undefined) throw refusal(`${found.name} of AWS Load Balancer Controller cannot be taken over: ${misfit}.`)
  return { balancer: found, isNew: true }
}

async function seenLately({ context, location, caller }: Where): Promise<readonly FoundLoadBalancer[]> {
  const around = { now: context.clock.monotonic(), signal: caller.signal }
  return [...(await notOlder(location.pictures.loadBalancers, maxAgeMs, around)).values()]
}

/** The tags of a load balancer do not let `owner` take it over. */
export function notAllowed(name: string, why: string, owner: string): ProviderError {
  return refusal(`${name} is not taken over: ${why}.`, `Tag it with ${adoptTag}=${owner}, or leave the annotation out.`)
}

export function refusal(message: string, remedy: string = reasons.AdoptionRefused.remedy): ProviderError {
  return new ProviderError({ code: 'AdoptionRefused', message, remedy, retry: 'later' })
}

function isNamed({ name, arn }: FoundLoadBalancer, adopt: string): boolean {
  return adopt.startsWith('arn:') ? arn === adopt : name === adopt
}

/** AWS would change it, and clients that came by IPv6 would be shut out by a Service that only says nothing of it. */
function otherFamilies({ ipAddressType }: FoundLoadBalancer, { loadBalancer }: Settings): string | undefined {
  if (ipAddressType !== 'dualstack' || loadBalancer.ipAddressType !== 'ipv4') return undefined
  return 'it is dualstack (aws-load-balancer-ip-address-type: dualstack fits it)'
}

/** What AWS never changes on a load balancer and is asked for otherwise; undefined when it fits. */
function unfit(
  found: FoundLoadBalancer,
  { loadBalancer, securityGroups }: Settings,
  { location }: Pick<Look, 'location'>,
  type: Takeable['type'],
): string | undefined {
  const { vpcId } = location.place
  if (found.type !== type) return `it is of type ${found.type}, not ${type}`
  if (found.vpcId !== vpcId) return `it is in ${found.vpcId}, not in ${vpcId}`
  if (loadBalancer.name !== undefined && loadBalancer.name !== found.name) return `its name cannot become ${loadBalancer.name}`
  if (loadBalancer.schemeAsked && loadBalancer.scheme !== found.scheme)
    return `it is ${found.scheme}, and ${loadBalancer.scheme} is asked for`
  const has = found.securityGroups.length > 0
  if (has === (securityGroups.kind !== 'none')) return undefined
  return has
    ? 'it has security groups, which can never be taken away (aws-load-balancer-disable-nlb-sg: "false" fits it)'
    : 'it has no security groups and can never get any (aws-load-balancer-disable-nlb-sg: "true" fits it)'
}
