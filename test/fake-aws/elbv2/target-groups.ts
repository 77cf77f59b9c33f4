// Creates, changes, describes and deletes target groups.
import type {
  CreateTargetGroupInput,
  CreateTargetGroupOutput,
  DeleteTargetGroupInput,
  DeleteTargetGroupOutput,
  DescribeTargetGroupsInput,
  DescribeTargetGroupsOutput,
  ModifyTargetGroupInput,
  ModifyTargetGroupOutput,
  TargetGroup as TargetGroupOutput,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Call, Operations } from '../call.ts'
import { elbArn } from '../call.ts'
import { canonicalJson } from '../canonical.ts'
import { awsError, invalid } from '../errors.ts'
import type { TargetGroup } from '../records.ts'
import { findLoadBalancer, findTargetGroup } from './find.ts'
import { describeHealthCheck, healthCheckOf } from './health-checks.ts'
import { checkArn, checkName, checkOneOf, checkRange } from './names.ts'
import { atMostTwenty, elbPage } from './pages.ts'
import { resourceNotFound, tagsOf } from './tags.ts'
import { usersOf } from './use.ts'

const protocols = ['HTTP', 'HTTPS', 'TCP', 'TLS', 'UDP', 'TCP_UDP', 'GENEVE', 'QUIC', 'TCP_QUIC']

/** A target group without identity, tags and targets: what a repeated create is compared by. */
type Settings = Omit<TargetGroup, 'arn' | 'attributes' | 'tags' | 'targets' | 'usedBy'>

/** API_CreateTargetGroup: a repeated create with the same settings succeeds, a name is unique in account and region. */
function create(input: CreateTargetGroupInput, call: Call): CreateTargetGroupOutput {
  checkName('target group', input.Name ?? '')
  const settings = settingsOf(input)
  const tags = tagsOf(call, input.Tags)
  if (settings.vpcId !== undefined && !call.references.vpcs.get(settings.vpcId)) {
    throw invalid(`The VPC ID '${settings.vpcId}' is not found`)
  }
  const groups = call.world.targetGroups.values()
  const same = groups.find(group => group.name === input.Name)
  if (same) {
    const equal = signature(same) === signature(settings) && canonicalJson(same.tags) === canonicalJson(tags)
    if (equal) return { TargetGroups: [describeOne(same, [])] }
    throw awsError(
      'DuplicateTargetGroupName',
      `A target group with the same name '${input.Name}' exists, but with different settings`,
    )
  }
  const limit = call.settings.quotas.targetGroups
  if (groups.length >= limit)
    throw awsError('TooManyTargetGroups', `The maximum number of target groups, ${limit}, has been reached`)
  const arn = elbArn(call, `targetgroup/${input.Name}/${call.newId(16)}`)
  const group: TargetGroup = { ...settings, arn, attributes: {}, tags, targets: new Map() }
  call.world.targetGroups.put(arn, group)
  return { TargetGroups: [describeOne(group, [])] }
}

/** What goes together: API_CreateTargetGroup; for type alb "Use Application Load Balancers as targets" in the NLB guide. */
function settingsOf(input: CreateTargetGroupInput): Settings {
  checkOneOf('targetType', input.TargetType, ['instance', 'ip', 'lambda', 'alb'])
  checkOneOf('protocol', input.Protocol, protocols)
  checkOneOf('ipAddressType', input.IpAddressType, ['ipv4', 'ipv6'])
  const targetType = input.TargetType ?? 'instance'
  if (targetType === 'lambda') {
    if (input.Protocol ?? input.Port ?? input.VpcId)
      throw invalid('Protocol, port and VPC cannot be specified for target type lambda')
  } else {
    if (input.Protocol === undefined) throw invalid('A protocol must be specified')
    if (input.Port === undefined) throw invalid('A port must be specified')
    if (input.VpcId === undefined) throw invalid('A VPC ID must be specified')
  }
  if (input.Protocol === 'GENEVE') throw awsError('NotImplemented', 'this fake has no Gateway Load Balancers')
  checkRange('port', input.Port, 1, 65_535)
  checkProtocolVersion(input)
  if (targetType === 'alb' && input.Protocol !== 'TCP')
    throw invalid(`Protocol '${input.Protocol}' is not supported for target type alb`)
  if (targetType === 'alb' && input.IpAddressType === 'ipv6') throw invalid('Target type alb must have IP address type ipv4')
  const http = input.Protocol === 'HTTP' || input.Protocol === 'HTTPS'
  const group = { targetType, protocol: input.Protocol, protocolVersion: http ? (input.ProtocolVersion ?? 'HTTP1') : undefined }
  return {
    ...group,
    name: input.Name ?? '',
    port: input.Port,
    vpcId: input.VpcId,
    ipAddressType: input.IpAddressType ?? 'ipv4',
    healthCheck: healthCheckOf(group, input),
  }
}

