// Brings the targets of one binding to what the cluster says: registers first, then takes away what is on record and wanted no more.
import type { BindingGoal } from '../../../src/model/binding.ts'
import type { Problem } from '../../../src/model/load-balancer.ts'
import type { BindingOutcome, BindingRecord, FoundGroup, Readiness } from '../../../src/provider.ts'
import type { Caller } from '../calls/calls.ts'
import { refusedProblems, skippedProblems } from '../membership/membership.ts'
import { deregister, describeRegistered, difference, registerWithRoom } from '../membership/register.ts'
import type { Registered } from '../membership/register.ts'
import { targetKey } from '../membership/targets.ts'
import type { Choice } from '../membership/targets.ts'
import { hashOf } from '../model/ledger.ts'
import type { Context } from '../observe/context.ts'
import { isInside } from '../observe/inside.ts'
import type { Location } from '../provider/locations.ts'
import { openingsOf } from './openings.ts'
import type { BindingOpenings, BindingRules } from './rules.ts'
import { recordText, recorded, targetsOf } from './targets.ts'

/** Lost with the process: what is registered at each group, and when the group was last seen. */
export interface Seen {
  readonly registered?: Registered
  readonly seenAt: number
}

export interface Filling {
  readonly goal: BindingGoal
  readonly found: FoundGroup
  readonly record: BindingRecord
  readonly strict: boolean
  readonly note: (record: BindingRecord) => Promise<void>
  readonly location: Location
  readonly rules: BindingRules
  readonly memory: Map<string, Seen>
}

/**
 * An endpoint of the Service that is registered already by somebody else is registered once more, which AWS allows, and is the
 * binding's from then on. Targets that are neither on record nor wanted are nobody's business here.
 */
export async function fill(context: Context, filling: Filling, caller: Caller): Promise<BindingOutcome> {
  const { goal, found, record, strict, note, location, rules, memory } = filling
  const { uid } = goal.id
  const { arn } = found.group
  const choice = targetsOf(goal, found.group, await insideOf(found, location, caller.signal))
  const wanted = choice.targets
  const isSameGroup = record.targetGroup?.arn === arn
  const own = recorded(isSameGroup ? record.registered : [])
  const { clusterName } = context
  const asksForRules = (goal.spec.networking?.ingress ?? []).length > 0
  const keys = new Set(wanted.map(targetKey))
  const sure = !strict && record.unfinished !== true
  const stood = sure ? (record.openings ?? {}) : undefined
  const isSettled = sure && isSameGroup && own.size === keys.size && [...keys].every(key => own.has(key))
  const { openings, problems } = asksForRules
    ? await openingsOf(location, { goal, group: found.group, targets: wanted, clusterName }, caller)
    : { openings: {}, problems: [] }
  const place = { ...found.place }
  const of = (registered: readonly string[]): BindingRecord => ({
    place,
    targetGroup: found.group,
    registered: [...registered],
    openings: copyOf(openings),
  })
  if (isSettled) {
    const next = of(record.registered ?? [])
    if (hashOf(record.openings ?? {}) !== hashOf(openings)) await note({ ...next, unfinished: true })
    await rules.set(uid, openings, stood, caller)
    return { record: next, readiness: readinessOf(goal, found, wanted.length), warnings: [...problems, ...told(choice, [])] }
  }
  const seen = strict ? undefined : memory.get(uid)?.registered
  const present = seen ?? (await describeRegistered(location.calls, arn, caller))
  const ownPresent = new Map([...present].filter(([key]) => own.has(key)))
  const change = difference(wanted, ownPresent)
  const kept = [...ownPresent.values()].map(recordText)
  if (change.register.length > 0)
    await note({ ...of([...new Set([...kept, ...wanted.map(recordText)])].toSorted()), unfinished: true })
  const leave = async () => {
    await context.confirmLeading(caller.signal)
    await deregister(location.calls, arn, change.deregister, caller)
  }
  const makeRoom = change.deregister.length > 0 ? leave : undefined
  const refused = await registerWithRoom(location.calls, arn, { targets: change.register, makeRoom }, caller)
  const refusedKeys = new Set(refused.map(({ target }) => targetKey(target)))
  const registered = wanted.filter(target => !refusedKeys.has(targetKey(target)))
  // What leaves may still drain: nothing is closed before it is gone.
  const both = together(record.openings ?? {}, openings)
  await rules.set(uid, both, stood, caller)
  if (makeRoom) await leave()
  await rules.set(uid, openings, both, caller)
  const gone = new Set(change.deregister.map(targetKey))
  const now = [...present, ...registered.map(target => [targetKey(target), target] as const)].filter(([key]) => !gone.has(key))
  memory.set(uid, { seenAt: memory.get(uid)?.seenAt ?? context.clock.monotonic(), registered: new Map(now) })
  return {
    record: of(registered.map(recordText).toSorted()),
    readiness: readinessOf(goal, found, registered.length),
    warnings: [...problems, ...told(choice, refused)],
  }
}

/** Addresses are asked about only where they are targets. */
async function insideOf(
  { group }: FoundGroup,
  { pictures }: Location,
  signal: AbortSignal,
): Promise<(address: string) => boolean> {
  return group.targetType === 'ip' ? isInside([...(await pictures.subnets.all(signal)).values()]) : () => true
}

function told({ skipped }: Choice, refused: Parameters<typeof refusedProblems>[0]): readonly Problem[] {
  return [...skippedProblems(skipped), ...refusedProblems(refused)]
}

function readinessOf({ id, spec, servicePort }: BindingGoal, { group }: FoundGroup, targets: number): Readiness {
  const service = `${id.namespace}/${spec.serviceRef.name}`
  if (!servicePort)
    return {
      ready: false,
      reason: 'ServiceNotFound',
      message: `There is no Service ${service}, so ${group.name} gets no targets.`,
    }
  if (targets === 0)
    return {
      ready: false,
      reason: 'NoReadyEndpoints',
      message: `No endpoint of ${service} is ready, so ${group.name} has no targets of it.`,
    }
  const what = targets === 1 ? 'One target' : `${targets} targets`
  return {
    ready: true,
    reason: 'Accepted',
    message: `${what} of ${service} ${targets === 1 ? 'is' : 'are'} registered at ${group.name}.`,
  }
}

function together(one: BindingOpenings, other: BindingOpenings): BindingOpenings {
  const groups = [...new Set([...Object.keys(one), ...Object.keys(other)])]
  return Object.fromEntries(groups.map(group => [group, [...new Set([...(one[group] ?? []), ...(other[group] ?? [])])]]))
}

function copyOf(openings: Readonly<Record<string, readonly string[]>>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(openings).map(([group, list]) => [group, [...list]]))
}
