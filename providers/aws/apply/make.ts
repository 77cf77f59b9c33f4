// Makes things: what an earlier run that was cut made already is found by its name and taken if its tags say that it is ours.
import type { Tag } from '@aws-sdk/client-elastic-load-balancing-v2'
import { reasons } from '../../../src/api/reasons.ts'
import { ProviderError } from '../../../src/provider.ts'
import type { AwsAction, GroupRole } from '../actions.ts'
import { unless } from '../calls/calls.ts'
import type { ElbInput } from '../calls/calls.ts'
import type { SubnetMapping } from '../discovery/addresses.ts'
import { ownerOf } from '../model/names.ts'
import { isOwnedBy, ownershipOf } from '../model/ownership.ts'
import type { GroupRef, StackListener } from '../model/stack.ts'
import type { HealthCheckSettings } from '../settings/aws-settings.ts'
import { tagsOf } from '../snapshots/pictures.ts'
import { foundListener, foundLoadBalancer, foundSecurityGroup, foundTargetGroup } from '../snapshots/shapes.ts'
import type { FoundRule, Tags } from '../snapshots/shapes.ts'
import { authorizeAll } from './permissions.ts'
import { idIn } from './run.ts'
import type { Run } from './run.ts'

type Make<Kind extends AwsAction['kind']> = (run: Run, action: Extract<AwsAction, { readonly kind: Kind }>) => Promise<void>

export const createSecurityGroup: Make<'create-security-group'> = (run, { role, group, vpcId }) => {
  const { calls, pictures } = run.location
  const make = async () => {
    const found = await unless(
      ['InvalidGroup.Duplicate'],
      calls
        .ec2(
          'CreateSecurityGroup',
          {
            GroupName: group.name,
            Description: group.description,
            VpcId: vpcId,
            TagSpecifications: [{ ResourceType: 'security-group', Tags: tagList(group.tags) }],
          },
          run.caller,
        )
        .then(({ GroupId = '' }) => ({ id: GroupId, name: group.name, vpcId, rules: [], tags: group.tags })),
      () => existingGroup(run, group.name, vpcId, role),
    )
    pictures.securityGroups.put(found)
    return found.id
  }
  return noteId(run, `security-group/${role}`, role === 'backend' ? once(run, group.name, make) : make())
}

async function existingGroup(run: Run, name: string, vpcId: string, role: GroupRole) {
  const Filters = [
    { Name: 'vpc-id', Values: [vpcId] },
    { Name: 'group-name', Values: [name] },
  ]
  const { SecurityGroups = [] } = await run.location.calls.ec2('DescribeSecurityGroups', { Filters }, run.caller)
  const [found] = SecurityGroups.map(foundSecurityGroup)
  if (!found) throw unclear(`the security group ${name}`)
  const isOurs = role === 'backend' ? ownershipOf(found.tags, run.context.cluster).kind === 'ours' : isMine(run, found.tags)
  if (!isOurs) throw taken(`the security group ${name} (${found.id})`)
  return found
}

/** Shared things that are being made, so that a hundred load balancers that start together make one. */
const underWay = new WeakMap<object, Map<string, Promise<string>>>()

function once({ location }: Run, name: string, make: () => Promise<string>): Promise<string> {
  const ofLocation = underWay.get(location) ?? new Map<string, Promise<string>>()
  underWay.set(location, ofLocation)
  const known = ofLocation.get(name)
  if (known) return known
  const making = make().finally(() => ofLocation.delete(name))
  ofLocation.set(name, making)
  return making
}

export const authorize: Make<'authorize'> = async (run, { role, rules }) => {
  const { calls, pictures } = run.location
  const GroupId = idIn(run, `security-group/${role}`)
  const known = pictures.securityGroups.known(GroupId)
  await authorizeAll(calls, { group: GroupId, rules, description: 'weir.dev/clients' }, run.caller)
  const added = rules.map((rule): FoundRule => ({ ...rule, description: 'weir.dev/clients' }))
  if (known) pictures.securityGroups.put({ ...known, rules: [...known.rules, ...added] })
}

