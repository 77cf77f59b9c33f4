// Whether something that was replaced has stayed long enough. Pure.
import type { LedgerRecord } from '../model/ledger.ts'
import { retirementMs } from '../plan/retirement.ts'
import type { Context } from './context.ts'

export function isRetirementDue({ retiring }: LedgerRecord, { clock }: Pick<Context, 'clock'>): boolean {
  return retiring.some(({ since }) => clock.now() - Date.parse(since) >= retirementMs)
}
