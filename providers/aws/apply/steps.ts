// Runs the actions of a plan in their order, each by the function that knows how.
import type { Reason } from '../../../src/api/reasons.ts'
import { ProviderError } from '../../../src/provider.ts'
import type { AwsAction } from '../actions.ts'
import { isOfApplication } from '../actions/application.ts'
import { hasCode, isGone, isUncertain, namedIn } from '../calls/errors.ts'
import { noteRegistered } from '../membership/membership.ts'
import { register } from '../membership/register.ts'
import { targetKey } from '../membership/targets.ts'
import { adopt } from './adopt.ts'
import { applicationStep, originsOf } from './application/steps.ts'
import * as change from './change.ts'
import * as make from './make.ts'
import { closeTargets, openTargets } from './open.ts'
import { setFree, unprotect } from './part.ts'
import { confirmOurs, deleteListener, deleteLoadBalancer, deleteSecurityGroup, deleteTargetGroup } from './remove.ts'
import { idIn } from './run.ts'
import type { Run } from './run.ts'

export type Wait = Extract<AwsAction, { readonly kind: 'wait' }>

/**
 * Runs the actions in order; gives the wait that ended them. Rules for which a load balancer has no room are tried once more when
 * what is to go has gone.
 */
export async function carryOut(run: Run, actions: readonly AwsAction[]): Promise<Wait | undefined> {
  const ours = await confirmOurs(run, actions)
  const postponed: AwsAction[] = []
  for (const action of actions) {
    run.caller.signal.throwIfAborted()
    if (action.kind === 'wait') return action
    if (action.kind === 'create-rule' && postponed.length > 0) {
      postponed.push(action)
      continue
    }
    const ended = await attempt(run, action, { ours, postpone: () => postponed.push(action) })
    if (ended) return ended
  }
  for (const action of postponed) {
    run.caller.signal.throwIfAborted()
    const ended = await attempt(run, action, { ours })
    if (ended) return ended
  }
  return undefined
}

async function attempt(
  run: Run,
  action: AwsAction,
  { ours, postpone }: { readonly ours: ReadonlySet<string>; readonly postpone?: () => void },
): Promise<Wait | undefined> {
  const members = membersOf(run, action)
  if (members.length > 0 && members.every(member => run.failed.has(member))) return undefined
  try {
    await step(run, action, ours)
  } catch (error) {
    if (postpone && action.kind === 'create-rule' && hasCode(error, 'TooManyRules')) {
      postpone()
      return undefined
    }
    if (members.length > 0 && (isOnlyItsOwn(error) || isForeignGroup(run, action, error))) {
      for (const member of members) run.failed.set(member, error)
      return undefined
    }
    const askers = askersOf(run, action, error)
    for (const member of askers) run.failed.set(member, error)
    if (askers.length > 0) return undefined
    const wait = waitFor(run, action, error)
    if (wait) return wait
    throw error
  }
  run.context.log.debug({ service: `${run.id.namespace}/${run.id.name}`, action: action.kind }, 'action done')
  return undefined
}

/** The members whose part alone an action is about: Services of a group by uid, Ingresses as `namespace/name`; none for what concerns all. */
function membersOf({ stack }: Run, action: AwsAction): readonly string[] {
  const origins = originsOf(action)
  if (origins) return origins
  if (stack?.members === undefined) return []
  const key = keyOf(action)
  return stack.targetGroups.flatMap(group => (group.key === key && group.member ? [group.member.id.uid] : []))
}

function keyOf(action: AwsAction): string | undefined {
  if ('listener' in action) return String(action.listener.port)
  if (action.kind === 'create-target-group') return action.group.key
  if (action.kind === 'delete-listener') return undefined
  return 'port' in action ? String(action.port) : 'key' in action ? action.key : undefined
}

/** Whether AWS objects to what a member asks for, and not to the controller, nor to what it believes. */
function isOnlyItsOwn(error: unknown): boolean {
  if (!(error instanceof ProviderError) || error.retry === 'now' || isGone(error) || isUncertain(error)) return false
  return !general.has(error.code)
}

/** Whether a target group is not there that somebody named by ARN: unlike with ours, looking again does not help. */
function isForeignGroup({ ids, seen }: Run, action: AwsAction, error: unknown): boolean {
  if (!(error instanceof ProviderError) || !hasCode(error, 'TargetGroupNotFound')) return false
  const ours = new Set([...ids.values(), ...seen.groups.map(({ arn }) => arn)])
  // AWS does not always say which one.
  const named = namedIn(error)
  const missing = named.length > 0 ? named : foreignGroups(action)
  return missing.length > 0 && missing.every(arn => !ours.has(arn))
}

/** Who asks for what the load balancer stands without: it goes on with the TLS policy or web ACL that it had. */
function askersOf({ askedBy }: Run, action: AwsAction, error: unknown): readonly string[] {
  if (action.kind === 'associate-web-acl' && hasCode(error, 'WAFNonexistentItem')) return askedBy?.('webAcl', action.arn) ?? []
  if (action.kind !== 'modify-http-listener' || !hasCode(error, 'SSLPolicyNotFound')) return []
  return askedBy?.('tlsPolicy', action.listener.tlsPolicy ?? '') ?? []
}