export const createTargetGroup: Make<'create-target-group'> = (run, { group, vpcId }) => {
  const { calls, pictures } = run.location
  const make = async () => {
    const input = {
      Name: group.name,
      Protocol: group.protocol,
      Port: group.port,
      VpcId: vpcId,
      TargetType: group.targetType,
      IpAddressType: group.ipAddressType,
      ...(group.protocolVersion === undefined ? {} : { ProtocolVersion: group.protocolVersion }),
      ...healthCheckInput(group.healthCheck, group.protocolVersion),
      Tags: tagList(group.tags),
    }
    const answer = await unless(['DuplicateTargetGroupName'], calls.elb('CreateTargetGroup', input, run.caller), () =>
      calls.elb('DescribeTargetGroups', { Names: [group.name] }, run.caller).then(found => ({ ...found, existed: true })),
    )
    const [made] = answer.TargetGroups ?? []
    if (!made) throw unclear(`the target group ${group.name}`)
    const arn = made.TargetGroupArn ?? ''
    const tags = 'existed' in answer ? await mine(run, arn, `the target group ${group.name}`) : group.tags
    pictures.targetGroups.put(foundTargetGroup(made, tags))
    return arn
  }
  return noteId(run, `target-group/${group.key}`, make())
}

export const createLoadBalancer: Make<'create-load-balancer'> = async (run, { balancer }) => {
  const { calls, pictures } = run.location
  const groups = balancer.securityGroups.map(ref => groupId(run, ref))
  const input: ElbInput<'CreateLoadBalancer'> = {
    Name: balancer.name,
    Type: balancer.type,
    Scheme: balancer.scheme,
    IpAddressType: balancer.ipAddressType,
    SubnetMappings: balancer.subnets.map(mappingInput),
    ...(groups.length > 0 ? { SecurityGroups: groups } : {}),
    ...(balancer.sourceNat ? { EnablePrefixForIpv6SourceNat: 'on' } : {}),
    ...(balancer.customerOwnedIpv4Pool === undefined ? {} : { CustomerOwnedIpv4Pool: balancer.customerOwnedIpv4Pool }),
    ...(balancer.ipamIpv4Pool === undefined ? {} : { IpamPools: { Ipv4IpamPoolId: balancer.ipamIpv4Pool } }),
    Tags: tagList(balancer.tags),
  }
  const answer = await unless(['DuplicateLoadBalancerName'], calls.elb('CreateLoadBalancer', input, run.caller), () =>
    calls.elb('DescribeLoadBalancers', { Names: [balancer.name] }, run.caller).then(found => ({ ...found, existed: true })),
  )
  const [made] = answer.LoadBalancers ?? []
  if (!made) throw unclear(`the load balancer ${balancer.name}`)
  const arn = made.LoadBalancerArn ?? ''
  const what = `the load balancer ${balancer.name}`
  // Of the same name and settings AWS answers with what is there (API_CreateLoadBalancer), whoever made it.
  const isSure = !('existed' in answer) && !balancer.isNamed
  const tags = isSure ? balancer.tags : await mine(run, arn, what, 'existed' in answer ? undefined : balancer.tags)
  const found = foundLoadBalancer(made, tags)
  pictures.loadBalancers.put(found)
  run.context.memory.stateSeen.set(arn, run.context.clock.monotonic())
  run.ids.set('load-balancer', arn)
  run.record = { ...run.record, scheme: balancer.scheme, dnsName: run.record.dnsName ?? found.dnsName }
}

export const createListener: Make<'create-listener'> = (run, { listener }) =>
  makeListener(run, listener.port, { ...listenerInput(run, listener), ...optionalTags(listener.tags) })

export function makeListener(
  run: Run,
  port: number,
  { Tags, ...settings }: Omit<ElbInput<'CreateListener'>, 'LoadBalancerArn'>,
): Promise<void> {
  const { calls, pictures } = run.location
  const LoadBalancerArn = idIn(run, 'load-balancer')
  const make = async () => {
    const input = { LoadBalancerArn, ...settings, ...(Tags === undefined ? {} : { Tags }) }
    const answer = await unless(['DuplicateListener'], calls.elb('CreateListener', input, run.caller), () =>
      existingListener(run, port, settings).then(found => ({ ...found, existed: true })),
    )
    const [made] = (answer.Listeners ?? []).map(foundListener)
    if (!made) throw unclear(`the listener ${port}`)
    pictures.listeners.put(made)
    if ('existed' in answer) pictures.rules.lost(made.arn)
    else pictures.rules.begin(made.arn)
    return made.arn
  }
  return noteId(run, `listener/${port}`, make())
}

/** One is there that we did not see: made by a run that was cut, with other settings. It is ours, as its load balancer is. */
async function existingListener(run: Run, port: number, settings: Omit<ElbInput<'CreateListener'>, 'LoadBalancerArn' | 'Tags'>) {
  const { calls } = run.location
  const LoadBalancerArn = idIn(run, 'load-balancer')
  const { Listeners = [] } = await calls.elb('DescribeListeners', { LoadBalancerArn }, run.caller)
  const existing = Listeners.map(foundListener).find(each => each.port === port)
  if (!existing) throw unclear(`the listener ${port}`)
  return calls.elb('ModifyListener', { ListenerArn: existing.arn, ...settings }, run.caller)
}

