// One look at one Service: claim, build, check, plan, apply, and one write of what came of it.
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import { UnreachableError, isAbort, isConflict, isNotFound } from '../kubernetes/errors.ts'
import type { ObjectKey } from '../kubernetes/objects.ts'
import type { WorkOutcome } from '../kubernetes/queue.ts'
import { buildLoadBalancer } from '../model/build.ts'
import { claim } from '../model/claim.ts'
import { servingClass } from '../model/class-choice.ts'
import type { Claim } from '../model/claim.ts'
import { buildMembership } from '../model/endpoints.ts'
import type { Service } from '../model/kubernetes-objects.ts'
import type { DesiredLoadBalancer, LoadBalancerId, Problem, ServiceId } from '../model/load-balancer.ts'
import { ProviderError } from '../provider.ts'
import type { Goal, Outcome, Provider } from '../provider.ts'
import { missingCapabilities } from './capabilities.ts'
import type { Surroundings } from './controller.ts'
import type { HeldElsewhere } from './held-elsewhere.ts'
import type { Orphans } from './orphans.ts'
import { services } from './resources.ts'
import { membershipMark } from './service-memory.ts'
import type { Stores } from './stores.ts'
import type { ServiceMemory } from './service-memory.ts'
import type { ServiceGoal, Verdict } from './service-status.ts'
import { writeDecision } from './service-write.ts'

export interface ServiceContext {
  readonly surroundings: Surroundings
  /** The providers this installation runs, by name. */
  readonly providers: ReadonlyMap<string, Provider>
  readonly providerNames: ReadonlySet<string>
  /** Every class there is; the same list until one changes. */
  readonly classes: () => readonly LoadBalancerClass[]
  readonly memory: ServiceMemory
  readonly orphans: Orphans
  /** Whether something is held outside for it at this moment. */
  readonly isHeld: (id: LoadBalancerId) => boolean
  /** Whether something of a Service is with a provider that does not run here. Absent: all do. */
  readonly heldElsewhere?: HeldElsewhere | undefined
}

/** A Service that a provider that does not run here holds something of is looked at again so often. */
const heldElsewhereMs = 60_000

/**
 * Brings one Service and whatever is left of its predecessors to where they should be.
 *
 * Crash safety: an address is allocated in its block before the Service shows finalizer and address, in two writes. The
 * allocation carries the uid of the Service, so a process that dies between the two leaves either a Service that is looked
 * at again and finds its own allocation, or an orphan that the sweep frees. From the second write on the finalizer guards it.
 */
export async function reconcileService(
  context: ServiceContext,
  key: ObjectKey,
  signal: AbortSignal,
): Promise<WorkOutcome | undefined> {
  const { surroundings, memory } = context
  const startedAt = surroundings.clock.monotonic()
  const later = await releaseOrphans(context, key, signal)
  const service = latest(context, key)
  if (!service) {
    memory.forget(key)
    return later
  }
  try {
    return sooner(later, await decide(context, key, service, startedAt, signal))
  } catch (error) {
    // Changed or gone since we read it: its own event is on the way as a rule. It may have come before, or somebody writes all
    // the time, so the queue looks again, soon at first and then less and less often.
    if (isConflict(error)) throw error
    if (isNotFound(error)) return undefined
    surroundings.metrics.reconcileFailed('service', error instanceof ProviderError ? error.code : 'Unexpected')
    throw error
  }
}

/** The Service as we know it: what our last write answered, while the store has not got that far. */
function latest({ surroundings, memory }: ServiceContext, key: ObjectKey): Service | undefined {
  const stored = surroundings.stores.services.get(key)
  const ahead = memory.get(key)?.ahead
  return stored && ahead && ahead.of === stored.metadata.resourceVersion ? ahead.service : stored
}

