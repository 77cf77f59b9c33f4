// One look at one Service: claim, build, check, plan, apply, and one write of what came of it.
import { isConflict, isNotFound } from '../kubernetes/errors.ts'
import type { ObjectKey } from '../kubernetes/objects.ts'
import type { WorkOutcome } from '../kubernetes/queue.ts'
import { buildLoadBalancer } from '../model/build.ts'
import type { Claim } from '../model/claim.ts'
import { servingClass } from '../model/class-choice.ts'
import { buildMembership } from '../model/endpoints.ts'
import type { Service } from '../model/kubernetes-objects.ts'
import type { DesiredLoadBalancer, Problem } from '../model/load-balancer.ts'
import { idOf } from '../model/service-id.ts'
import { ProviderError } from '../provider.ts'
import type { Action, Goal } from '../provider.ts'
import { again, sooner } from './again.ts'
import { bring, refuseEverywhere, releaseEverywhere } from './bring.ts'
import { missingCapabilities } from './capabilities.ts'
import { claimOf } from './service-context.ts'
import type { ServiceContext } from './service-context.ts'
import { membershipMark } from './service-memory.ts'
import { releaseOrphans } from './service-orphans.ts'
import { failureVerdict, refusal } from './service-refusals.ts'
import type { ServiceGoal, Verdict } from './service-status.ts'
import { writeDecision } from './service-write.ts'
import { namespaceLabels } from './stores.ts'

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

/** A plan of more is not remembered whole. */
const mostToldActions = 50

interface Serving {
  readonly key: ObjectKey
  readonly service: Service
  readonly claim: Extract<Claim, { readonly kind: 'ours' }>
  readonly write: (goal: ServiceGoal, warnings?: readonly Problem[]) => Promise<void>
}

async function serve(
  { surroundings, providers, memory }: ServiceContext,
  { key, service, claim, write }: Serving,
  signal: AbortSignal,
): Promise<WorkOutcome | undefined> {
  const { stores } = surroundings
  const finalizers = { add: claim.finalizer }
  const provider = providers.get(claim.class.spec.provider)
  if (!provider) throw new TypeError(`claimed for the provider ${claim.class.spec.provider}, which is not configured`)
  const { desired, problems: mistakes } = buildLoadBalancer(service, claim.class, namespaceLabels(stores, service))
  const problems = [...mistakes, ...missingCapabilities(desired, provider), ...provider.check(desired)]
  const warnings = problems.filter(({ severity }) => severity === 'warns')
  const blocking = problems.filter(({ severity }) => severity === 'blocks')
  const membership = buildMembership(stores.slices.byIndex('service', key), desired.families, desired.listeners)
  memory.note(key, desired.id.uid, { membership: membershipMark(membership, desired.externalTrafficPolicy) })
  const goal: Goal = { desired, membership }
  if (blocking.length > 0) {
    provider.refuse?.(desired.id, goal)
    await write({ finalizers, condition: refusal(blocking) }, warnings)
    return undefined
  }
  const tell = (failure: Verdict) => write({ finalizers, condition: failure }, warnings)
  const onPlan = (actions: readonly Action[]) => {
    const planned = { at: surroundings.clock.now(), actions: actions.slice(0, mostToldActions).map(({ kind }) => kind) }
    if (actions.length > 0) memory.note(key, desired.id.uid, { planned })
  }
  const outcome = await told(bring(provider, desired.id, goal, signal, { onPlan }), tell, signal)
  // What the other controller left is the provider's own by now; nobody else would take its finalizer off.
  const settled = { ...finalizers, ...(claim.foreign ? { left: claim.foreign } : {}) }
  await write({ finalizers: settled, ingress: outcome.ingress, condition: outcome.readiness }, [...warnings, ...outcome.warnings])
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

/** What a Service that goes asks for now: it may still say how to part with what it has. Unknown without its class. */
function leavingOf({ classes }: ServiceContext, service: Service): DesiredLoadBalancer | undefined {
  const serving = servingClass(service, classes())
  return serving && buildLoadBalancer(service, serving).desired
}
