// Everything that is to stand in AWS for one Service, with names, tags and ids filled in: what planning compares with what there is. Pure.
import type { LoadBalancerOwner } from '../../../src/model/load-balancer-owner.ts'
import type { SubnetMapping } from '../discovery/addresses.ts'
import type {
  AttributeSettings,
  AwsSettings,
  IpAddressType,
  ListenerSettings,
  Scheme,
  TargetGroupSettings,
} from '../settings/aws-settings.ts'
import type { Tags } from '../snapshots/shapes.ts'
import type { HttpListener, ImportedCertificate, WebAcl } from './application.ts'
import type { ApplicationSettings } from './application-wish.ts'
import { ownerOf, targetGroupKey } from './names.ts'
import { contentTag, ownershipTags } from './ownership.ts'
import type { OwnRule } from './security-group-rules.ts'

/** The group made for this load balancer, the one shared by all in the VPC, or one that the user named. */
export type GroupRef = 'frontend' | 'backend' | { readonly id: string }

export interface StackSecurityGroup {
  readonly name: string
  readonly description: string
  readonly rules: readonly OwnRule[]
  readonly tags: Tags
}

export interface StackBalancer {
  readonly type: 'network' | 'application'
  readonly name: string
  readonly scheme: Scheme
  readonly ipAddressType: IpAddressType
  readonly subnets: readonly SubnetMapping[]
  readonly securityGroups: readonly GroupRef[]
  readonly sourceNat: boolean
  readonly privateLinkInboundRules?: boolean
  readonly attributes: AttributeSettings
  readonly capacityUnits?: number
  readonly customerOwnedIpv4Pool?: string
  readonly ipamIpv4Pool?: string
  readonly tags: Tags
  /** It was taken over: attributes and tags that nobody asks for stay as they are. */
  readonly isAdopted: boolean
  /** Somebody chose the name, so others may have chosen it too; ours tell by themselves whose they are. */
  readonly isNamed: boolean
}

export interface StackTargetGroup extends Omit<TargetGroupSettings, 'tags'> {
  readonly name: string
  readonly tags: Tags
}

export interface StackListener extends Omit<ListenerSettings, 'forward' | 'serves'> {
  readonly stickiness: boolean
  /** Target groups of ours by their keys, others by ARN; in the order of the user. */
  readonly forward: readonly ({ readonly weight: number } & ({ readonly own: string } | { readonly arn: string }))[]
  readonly tags: Tags
}

/** Clients that are let in at the targets of a load balancer without security groups. */
export type DirectAccess = Extract<AwsSettings['securityGroups'], { readonly kind: 'none' }>

/** What both kinds of load balancer have. */
export interface CommonStack {
  readonly id: LoadBalancerOwner
  readonly vpcId: string
  readonly balancer: StackBalancer
  readonly targetGroups: readonly StackTargetGroup[]
  /** The managed security group; absent with groups of the user's, or none. */
  readonly frontend?: StackSecurityGroup
  /** The shared one, when the targets' groups are opened and the administrator named none. */
  readonly backend?: StackSecurityGroup
  /** Whether the security groups of targets are opened for the load balancer. */
  readonly opensTargets: boolean
  /** Without security groups of its own: who is let in at the targets. */
  readonly direct?: DirectAccess
  /** Tells which security group of a target is opened when it has several. */
  readonly targetSecurityGroupTags?: Tags
  readonly allowInterruption: boolean
  /** Keys of tags that others manage: never set, never taken away. */
  readonly foreignTags: readonly string[]
  /** For a group, the uids of those that have a part; what bears another uid is left over and goes at once. */
  readonly members?: ReadonlySet<string>
}

export interface NetworkStack extends CommonStack {
  readonly kind: 'network'
  readonly listeners: readonly StackListener[]
}

export interface ApplicationStack extends CommonStack {
  readonly kind: 'application'
  readonly listeners: readonly HttpListener[]
  /** Absent: whatever is associated stays. */
  readonly webAcl?: WebAcl
  /** Certificates that are to be in ACM for the listeners. */
  readonly imports: readonly ImportedCertificate[]
}

export type Stack = NetworkStack | ApplicationStack

/** What things are called and marked with. */
export interface Naming {
  readonly balancer: { readonly name: string; readonly tags: Tags }
  readonly targetGroup: (settings: TargetGroupSettings) => { readonly name: string; readonly tags: Tags }
  readonly listener: (settings: ListenerSettings) => { readonly tags: Tags }
  readonly frontend: { readonly name: string; readonly description: string; readonly tags: Tags }
  readonly backend: { readonly name: string; readonly description: string; readonly tags: Tags }
}

type CommonSettings = Pick<AwsSettings, 'loadBalancer' | 'securityGroups' | 'targetGroups' | 'allowInterruption'>

