// The steps that only Application Load Balancers have, as data that prints as one line. A listener or rule names target groups of
// ours by key and certificates of ours by Secret: both are made before it.
import {
  type HttpListener,
  type ImportedCertificate,
  type ListenerRule,
  type RuleAction,
  type RuleCondition,
} from '../model/application.ts'
import type { CertificateRef } from '../model/application.ts'

export type ApplicationAction =
  /** Puts a certificate into ACM: anew, or over the one that `arn` names, which then serves the new content. */
  | { readonly kind: 'import-certificate'; readonly certificate: ImportedCertificate; readonly arn?: string }
  | { readonly kind: 'delete-certificate'; readonly arn: string; readonly key: string }
  /** Without its rules and without certificates beside the default one. */
  | { readonly kind: 'create-http-listener'; readonly listener: HttpListener }
  | { readonly kind: 'modify-http-listener'; readonly listener: HttpListener; readonly arn: string }
  /** Certificates beside the default one. */
  | { readonly kind: 'add-http-certificates'; readonly port: number; readonly certificates: readonly CertificateRef[] }
  | { readonly kind: 'create-rule'; readonly port: number; readonly rule: ListenerRule; readonly priority: number }
  /** Makes everything but the priority as in `rule`. */
  | { readonly kind: 'modify-rule'; readonly port: number; readonly rule: ListenerRule; readonly arn: string }
  /** All of one listener at once (ELBv2 API, SetRulePriorities). */
  | {
      readonly kind: 'set-rule-priorities'
      readonly port: number
      readonly priorities: readonly { readonly arn: string; readonly priority: number }[]
    }
  | { readonly kind: 'delete-rule'; readonly port: number; readonly arn: string; readonly priority: number }
  /** Puts the web ACL in the place of whichever is there. */
  | { readonly kind: 'associate-web-acl'; readonly arn: string }
  | { readonly kind: 'disassociate-web-acl' }

const kinds: ReadonlySet<string> = new Set<ApplicationAction['kind']>([
  'import-certificate',
  'delete-certificate',
  'create-http-listener',
  'modify-http-listener',
  'add-http-certificates',
  'create-rule',
  'modify-rule',
  'set-rule-priorities',
  'delete-rule',
  'associate-web-acl',
  'disassociate-web-acl',
])

/** Whether an action is one of these. */
export function isOfApplication(action: { readonly kind: string }): action is ApplicationAction {
  return kinds.has(action.kind)
}

/** The action as a person reads it. */
export function printApplicationAction(action: ApplicationAction): string {
  switch (action.kind) {
    case 'import-certificate':
      return `${action.arn === undefined ? '+' : '~'} certificate     from Secret ${action.certificate.key}`
    case 'delete-certificate':
      return `- certificate     from Secret ${action.key}`
    case 'create-http-listener':
      return `+ listener        ${action.listener.protocol} ${action.listener.port} → ${actionsText(action.listener.defaultActions)}`
    case 'modify-http-listener':
      return `~ listener        ${action.listener.protocol} ${action.listener.port} → ${actionsText(action.listener.defaultActions)}`
    case 'add-http-certificates':
      return `+ certificates    ${action.port}: ${action.certificates.map(certificateText).join(', ')}`
    case 'create-rule':
      return `+ rule            ${action.port}/${action.priority}: ${ruleText(action.rule)}`
    case 'modify-rule':
      return `~ rule            ${action.port}: ${ruleText(action.rule)}`
    case 'set-rule-priorities':
      return `~ rules           ${action.port}: ${action.priorities.length} get other priorities`
    case 'delete-rule':
      return `- rule            ${action.port}/${action.priority}`
    case 'associate-web-acl':
      return `~ load balancer   web ACL ${action.arn}`
    case 'disassociate-web-acl':
      return `~ load balancer   without web ACL`
    default:
      return action satisfies never
  }
}

/** `host shop.example.com, path /cart /cart/* → shop/cart:80`. */
export function ruleText({ conditions, actions }: Pick<ListenerRule, 'conditions' | 'actions'>): string {
  return `${conditions.map(conditionText).join(', ')} → ${actionsText(actions)}`
}

export function conditionText(condition: RuleCondition): string {
  switch (condition.field) {
    case 'host-header':
      return `host ${valuesText(condition)}`
    case 'path-pattern':
      return `path ${valuesText(condition)}`
    case 'http-header':
      return `header ${condition.header} ${valuesText(condition)}`
    case 'http-request-method':
      return `method ${condition.values.join(' ')}`
    case 'query-string':
      return `query ${condition.pairs.map(({ key, value }) => (key === undefined ? value : `${key}=${value}`)).join(' ')}`
    case 'source-ip':
      return `from ${condition.cidrs.join(' ')}`
    default:
      return condition satisfies never
  }
}

function valuesText({ values, isRegex }: { readonly values: readonly string[]; readonly isRegex: boolean }): string {
  return values.map(value => (isRegex ? `~${value}` : value)).join(' ')
}

export function actionsText(actions: readonly RuleAction[]): string {
  return actions.map(actionText).join(', then ')
}

function actionText(action: RuleAction): string {
  switch (action.kind) {
    case 'forward':
      return action.to.map(to => `${'own' in to ? to.own : to.arn}${action.to.length > 1 ? ` (${to.weight})` : ''}`).join(', ')
    case 'redirect':
      return `${action.status} ${action.protocol}://${action.host}:${action.port}${action.path}${action.query === '' ? '' : `?${action.query}`}`
    case 'fixed-response':
      return action.status
    case 'authenticate-oidc':
    case 'authenticate-cognito':
    case 'jwt-validation':
      return action.kind
    default:
      return action satisfies never
  }
}

export function certificateText(certificate: CertificateRef): string {
  return 'arn' in certificate ? certificate.arn : `Secret ${certificate.imported}`
}
