// The load balancer that a Service takes over, or took over before: it keeps its name, and what nobody asked to change.
import { reasons } from '../../../src/api/reasons.ts'
import { ProviderError } from '../../../src/provider.ts'
import { ownerText, ownerOf } from '../model/names.ts'
import { adoptedTag, adoptionOf, adoptTag, isOwnedBy } from '../model/ownership.ts'
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

/**
 * What is asked for by `weir.dev/adopt-load-balancer`, else what was taken over before and still fits. `own` are the owner's by
 * their tags. Throws AdoptionRefused when it is not there, not allowed by its tags, or cannot become what is asked for.
 */
export async function adoptionFor(
  look: Look,
  settings: AwsSettings,
  { own, clusterName }: { readonly own: readonly FoundLoadBalancer[]; readonly clusterName: string | undefined },
): Promise<Adoption | undefined> {
  const { adopt } = settings
  if (adopt === undefined) {
    const before = own.find(each => each.tags[adoptedTag] !== undefined && unfit(each, settings, look) === undefined)
    return before && { balancer: before, isNew: false }
  }
  const mine = own.find(each => isNamed(each, adopt))
  // One of ours that no longer fits is replaced like any other.
  if (mine) return unfit(mine, settings, look) === undefined ? { balancer: mine, isNew: false } : undefined
  const { context, location, caller, id } = look
  const { clock, cluster } = context
  const around = { now: clock.monotonic(), signal: caller.signal }
  const found = [...(await notOlder(location.pictures.loadBalancers, maxAgeMs, around)).values()].find(each =>
    isNamed(each, adopt),
  )
  if (!found)
    throw refusal(
      `No load balancer ${adopt} is seen in ${location.place.region} yet; it is looked for again.`,
      'If it was made just now, wait; else correct weir.dev/adopt-load-balancer or leave it out.',
    )
  const owner = ownerOf(id)
  if (isOwnedBy(found.tags, cluster, owner)) return { balancer: found, isNew: false }
  const misfit = unfit(found, settings, look) ?? otherFamilies(found, settings)
  if (misfit !== undefined) throw refusal(`${found.name} cannot be taken over: ${misfit}.`)
  const { allowed, why } = adoptionOf(found.tags, cluster, owner, clusterName)
  if (!allowed) throw notAllowed(found.name, why, ownerText(owner))
  return { balancer: found, isNew: true }
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
function otherFamilies({ ipAddressType }: FoundLoadBalancer, { loadBalancer }: AwsSettings): string | undefined {
  if (ipAddressType !== 'dualstack' || loadBalancer.ipAddressType === 'dualstack') return undefined
  return 'it is dualstack (aws-load-balancer-ip-address-type: dualstack fits it)'
}

/** What AWS never changes on a load balancer and is asked for otherwise; undefined when it fits. */
function unfit(found: FoundLoadBalancer, { loadBalancer, securityGroups }: AwsSettings, { location }: Look): string | undefined {
  const { vpcId } = location.place
  if (found.type !== 'network') return `it is of type ${found.type}, not network`
  if (found.vpcId !== vpcId) return `it is in ${found.vpcId}, not in ${vpcId}`
  if (loadBalancer.name !== undefined && loadBalancer.name !== found.name) return `its name cannot become ${loadBalancer.name}`
  if (loadBalancer.schemeAsked && loadBalancer.scheme !== found.scheme)
    return `it is ${found.scheme}, and the Service asks for ${loadBalancer.scheme}`
  const has = found.securityGroups.length > 0
  if (has === (securityGroups.kind !== 'none')) return undefined
  return has
    ? 'it has security groups, which can never be taken away (aws-load-balancer-disable-nlb-sg: "false" fits it)'
    : 'it has no security groups and can never get any (aws-load-balancer-disable-nlb-sg: "true" fits it)'
}
