// Which updates of a Service are worth a look: what it asks for, and anybody's change of what we wrote. Pure.
import { isDeepStrictEqual } from 'node:util'
import type { Service } from '../model/kubernetes-objects.ts'
import { ownPart } from './service-status.ts'

/**
 * True when `next` differs from `old` in something that decides about its load balancer. That is the cloud-provider service
 * controller's list, and besides: labels (pools select by them), ipFamilyPolicy, the class, and whether node ports exist.
 */
export function asksForSomethingElse(old: Service, next: Service): boolean {
  return (
    old.metadata.uid !== next.metadata.uid ||
    old.metadata.deletionTimestamp !== next.metadata.deletionTimestamp ||
    !isDeepStrictEqual(old.metadata.annotations, next.metadata.annotations) ||
    !isDeepStrictEqual(old.metadata.labels, next.metadata.labels) ||
    !isDeepStrictEqual(old.spec, next.spec)
  )
}

/**
 * True when somebody else changed our finalizer, the addresses or our condition. `written` is the own part as we last
 * wrote it (or are writing it now), so that the echo of our own write is no news; undefined when we wrote nothing yet.
 */
export function ourPartWasChanged(old: Service, next: Service, written: string | undefined): boolean {
  const part = ownPart(next)
  return part !== written && part !== ownPart(old)
}
