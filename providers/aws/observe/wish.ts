// What is wanted of one load balancer, read once: its settings, and the hash by which a change is told from none. Pure.
import { joinGroup } from '../groups/join.ts'
import type { JoinedGroup } from '../groups/join.ts'
import type { AwsGoal, Sharing } from '../model/goal.ts'
import { hashOf } from '../model/ledger.ts'
import type { LedgerRecord, Place } from '../model/ledger.ts'
import { readSettings } from '../settings.ts'
import type { AwsSettings, Scheme } from '../settings/aws-settings.ts'
import type { Existing } from '../settings/wish.ts'

export interface Wish {
  readonly settings: AwsSettings
  readonly hash: string
  /** For a group: who has which part of it. */
  readonly joined?: JoinedGroup
}

/** The scheme that the load balancer has by the ledger. */
export function existingOf(record: LedgerRecord | undefined): Existing {
  return record?.scheme === undefined ? 'none' : { scheme: schemeOf(record.scheme) }
}

export function schemeOf(text: string): Scheme {
  return text === 'internet-facing' ? text : 'internal'
}

/** Everything that planning reads but what changes by itself: targets, subnets that come and go. */
export function wishOf({ desired, sharing }: AwsGoal, existing: Existing, place: Place): Wish {
  const { backendSecurityGroup, targetSecurityGroupTags, externalManagedTags } = desired.class.spec.aws ?? {}
  const around = { place, backendSecurityGroup, targetSecurityGroupTags, externalManagedTags }
  const joined = sharing && join(sharing, existing)
  if (joined?.settings) {
    const { settings, rules } = joined
    return { settings, joined, hash: hashOf({ settings, rules, ...around }) }
  }
  const { settings } = readSettings(desired, existing)
  return { settings, hash: hashOf({ settings, ...around }) }
}

/** The same look asks several times; what it joins stays the same. */
const joins = new WeakMap<Sharing, Map<string, JoinedGroup>>()

function join(sharing: Sharing, existing: Existing): JoinedGroup {
  const key = existing === 'none' ? existing : existing.scheme
  const known = joins.get(sharing) ?? new Map<string, JoinedGroup>()
  joins.set(sharing, known)
  const joined = known.get(key) ?? joinAnew(sharing, existing)
  known.set(key, joined)
  return joined
}

function joinAnew({ members }: Sharing, existing: Existing): JoinedGroup {
  return joinGroup(members.map(({ desired, ...member }) => ({ ...member, settings: readSettings(desired, existing).settings })))
}

/** Whether everything that is wanted was applied by this planner. */
export function isApplied(record: LedgerRecord | undefined, { hash }: Wish, planner: number): boolean {
  return record?.applied?.hash === hash && record.applied.planner === planner
}
