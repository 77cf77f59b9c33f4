// One look: for whom, where, and with what in mind.
import type { LoadBalancerOwner } from '../../../src/model/load-balancer-owner.ts'
import type { Caller } from '../calls/calls.ts'
import type { AwsGoal } from '../model/goal.ts'
import type { LedgerRecord } from '../model/ledger.ts'
import type { Location } from '../provider/locations.ts'
import type { Context } from './context.ts'
import type { Wish } from './wish.ts'

export interface Look {
  readonly context: Context
  readonly id: LoadBalancerOwner
  readonly record: LedgerRecord | undefined
  readonly location: Location
  readonly caller: Caller
  readonly goal?: AwsGoal
  readonly wish?: Wish
}
