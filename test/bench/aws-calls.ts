// Calls at the fake AWS as the bench counts them.
import { setTimeout as sleep } from 'node:timers/promises'
import type { FakeWorld } from '../contract/aws.ts'
import type { CallEntry } from '../fake-aws/call-log.ts'

/** Until no call was made for a second. */
export async function quiet({ aws }: FakeWorld, signal: AbortSignal): Promise<void> {
  for (let before = -1; before !== aws.calls.mark(); ) {
    before = aws.calls.mark()
    await sleep(1000, undefined, { signal })
  }
}

/** Looks at state and health, and deletions that AWS refused for now, depend on how long AWS takes. */
export function isCounted({ operation, input, outcome }: CallEntry): boolean {
  if (operation === 'DescribeTargetHealth') return false
  if (operation === 'DescribeLoadBalancers' && input['LoadBalancerArns'] !== undefined) return false
  return !(operation.startsWith('Delete') && outcome !== 'ok')
}

export function countsOf(entries: readonly CallEntry[]): Readonly<Record<string, number>> {
  return Object.fromEntries([...Map.groupBy(entries, ({ operation }) => operation)].map(([name, calls]) => [name, calls.length]))
}
