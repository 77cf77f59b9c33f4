// One look of a Service at one load balancer, its own or that of a group: what there is, the plan, and its execution, in turn.
import type { Reason } from '../../../src/api/reasons.ts'
import type { DesiredLoadBalancer, GroupId, LoadBalancerId, ServiceId } from '../../../src/model/load-balancer.ts'
import { ProviderError } from '../../../src/provider.ts'
import type { Goal, Outcome } from '../../../src/provider.ts'
import type { AwsAction } from '../actions.ts'
import { apply } from '../apply.ts'
import type { AwsGoal, Sharing } from '../model/goal.ts'
import type { HomeLook, Look } from '../model/seen.ts'
import { observe } from '../observe.ts'
import type { Context } from '../observe/context.ts'
import { plan } from '../plan.ts'
import type { Turns } from '../provider/turns.ts'
import { groupGoal, leaderOf, sharingOf, withoutChangesOfLeader } from './members.ts'
import { tellOthers } from './tell.ts'

export interface Mover {
  readonly context: Context
  readonly turns: Turns
  readonly wake: (id: ServiceId) => void
}

export interface LookAt {
  readonly home: LoadBalancerId
  readonly id: ServiceId
  readonly goal: Goal | undefined
  /** The Service goes from there. */
  readonly without?: boolean
  /** How it wants to part with what there is. */
  readonly leaving?: DesiredLoadBalancer | undefined
}

/** The look before the plan. Of members that come together, one looks for all; it is the one whose work follows. */
export async function prepare(context: Context, at: LookAt, signal: AbortSignal): Promise<HomeLook> {
  const { home, id, goal, leaving } = at
  const { looking } = context.memory
  if (home.kind === 'Service') return { home, goal, look: await observe(context, home, { goal, leaving }, signal) }
  if (looking.has(home.uid)) return { home, goal: undefined }
  looking.add(home.uid)
  try {
    const whole = groupGoal(sharingAt(context, { ...at, home }))
    return { home, goal: whole, look: await observe(context, home, { goal: whole, leaving }, signal, id) }
  } catch (error) {
    looking.delete(home.uid)
    // Whose fault it is is found out in turn.
    if (isOfLeader(error)) return { home, goal: undefined }
    throw error
  }
}

type Prepared = { readonly prepared?: { readonly at: HomeLook; readonly actions: readonly AwsAction[] } }

/** Carries out what was planned for one home, or plans anew if somebody else of it was there meanwhile. */
export function workAt(mover: Mover, at: LookAt & Prepared, signal: AbortSignal): Promise<Outcome> {
  const { home } = at
  return mover.turns.take(home.uid, () => {
    if (home.kind === 'Group') return workForGroup(mover, { ...at, home }, signal)
    return workOnce(mover.context, { ...at, goal: at.goal, member: undefined }, signal)
  })
}

type AtGroup = LookAt & Prepared & { readonly home: GroupId }

/**
 * What the leader asks for and cannot have is its own trouble: the others go on with what it asked for when that was good, or
 * without it if it comes new.
 */
async function workForGroup(mover: Mover, { prepared: first, ...at }: AtGroup, signal: AbortSignal): Promise<Outcome> {
  const { context, wake } = mover
  const { home, id, without } = at
  const member = without === true ? undefined : id
  let sharing = sharingAt(context, at)
  let prepared = first
  let mine: { readonly error: unknown } | { readonly outcome: Outcome } | undefined
  for (;;) {
    const goal = groupGoal(sharing)
    const rest = withoutChangesOfLeader(sharing, context.ledger.read(home))
    const isMine = leaderOf(sharing)?.id.uid === member?.uid
    try {
      const outcome = await workOnce(context, { ...at, ...(prepared ? { prepared } : {}), goal, member }, signal)
      if (!rest || !refusals.has(outcome.readiness.reason)) return ending(outcome)
      mine ??= isMine ? { outcome } : undefined
    } catch (error) {
      if (!rest || !isOfLeader(error)) throw error
      mine ??= isMine ? { error } : undefined
    } finally {
      tellOthers(context, { group: home, goal, except: member, wake })
    }
    sharing = rest
    prepared = undefined
  }

  function ending(outcome: Outcome): Outcome {
    if (mine === undefined) return outcome
    if ('error' in mine) throw mine.error
    return { ...mine.outcome, ingress: outcome.ingress }
  }
}

async function workOnce(
  context: Context,
  {
    home,
    goal,
    leaving,
    prepared,
    member,
  }: LookAt & Prepared & { readonly goal: AwsGoal | undefined; readonly member: ServiceId | undefined },
  signal: AbortSignal,
): Promise<Outcome> {
  const { look } = prepared?.at ?? {}
  const isFresh = prepared && look && context.ledger.read(home) === recordOf(look)
  const at = isFresh
    ? { goal: prepared.at.goal, look }
    : { goal, look: await observe(context, home, { goal, leaving }, signal, member) }
  const actions = isFresh ? prepared.actions : plan(at.goal, at.look)
  return apply(context, { id: home, goal: at.goal, observed: at.look, actions, ...(member ? { member } : {}) }, signal)
}

function sharingAt({ neighbours, clock, ledger }: Context, { home, id, without }: LookAt & { readonly home: GroupId }): Sharing {
  return sharingOf({ neighbours, now: clock.now() }, home, ledger.read(home), without === true ? id : undefined)
}

function recordOf(look: Look) {
  return look.kind === 'absent' ? undefined : look.record
}

/** Plans that change nothing because of what the leader asks for. */
const refusals: ReadonlySet<Reason> = new Set<Reason>(['NameTaken', 'InterruptionRefused'])

/** What AWS, or the VPC, does not have for what the leader asks for. */
const lacking: ReadonlySet<Reason> = new Set<Reason>([
  'SubnetsNotFound',
  'SubnetsUnsuitable',
  'FixedAddressesInvalid',
  'SecurityGroupsInvalid',
  'NameTaken',
])

function isOfLeader(error: unknown): boolean {
  if (!(error instanceof ProviderError)) return false
  return lacking.has(error.code) || (error.code === 'ProviderError' && error.retry === 'when-changed')
}
