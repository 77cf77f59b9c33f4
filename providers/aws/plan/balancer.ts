// The load balancer itself, and those it takes the place of. Pure.
import type { AwsAction } from '../actions.ts'
import type { SubnetMapping } from '../discovery/addresses.ts'
import { otherMarks, tagChanges } from '../model/ownership.ts'
import type { Seen } from '../model/seen.ts'
import type { GroupRef, Stack } from '../model/stack.ts'
import type { FoundLoadBalancer, FoundSubnet } from '../snapshots/shapes.ts'
import { changesOf, recorded } from './believed.ts'

/** How long the old load balancer is kept waiting for the new one to be healthy. */
export const longestWaitMs = 15 * 60_000
/** How often to look whether something waited for has come. */
export const lookAgainMs = 5000

export function currentOf(stack: Stack, { balancers }: Pick<Seen, 'balancers'>): FoundLoadBalancer | undefined {
  return balancers.find(({ name }) => name === stack.balancer.name)
}

/** What is taken over gets our marks before anything of it is changed; what the controller before us left beside it, too. */
export function adoptionSteps({ balancer }: Stack, { adopting, left, record }: Seen): readonly AwsAction[] {
  // It served before, so that its name is told before its targets are ours: whoever knows it goes on using it.
  const told: readonly AwsAction[] = balancer.isAdopted && record?.dnsName === undefined ? [{ kind: 'announce' }] : []
  const changes = (left?.changes ?? []).flatMap(({ id, tags, remove }): readonly AwsAction[] => [
    { kind: 'tag', arns: [id], tags },
    { kind: 'untag', arns: [id], keys: remove },
  ])
  if (!adopting) return [...told, ...changes]
  const remove = otherMarks.filter(key => key in adopting.tags)
  return [{ kind: 'adopt', arn: adopting.arn, name: adopting.name, tags: balancer.tags, remove }, ...told, ...changes]
}

export function balancerSteps(stack: Stack, seen: Seen): readonly AwsAction[] {
  const { balancer } = stack
  const found = currentOf(stack, seen)
  const actions: AwsAction[] = []
  if (!found) actions.push({ kind: 'create-load-balancer', balancer })
  else {
    actions.push(...typeAndSubnets(stack, found))
    const groups = securityGroups(stack, found, seen)
    if (groups) actions.push(groups)
    const removable = balancer.isAdopted ? [...otherMarks, ...Object.keys(recorded(seen, 'tags') ?? {})] : undefined
    const isMarked = found.arn !== seen.adopting?.arn
    const observed = isMarked ? found.tags : balancer.tags
    const { set, remove } = tagChanges(balancer.tags, observed, stack.foreignTags, removable)
    if (Object.keys(set).length > 0) actions.push({ kind: 'tag', arns: [found.arn], tags: set })
    if (remove.length > 0) actions.push({ kind: 'untag', arns: [found.arn], keys: remove })
  }
  if (!found && balancer.privateLinkInboundRules !== undefined && balancer.securityGroups.length > 0)
    actions.push({
      kind: 'set-security-groups',
      groups: balancer.securityGroups,
      privateLinkInboundRules: balancer.privateLinkInboundRules,
    })
  const attributes = changesOf(balancer.attributes, seen, {
    resource: 'load-balancer',
    arn: found?.arn,
    keepsOthers: balancer.isAdopted,
  })
  if (Object.keys(attributes).length > 0) actions.push({ kind: 'set-load-balancer-attributes', attributes })
  return actions
}

function typeAndSubnets({ balancer }: Stack, found: FoundLoadBalancer): readonly AwsAction[] {
  const actions: AwsAction[] = []
  const wanted = balancer.subnets.map(({ subnetId }) => subnetId).toSorted()
  const present = found.subnets.map(({ subnetId }) => subnetId).toSorted()
  if (wanted.join() !== present.join()) {
    // A zone's subnet is given up in one call and another one added in the next ("Availability Zones", NLB guide); an Application
    // Load Balancer changes all at once.
    const kept = balancer.subnets.filter(({ subnetId }) => present.includes(subnetId))
    const leaves = present.some(id => !wanted.includes(id))
    const isInTwo = balancer.type === 'network' && leaves && kept.length > 0 && kept.length < wanted.length
    if (isInTwo) actions.push({ kind: 'set-subnets', subnets: kept, balancer })
    actions.push({ kind: 'set-subnets', subnets: balancer.subnets, balancer })
  } else if (found.sourceNat !== balancer.sourceNat && balancer.ipAddressType === 'dualstack') {
    actions.push({ kind: 'set-subnets', subnets: balancer.subnets, balancer })
  }
  if (found.ipAddressType !== balancer.ipAddressType) actions.push({ kind: 'set-ip-address-type', type: balancer.ipAddressType })
  return actions
}

function securityGroups({ balancer }: Stack, found: FoundLoadBalancer, seen: Seen): AwsAction | undefined {
  if (balancer.securityGroups.length === 0) return undefined
  const ids = balancer.securityGroups.map(ref => idOf(ref, seen) ?? 'to be made')
  const isSame = ids.toSorted().join() === found.securityGroups.toSorted().join()
  const wanted = balancer.privateLinkInboundRules
  const judged = wanted !== undefined && wanted !== (found.privateLinkInboundRules ?? true)
  if (isSame && !judged) return undefined
  return {
    kind: 'set-security-groups',
    groups: balancer.securityGroups,
    ...(wanted === undefined ? {} : { privateLinkInboundRules: wanted }),
  }
}

