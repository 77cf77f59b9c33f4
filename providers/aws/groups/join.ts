// Several Services on one load balancer: what they agree on, and which of them must give way where they do not. Pure.
import type { Problem, ServiceId } from '../../../src/model/load-balancer.ts'
import { quotas } from '../limits.ts'
import { blocks, listed, warns } from '../model/problems.ts'
import { collapse, frontendRules } from '../model/security-group-rules.ts'
import type { OwnRule } from '../model/security-group-rules.ts'
import type {
  AwsSettings,
  ListenerSettings,
  PortError,
  SecurityGroupSettings,
  TargetGroupSettings,
} from '../settings/aws-settings.ts'
import { differences, exclusions } from './conflicts.ts'
import { byPlace } from './members.ts'

/** A member with what it asks for. Settings of a member with a problem that blocks must not be given. */
export interface GroupMember {
  readonly id: ServiceId
  /** RFC 3339. */
  readonly createdAt: string
  readonly settings: AwsSettings
  /** Its place among those that are on the load balancer already; absent for one that comes new. */
  readonly place?: number
  /** Ports it has on the load balancer already. */
  readonly ports?: readonly string[]
}

/** One listener of the whole, and whose it is. */
export interface GroupListener {
  readonly owner: ServiceId
  readonly listener: ListenerSettings
  readonly targetGroups: readonly TargetGroupSettings[]
  /** Who may connect to this listener: what its owner says, not what the others do. */
  readonly securityGroups: SecurityGroupSettings
}

export interface JoinedGroup {
  /** The one that is followed in all that a load balancer can be only once. Absent without members. */
  readonly leader?: ServiceId
  /** Everything but listeners is the leader's; tags are those of all. Undefined without members. */
  readonly settings: AwsSettings | undefined
  /** By port. */
  readonly listeners: readonly GroupListener[]
  /** What the managed security group lets in. */
  readonly rules: readonly OwnRule[]
  /** Uids of those that have a port. */
  readonly served: ReadonlySet<string>
  /** By uid of the member. One with a problem that blocks has no port. */
  readonly problems: ReadonlyMap<string, readonly Problem[]>
  readonly portErrors: ReadonlyMap<string, readonly PortError[]>
}

interface Ports {
  readonly byPort: Map<number, GroupListener>
  readonly problems: Map<string, readonly Problem[]>
  readonly portErrors: Map<string, readonly PortError[]>
}

/**
 * Joins the members of a group. Who is on the load balancer stays as it is, in the order in which they came; of those that come
 * new together, the oldest is first. A port belongs to who has it, else to the first that asks; the others are told and keep
 * their other ports. The first member leads: one that would be exposed, or not be reached, by what the leader asks for is left
 * out; one that differs otherwise where a load balancer can be only one thing is served, and told.
 */
export function joinGroup(members: readonly GroupMember[]): JoinedGroup {
  const sorted = members.toSorted(byPlace)
  const [leader] = sorted
  const excluded = new Map<string, readonly Problem[]>()
  for (const { id, settings } of sorted.slice(1)) {
    const why = leader ? exclusions(leader, settings) : []
    if (why.length > 0) excluded.set(id.uid, why)
  }
  let fitting = sorted.filter(({ id }) => !excluded.has(id.uid))
  for (;;) {
    const ports = sharePorts(fitting)
    const { rules, over } = rulesOf(leader, [...ports.byPort.values()])
    const last = fitting.findLast(({ id }) => id.uid !== leader?.id.uid && [...ports.byPort.values()].some(at => at.owner === id))
    if (over === 0 || !last) return whole({ leader, members: sorted, fitting, excluded, ports, rules })
    excluded.set(last.id.uid, [tooManyRules(over)])
    fitting = fitting.filter(each => each !== last)
  }
}

interface Whole {
  readonly leader: GroupMember | undefined
  readonly members: readonly GroupMember[]
  readonly fitting: readonly GroupMember[]
  readonly excluded: ReadonlyMap<string, readonly Problem[]>
  readonly ports: Ports
  readonly rules: readonly OwnRule[]
}

function whole({ leader, members, fitting, excluded, ports, rules }: Whole): JoinedGroup {
  const problems = new Map([...excluded, ...ports.problems])
  const portErrors = new Map(ports.portErrors)
  for (const { id, settings } of members) {
    const differing = leader && leader.id !== id && !excluded.has(id.uid) ? differences(leader.settings, settings) : []
    const told = leader && differing.length > 0 ? [disagreement(leader.id, differing)] : []
    if (told.length > 0) problems.set(id.uid, [...(problems.get(id.uid) ?? []), ...told])
    const errors = [...settings.portErrors, ...(portErrors.get(id.uid) ?? [])]
    if (errors.length > 0) portErrors.set(id.uid, errors)
  }
  const listeners = [...ports.byPort.values()].toSorted((one, other) => one.listener.port - other.listener.port)
  const served = new Set(listeners.map(({ owner }) => owner.uid))
  if (!leader) return { settings: undefined, listeners, rules, served, problems, portErrors }
  const settings: AwsSettings = {
    ...leader.settings,
    tags: Object.assign({}, ...fitting.toReversed().map(member => member.settings.tags)),
    listeners: listeners.map(({ listener }) => listener),
    targetGroups: listeners.flatMap(({ targetGroups }) => targetGroups),
    portErrors: [],
  }
  return { leader: leader.id, settings, listeners, rules, served, problems, portErrors }
}

