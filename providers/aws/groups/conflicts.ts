// Where a member of a group cannot have what it asks for, because a load balancer can be only one thing. Pure.
import type { Problem, ServiceId } from '../../../src/model/load-balancer.ts'
import { servicePrefix } from '../annotations.ts'
import { blocks } from '../model/problems.ts'
import type { AwsSettings, SecurityGroupSettings } from '../settings/aws-settings.ts'

interface Leader {
  readonly id: ServiceId
  readonly settings: AwsSettings
}

/** Why a member cannot be on the load balancer at all: it would be open to others than it asks for, or reached by nobody. */
export function exclusions({ id, settings: leading }: Leader, settings: AwsSettings): readonly Problem[] {
  const problems: Problem[] = []
  const { namespace, name } = id
  const add = (message: string, remedy: string) => problems.push(blocks('GroupConflict', message, remedy))
  const [one, other] = [leading.loadBalancer, settings.loadBalancer]
  if (other.schemeAsked && other.scheme !== one.scheme) {
    const message = `The Service asks for an ${other.scheme} load balancer, and that of the group is ${one.scheme}, as ${namespace}/${name} asks.`
    add(message, 'Ask for the same scheme, or leave the group.')
  }
  // What is made without a word is internal; nobody is on the internet who did not say so.
  if (!other.schemeAsked && one.scheme === 'internet-facing') {
    const message = `the Service asks for no scheme, which means internal, and the load balancer of the group is internet-facing, as ${namespace}/${name} asks.`
    add(message, `Annotate it with ${servicePrefix}aws-load-balancer-scheme: internet-facing, or leave the group.`)
  }
  const guarded = guards(leading.securityGroups, settings.securityGroups)
  if (guarded !== undefined) add(`${guarded} of ${namespace}/${name}.`, 'Ask for the same security groups, or leave the group.')
  if (settings.targetGroups.some(({ ipAddressType }) => ipAddressType === 'ipv6') && one.ipAddressType === 'ipv4')
    add(`The targets have IPv6 addresses, and the load balancer of ${namespace}/${name} is ipv4.`, 'Leave the group.')
  const hasUdp = settings.listeners.some(({ protocol }) => protocol === 'UDP' || protocol === 'TCP_UDP')
  if (hasUdp && one.ipAddressType === 'dualstack' && !one.ipv6SourceNat) {
    const message = `UDP needs source NAT with IPv6 prefixes on a dualstack load balancer, and ${namespace}/${name} has it off.`
    add(message, `Turn it on for ${namespace}/${name}, or leave the group.`)
  }
  return problems
}

/** What the member trusts to keep clients out and would not have. Who lets everybody in trusts nothing. */
function guards(leading: SecurityGroupSettings, own: SecurityGroupSettings): string | undefined {
  if (leading.kind === 'managed' && own.kind === 'managed') return undefined
  if (own.kind === 'given') {
    const isSame = leading.kind === 'given' && leading.named.toSorted().join() === own.named.toSorted().join()
    return isSame ? undefined : 'The Service names security groups that are not those'
  }
  if (leading.kind === 'none' && own.kind === 'none' && leading.sources.join() !== own.sources.join())
    return 'Who may connect is said once for all targets, by the source ranges'
  const isOpen = own.sources.includes('0.0.0.0/0') && (own.kind === 'none' || own.prefixLists.length === 0)
  return isOpen || leading.kind === own.kind ? undefined : 'Who may connect is up to the security groups'
}

/** What only the load balancer as a whole can have, and a member asks for otherwise. It is served all the same. */
export function differences(one: AwsSettings, other: AwsSettings): readonly string[] {
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['name', one.loadBalancer.name, other.loadBalancer.name],
    ['address type', one.loadBalancer.ipAddressType, asked(other.loadBalancer.ipAddressType, 'ipv4')],
    ['subnets', one.loadBalancer.subnets, other.loadBalancer.subnets],
    ['attributes', one.loadBalancer.attributes.asked, other.loadBalancer.attributes.asked],
    ['capacity', one.loadBalancer.capacityUnits, other.loadBalancer.capacityUnits],
    ['deletion policy', one.deletionPolicy, asked(other.deletionPolicy, 'delete')],
  ]
  // A member that says nothing of its own has nothing to disagree with.
  return pairs
    .filter(([, first, second]) => second !== undefined && text(first) !== text(second) && text(second) !== '{}')
    .map(([what]) => what)
}

function asked(value: string, otherwise: string): string | undefined {
  return value === otherwise ? undefined : value
}

function text(value: unknown): string {
  return JSON.stringify(value) ?? ''
}