function checkProtocolVersion({ Protocol, ProtocolVersion }: CreateTargetGroupInput): void {
  if (ProtocolVersion === undefined) return
  checkOneOf('protocolVersion', ProtocolVersion, ['HTTP1', 'HTTP2', 'GRPC'])
  if (Protocol !== 'HTTP' && Protocol !== 'HTTPS')
    throw invalid(`A protocol version cannot be specified for protocol '${Protocol}'`)
}

function signature(settings: Settings): string {
  const { targetType, protocol, protocolVersion, port, vpcId, ipAddressType, healthCheck } = settings
  return canonicalJson([targetType, protocol, protocolVersion, port, vpcId, ipAddressType, healthCheck])
}

function describeOne(group: TargetGroup, users: Iterable<string>): TargetGroupOutput {
  return {
    TargetGroupArn: group.arn,
    TargetGroupName: group.name,
    ...(group.protocol === undefined ? {} : { Protocol: group.protocol }),
    ...(group.protocolVersion === undefined ? {} : { ProtocolVersion: group.protocolVersion }),
    ...(group.port === undefined ? {} : { Port: group.port }),
    ...(group.vpcId === undefined ? {} : { VpcId: group.vpcId }),
    TargetType: group.targetType,
    IpAddressType: group.ipAddressType,
    LoadBalancerArns: [...users],
    ...describeHealthCheck(group.healthCheck),
  }
}

function describe(input: DescribeTargetGroupsInput, call: Call): DescribeTargetGroupsOutput {
  const { TargetGroupArns: arns, Names: names, LoadBalancerArn: balancer } = input
  if ([arns?.length, names?.length, balancer].filter(Boolean).length > 1) {
    throw invalid('Target groups can be described by load balancer, by names, or by ARNs, not by more than one of them')
  }
  atMostTwenty('targetGroupArns', arns)
  atMostTwenty('names', names)
  for (const arn of arns ?? []) checkArn('target group', arn)
  if (balancer !== undefined) findLoadBalancer(call.seen, balancer)
  const users = usersOf(call.seen)
  const all = call.seen.targetGroups.values()
  const wanted = arns?.length ? new Set(arns) : names?.length ? new Set(names) : undefined
  const found = all.filter(group => {
    if (balancer !== undefined) return users.get(group.arn)?.has(balancer)
    return wanted ? wanted.has(arns?.length ? group.arn : group.name) : true
  })
  if (wanted && found.length < wanted.size) throw resourceNotFound('target group', [...wanted])
  const { items, next } = elbPage(call, found, input)
  return { TargetGroups: items.map(group => describeOne(group, users.get(group.arn) ?? [])), ...next }
}

function modify(input: ModifyTargetGroupInput, call: Call): ModifyTargetGroupOutput {
  const group = findTargetGroup(call.world, input.TargetGroupArn)
  const changed = { ...group, healthCheck: healthCheckOf(group, input, keptFields(group, input)) }
  call.world.targetGroups.put(group.arn, changed)
  return { TargetGroups: [describeOne(changed, usersOf(call.world).get(group.arn) ?? [])] }
}

/** A check that changes between TCP and HTTP loses what only the other one has. */
function keptFields(group: TargetGroup, input: ModifyTargetGroupInput): TargetGroup['healthCheck'] {
  const next = input.HealthCheckProtocol ?? group.healthCheck.protocol
  const same = (next === 'TCP') === (group.healthCheck.protocol === 'TCP')
  return same ? group.healthCheck : { ...group.healthCheck, path: undefined, matcher: undefined }
}

/** API_DeleteTargetGroup: not while an action names it. A listener's end takes a moment to be seen, as every change in AWS. */
function remove(input: DeleteTargetGroupInput, call: Call): DeleteTargetGroupOutput {
  checkArn('target group', input.TargetGroupArn ?? '')
  const arn = input.TargetGroupArn ?? ''
  const leftAt = call.world.targetGroups.get(arn)?.leftAt ?? Number.NEGATIVE_INFINITY
  const lingers = call.now() - leftAt < call.settings.timings.targetGroupsLingerMs
  if (lingers || usersOf(call.world).has(arn))
    throw awsError('ResourceInUse', `Target group '${arn}' is currently in use by a listener or a rule`)
  call.world.targetGroups.delete(arn)
  return {}
}

export const targetGroupOperations = {
  CreateTargetGroup: create,
  DescribeTargetGroups: describe,
  ModifyTargetGroup: modify,
  DeleteTargetGroup: remove,
} satisfies Operations
