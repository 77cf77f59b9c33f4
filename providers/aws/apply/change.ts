// Changes things in place.
import type { AwsAction } from '../actions.ts'
import { unless } from '../calls/calls.ts'
import { ruleKey } from '../model/security-group-rules.ts'
import { recordLines } from '../plan/believed.ts'
import { foundListener, foundTargetGroup } from '../snapshots/shapes.ts'
import { groupId, healthCheckInput, listenerInput, mappingInput, tagList } from './make.ts'
import { permissionsOf } from './permissions.ts'
import { idIn, noteAttributes } from './run.ts'
import type { Run } from './run.ts'

type Change<Kind extends AwsAction['kind']> = (run: Run, action: Extract<AwsAction, { readonly kind: Kind }>) => Promise<void>

export const revoke: Change<'revoke'> = async (run, { role, rules }) => {
  const { calls, pictures } = run.location
  const GroupId = idIn(run, `security-group/${role}`)
  const input = { GroupId, IpPermissions: permissionsOf(rules, undefined) }
  await unless(['InvalidPermission.NotFound'], calls.ec2('RevokeSecurityGroupIngress', input, run.caller), () => undefined)
  const known = pictures.securityGroups.known(GroupId)
  const gone = new Set(rules.map(ruleKey))
  if (known) pictures.securityGroups.put({ ...known, rules: known.rules.filter(rule => !gone.has(ruleKey(rule))) })
}

export const modifyHealthCheck: Change<'modify-health-check'> = async (run, { key, healthCheck }) => {
  const { calls, pictures } = run.location
  const TargetGroupArn = idIn(run, `target-group/${key}`)
  const { TargetGroups } = await calls.elb(
    'ModifyTargetGroup',
    { TargetGroupArn, ...healthCheckInput(healthCheck, versionOf(run, key)) },
    run.caller,
  )
  const [changed] = TargetGroups ?? []
  const known = pictures.targetGroups.known(TargetGroupArn)
  if (changed && known) pictures.targetGroups.put(foundTargetGroup(changed, known.tags))
}

/** The codes of success are those of gRPC where that is spoken. */
function versionOf({ stack }: Run, key: string): string | undefined {
  return stack?.targetGroups.find(group => group.key === key)?.protocolVersion
}

export const setTargetGroupAttributes: Change<'set-target-group-attributes'> = async (run, { key, attributes }) => {
  const TargetGroupArn = idIn(run, `target-group/${key}`)
  await run.location.calls.elb('ModifyTargetGroupAttributes', { TargetGroupArn, Attributes: tagList(attributes) }, run.caller)
  const asked = run.stack?.targetGroups.find(group => group.key === key)?.attributes.asked
  if (asked) noteAttributes(run, `target-group/${key}`, recordLines(asked))
}

export const setSubnets: Change<'set-subnets'> = async (run, { subnets, balancer }) => {
  const { calls, pictures } = run.location
  const LoadBalancerArn = idIn(run, 'load-balancer')
  const isDual = balancer.ipAddressType === 'dualstack'
  const known = pictures.loadBalancers.known(LoadBalancerArn)
  // Source NAT belongs to dualstack, which may be set in the step after this one.
  const nat =
    isDual && known?.ipAddressType === 'dualstack'
      ? ({ EnablePrefixForIpv6SourceNat: balancer.sourceNat ? 'on' : 'off' } as const)
      : {}
  await calls.elb('SetSubnets', { LoadBalancerArn, SubnetMappings: subnets.map(mappingInput), ...nat }, run.caller)
  if (!known) return
  const next = subnets.map(subnet => ({
    ...known.subnets.find(({ subnetId }) => subnetId === subnet.subnetId),
    zone: '',
    ...subnet,
  }))
  pictures.loadBalancers.put({
    ...known,
    subnets: next,
    ...('EnablePrefixForIpv6SourceNat' in nat ? { sourceNat: balancer.sourceNat } : {}),
  })
}

export const setIpAddressType: Change<'set-ip-address-type'> = async (run, { type }) => {
  const { calls, pictures } = run.location
  const LoadBalancerArn = idIn(run, 'load-balancer')
  const IpAddressType = type === 'dualstack' || type === 'dualstack-without-public-ipv4' ? type : 'ipv4'
  await calls.elb('SetIpAddressType', { LoadBalancerArn, IpAddressType }, run.caller)
  const known = pictures.loadBalancers.known(LoadBalancerArn)
  if (known) pictures.loadBalancers.put({ ...known, ipAddressType: type })
}

