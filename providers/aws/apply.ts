// Carries out the actions for one load balancer. It decides nothing; it can be cut anywhere and run again.
import type { LoadBalancerId } from '../../src/model/load-balancer.ts'
import { reasons } from '../../src/api/reasons.ts'
import { ProviderError } from '../../src/provider.ts'
import type { Goal, Outcome } from '../../src/provider.ts'
import type { AwsAction } from './actions.ts'
import * as change from './apply/change.ts'
import * as make from './apply/make.ts'
import { closeTargets, openFor, openTargets } from './apply/open.ts'
import { distinct, goneOutcome, heldUp, ingressOf, readinessOf } from './apply/outcome.ts'
import {
  confirmOurs,
  deleteListener,
  disbelieve,
  deleteLoadBalancer,
  deleteSecurityGroup,
  deleteTargetGroup,
} from './apply/remove.ts'
import { idIn, idsOf } from './apply/run.ts'
import type { Run } from './apply/run.ts'
import { hasCode, isGone, isUncertain, namedIn } from './errors.ts'
import { freshRecord, hashOf, plannerVersion } from './ledger.ts'
import type { LedgerRecord } from './ledger.ts'
import { noteRegistered, syncMembership } from './membership.ts'
import { register } from './membership/register.ts'
import { targetKey } from './membership/targets.ts'
import type { AwsObserved, Seen } from './model/seen.ts'
import type { Context } from './observe/context.ts'
import { existingOf, wishOf } from './observe/wish.ts'
import { recordLines } from './plan/believed.ts'
import { nextRetirement } from './plan/clean.ts'
import type { Caller } from './provider/calls.ts'
import type { Location } from './provider/locations.ts'

export interface Work {
  readonly id: LoadBalancerId
  readonly goal: Goal | undefined
  readonly observed: AwsObserved
  readonly actions: readonly AwsAction[]
}

export async function apply(context: Context, work: Work, signal: AbortSignal): Promise<Outcome> {
  const { id, goal, observed, actions } = work
  const caller: Caller = { key: id.uid, signal }
  if (observed.kind === 'absent') return goneOutcome()
  if (observed.kind === 'settled') {
    const location = context.locations.of(observed.record.place)
    return believing(context, id, location, () =>
      conclude(context, { id, goal, location, caller, record: observed.record, isUnchanged: true, warnings: [] }),
    )
  }
  const [first] = actions
  if (first?.kind === 'refuse') return refusal(context, work, caller, first)
  return goal
    ? bring(context, { id, goal, seen: observed, actions }, caller)
    : remove(context, { id, seen: observed, actions }, caller)
}

/** What was believed to be there is not: the next look asks AWS. */
async function believing<T>(context: Context, id: LoadBalancerId, location: Location, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    doubt(context, id, location, error)
    throw error
  }
}

/** Something is gone that we believed in, or something may be there that we know nothing of. */
function doubt({ memory }: Context, { uid }: LoadBalancerId, location: Location, error: unknown): void {
  if (isGone(error)) disbelieve(location, namedIn(error))
  if (isGone(error) || isUncertain(error)) memory.doubted.add(uid)
}

/** Everything stays as it is and keeps serving; the condition says what was not done. */
async function refusal(
  context: Context,
  { id, goal, observed }: Work,
  caller: Caller,
  { problem }: Extract<AwsAction, { readonly kind: 'refuse' }>,
): Promise<Outcome> {
  const { reason, message, remedy } = problem
  const record = observed.kind === 'seen' ? observed.record : undefined
  const readiness = { ready: false, reason, message: `${message} ${remedy}` }
  if (record?.dnsName !== undefined && goal) {
    const location = context.locations.of(record.place)
    await conclude(context, { id, goal, location, caller, record, isUnchanged: true, warnings: [] })
  }
  const ingress = record ? ingressOf(record, undefined, goal) : []
  return { ingress, readiness, warnings: [], gone: false, again: { afterMs: 60_000 } }
}

interface Bring {
  readonly id: LoadBalancerId
  readonly goal: Goal
  readonly seen: Seen
  readonly actions: readonly AwsAction[]
}