async function decide(
  context: ServiceContext,
  key: ObjectKey,
  service: Service,
  startedAt: number,
  signal: AbortSignal,
): Promise<WorkOutcome | undefined> {
  const { surroundings, memory, providers } = context
  const verdict = claimOf(context, service)
  const write = (goal: ServiceGoal, warnings: readonly Problem[] = []) =>
    writeDecision(surroundings, memory, { key, service, goal, warnings, startedAt }, signal)
  switch (verdict.kind) {
    case 'none': {
      const wasLookedAt = memory.get(key)?.uid === service.metadata.uid
      memory.forget(key)
      if (!wasLookedAt) return undefined
      // It may stand in line, or have got an address whose write to the status was lost: nothing on the object tells.
      context.orphans.add(idOf(service), false)
      return { againAfterMs: 0, priority: 'high' }
    }
    case 'kept':
      // Serving as it is; the event tells why changes are not followed.
      refuseEverywhere(providers, idOf(service))
      await write({}, [verdict.problem])
      return undefined
    case 'foreign':
    case 'blocked':
      refuseEverywhere(providers, idOf(service))
      await write({ condition: refusal([verdict.problem]) })
      return undefined
    case 'release': {
      const lbClass = servingClass(service, context.classes())
      const held = verdict.finalizers.length > 0 ? await context.heldElsewhere?.(service, lbClass, signal) : undefined
      if (held) {
        await write({ condition: refusal([held]) })
        return { againAfterMs: heldElsewhereMs }
      }
      const outcome = await told(
        releaseEverywhere(providers, idOf(service), signal, leavingOf(context, service)),
        failure => write({ condition: failure }),
        signal,
      )
      const ingress = verdict.clearStatus ? { ingress: outcome.ingress } : {}
      if (!outcome.gone) await write({ ...ingress, condition: outcome.readiness })
      else await write({ ...ingress, condition: 'none', finalizers: { remove: verdict.finalizers } })
      return again(outcome)
    }
    case 'ours':
      return serve(context, { key, service, claim: verdict, write }, signal)
    default:
      return verdict satisfies never
  }
}

function claimOf({ classes, providerNames, isHeld }: ServiceContext, service: Service): Claim {
  return claim(service, classes(), {
    allocated: isHeld(idOf(service)),
    providers: providerNames,
  })
}

interface Serving {
  readonly key: ObjectKey
  readonly service: Service
  readonly claim: Extract<Claim, { readonly kind: 'ours' }>
  readonly write: (goal: ServiceGoal, warnings?: readonly Problem[]) => Promise<void>
}

async function serve(
  { surroundings: { stores }, providers, memory }: ServiceContext,
  { key, service, claim, write }: Serving,
  signal: AbortSignal,
): Promise<WorkOutcome | undefined> {
  const finalizers = { add: claim.finalizer }
  const provider = providers.get(claim.class.spec.provider)
  if (!provider) throw new TypeError(`claimed for the provider ${claim.class.spec.provider}, which is not configured`)
  const { desired, problems: mistakes } = buildLoadBalancer(service, claim.class, namespaceLabels(stores, service))
  const problems = [...mistakes, ...missingCapabilities(desired, provider), ...provider.check(desired)]
  const warnings = problems.filter(({ severity }) => severity === 'warns')
  const blocking = problems.filter(({ severity }) => severity === 'blocks')
  const membership = buildMembership(stores.slices.byIndex('service', key), desired.families)
  memory.note(key, desired.id.uid, { membership: membershipMark(membership, desired.externalTrafficPolicy) })
  const goal: Goal = { desired, membership }
  if (blocking.length > 0) {
    provider.refuse?.(desired.id, goal)
    await write({ finalizers, condition: refusal(blocking) }, warnings)
    return undefined
  }
  const tell = (failure: Verdict) => write({ finalizers, condition: failure }, warnings)
  const outcome = await told(bring(provider, desired.id, goal, signal), tell, signal)
  await write({ finalizers, ingress: outcome.ingress, condition: outcome.readiness }, [...warnings, ...outcome.warnings])
  return again(outcome)
}

/** The work; when it fails, what the user can do about it is told first. What the Service has is left as it is. */
async function told<T>(work: Promise<T>, tell: (failure: Verdict) => Promise<void>, signal: AbortSignal): Promise<T> {
  try {
    return await work
  } catch (error) {
    const failure = failureVerdict(error, signal)
    if (failure) await tell(failure)
    throw error
  }
}

async function bring(
  provider: Provider,
  id: LoadBalancerId,
  goal: Goal | undefined,
  signal: AbortSignal,
  leaving?: DesiredLoadBalancer,
): Promise<Outcome> {
  const observed = await provider.observe(id, signal, goal, leaving)
  const actions = provider.plan(goal, observed)
  return provider.apply({ id, goal, observed, actions }, signal)
}

