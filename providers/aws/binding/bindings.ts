// Fills target groups that somebody else made with the endpoints of Services, and takes away exactly what it registered.
import type { FoundGroup, TargetBinder } from '../../../src/provider.ts'
import type { Caller } from '../calls/calls.ts'
import { isGone } from '../calls/errors.ts'
import { describeHealth } from '../membership/health.ts'
import { deregister, describeRegistered } from '../membership/register.ts'
import type { Registered } from '../membership/register.ts'
import { hashOf } from '../model/ledger.ts'
import type { Place } from '../model/ledger.ts'
import type { Context } from '../observe/context.ts'
import type { Location } from '../provider/locations.ts'
import { createTable } from '../snapshots/table.ts'
import type { SnapshotTable } from '../snapshots/table.ts'
import { fill } from './fill.ts'
import type { Seen } from './fill.ts'
import { checkGroup, findGroup, placeOf, refusal } from './find.ts'
import { recorded } from './targets.ts'

/** How long a target group that was found is believed to be there. */
const believedMs = 4 * 60_000
/** Looks that are so close share a listing of all target groups. */
const sharedMs = 60_000

export interface BindingsOptions {
  readonly context: Context
  /** Ends shared work. */
  readonly signal: AbortSignal
}

export function createBindings({ context, signal: ending }: BindingsOptions): TargetBinder {
  const { locations, clock, bindingRulesOf: rulesOf } = context
  const memory = new Map<string, Seen>()
  const listings = new Map<Location, SnapshotTable<string>>()
  /** Whether a group that was found before is there still; many that ask at about the same time share the listing. */
  const isThere = async (location: Location, arn: string, signal: AbortSignal) => {
    const listing =
      listings.get(location) ??
      createTable({ ...listingOf(location, { key: 'shared', signal: ending }), monotonic: () => clock.monotonic() })
    listings.set(location, listing)
    const { listedAt } = listing
    const isFresh = listedAt !== undefined && clock.monotonic() - listedAt < sharedMs
    return (isFresh ? await listing.all(signal) : await listing.refresh(signal)).has(arn)
  }
  return {
    async find(goal, { targetGroup, place: before }, signal) {
      const place = placeOf(context, goal)
      const location = locations.of(place)
      const caller: Caller = { key: goal.id.uid, signal }
      const seen = memory.get(goal.id.uid)
      const isKnown = targetGroup !== undefined && before !== undefined && hashOf(before) === hashOf(place)
      // One on record was there when the process before this one ended.
      const isBelieved = isKnown && clock.monotonic() - (seen?.seenAt ?? clock.monotonic()) < believedMs
      const group =
        isKnown && (isBelieved || (await isThere(location, targetGroup.arn, signal)))
          ? targetGroup
          : await findGroup(location, goal, caller)
      checkGroup(group, goal, place)
      const isSame = group.arn === targetGroup?.arn
      memory.set(goal.id.uid, { ...(isSame ? seen : {}), seenAt: isBelieved && seen ? seen.seenAt : clock.monotonic() })
      return { group, place: plain(place) }
    },
    async bind({ goal, found, record, strict, note }, signal) {
      const { uid } = goal.id
      const location = locations.of(found.place)
      const caller: Caller = { key: uid, signal }
      try {
        return await fill(context, { goal, found, record, strict, note, location, rules: rulesOf(location), memory }, caller)
      } catch (error) {
        memory.delete(uid)
        if (!isGone(error)) throw error
        await rulesOf(location).set(uid, {}, undefined, caller)
        throw refusal('TargetGroupNotFound', `Target group ${found.group.name} was deleted.`)
      }
    },
    async unbind({ uid }, { place, targetGroup, registered = [], openings, unfinished }, signal) {
      if (!place) return
      const location = locations.of(place)
      const caller: Caller = { key: uid, signal }
      memory.delete(uid)
      await context.confirmLeading(signal)
      if (targetGroup && registered.length > 0) {
        const keys = recorded(registered)
        const there = await registeredAt(location, targetGroup.arn, caller)
        const own = [...there].flatMap(([key, target]) => (keys.has(key) ? [target] : []))
        await deregister(location.calls, targetGroup.arn, own, caller)
      }
      await rulesOf(location).set(uid, {}, unfinished ? undefined : (openings ?? {}), caller)
    },
    async health({ uid }, { place, targetGroup }, signal) {
      if (!place || !targetGroup) return undefined
      try {
        return await describeHealth(locations.of(place).calls, targetGroup.arn, { key: uid, signal })
      } catch (error) {
        if (isGone(error)) return undefined
        throw error
      }
    },
  }
}

/** As it goes on record: JSON knows no fields that are there and undefined. */
function plain(place: Place): FoundGroup['place'] {
  // What a Place lacks then, a place on record may lack.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return JSON.parse(JSON.stringify(place)) as FoundGroup['place']
}

/** What is registered now; a group that is gone has nothing. */
async function registeredAt({ calls }: Location, arn: string, caller: Caller): Promise<Registered> {
  try {
    return await describeRegistered(calls, arn, caller)
  } catch (error) {
    if (isGone(error)) return new Map()
    throw error
  }
}

/** ARNs of all target groups of a place. */
function listingOf({ calls }: Location, caller: Caller) {
  return {
    keyOf: (arn: string) => arn,
    list: async () => {
      const arns: string[] = []
      let Marker: string | undefined
      do {
        const page = await calls.elb('DescribeTargetGroups', { PageSize: 400, ...(Marker ? { Marker } : {}) }, caller)
        arns.push(...(page.TargetGroups ?? []).flatMap(({ TargetGroupArn }) => TargetGroupArn ?? []))
        Marker = page.NextMarker
      } while (Marker)
      return arns
    },
  }
}