async function bring(context: Context, { id, goal, seen, actions }: Bring, caller: Caller): Promise<Outcome> {
  const className = goal.desired.class.metadata.name
  const location = seen.record ? context.locations.of(seen.record.place) : context.locations.ofClass(goal.desired.class)
  const record = seen.record ?? freshRecord(className, location.place)
  const { applied: _applied, ...unfinished } = record
  // On record before anything is made: without a record, nothing can be outside, and a run that is cut is not taken for a whole.
  if (!seen.record || (record.applied && actions.length > 0)) await context.ledger.write(id, unfinished, caller.signal)
  const run: Run = {
    context,
    id,
    location,
    caller,
    seen,
    stack: seen.stack,
    ids: idsOf(seen),
    record: { ...unfinished, class: className },
    warnings: [],
  }
  context.memory.doubted.delete(id.uid)
  context.memory.going.delete(id.uid)
  try {
    const wait = await carryOut(run, actions)
    run.record = { ...run.record, ids: Object.fromEntries(run.ids) }
    if (wait)
      return await conclude(context, {
        id,
        goal,
        location,
        caller,
        record: run.record,
        isUnchanged: false,
        warnings: run.warnings,
        wait,
      })
    // A taken-over thing is compared once more before everything counts as applied.
    if (!context.memory.doubted.has(id.uid)) run.record = completed(run, goal)
    return await conclude(context, { id, goal, location, caller, record: run.record, isUnchanged: false, warnings: run.warnings })
  } catch (error) {
    if (!caller.signal.aborted) {
      await keep(context, id, { ...run.record, ids: Object.fromEntries(run.ids) }, caller)
      doubt(context, id, location, error)
    }
    throw error
  }
}

/** The record after everything was applied. */
function completed({ record, context, stack, location }: Run, goal: Goal): LedgerRecord {
  const { hash, settings } = wishOf(goal.desired, existingOf(record), location.place)
  const attributes: Record<string, readonly string[]> = {}
  if (stack) {
    attributes['load-balancer'] = recordLines(stack.balancer.attributes.asked)
    attributes['capacity'] = stack.balancer.capacityUnits === undefined ? [] : [`units=${stack.balancer.capacityUnits}`]
    for (const { key, attributes: own } of stack.targetGroups) attributes[`target-group/${key}`] = recordLines(own.asked)
    for (const { port, attributes: own, certificates } of stack.listeners) {
      attributes[`listener/${port}`] = recordLines(own.asked)
      // Keys of a map in the ledger; certificates have no values.
      attributes[`certificates/${port}`] = certificates.slice(1).map(arn => `${arn}=`)
    }
  }
  const at = new Date(context.clock.now()).toISOString()
  return { ...record, attributes, retain: settings.deletionPolicy === 'retain', applied: { hash, planner: plannerVersion, at } }
}

type Wait = Extract<AwsAction, { readonly kind: 'wait' }>

/** Runs the actions in order; gives the wait that ended them. */
async function carryOut(run: Run, actions: readonly AwsAction[]): Promise<Wait | undefined> {
  const ours = await confirmOurs(run, actions)
  for (const action of actions) {
    run.caller.signal.throwIfAborted()
    if (action.kind === 'wait') return action
    try {
      await step(run, action, ours)
    } catch (error) {
      const wait = waitFor(run, action, error)
      if (wait) return wait
      throw error
    }
    run.context.log.debug({ service: `${run.id.namespace}/${run.id.name}`, action: action.kind }, 'action done')
  }
  return undefined
}

/** What only takes AWS a while. Removal has words of its own for it. */
function waitFor({ stack }: Run, { kind }: AwsAction, error: unknown): Wait | undefined {
  if (!stack) return undefined
  if (hasCode(error, 'CapacityReservationPending')) return { kind: 'wait', why: 'the capacity asked for before', afterMs: 30_000 }
  const isHeld = kind.startsWith('delete-') && hasCode(error, 'DependencyViolation', 'ResourceInUse')
  return isHeld ? { kind: 'wait', why: 'AWS to let go of what was deleted', afterMs: 5000 } : undefined
}

