// The steps of the aws provider for one load balancer, as data that prints as one line.
import { firstFew } from '../../src/model/first-few.ts'
import type { Problem } from '../../src/model/load-balancer.ts'
import { isOfApplication, printApplicationAction } from './actions/application.ts'
import type { ApplicationAction } from './actions/application.ts'
import type { SubnetMapping } from './discovery/addresses.ts'
import type { Target } from './membership/targets.ts'
import type { OwnRule } from './model/security-group-rules.ts'
import type { GroupRef, StackBalancer, StackListener, StackSecurityGroup, StackTargetGroup } from './model/stack.ts'
import type { Attributes, HealthCheckSettings } from './settings/aws-settings.ts'
import type { Tags } from './snapshots/shapes.ts'

/** Whose security group: made for this load balancer, or shared in the VPC. */
export type GroupRole = 'frontend' | 'backend'

/** Where a listener sends connections: to a target group of ours by its key, or to any by its ARN. */
export type ForwardTo = StackListener['forward']

/** What is done at AWS for one load balancer. */
export type AwsAction = CommonAction | ApplicationAction

type CommonAction =
  | {
      readonly kind: 'create-security-group'
      readonly role: GroupRole
      readonly group: StackSecurityGroup
      readonly vpcId: string
    }
  | { readonly kind: 'authorize'; readonly role: GroupRole; readonly rules: readonly OwnRule[] }
  | { readonly kind: 'revoke'; readonly role: GroupRole; readonly rules: readonly OwnRule[] }
  | { readonly kind: 'create-target-group'; readonly group: StackTargetGroup; readonly vpcId: string }
  | { readonly kind: 'modify-health-check'; readonly key: string; readonly healthCheck: HealthCheckSettings }
  | { readonly kind: 'set-target-group-attributes'; readonly key: string; readonly attributes: Attributes }
  | { readonly kind: 'register-targets'; readonly key: string; readonly targets: readonly Target[] }
  /** Opens the security groups of the targets for the load balancer; with `closes`, what it needs no more is shut. */
  | { readonly kind: 'open-targets'; readonly keys: readonly string[]; readonly closes?: boolean }
  | { readonly kind: 'create-load-balancer'; readonly balancer: StackBalancer }
  /** Puts our marks on a load balancer whose tags allow it, and takes those of others off. */
  | {
      readonly kind: 'adopt'
      readonly arn: string
      readonly name: string
      readonly tags: Tags
      readonly remove: readonly string[]
    }
  | { readonly kind: 'set-subnets'; readonly subnets: readonly SubnetMapping[]; readonly balancer: StackBalancer }
  | { readonly kind: 'set-ip-address-type'; readonly type: string }
  | {
      readonly kind: 'set-security-groups'
      readonly groups: readonly GroupRef[]
      readonly privateLinkInboundRules?: boolean
    }
  | { readonly kind: 'set-load-balancer-attributes'; readonly attributes: Attributes }
  /** Undefined units: none are reserved any more. */
  | { readonly kind: 'set-capacity'; readonly units: number | undefined }
  | { readonly kind: 'create-listener'; readonly listener: StackListener }
  | { readonly kind: 'modify-listener'; readonly listener: StackListener; readonly arn: string }
  | { readonly kind: 'set-listener-attributes'; readonly port: number; readonly attributes: Attributes }
  | { readonly kind: 'add-certificates'; readonly port: number; readonly certificates: readonly string[] }
  | {
      readonly kind: 'remove-certificates'
      readonly port: number
      readonly arn: string
      readonly certificates: readonly string[]
    }
  | { readonly kind: 'tag'; readonly arns: readonly string[]; readonly tags: Tags }
  | { readonly kind: 'untag'; readonly arns: readonly string[]; readonly keys: readonly string[] }
  /** Ends the plan for now; what comes after it is planned when the reason is gone. */
  | { readonly kind: 'wait'; readonly why: string; readonly afterMs: number }
  /** From now on clients are told the load balancer as it is planned. */
  | { readonly kind: 'announce' }
  /** Notes that something was replaced; it is deleted some time later. */
  | { readonly kind: 'retire'; readonly what: 'load-balancer' | 'target-group' | 'security-group'; readonly id: string }
  /** Turns deletion protection off. */
  | { readonly kind: 'unprotect'; readonly arn: string; readonly name: string }
  /** Lets the targets be reached from the load balancer's own `groups` instead of the shared one, `backend`. */
  | {
      readonly kind: 'set-free'
      readonly arn: string
      readonly name: string
      readonly groups: readonly string[]
      readonly backend?: string
    }
  | { readonly kind: 'delete-listener'; readonly arn: string; readonly port: number }
  | { readonly kind: 'delete-load-balancer'; readonly arn: string; readonly name: string }
  | { readonly kind: 'delete-target-group'; readonly arn: string; readonly name: string }
  | { readonly kind: 'delete-security-group'; readonly id: string; readonly name: string }
  /** Closes at the targets what was opened for this load balancer, and deletes the shared group if nobody else uses it. */
  | { readonly kind: 'close-targets' }
  /** Everything is left as it is. */
  | { readonly kind: 'refuse'; readonly problem: Problem }

