// Several Services on one load balancer: what they agree on, and which of them must give way where they do not. Pure.
import type { LoadBalancerId, Problem, Protocol } from '../../src/model/load-balancer.ts'
import { blocks, listed, warns } from './problems.ts'
import type { AwsSettings, ListenerSettings, PortError, SecurityGroupSettings, TargetGroupSettings } from './settings.ts'

/** A member with what it asks for. Settings of a member with a problem that blocks must not be given. */
export interface GroupMember {
  readonly id: LoadBalancerId
  /** RFC 3339; the oldest member is followed where there can be only one. */
  readonly createdAt: string
  readonly settings: AwsSettings
}

/** One listener of the whole, and whose it is. */
export interface GroupListener {
  readonly owner: LoadBalancerId
  readonly listener: ListenerSettings
  readonly targetGroup: TargetGroupSettings
  /** Who may connect to this listener: what its owner says, not what the others do. */
  readonly securityGroups: SecurityGroupSettings
}

export interface JoinedGroup {
  /** Everything but listeners is the oldest member's; tags are those of all. Undefined without members. */
  readonly settings: AwsSettings | undefined
  /** By port. */
  readonly listeners: readonly GroupListener[]
  /** By uid of the member. */
  readonly problems: ReadonlyMap<string, readonly Problem[]>
  readonly portErrors: ReadonlyMap<string, readonly PortError[]>
}

/**
 * Joins the members of a group. A port belongs to the oldest member that asks for it; the other is told and keeps its other
 * ports. A member that differs from the oldest one where a load balancer can be only one thing is served, and told.
 */
export function joinGroup(members: readonly GroupMember[]): JoinedGroup {
  const sorted = members.toSorted(byAge)
  const problems = new Map<string, readonly Problem[]>()
  const portErrors = new Map<string, readonly PortError[]>()
  const byPort = new Map<number, GroupListener>()
  const [leader] = sorted
  for (const member of sorted) {
    const { id, settings } = member
    const [lost, errors] = takePorts(member, byPort)
    const differing = leader && leader !== member ? differences(leader.settings, settings) : []
    const told = differing.length === 0 ? [] : [disagreement(leader?.id ?? id, differing)]
    if (lost.length + told.length > 0) problems.set(id.uid, [...lost, ...told])
    if (errors.length + settings.portErrors.length > 0) portErrors.set(id.uid, [...settings.portErrors, ...errors])
  }
  const listeners = [...byPort.values()].toSorted((one, other) => one.listener.port - other.listener.port)
  if (!leader) return { settings: undefined, listeners, problems, portErrors }
  const settings: AwsSettings = {
    ...leader.settings,
    tags: Object.assign({}, ...sorted.toReversed().map(member => member.settings.tags)),
    listeners: listeners.map(({ listener }) => listener),
    targetGroups: listeners.map(({ targetGroup }) => targetGroup),
    portErrors: [],
  }
  return { settings, listeners, problems, portErrors }
}

function takePorts(
  { id, settings }: GroupMember,
  byPort: Map<number, GroupListener>,
): readonly [readonly Problem[], readonly PortError[]] {
  const problems: Problem[] = []
  const errors: PortError[] = []
  for (const listener of settings.listeners) {
    const targetGroup = settings.targetGroups.find(({ key }) => key === String(listener.port))
    const holder = byPort.get(listener.port)
    if (holder) {
      const ports: readonly { readonly port: number; readonly protocol: Protocol }[] = listener.serves
      errors.push(...ports.map(({ port, protocol }) => ({ port, protocol, error: 'weir.dev/PortConflict' })))
      problems.push(portTaken(listener.port, holder.owner, settings.listeners.length === 1))
    } else if (targetGroup) {
      byPort.set(listener.port, { owner: id, listener, targetGroup, securityGroups: settings.securityGroups })
    }
  }
  return [problems, errors]
}

function portTaken(port: number, { namespace, name }: LoadBalancerId, isOnly: boolean): Problem {
  const message = `port ${port} of the group belongs to ${namespace}/${name}, which is older.`
  const remedy = 'Use another port, or leave the group.'
  return isOnly ? blocks('PortConflict', message, remedy) : warns('PortConflict', message, remedy)
}

/** What only the load balancer as a whole can have. */
function differences(one: AwsSettings, other: AwsSettings): readonly string[] {
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['name', one.loadBalancer.name, other.loadBalancer.name],
    ['scheme', one.loadBalancer.scheme, other.loadBalancer.scheme],
    ['address type', one.loadBalancer.ipAddressType, other.loadBalancer.ipAddressType],
    ['subnets', one.loadBalancer.subnets, other.loadBalancer.subnets],
    ['attributes', one.loadBalancer.attributes.asked, other.loadBalancer.attributes.asked],
    ['capacity', one.loadBalancer.capacityUnits, other.loadBalancer.capacityUnits],
    ['security groups', shapeOf(one.securityGroups), shapeOf(other.securityGroups)],
  ]
  // A member that says nothing of its own has nothing to disagree with.
  return pairs
    .filter(([, first, second]) => second !== undefined && text(first) !== text(second) && text(second) !== '{}')
    .map(([what]) => what)
}

function shapeOf(groups: SecurityGroupSettings): unknown {
  return groups.kind === 'given' ? groups.named : groups.kind
}

function text(value: unknown): string {
  return JSON.stringify(value) ?? ''
}

function disagreement({ namespace, name }: LoadBalancerId, what: readonly string[]): Problem {
  const message = `the load balancer of the group follows ${namespace}/${name} in its ${listed(what)}.`
  return warns('GroupConflict', message, `Ask for the same as ${namespace}/${name}, or for nothing.`)
}

function byAge(one: GroupMember, other: GroupMember): number {
  const [first, second] = [one, other].map(({ createdAt, id }) => `${createdAt} ${id.namespace}/${id.name}`)
  return (first ?? '') < (second ?? '') ? -1 : 1
}