function foreignGroups(action: AwsAction): readonly string[] {
  if (action.kind !== 'create-rule' && action.kind !== 'modify-rule') return []
  return action.rule.actions.flatMap(each =>
    each.kind === 'forward' ? each.to.flatMap(to => ('arn' in to ? [to.arn] : [])) : [],
  )
}

const general: ReadonlySet<Reason> = new Set<Reason>(['AccessDenied', 'CredentialsInvalid', 'Throttled', 'ProviderUnreachable'])

/** What only takes AWS a while. Removal has words of its own for it. */
function waitFor({ stack }: Run, { kind }: AwsAction, error: unknown): Wait | undefined {
  if (!stack) return undefined
  if (hasCode(error, 'CapacityReservationPending')) return { kind: 'wait', why: 'the capacity asked for before', afterMs: 30_000 }
  const isHeld = kind.startsWith('delete-') && hasCode(error, 'DependencyViolation', 'ResourceInUse')
  if (hasCode(error, 'WAFUnavailableEntity')) return { kind: 'wait', why: 'WAF to know the load balancer', afterMs: 5000 }
  return isHeld ? { kind: 'wait', why: 'AWS to let go of what was deleted', afterMs: 5000 } : undefined
}

async function step(run: Run, action: AwsAction, ours: ReadonlySet<string>): Promise<void> {
  if (isOfApplication(action)) return applicationStep(run, action)
  switch (action.kind) {
    case 'create-security-group':
      return make.createSecurityGroup(run, action)
    case 'authorize':
      return make.authorize(run, action)
    case 'revoke':
      return change.revoke(run, action)
    case 'create-target-group':
      return make.createTargetGroup(run, action)
    case 'modify-health-check':
      return change.modifyHealthCheck(run, action)
    case 'set-target-group-attributes':
      return change.setTargetGroupAttributes(run, action)
    case 'register-targets':
      return fill(run, action)
    case 'open-targets':
      return openTargets(run, action)
    case 'create-load-balancer':
      return make.createLoadBalancer(run, action)
    case 'adopt':
      return adopt(run, action)
    case 'set-subnets':
      return change.setSubnets(run, action)
    case 'set-ip-address-type':
      return change.setIpAddressType(run, action)
    case 'set-security-groups':
      return change.setSecurityGroups(run, action)
    case 'set-load-balancer-attributes':
      return change.setLoadBalancerAttributes(run, action)
    case 'set-capacity':
      return change.setCapacity(run, action)
    case 'create-listener':
      return make.createListener(run, action)
    case 'modify-listener':
      return change.modifyListener(run, action)
    case 'set-listener-attributes':
      return change.setListenerAttributes(run, action)
    case 'add-certificates':
      return change.addCertificates(run, action)
    case 'remove-certificates':
      return change.removeCertificates(run, action)
    case 'tag':
      return change.tag(run, action)
    case 'untag':
      return change.untag(run, action)
    case 'announce':
      return announce(run)
    case 'retire':
      return retire(run, action)
    case 'unprotect':
      return unprotect(run, action)
    case 'set-free':
      return setFree(run, action)
    case 'delete-listener':
      return deleteListener(run, action.arn)
    case 'delete-load-balancer':
      return ours.has(action.arn) ? deleteLoadBalancer(run, action.arn) : undefined
    case 'delete-target-group':
      return ours.has(action.arn) ? deleteTargetGroup(run, action.arn) : undefined
    case 'delete-security-group':
      return ours.has(action.id) ? deleteSecurityGroup(run, action.id) : undefined
    case 'close-targets':
      return closeTargets(run)
    case 'wait':
    case 'refuse':
      return undefined
    default:
      return action satisfies never
  }
}

async function fill(run: Run, { key, targets }: Extract<AwsAction, { readonly kind: 'register-targets' }>): Promise<void> {
  const arn = idIn(run, `target-group/${key}`)
  const refused = await register(run.location.calls, arn, targets, run.caller)
  const keys = new Set(refused.map(({ target }) => targetKey(target)))
  run.record = noteRegistered(
    run.context,
    run.record,
    arn,
    targets.filter(target => !keys.has(targetKey(target))),
  )
}

async function announce(run: Run): Promise<void> {
  const known = run.location.pictures.loadBalancers.known(idIn(run, 'load-balancer'))
  if (known) run.record = { ...run.record, dnsName: known.dnsName, scheme: known.scheme }
}

async function retire(run: Run, { what, id }: Extract<AwsAction, { readonly kind: 'retire' }>): Promise<void> {
  const since = new Date(run.context.clock.now()).toISOString()
  run.record = { ...run.record, retiring: [...run.record.retiring, { kind: what, id, since }] }
}