/** Which provider served it can no longer be told once the class is gone from the Service, so each plans for nothing. */
async function releaseEverywhere(
  providers: ReadonlyMap<string, Provider>,
  id: LoadBalancerId,
  signal: AbortSignal,
  leaving?: DesiredLoadBalancer,
): Promise<Outcome> {
  let last: Outcome | undefined
  for (const provider of providers.values()) {
    const outcome = await bring(provider, id, undefined, signal, leaving)
    if (!last || last.gone) last = outcome
  }
  if (!last) throw new TypeError('no provider is configured')
  return last
}

/** What a Service that goes asks for now: it may still say how to part with what it has. Unknown without its class. */
function leavingOf({ classes }: ServiceContext, service: Service): DesiredLoadBalancer | undefined {
  const serving = servingClass(service, classes())
  return serving && buildLoadBalancer(service, serving).desired
}

/** Without its class nobody can tell which provider it waits at. */
function refuseEverywhere(providers: ReadonlyMap<string, Provider>, id: LoadBalancerId): void {
  for (const provider of providers.values()) provider.refuse?.(id, undefined)
}

async function releaseOrphans(context: ServiceContext, key: ObjectKey, signal: AbortSignal): Promise<WorkOutcome | undefined> {
  const { surroundings, providers, orphans } = context
  let later: WorkOutcome | undefined
  for (const id of orphans.of(key)) {
    if (await isOwned(context, id, signal)) {
      orphans.settled(id)
      continue
    }
    const outcome = await releaseEverywhere(providers, id, signal)
    surroundings.log.info({ object: key, uid: id.uid, gone: outcome.gone, reason: 'Orphaned' }, 'orphan released')
    if (outcome.gone) orphans.settled(id)
    else later = sooner(later, again(outcome))
  }
  return later
}

/** Whether the Service of `id` exists and is to be served. Asked of the API server itself: freeing cannot be taken back. */
async function isOwned(context: ServiceContext, id: LoadBalancerId, signal: AbortSignal): Promise<boolean> {
  // Whether somebody asks for a group, its provider knows.
  if (context.orphans.isSure(id) || id.kind === 'Group') return false
  try {
    const service = await context.surroundings.writer.get(services, id.name, id.namespace, { signal })
    return service.metadata.uid === id.uid && claimOf(context, service).kind !== 'none'
  } catch (error) {
    if (isNotFound(error)) return false
    throw error
  }
}

export function idOf({ metadata }: Service): ServiceId {
  return { kind: 'Service', namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid ?? '' }
}

function again({ again }: Outcome): WorkOutcome | undefined {
  return again === 'on-change' ? undefined : { againAfterMs: again.afterMs }
}

function sooner(one: WorkOutcome | undefined, other: WorkOutcome | undefined): WorkOutcome | undefined {
  if (!one || !other) return one ?? other
  return (one.againAfterMs ?? Infinity) <= (other.againAfterMs ?? Infinity) ? one : other
}

/** Of more mistakes the first ones are told; the others show when these are corrected. */
const mostProblems = 5

/** The condition for problems that keep a Service from being served; the first one gives the reason. */
function refusal(problems: readonly Problem[]): Verdict {
  const [first] = problems
  if (!first) throw new TypeError('refused without a problem')
  const told = problems.slice(0, mostProblems).map(({ message, remedy }) => `${message} ${remedy}`)
  const more = problems.length > told.length ? ` There are ${problems.length - told.length} more mistakes.` : ''
  return { ready: false, reason: first.reason, message: told.join(' ') + more }
}

/** What the condition says of an error; undefined for what is nobody's fault and passes: a conflict, an API server that is away. */
function failureVerdict(error: unknown, signal: AbortSignal): Verdict | undefined {
  if (error instanceof ProviderError) return { ready: false, reason: error.code, message: `${error.message} ${error.remedy}` }
  if (isAbort(error, signal) || isConflict(error) || isNotFound(error) || error instanceof UnreachableError) return undefined
  return {
    ready: false,
    reason: 'ProviderError',
    message: `${error instanceof Error ? error.message : String(error)} It is tried again.`,
  }
}

/** Pools may be for namespaces of certain labels. */
export function namespaceLabels(
  { namespaces }: Pick<Stores, 'namespaces'>,
  { metadata }: Service,
): Readonly<Record<string, string>> | undefined {
  return namespaces.get(metadata.namespace ?? '')?.metadata.labels
}