async function step(run: Run, action: AwsAction, ours: ReadonlySet<string>): Promise<void> {
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

interface Conclusion {
  readonly id: LoadBalancerId
  readonly goal: Goal | undefined
  readonly location: Location
  readonly caller: Caller
  readonly record: LedgerRecord
  /** Whether nothing of the shape was touched. */
  readonly isUnchanged: boolean
  readonly warnings: Run['warnings']
  readonly wait?: Wait
}

/** Targets, readiness, and the ledger: the end of every look at something that is wanted. */
async function conclude(context: Context, input: Conclusion): Promise<Outcome> {
  const { id, goal, location, caller, isUnchanged, warnings, wait } = input
  if (!goal) return goneOutcome()
  const { settings } = wishOf(goal.desired, existingOf(input.record), location.place)
  const membership = await syncMembership(context, { id, settings, location, record: input.record, caller })
  const opened = membership.registeredAny ? await openFor(context, { ...input, record: membership.record }, settings) : undefined
  const told = await readinessOf(
    context,
    location,
    { record: membership.record, targets: membership.targets, isUnchanged },
    caller,
  )
  const openings = opened?.openings ?? membership.record.openings
  const record = { ...membership.record, openings, readiness: told.readiness }
  await keep(context, id, record, caller)
  const waits = [
    told.afterMs,
    membership.againAfterMs,
    wait?.afterMs,
    nextRetirement(record.retiring, context.clock.now()),
    // Taken over or found gone: compared again at once.
    context.memory.doubted.has(id.uid) ? 100 : undefined,
  ].flatMap(ms => ms ?? [])
  return {
    ingress: ingressOf(record, settings, goal),
    readiness: told.readiness,
    warnings: distinct([...warnings, ...membership.warnings, ...(opened?.problems ?? [])]),
    gone: false,
    again: waits.length === 0 ? 'on-change' : { afterMs: Math.min(...waits) },
  }
}

/** Writes the ledger unless it says the same already. */
async function keep({ ledger }: Context, id: LoadBalancerId, record: LedgerRecord, { signal }: Caller): Promise<void> {
  const before = ledger.read(id)
  if (before && hashOf(before) === hashOf(record)) return
  await ledger.write(id, record, signal)
}

interface Removal {
  readonly id: LoadBalancerId
  readonly seen: Seen
  readonly actions: readonly AwsAction[]
}

async function remove(context: Context, { id, seen, actions }: Removal, caller: Caller): Promise<Outcome> {
  const place = seen.record?.place ?? context.memory.outside.get(id.uid)
  if (!place) return goneOutcome()
  const location = context.locations.of(place)
  const record = seen.record ?? freshRecord('', place)
  const run: Run = {
    context,
    id,
    location,
    caller,
    seen,
    stack: undefined,
    ids: new Map(Object.entries(record.ids)),
    record,
    warnings: [],
  }
  // Should it be wanted again before everything is gone, it must not be taken for a whole.
  if (record.applied) {
    const { applied: _applied, ...unfinished } = record
    run.record = unfinished
    await context.ledger.write(id, unfinished, caller.signal)
  }
  context.memory.doubted.delete(id.uid)
  try {
    await carryOut(run, actions)
  } catch (error) {
    doubt(context, id, location, error)
    const isGroup = hasCode(error, 'DependencyViolation')
    if (isGroup || hasCode(error, 'ResourceInUse')) {
      if (seen.record) await keep(context, id, run.record, caller)
      return heldUp(context, id, { record: seen.record, what: isGroup ? 'A security group' : 'A target group', isGroup })
    }
    if (hasCode(error, 'OperationNotPermitted')) throw deletionProtected(error, record)
    throw error
  }
  await context.ledger.remove(id, caller.signal)
  context.memory.outside.delete(id.uid)
  context.memory.doubted.delete(id.uid)
  context.memory.stuck.delete(id.uid)
  return goneOutcome()
}

function deletionProtected(cause: unknown, { dnsName }: LedgerRecord): ProviderError {
  const { remedy } = reasons.DeletionProtected
  const message = `${dnsName ?? 'The load balancer'} has deletion protection, so it is kept.`
  return new ProviderError({ code: 'DeletionProtected', message, remedy, retry: 'later', cause })
}
