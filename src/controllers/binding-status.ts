// What the status of a TargetGroupBinding says: the condition, and what is on record of what was registered. Pure.
import { isDeepStrictEqual } from 'node:util'
import { kindReadyCondition, readyState } from '../api/conditions.ts'
import type { Finding } from '../api/conditions.ts'
import type { TargetGroupBinding } from '../api/target-group-binding.ts'
import { setCondition } from '../kubernetes/conditions.ts'
import type { BindingRecord } from '../provider.ts'

type Status = NonNullable<TargetGroupBinding['status']>

export function recordOf({ status }: TargetGroupBinding): BindingRecord {
  const { place, targetGroup, registered, openings, unfinished } = status ?? {}
  return {
    ...(place ? { place } : {}),
    ...(targetGroup ? { targetGroup } : {}),
    ...(registered ? { registered } : {}),
    ...(openings ? { openings } : {}),
    ...(unfinished ? { unfinished } : {}),
  }
}

/** The status with a record and, if there is a finding, its condition; undefined when it says so already. */
export function nextStatus(
  { status = {}, metadata }: TargetGroupBinding,
  { record, finding }: { readonly record: BindingRecord; readonly finding?: Finding | undefined },
  nowMs: number,
): Status | undefined {
  const { generation } = metadata
  const before = status.conditions
  const conditions = finding ? setCondition(before, readyState(finding, generation, kindReadyCondition), nowMs) : before
  const { registered = [], openings = {}, place, targetGroup, unfinished } = record
  const next: Status = {
    ...(conditions ? { conditions: [...conditions] } : {}),
    // Judged, not only noted.
    ...(finding && generation !== undefined
      ? { observedGeneration: generation }
      : status.observedGeneration === undefined
        ? {}
        : { observedGeneration: status.observedGeneration }),
    targets: registered.length,
    registered,
    openings,
    ...(place ? { place } : {}),
    ...(targetGroup ? { targetGroup } : {}),
    ...(unfinished ? { unfinished } : {}),
  }
  return isDeepStrictEqual(next, { registered: [], openings: {}, ...status }) ? undefined : next
}