interface Refused {
  readonly listener: ListenerSettings
  readonly reason: 'PortConflict' | 'QuotaReached'
  readonly why: readonly [message: string, remedy: string]
}

/** First everybody keeps the ports it has, then each takes what is free. */
function sharePorts(members: readonly GroupMember[]): Ports {
  const byPort = new Map<number, GroupListener>()
  for (const member of members) {
    for (const listener of member.settings.listeners)
      if (member.ports?.includes(String(listener.port)) === true && !byPort.has(listener.port)) take(byPort, member, listener)
  }
  const problems = new Map<string, readonly Problem[]>()
  const portErrors = new Map<string, readonly PortError[]>()
  for (const member of members) {
    const { uid } = member.id
    const refused = member.settings.listeners.flatMap((listener): readonly Refused[] => {
      const holder = byPort.get(listener.port)
      if (holder?.owner.uid === uid) return []
      if (holder) return [{ listener, reason: 'PortConflict', why: portTaken(listener.port, holder.owner) }]
      if (byPort.size >= quotas.listenersPerLoadBalancer)
        return [{ listener, reason: 'QuotaReached', why: tooManyListeners(listener.port) }]
      take(byPort, member, listener)
      return []
    })
    if (refused.length === 0) continue
    // With another port of its own it is served all the same.
    const isOut = refused.length === member.settings.listeners.length
    problems.set(
      uid,
      refused.map(({ reason, why }) => (isOut ? blocks : warns)(reason, ...why)),
    )
    portErrors.set(
      uid,
      refused.flatMap(({ listener, reason }) =>
        listener.serves.map(({ port, protocol }) => ({ port, protocol, error: `weir.dev/${reason}` })),
      ),
    )
  }
  return { byPort, problems, portErrors }
}

function take(byPort: Map<number, GroupListener>, { id, settings }: GroupMember, listener: ListenerSettings): void {
  const { port } = listener
  // Further groups of the same listener have keys like 443/canary:80.
  const own = settings.targetGroups.filter(({ key }) => key === String(port) || key.startsWith(`${port}/`))
  const member = { id, tags: settings.tags }
  const targetGroups = own.map(group => ({ ...group, member }))
  byPort.set(port, { owner: id, listener, targetGroups, securityGroups: settings.securityGroups })
}

/** The rules of all doors, each with its own sources; `over` is how many there are beyond the quota. */
function rulesOf(
  leader: GroupMember | undefined,
  listeners: readonly GroupListener[],
): { readonly rules: readonly OwnRule[]; readonly over: number } {
  if (leader?.settings.securityGroups.kind !== 'managed') return { rules: [], over: 0 }
  const isDual = leader.settings.loadBalancer.ipAddressType === 'dualstack'
  const rules = listeners.flatMap(({ securityGroups, listener }) => frontendRules(doorsOf(securityGroups, isDual), [listener]))
  const listening = listeners.flatMap(({ listener: { port, protocol } }) =>
    protocol === 'TCP_UDP'
      ? [
          { protocol: 'tcp', port },
          { protocol: 'udp', port },
        ]
      : [{ protocol: protocol === 'UDP' ? 'udp' : 'tcp', port }],
  )
  return collapse(rules, quotas.inboundRulesPerSecurityGroup, { listening })
}

/** A member that wanted no security groups has those of the leader, and lets in by them whom it would have let in at its targets. */
function doorsOf(groups: SecurityGroupSettings, isDual: boolean): Extract<SecurityGroupSettings, { readonly kind: 'managed' }> {
  const everyone = isDual ? ['0.0.0.0/0', '::/0'] : ['0.0.0.0/0']
  if (groups.kind === 'managed') return groups.isOpen ? { ...groups, sources: everyone } : groups
  const { manageBackendRules } = groups
  const isOpen = groups.kind === 'none' && !groups.sourcesAsked
  // Own groups are never behind a managed one: such a member is left out.
  const sources = isOpen ? everyone : groups.kind === 'none' ? groups.sources : []
  return { kind: 'managed', sources, isOpen, prefixLists: [], pathMtuIcmp: false, manageBackendRules }
}

/** The message and the remedy. */
function portTaken(port: number, { namespace, name }: ServiceId): readonly [string, string] {
  return [`Port ${port} of the group belongs to ${namespace}/${name}.`, 'Use another port, or leave the group.']
}

function tooManyListeners(port: number): readonly [string, string] {
  const message = `Port ${port} finds no room: a load balancer has at most ${quotas.listenersPerLoadBalancer} listeners.`
  return [message, 'Use another group.']
}

function tooManyRules(over: number): Problem {
  const message = `The group would need ${over} more than the ${quotas.inboundRulesPerSecurityGroup} rules that its security group can have.`
  return blocks('QuotaReached', message, 'Ask for fewer sources, or use another group.')
}

function disagreement({ namespace, name }: ServiceId, what: readonly string[]): Problem {
  const message = `The load balancer of the group follows ${namespace}/${name} in its ${listed(what)}.`
  return warns('GroupConflict', message, `Ask for the same as ${namespace}/${name}, or for nothing.`)
}