export interface StackInput<Settings extends CommonSettings = CommonSettings> {
  readonly id: LoadBalancerOwner
  readonly vpcId: string
  readonly settings: Settings
  readonly naming: Naming
  readonly isAdopted?: boolean
  readonly subnets: readonly SubnetMapping[]
  /** Ids of the groups that the user named. */
  readonly givenGroups: readonly string[]
  /** A shared backend group of the administrator's, instead of ours. */
  readonly backendGroup?: string
  readonly frontendRules: readonly OwnRule[]
  readonly targetSecurityGroupTags?: Tags
  readonly foreignTags: readonly string[]
  readonly members?: ReadonlySet<string>
}

/** The stack of one Service, or of a group of them. */
export function buildStack(input: StackInput<AwsSettings>): NetworkStack {
  const { settings, naming } = input
  return {
    kind: 'network',
    ...commonStack('network', input),
    listeners: settings.listeners.map(listener => stackListener(listener, settings.targetGroups, naming)),
    ...(input.members === undefined ? {} : { members: input.members }),
  }
}

/** The stack of Ingresses that share a load balancer, or of one alone. */
export function buildApplicationStack(input: StackInput<ApplicationSettings>, cluster: string): ApplicationStack {
  const { settings, id } = input
  const { tags } = settings
  const marks = (key: string) => ownershipTags(cluster, `certificate/${key}`, ownerOf(id))
  return {
    kind: 'application',
    ...commonStack('application', input),
    listeners: settings.listeners.map(listener => ({ ...listener, tags: { ...tags, ...listener.tags } })),
    ...(settings.webAcl === undefined ? {} : { webAcl: settings.webAcl }),
    imports: settings.imports.map(({ names: _names, ...each }) => ({
      ...each,
      tags: { ...tags, ...each.tags, ...marks(each.key), [contentTag]: each.hash },
    })),
  }
}

function commonStack(type: StackBalancer['type'], input: StackInput): CommonStack {
  const { id, vpcId, settings, naming, subnets, foreignTags } = input
  const { loadBalancer, securityGroups } = settings
  const { privateLinkInboundRules, capacityUnits, customerOwnedIpv4Pool, ipamIpv4Pool } = loadBalancer
  const isManaged = securityGroups.kind === 'managed'
  const opensTargets = securityGroups.manageBackendRules
  const isShared = opensTargets && securityGroups.kind !== 'none'
  return {
    id,
    vpcId,
    balancer: {
      type,
      ...naming.balancer,
      scheme: loadBalancer.scheme,
      ipAddressType: loadBalancer.ipAddressType,
      subnets,
      securityGroups: groupsOf(input, opensTargets),
      sourceNat: loadBalancer.ipv6SourceNat,
      isAdopted: input.isAdopted ?? false,
      isNamed: loadBalancer.name !== undefined,
      attributes: loadBalancer.attributes,
      ...(privateLinkInboundRules === undefined ? {} : { privateLinkInboundRules }),
      ...(capacityUnits === undefined ? {} : { capacityUnits }),
      ...(customerOwnedIpv4Pool === undefined ? {} : { customerOwnedIpv4Pool }),
      ...(ipamIpv4Pool === undefined ? {} : { ipamIpv4Pool }),
    },
    targetGroups: settings.targetGroups.map(group => ({ ...group, ...naming.targetGroup(group) })),
    ...(isManaged ? { frontend: { ...naming.frontend, rules: input.frontendRules } } : {}),
    ...(isShared && input.backendGroup === undefined ? { backend: { ...naming.backend, rules: [] } } : {}),
    opensTargets,
    ...(securityGroups.kind === 'none' && opensTargets ? { direct: securityGroups } : {}),
    ...(input.targetSecurityGroupTags === undefined ? {} : { targetSecurityGroupTags: input.targetSecurityGroupTags }),
    allowInterruption: settings.allowInterruption,
    foreignTags,
  }
}

function groupsOf({ settings: { securityGroups }, givenGroups, backendGroup }: StackInput, opensTargets: boolean): GroupRef[] {
  if (securityGroups.kind === 'none') return []
  const front: GroupRef[] = securityGroups.kind === 'managed' ? ['frontend'] : givenGroups.map(id => ({ id }))
  if (!opensTargets) return front
  return [...front, backendGroup === undefined ? 'backend' : { id: backendGroup }]
}

/** There is one listener per port, and its port is the key of its target group. */
function stackListener(listener: ListenerSettings, groups: readonly TargetGroupSettings[], naming: Naming): StackListener {
  const { forward, serves: _served, ...rest } = listener
  const own = groups.find(({ key }) => key === String(listener.port))
  if (!own) throw new TypeError(`the listener ${listener.port} has no target group`)
  const targets = forward.targets.flatMap((target): StackListener['forward'][number][] => {
    if (target.to === 'own') return [{ own: own.key, weight: target.weight }]
    if (target.to === 'target-group') return [{ arn: target.arn, weight: target.weight }]
    const key = targetGroupKey(listener.port, target.name, target.port)
    return groups.some(group => group.key === key) ? [{ own: key, weight: target.weight }] : []
  })
  return { ...rest, stickiness: forward.stickiness, forward: targets, ...naming.listener(listener) }
}