export function healthCheckInput(check: HealthCheckSettings, protocolVersion?: string) {
  return {
    HealthCheckProtocol: check.protocol,
    HealthCheckPort: String(check.port),
    HealthCheckIntervalSeconds: check.intervalSeconds,
    HealthCheckTimeoutSeconds: check.timeoutSeconds,
    HealthyThresholdCount: check.healthyThreshold,
    UnhealthyThresholdCount: check.unhealthyThreshold,
    ...(check.path === undefined ? {} : { HealthCheckPath: check.path }),
    ...(check.successCodes === undefined
      ? {}
      : { Matcher: protocolVersion === 'GRPC' ? { GrpcCode: check.successCodes } : { HttpCode: check.successCodes } }),
  }
}

export function mappingInput({ subnetId, allocationId, privateIpv4, ipv6, sourceNatPrefix }: SubnetMapping) {
  return {
    SubnetId: subnetId,
    ...(allocationId === undefined ? {} : { AllocationId: allocationId }),
    ...(privateIpv4 === undefined ? {} : { PrivateIPv4Address: privateIpv4 }),
    ...(ipv6 === undefined ? {} : { IPv6Address: ipv6 }),
    ...(sourceNatPrefix === undefined ? {} : { SourceNatIpv6Prefix: sourceNatPrefix }),
  }
}

export function listenerInput(
  run: Run,
  { protocol, port, certificates, tlsPolicy, alpnPolicy, forward, stickiness }: StackListener,
) {
  const [first] = certificates
  const isTls = protocol === 'TLS'
  const groups = forward.map(to => ({
    TargetGroupArn: 'own' in to ? idIn(run, `target-group/${to.own}`) : to.arn,
    // With one place only, AWS has a weight of 1; a weight of 0 is meant as it stands.
    Weight: forward.length === 1 ? Math.min(to.weight, 1) : to.weight,
  }))
  return {
    Protocol: protocol,
    Port: port,
    DefaultActions: [
      {
        Type: 'forward' as const,
        ForwardConfig: {
          TargetGroups: groups,
          ...(stickiness ? { TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 3600 } } : {}),
        },
      },
    ],
    ...(isTls && first !== undefined ? { Certificates: [{ CertificateArn: first }] } : {}),
    ...(isTls && tlsPolicy !== undefined ? { SslPolicy: tlsPolicy } : {}),
    ...(isTls ? { AlpnPolicy: [alpnPolicy ?? 'None'] } : {}),
  }
}

export function groupId(run: Run, ref: GroupRef): string {
  return typeof ref === 'string' ? idIn(run, `security-group/${ref}`) : ref.id
}

export function tagList(tags: Tags): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}

/** AWS refuses an empty list. */
export function optionalTags(tags: Tags): { readonly Tags?: Tag[] } {
  const list = tagList(tags)
  return list.length === 0 ? {} : { Tags: list }
}

async function noteId(run: Run, resource: string, making: Promise<string>): Promise<void> {
  run.ids.set(resource, await making)
}

function isMine({ context, id }: Run, tags: Tags): boolean {
  return isOwnedBy(tags, context.cluster, ownerOf(id))
}

/**
 * The tags of something that has the name, perhaps for long. Throws NameTaken unless they say that it is this owner's. `asked`: the
 * tags it has if it was made just now.
 */
async function mine(run: Run, arn: string, what: string, asked?: Tags): Promise<Tags> {
  const tags = (await tagsOf(run.location.calls, [arn], run.caller)).get(arn) ?? {}
  if (!isMine(run, tags)) throw taken(`${what} (${arn})`)
  if (asked && Object.entries(asked).every(([key, value]) => tags[key] === value)) return tags
  // Its settings are not those that were asked for, so the next look compares them.
  run.context.memory.doubted.add(run.id.uid)
  return tags
}

function taken(what: string): ProviderError {
  const message = `${what} is there already and not ours by its tags.`
  return new ProviderError({ code: 'NameTaken', message, remedy: reasons.NameTaken.remedy, retry: 'later' })
}

/** AWS says that it is there and does not show it: its answers lag behind each other. */
function unclear(what: string): ProviderError {
  const message = `AWS has ${what}, but does not show it yet.`
  return new ProviderError({ code: 'ProviderError', message, remedy: 'It is tried again.', retry: 'later' })
}
