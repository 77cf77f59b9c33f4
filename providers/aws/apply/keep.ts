// Writes the ledger where it says something else.
import type { LoadBalancerOwner } from '../../../src/model/load-balancer-owner.ts'
import type { Caller } from '../calls/calls.ts'
import { hashOf } from '../model/ledger.ts'
import type { LedgerRecord } from '../model/ledger.ts'
import type { Context } from '../observe/context.ts'

/** Writes the ledger unless it says the same already. */
export async function keep({ ledger }: Context, id: LoadBalancerOwner, record: LedgerRecord, { signal }: Caller): Promise<void> {
  const before = ledger.read(id)
  if (before && hashOf(before) === hashOf(record)) return
  await ledger.write(id, record, signal)
}
