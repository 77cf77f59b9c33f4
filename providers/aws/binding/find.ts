// Finds the target group that a binding names, and says what is wrong with it for that binding.
import type { Reason } from '../../../src/api/reasons.ts'
import { reasons } from '../../../src/api/reasons.ts'
import type { BoundGroup } from '../../../src/api/target-group-binding.ts'
import type { BindingGoal } from '../../../src/model/binding.ts'
import { ProviderError } from '../../../src/provider.ts'
import type { Caller } from '../calls/calls.ts'
import { isGone } from '../calls/errors.ts'
import type { Place } from '../model/ledger.ts'
import { clusterTag, ownerTag } from '../model/ownership.ts'
import type { Location, Locations } from '../provider/locations.ts'
import { tagsOf } from '../snapshots/pictures.ts'
import { foundTargetGroup } from '../snapshots/shapes.ts'

/**
 * Where a binding works: where its class does, but for the VPC and the role that it names itself. Throws RoleNotAllowed for a role that
 * the class does not list.
 */
export function placeOf({ locations }: { readonly locations: Pick<Locations, 'ofClass'> }, goal: BindingGoal): Place {
  const { spec, class: found } = goal
  const { vpcID, iamRoleArnToAssume: arn, assumeRoleExternalId: externalId } = spec
  const aws = found.spec.aws ?? {}
  // Whoever may write a binding may not choose among all roles that trust the controller.
  if (arn !== undefined && arn !== aws.assumeRole?.arn && aws.bindingRoles?.includes(arn) !== true)
    throw refusal('RoleNotAllowed', `The class ${found.metadata.name} does not let bindings work as ${arn}.`)
  const { place } = locations.ofClass(
    vpcID === undefined ? found : { ...found, spec: { ...found.spec, aws: { ...aws, vpcId: vpcID } } },
  )
  return arn === undefined ? place : { ...place, assumeRole: { arn, ...(externalId === undefined ? {} : { externalId }) } }
}

/** Looks for the target group and at its tags. Two calls. Rejects when there is none, or it is filled by a load balancer of ours. */
export async function findGroup({ calls }: Location, { spec }: BindingGoal, caller: Caller): Promise<BoundGroup> {
  const { targetGroupARN, targetGroupName = '' } = spec
  const named = targetGroupARN ?? targetGroupName
  const input = targetGroupARN === undefined ? { Names: [targetGroupName] } : { TargetGroupArns: [targetGroupARN] }
  const group = await boundGroup(calls, input, caller)
  if (!group) throw refusal('TargetGroupNotFound', `There is no target group ${named}.`)
  const tags = (await tagsOf(calls, [group.arn], caller)).get(group.arn) ?? {}
  if (tags[clusterTag] !== undefined)
    throw refusal(
      'TargetGroupTaken',
      `${group.name} was made by Weir for ${tags[ownerTag] ?? 'another cluster'}, and is filled for it.`,
      'Name a target group that was made elsewhere; the endpoints of another Service get into this one by a forward (actions.<listener>).',
    )
  return group
}

async function boundGroup(
  calls: Location['calls'],
  input: { readonly Names: string[] } | { readonly TargetGroupArns: string[] },
  caller: Caller,
): Promise<BoundGroup | undefined> {
  try {
    const { TargetGroups = [] } = await calls.elb('DescribeTargetGroups', input, caller)
    const [first] = TargetGroups
    if (!first) return undefined
    const { arn, name, protocol, targetType, ipAddressType, vpcId } = foundTargetGroup(first, {})
    return { arn, name, protocol, targetType, ipAddressType, vpcId }
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

/** Rejects for what a binding says and the target group is not. */
export function checkGroup(group: BoundGroup, { spec, servicePort }: BindingGoal, place: Place): void {
  const { name, targetType, vpcId, protocol, ipAddressType } = group
  const region = (spec.targetGroupARN ?? '').split(':')[3] ?? ''
  const wrong = [
    ...(region !== '' && region !== place.region ? [`is in ${region}, and the class works in ${place.region}`] : []),
    ...(vpcId !== '' && vpcId !== place.vpcId ? [`is of ${vpcId}, not of ${place.vpcId}`] : []),
    ...(targetType === 'instance' || targetType === 'ip' ? [] : [`takes ${targetType} as targets, neither nodes nor pods`]),
    ...differs('targets of type', targetType, spec.targetType),
    ...differs('the address type', ipAddressType, spec.ipAddressType),
    ...differs('the protocol', protocol, spec.targetGroupProtocol),
    ...(servicePort && !carries(protocol, servicePort.protocol)
      ? [`is of protocol ${protocol}, and port ${servicePort.port} of the Service is ${servicePort.protocol}`]
      : []),
  ]
  if (wrong.length > 0) throw refusal('TargetGroupUnsuitable', `Target group ${name} ${wrong.join('; it ')}.`)
  if (targetType === 'instance' && servicePort && servicePort.nodePort === undefined)
    throw refusal('NodePortsRequired', `${name} takes nodes, but port ${servicePort.port} of the Service has no node port.`)
}

function differs(what: string, found: string, asked: string | undefined): readonly string[] {
  return asked === undefined || asked === found ? [] : [`has ${what} ${found}, not ${asked}`]
}

/** What target groups of a protocol carry on the way to their targets ("Routing configuration" of each kind of load balancer). */
function carries(group: string, port: string): boolean {
  if (group === 'TCP_UDP') return port === 'TCP' || port === 'UDP'
  return (group === 'UDP' || group === 'QUIC' || group === 'GENEVE' ? 'UDP' : 'TCP') === port
}

export function refusal(code: Reason, message: string, remedy: string = reasons[code].remedy): ProviderError {
  return new ProviderError({ code, message, remedy, retry: 'later' })
}
