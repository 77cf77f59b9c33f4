// Listeners for HTTP and HTTPS with their certificates and rules, and the web ACL. Pure.
import type { AwsAction } from '../../actions.ts'
import type { HttpListener, ListenerRule } from '../../model/application.ts'
import type { Seen } from '../../model/seen.ts'
import type { ApplicationStack } from '../../model/stack.ts'
import type { FoundListener } from '../../snapshots/shapes.ts'
import { currentOf, lookAgainMs } from '../balancer.ts'
import { changesOf, recorded } from '../believed.ts'
import { certificateArnOf, furtherSteps, importSteps } from './certificates.ts'
import { ruleSteps } from './rules.ts'
import type { Around } from './rules.ts'
import { actionsKey } from './same.ts'
import { stageActions } from './stage.ts'

export function httpListenerSteps(stack: ApplicationStack, seen: Seen): readonly AwsAction[] {
  const arn = currentOf(stack, seen)?.arn
  const present = seen.listeners.filter(({ loadBalancer }) => loadBalancer === arn)
  const superfluous = present.filter(({ port }) => !stack.listeners.some(listener => listener.port === port))
  const steps = stack.listeners.map(listener =>
    stepsOf(
      listener,
      present.find(({ port }) => port === listener.port),
      { stack, seen, present },
    ),
  )
  const [waitsFor] = steps.flatMap(({ waitsFor: key }) => key ?? [])
  return [
    ...importSteps(stack, seen),
    ...steps.flatMap(({ actions }) => actions),
    ...superfluous.map(({ arn: old, port }): AwsAction => ({ kind: 'delete-listener', arn: old, port })),
    ...webAclSteps(stack, seen),
    ...(waitsFor === undefined
      ? []
      : [{ kind: 'wait', why: `targets of ${waitsFor} to be healthy`, afterMs: lookAgainMs } as const]),
  ]
}

interface Steps {
  readonly actions: readonly AwsAction[]
  readonly waitsFor?: string | undefined
}

function stepsOf(
  listener: HttpListener,
  found: FoundListener | undefined,
  { stack, seen, present }: { readonly stack: ApplicationStack; readonly seen: Seen; readonly present: readonly FoundListener[] },
): Steps {
  const { port, attributes } = listener
  const further = furtherSteps(listener, found, seen)
  const changes = changesOf(attributes, seen, { resource: `listener/${port}`, arn: found?.arn })
  const rulesOf = (arn: string | undefined) => (seen.application?.rules ?? []).filter(rule => rule.listener === arn)
  const around: Around = {
    seen,
    arnOf: key => {
      const name = stack.targetGroups.find(group => group.key === key)?.name
      return seen.groups.find(group => group.name === name)?.arn
    },
    hasNewSecret: of => hasNewSecret(of, seen),
    others: present.reduce((sum, { arn }) => (arn === found?.arn ? sum : sum + rulesOf(arn).length), 0),
  }
  const rules = ruleSteps(port, listener.rules, rulesOf(found?.arn), around)
  const staged = stageActions(listener.defaultActions, found?.actions ?? [], around)
  const now = { ...listener, defaultActions: staged.actions }
  const own: readonly AwsAction[] = !found
    ? [{ kind: 'create-http-listener', listener: now }]
    : isSame(now, found, around)
      ? []
      : [{ kind: 'modify-http-listener', listener: now, arn: found.arn }]
  const made = rules.actions.filter(({ kind }) => kind !== 'delete-rule')
  return {
    actions: [
      // What the listener did by itself and rules do from now on: nobody falls between. Some rules only HTTPS can have.
      ...(found?.protocol === listener.protocol ? [...made, ...own] : [...own, ...made]),
      ...further.add,
      ...(Object.keys(changes).length > 0 ? [{ kind: 'set-listener-attributes', port, attributes: changes } as const] : []),
      ...rules.actions.filter(({ kind }) => kind === 'delete-rule'),
      ...further.remove,
    ],
    waitsFor: rules.waitsFor ?? staged.waitsFor,
  }
}

function isSame(
  { protocol, certificates: [first], tlsPolicy, defaultActions }: HttpListener,
  found: FoundListener,
  { seen, arnOf, hasNewSecret: isSentAnew }: Around,
): boolean {
  return (
    !isSentAnew({ actions: defaultActions }) &&
    found.protocol === protocol &&
    found.certificate === (first && (certificateArnOf(first, seen) ?? 'to be imported')) &&
    (tlsPolicy === undefined || found.policy === tlsPolicy) &&
    actionsKey(found.actions ?? [], arnOf) === actionsKey(defaultActions, arnOf)
  )
}

/** AWS does not tell the secrets that rules have; the ledger has the hash of each that was sent. */
function hasNewSecret({ actions }: Pick<ListenerRule, 'actions'>, seen: Seen): boolean {
  const sent = recorded(seen, 'secrets') ?? {}
  return actions.some(
    action =>
      action.kind === 'authenticate-oidc' &&
      action.secret !== undefined &&
      sent[`${action.secret.namespace}/${action.secret.name}`] !== action.secret.hash,
  )
}

/** Absent, whatever is associated stays. A load balancer that is yet to be made has none. */
function webAclSteps({ webAcl }: ApplicationStack, { application }: Seen): readonly AwsAction[] {
  if (webAcl === undefined) return []
  const present = application?.webAcl ?? 'none'
  if (webAcl === 'none') return present === 'none' ? [] : [{ kind: 'disassociate-web-acl' }]
  return present !== 'none' && present.arn === webAcl.arn ? [] : [{ kind: 'associate-web-acl', arn: webAcl.arn }]
}