function idOf(ref: GroupRef, seen: Seen): string | undefined {
  if (typeof ref !== 'string') return ref.id
  return ref === 'backend' ? seen.backend?.id : seen.frontends[0]?.id
}

/** What follows the listeners: reserved capacity, which needs an active load balancer, and the end of those that were before. */
export function predecessors(stack: Stack, seen: Seen): readonly AwsAction[] {
  const { balancer } = stack
  const found = currentOf(stack, seen)
  const isActive = found?.state === 'active'
  const old = seen.balancers.filter(({ name }) => name !== balancer.name)
  const retired = new Set((seen.record?.retiring ?? []).map(({ id }) => id))
  const serving = old.filter(({ arn }) => !retired.has(arn))
  const actions: AwsAction[] = []
  if (serving.length === 0) actions.push({ kind: 'announce' })
  else if (!found || !(isActive && isReady(stack, seen, found))) {
    actions.push({
      kind: 'wait',
      why: `${balancer.name} takes the place of ${serving.map(({ name }) => name).join(', ')}`,
      afterMs: lookAgainMs,
    })
  } else {
    actions.push({ kind: 'announce' })
    for (const { arn } of serving) actions.push({ kind: 'retire', what: 'load-balancer', id: arn })
  }
  const units = recorded(seen, 'capacity')?.['units']
  if (String(balancer.capacityUnits ?? '') !== (units ?? '')) {
    if (!isActive)
      actions.push({ kind: 'wait', why: 'capacity can be reserved when the load balancer is active', afterMs: lookAgainMs })
    else actions.push({ kind: 'set-capacity', units: balancer.capacityUnits })
  }
  return actions
}

/** Healthy, or nobody could be, or waited long enough. */
function isReady(stack: Stack, seen: Seen, { arn }: FoundLoadBalancer): boolean {
  const since = seen.waitingSince.get(arn) ?? seen.now
  if (seen.now - since >= longestWaitMs) return true
  return stack.targetGroups.every(({ key, name }) => {
    const group = seen.groups.find(each => each.name === name)
    return (seen.targets.get(key)?.length ?? 0) === 0 || (group !== undefined && seen.healthy.has(group.arn))
  })
}

/** Why the change cannot be made beside what there is; undefined when it can. */
export function interruption(stack: Stack, seen: Seen): { readonly message: string } | undefined {
  const current = currentOf(stack, seen)
  if (current) return changeInPlace(stack, current)
  const held = new Set(
    seen.balancers.flatMap(({ name, subnets }) => [
      `the name ${name}`,
      ...subnets.flatMap(({ allocationId, privateIpv4, ipv6 }) => addressesOf({ allocationId, privateIpv4, ipv6 })),
    ]),
  )
  const wanted = [`the name ${stack.balancer.name}`, ...stack.balancer.subnets.flatMap(addressesOf)]
  const both = wanted.filter(each => held.has(each))
  if (both.length === 0) return undefined
  return { message: `the change needs another load balancer, and ${both.join(', ')} cannot be at two at once.` }
}

/** A chosen name cannot be at two load balancers; nor can AWS change the addresses of a subnet, nor leave all subnets at once. */
function changeInPlace({ balancer }: Stack, found: FoundLoadBalancer): { readonly message: string } | undefined {
  if (found.scheme !== balancer.scheme)
    return { message: `the scheme of ${found.name} cannot change, and its name cannot be at two load balancers at once.` }
  if (found.securityGroups.length > 0 !== balancer.securityGroups.length > 0)
    return {
      message: `${found.name} was made ${found.securityGroups.length > 0 ? 'with' : 'without'} security groups, which cannot change.`,
    }
  const kept = balancer.subnets.filter(({ subnetId }) => found.subnets.some(each => each.subnetId === subnetId))
  if (kept.length === 0)
    return { message: `every subnet of ${found.name} changes, and a load balancer cannot leave all of them at once.` }
  const moved = kept.find(subnet => {
    const present = found.subnets.find(({ subnetId }) => subnetId === subnet.subnetId)
    return present !== undefined && hasOtherAddresses(subnet, present)
  })
  return moved && { message: `the addresses of ${found.name} in ${moved.subnetId} cannot change.` }
}

/** Absent addresses are chosen by AWS, so they go with any, but an Elastic IP is there because somebody asked for it. */
function hasOtherAddresses(wanted: SubnetMapping, present: FoundSubnet): boolean {
  if (wanted.allocationId !== present.allocationId) return true
  return wanted.privateIpv4 !== undefined && present.privateIpv4 !== undefined && wanted.privateIpv4 !== present.privateIpv4
}

function addressesOf({
  allocationId,
  privateIpv4,
  ipv6,
}: {
  readonly allocationId?: string | undefined
  readonly privateIpv4?: string | undefined
  readonly ipv6?: string | undefined
}): readonly string[] {
  return [
    ...(allocationId === undefined ? [] : [`the Elastic IP ${allocationId}`]),
    ...[privateIpv4, ipv6].flatMap(address => (address === undefined ? [] : [`the address ${address}`])),
  ]
}
