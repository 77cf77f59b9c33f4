// One look at one group of Ingresses: what it is to become, plan, apply, and what each member is told.
import type { IngressOutcome } from '../ingress-provider.ts'
import { isConflict, isNotFound } from '../kubernetes/errors.ts'
import type { WorkOutcome } from '../kubernetes/queue.ts'
import { groupKey, groupName } from '../model/ingress-group.ts'
import type { IngressGroupGoal, IngressGroupId, IngressMember } from '../model/ingress-group.ts'
import { memberKey } from '../model/routing/model.ts'
import { ProviderError } from '../provider.ts'
import type { IngressPoint } from '../provider.ts'
import { again, sooner } from './again.ts'
import { latestReport } from './ingress-context.ts'
import type { IngressContext } from './ingress-context.ts'
import type { Place } from './ingress-decision.ts'
import { memberContent } from './ingress-findings.ts'
import type { GroupVerdict } from './ingress-findings.ts'
import { buildGoal } from './ingress-goal.ts'
import { readinessMark } from './ingress-membership.ts'
import type { IngressEntry, IngressGroup } from './ingress-registry.ts'
import { protect, takeOff, writeMember } from './ingress-write.ts'
import { failureVerdict } from './service-refusals.ts'

/** Somebody else changed an Ingress or a report meanwhile; what changed is on its way to the store. */
const afterConflict: WorkOutcome = { againAfterMs: 300, priority: 'high' }

export async function reconcileGroup(
  context: IngressContext,
  key: string,
  signal: AbortSignal,
): Promise<WorkOutcome | undefined> {
  const { registry, sources, surroundings } = context
  const group = registry.group(key)
  if (!group) return undefined
  const startedAt = surroundings.clock.monotonic()
  const goal = buildGoal(sources, group)
  if (!goal) return takeAway(context, group, signal)
  const here = goal.members.flatMap(member => hereOf(context, group, member))
  const soon = group.provider.holding ? await eachOf(context, here, ({ entry }) => protect(context, entry, signal)) : undefined
  const outcome = await bring(context, group, goal, here, signal)
  const { readiness } = outcome
  context.readiness.set(key, readinessMark(readiness))
  const written = await eachOf(context, here, async one => {
    const verdict = { readiness, member: outcome.members.get(memberKey(one.member.id)) }
    await tellMember(context, { ...one, goal, verdict, points: outcome.ingress }, signal)
    await takeOff(context, one.entry, signal)
  })
  const durationMs = Math.round(surroundings.clock.monotonic() - startedAt)
  surroundings.metrics.reconciled('ingress', readiness.reason, durationMs)
  surroundings.log.debug({ group: key, members: goal.members.length, reason: readiness.reason, durationMs }, 'group decided')
  return sooner(sooner(soon, written), again(outcome))
}

/** Taken through its provider; when that fails, what can be done about it is told to every member first. */
async function bring(
  context: IngressContext,
  { id, provider }: IngressGroup,
  goal: IngressGroupGoal,
  here: readonly Here[],
  signal: AbortSignal,
): Promise<IngressOutcome> {
  try {
    const observed = await provider.observe(id, signal, goal)
    return await provider.apply({ id, goal, observed, actions: provider.plan(goal, observed) }, signal)
  } catch (error) {
    context.surroundings.metrics.reconcileFailed('ingress', error instanceof ProviderError ? error.code : 'Unexpected')
    const readiness = failureVerdict(error, signal)
    if (readiness) {
      const verdict: GroupVerdict = { readiness, member: undefined }
      await eachOf(context, here, one => tellMember(context, { ...one, goal, verdict, points: undefined }, signal))
    }
    throw error
  }
}

interface Here {
  readonly entry: IngressEntry
  readonly member: IngressMember
  readonly place: Place
}

/** Members that are to be in this group; those on their way to another one are told there. */
function hereOf({ registry }: IngressContext, group: IngressGroup, member: IngressMember): readonly Here[] {
  const entry = registry.get(memberKey(member.id))
  if (entry?.decision.kind !== 'served' || groupKey(entry.decision.place.group) !== group.key) return []
  return [{ entry, member, place: entry.decision.place }]
}

async function takeAway(context: IngressContext, group: IngressGroup, signal: AbortSignal): Promise<WorkOutcome | undefined> {
  const { registry, sources, surroundings } = context
  const { provider, id, key } = group
  if (isKept(context, id)) return undefined
  const observed = await provider.observe(id, signal)
  const outcome = await provider.apply({ id, goal: undefined, observed, actions: provider.plan(undefined, observed) }, signal)
  for (const entry of registry.entries()) if (entry.decision.kind === 'released') context.lookAtIngress(entry.key)
  if (!outcome.gone) return again(outcome)
  sources.models.delete(key)
  context.readiness.delete(key)
  registry.dropGroup(key)
  surroundings.log.info({ group: key }, 'group is gone')
  return undefined
}

/** Ingresses that have no place now keep what they have: their class may be gone for a moment only. */
function isKept(context: IngressContext, id: IngressGroupId): boolean {
  for (const { key, decision } of context.registry.entries()) {
    if (decision.kind !== 'refused') continue
    const spec = latestReport(context, key)?.spec
    if (spec?.class === id.class && spec.group === groupName(id)) return true
  }
  return false
}

interface Telling extends Here {
  readonly goal: IngressGroupGoal
  readonly verdict: GroupVerdict
  readonly points: readonly IngressPoint[] | undefined
}

async function tellMember(context: IngressContext, telling: Telling, signal: AbortSignal): Promise<void> {
  const { goal, entry, member, place, verdict, points } = telling
  // Clients are led to a new place only when it is ready for them.
  const old = entry.servedAt
  const isMoving = old !== undefined && groupKey(old.group) !== groupKey(place.group) && !verdict.readiness.ready
  const servedAt = isMoving ? old : place
  const isBlocked = entry.decision.kind === 'served' && entry.decision.problem !== undefined
  const isKept = isMoving || isBlocked || verdict.member?.kept === true
  const content = memberContent(entry, servedAt, goal, member, verdict)
  await writeMember(context, entry, content, isKept ? undefined : points, signal)
  if (!isMoving) for (const left of context.registry.settled(entry, place)) context.lookAtGroup(left)
}

/** What fails for one is tried again for that one; the others have theirs. */
async function eachOf(
  { limit }: IngressContext,
  here: readonly Here[],
  work: (one: Here) => Promise<void>,
): Promise<WorkOutcome | undefined> {
  const results = await Promise.allSettled(here.map(one => limit(() => work(one))))
  const errors = results.flatMap(result => (result.status === 'rejected' ? [result.reason as unknown] : []))
  const grave = errors.find(error => !isConflict(error) && !isNotFound(error))
  if (grave !== undefined) throw grave
  return errors.some(isConflict) ? afterConflict : undefined
}