export const setSecurityGroups: Change<'set-security-groups'> = async (run, { groups, privateLinkInboundRules }) => {
  const { calls, pictures } = run.location
  const LoadBalancerArn = idIn(run, 'load-balancer')
  const SecurityGroups = groups.map(ref => groupId(run, ref))
  const judged =
    privateLinkInboundRules === undefined
      ? {}
      : ({ EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: privateLinkInboundRules ? 'on' : 'off' } as const)
  await calls.elb('SetSecurityGroups', { LoadBalancerArn, SecurityGroups, ...judged }, run.caller)
  const known = pictures.loadBalancers.known(LoadBalancerArn)
  const rules = privateLinkInboundRules === undefined ? {} : { privateLinkInboundRules }
  if (known) pictures.loadBalancers.put({ ...known, securityGroups: SecurityGroups, ...rules })
}

export const setLoadBalancerAttributes: Change<'set-load-balancer-attributes'> = async (run, { attributes }) => {
  const LoadBalancerArn = idIn(run, 'load-balancer')
  await run.location.calls.elb('ModifyLoadBalancerAttributes', { LoadBalancerArn, Attributes: tagList(attributes) }, run.caller)
  if (run.stack) noteAttributes(run, 'load-balancer', recordLines(run.stack.balancer.attributes.asked))
}

export const setCapacity: Change<'set-capacity'> = async (run, { units }) => {
  const LoadBalancerArn = idIn(run, 'load-balancer')
  const wanted =
    units === undefined ? { ResetCapacityReservation: true } : { MinimumLoadBalancerCapacity: { CapacityUnits: units } }
  await run.location.calls.elb('ModifyCapacityReservation', { LoadBalancerArn, ...wanted }, run.caller)
  noteAttributes(run, 'capacity', units === undefined ? [] : [`units=${units}`])
}

export const modifyListener: Change<'modify-listener'> = async (run, { listener, arn }) => {
  const { calls, pictures } = run.location
  const { Listeners = [] } = await calls.elb('ModifyListener', { ListenerArn: arn, ...listenerInput(run, listener) }, run.caller)
  for (const changed of Listeners.map(foundListener)) pictures.listeners.put(changed)
}

export const setListenerAttributes: Change<'set-listener-attributes'> = async (run, { port, attributes }) => {
  const ListenerArn = idIn(run, `listener/${port}`)
  await run.location.calls.elb('ModifyListenerAttributes', { ListenerArn, Attributes: tagList(attributes) }, run.caller)
  const asked = run.stack?.listeners.find(listener => listener.port === port)?.attributes.asked
  if (asked) noteAttributes(run, `listener/${port}`, recordLines(asked))
}

export const addCertificates: Change<'add-certificates'> = async (run, { port, certificates }) => {
  const ListenerArn = idIn(run, `listener/${port}`)
  const Certificates = certificates.map(CertificateArn => ({ CertificateArn }))
  await run.location.calls.elb('AddListenerCertificates', { ListenerArn, Certificates }, run.caller)
}

export const removeCertificates: Change<'remove-certificates'> = async (run, { arn, certificates }) => {
  const Certificates = certificates.map(CertificateArn => ({ CertificateArn }))
  await run.location.calls.elb('RemoveListenerCertificates', { ListenerArn: arn, Certificates }, run.caller)
}

export const tag: Change<'tag'> = async (run, { arns, tags }) => {
  const { calls } = run.location
  const [groups, others] = apart(arns)
  if (groups.length > 0) await calls.ec2('CreateTags', { Resources: groups, Tags: tagList(tags) }, run.caller)
  if (others.length > 0) await calls.elb('AddTags', { ResourceArns: others, Tags: tagList(tags) }, run.caller)
  retag(run, arns, present => ({ ...present, ...tags }))
}

export const untag: Change<'untag'> = async (run, { arns, keys }) => {
  const { calls } = run.location
  const [groups, others] = apart(arns)
  if (groups.length > 0) await calls.ec2('DeleteTags', { Resources: groups, Tags: keys.map(Key => ({ Key })) }, run.caller)
  if (others.length > 0) await calls.elb('RemoveTags', { ResourceArns: others, TagKeys: [...keys] }, run.caller)
  retag(run, arns, present => Object.fromEntries(Object.entries(present).filter(([key]) => !keys.includes(key))))
}

/** Security groups have ids, the rest has ARNs. */
function apart(arns: readonly string[]): readonly [string[], string[]] {
  return [arns.filter(arn => arn.startsWith('sg-')), arns.filter(arn => !arn.startsWith('sg-'))]
}

function retag(
  { location: { pictures } }: Run,
  arns: readonly string[],
  change: (tags: Readonly<Record<string, string>>) => Readonly<Record<string, string>>,
): void {
  for (const arn of arns) {
    const balancer = pictures.loadBalancers.known(arn)
    if (balancer) pictures.loadBalancers.put({ ...balancer, tags: change(balancer.tags) })
    const group = pictures.targetGroups.known(arn)
    if (group) pictures.targetGroups.put({ ...group, tags: change(group.tags) })
    const security = pictures.securityGroups.known(arn)
    if (security) pictures.securityGroups.put({ ...security, tags: change(security.tags) })
  }
}