/** The action as a person reads it. */
export function printAction(action: AwsAction): string {
  if (isOfApplication(action)) return printApplicationAction(action)
  switch (action.kind) {
    case 'create-security-group':
      return `+ security group  ${action.group.name} (${action.role})`
    case 'authorize':
      return `+ rules           ${action.role}: ${action.rules.map(ruleText).join(', ')}`
    case 'revoke':
      return `- rules           ${action.role}: ${action.rules.map(ruleText).join(', ')}`
    case 'create-target-group':
      return `+ target group    ${action.group.name} (${groupText(action.group)})`
    case 'modify-health-check':
      return `~ target group    ${action.key}: health check ${action.healthCheck.protocol} on ${action.healthCheck.port}`
    case 'set-target-group-attributes':
      return `~ target group    ${action.key}: ${pairs(action.attributes)}`
    case 'register-targets':
      return `+ targets         ${action.key}: ${firstFew(action.targets.map(({ id, port }) => `${id}:${port}`))}`
    case 'open-targets':
      return `~ rules           security groups of the targets let ${action.keys.join(', ')} in${action.closes === true ? ', and nothing else' : ''}`
    case 'create-load-balancer':
      return `+ load balancer   ${action.balancer.name} (${action.balancer.type}, ${action.balancer.scheme}, ${action.balancer.subnets.map(({ subnetId }) => subnetId).join(', ')})`
    case 'adopt':
      return `~ load balancer   ${action.name} is taken over`
    case 'set-subnets':
      return `~ load balancer   subnets ${action.subnets.map(({ subnetId }) => subnetId).join(', ')}`
    case 'set-ip-address-type':
      return `~ load balancer   ${action.type}`
    case 'set-security-groups':
      return `~ load balancer   security groups ${action.groups.map(group => (typeof group === 'string' ? group : group.id)).join(', ')}`
    case 'set-load-balancer-attributes':
      return `~ load balancer   ${pairs(action.attributes)}`
    case 'set-capacity':
      return `~ load balancer   ${action.units === undefined ? 'no reserved capacity' : `${action.units} capacity units`}`
    case 'create-listener':
      return `+ listener        ${action.listener.protocol} ${action.listener.port} → ${forwardText(action.listener.forward)}`
    case 'modify-listener':
      return `~ listener        ${action.listener.protocol} ${action.listener.port} → ${forwardText(action.listener.forward)}`
    case 'set-listener-attributes':
      return `~ listener        ${action.port}: ${pairs(action.attributes)}`
    case 'add-certificates':
      return `+ certificates    ${action.port}: ${action.certificates.join(', ')}`
    case 'remove-certificates':
      return `- certificates    ${action.port}: ${action.certificates.join(', ')}`
    case 'tag':
      return `~ tags            ${pairs(action.tags)} on ${action.arns.length}`
    case 'untag':
      return `- tags            ${action.keys.join(', ')} on ${action.arns.length}`
    case 'wait':
      return `… wait            ${action.why}`
    case 'announce':
      return '~ status          names the load balancer'
    case 'retire':
      return `~ ${action.what} ${action.id} is replaced and goes later`
    case 'unprotect':
      return `~ load balancer   ${action.name} without deletion protection`
    case 'set-free':
      return `~ load balancer   ${action.name} stays and stands on its own`
    case 'delete-listener':
      return `- listener        ${action.port}`
    case 'delete-load-balancer':
      return `- load balancer   ${action.name}`
    case 'delete-target-group':
      return `- target group    ${action.name}`
    case 'delete-security-group':
      return `- security group  ${action.name}`
    case 'close-targets':
      return '- rules           security groups of the targets no longer let it in'
    case 'refuse':
      return `! refused         ${action.problem.message}`
    default:
      return action satisfies never
  }
}

function ruleText({ protocol, from, to, source }: OwnRule): string {
  return `${protocol} ${from === to ? from : `${from}-${to}`} from ${source}`
}

function pairs(attributes: Attributes): string {
  return Object.entries(attributes)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ')
}

function groupText({ protocol, targetType, healthCheck }: StackTargetGroup): string {
  return `${protocol}, ${targetType}, health ${healthCheck.protocol} ${healthCheck.path ?? ''} on ${healthCheck.port}`.replaceAll(
    '  ',
    ' ',
  )
}

function forwardText(forward: ForwardTo): string {
  return forward.map(to => `${'own' in to ? to.own : to.arn}${forward.length > 1 ? ` (${to.weight})` : ''}`).join(', ')
}
