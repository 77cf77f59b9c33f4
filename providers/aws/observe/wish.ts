// What is wanted of one load balancer, read once: its settings, and the hash by which a change is told from none. Pure.
import type { DesiredLoadBalancer } from '../../../src/model/load-balancer.ts'
import { hashOf } from '../ledger.ts'
import type { LedgerRecord, Place } from '../ledger.ts'
import { readSettings } from '../settings.ts'
import type { AwsSettings, Existing, Scheme } from '../settings.ts'

export interface Wish {
  readonly settings: AwsSettings
  readonly hash: string
}

/** The scheme that the load balancer has by the ledger. */
export function existingOf(record: LedgerRecord | undefined): Existing {
  return record?.scheme === undefined ? 'none' : { scheme: schemeOf(record.scheme) }
}

export function schemeOf(text: string): Scheme {
  return text === 'internet-facing' ? text : 'internal'
}

/** Everything that planning reads but what changes by itself: targets, subnets that come and go. */
export function wishOf(desired: DesiredLoadBalancer, existing: Existing, place: Place): Wish {
  const { settings } = readSettings(desired, existing)
  const { backendSecurityGroup, targetSecurityGroupTags, externalManagedTags } = desired.class.spec.aws ?? {}
  return {
    settings,
    hash: hashOf({ settings, place, backendSecurityGroup, targetSecurityGroupTags, externalManagedTags }),
  }
}

/** Whether everything that is wanted was applied by this planner. */
export function isApplied(record: LedgerRecord | undefined, { hash }: Wish, planner: number): boolean {
  return record?.applied?.hash === hash && record.applied.planner === planner
}
