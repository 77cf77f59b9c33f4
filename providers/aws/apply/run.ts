// One run of a plan: where it works, for whom, and what it has made so far.
import type { LoadBalancerOwner } from '../../../src/model/load-balancer-owner.ts'
import type { Problem } from '../../../src/model/load-balancer.ts'
import type { SecretState } from '../../../src/model/ingress-group.ts'
import type { LoadBalancerClass } from '../../../src/api/load-balancer-class.ts'
import type { Goal } from '../../../src/provider.ts'
import type { Caller } from '../calls/calls.ts'
import type { LedgerRecord } from '../model/ledger.ts'
import type { Seen } from '../model/seen.ts'
import type { Stack } from '../model/stack.ts'
import type { Context } from '../observe/context.ts'
import type { Location } from '../provider/locations.ts'

export interface Run {
  readonly context: Context
  readonly id: LoadBalancerOwner
  readonly location: Location
  readonly caller: Caller
  /** Absent when planning was for nothing. */
  readonly goal: Goal | undefined
  /** Absent when planning was for nothing. */
  readonly class: LoadBalancerClass | undefined
  readonly seen: Seen
  /** Absent when planning was for nothing. */
  readonly stack: Stack | undefined
  /** ARNs and ids by resource: `load-balancer`, `listener/443`, `target-group/443`, `security-group/frontend`. */
  readonly ids: Map<string, string>
  /** What goes into the ledger when the run ends, however it ends. */
  record: LedgerRecord
  readonly warnings: Problem[]
  /** Secrets that Ingresses name, by `secretKey`; none for Services. */
  readonly secrets: ReadonlyMap<string, SecretState>
  /** Members of a group whose part could not be made, by uid; the others' parts are. */
  readonly failed: Map<string, unknown>
  /** The Ingresses of a group that ask for a TLS policy or web ACL for all of it, as `namespace/name`; none for one of the class. */
  readonly askedBy?: (what: 'tlsPolicy' | 'webAcl', value: string) => readonly string[]
}

/** The id of something that an action before this one made, or that was there. */
export function idIn(run: Pick<Run, 'ids'>, resource: string): string {
  const id = run.ids.get(resource)
  if (id === undefined) throw new TypeError(`the plan needs ${resource}, which nothing made`)
  return id
}

/** What is there already, by resource. */
export function idsOf(seen: Seen): Map<string, string> {
  const { stack } = seen
  const ids = new Map<string, string>()
  if (!stack) return ids
  const balancer = seen.balancers.find(({ name }) => name === stack.balancer.name)
  if (balancer) ids.set('load-balancer', balancer.arn)
  for (const { arn, port, loadBalancer } of seen.listeners) if (loadBalancer === balancer?.arn) ids.set(`listener/${port}`, arn)
  for (const { key, name } of stack.targetGroups) {
    const group = seen.groups.find(each => each.name === name)
    if (group) ids.set(`target-group/${key}`, group.arn)
  }
  for (const { key, arn } of seen.application?.certificates ?? []) ids.set(`certificate/${key}`, arn)
  const frontend = seen.frontends.find(({ name }) => name === stack.frontend?.name)
  if (frontend) ids.set('security-group/frontend', frontend.id)
  if (seen.backend) ids.set('security-group/backend', seen.backend.id)
  return ids
}

/** Notes attributes that are set now. */
export function noteAttributes(run: Run, resource: string, lines: readonly string[]): void {
  run.record = { ...run.record, attributes: { ...run.record.attributes, [resource]: lines } }
}
