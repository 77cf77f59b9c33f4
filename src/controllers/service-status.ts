// What is written to a Service: finalizer, addresses and condition as one merge patch, or nothing when all of it is there already.
import { serviceFinalizer, standardServiceFinalizer } from '../api/group.ts'
import { readyCondition } from '../api/reasons.ts'
import type { Reason } from '../api/reasons.ts'
import { findCondition, removeCondition, setCondition } from '../kubernetes/conditions.ts'
import type { MergePatch } from '../kubernetes/writes.ts'
import type { ServiceFinalizer } from '../model/claim.ts'
import type { Service } from '../model/kubernetes-objects.ts'
import type { IngressPoint } from '../provider.ts'

/** The condition as it is decided; the time of its transition is found when it is written. */
export interface Verdict {
  readonly ready: boolean
  readonly reason: Reason
  readonly message: string
  /** It waits for something that is on its way: no Warning for a Service that never served. */
  readonly waiting?: boolean
}

/** What a Service shall show. Absent fields stay as they are. */
export interface ServiceGoal {
  /** Absent: finalizers stay as they are. `remove` names the ones that go, `left` those of a controller that is gone. */
  readonly finalizers?:
    | { readonly add: ServiceFinalizer; readonly left?: readonly string[] }
    | { readonly remove: readonly ServiceFinalizer[] }
  readonly ingress?: readonly IngressPoint[]
  /** `none` takes our condition away; conditions of others always stay. */
  readonly condition?: Verdict | 'none'
}

/**
 * The one write that brings `service` to `goal`: goes to services/status, which takes metadata and status together, so
 * that no reader ever sees an address without the finalizer that guards it. Undefined when nothing would change.
 */
export function statusPatch(service: Service, goal: ServiceGoal, nowMs: number): MergePatch | undefined {
  const finalizers = nextFinalizers(service, goal)
  const status = { ...ingressPatch(service, goal), ...conditionPatch(service, goal, nowMs) }
  const hasStatus = Object.keys(status).length > 0
  if (!finalizers && !hasStatus) return undefined
  return { ...(finalizers ? { metadata: { finalizers } } : {}), ...(hasStatus ? { status } : {}) }
}

function nextFinalizers(service: Service, { finalizers: goal }: ServiceGoal): readonly string[] | undefined {
  const present: readonly string[] = service.metadata.finalizers ?? []
  if (!goal) return undefined
  if ('add' in goal) {
    // The API server refuses new finalizers on an object that is being deleted.
    if (service.metadata.deletionTimestamp) return undefined
    const staying = present.filter(name => goal.left?.includes(name) !== true)
    if (!staying.includes(goal.add)) return [...staying, goal.add]
    return staying.length === present.length ? undefined : staying
  }
  const removed: readonly string[] = goal.remove
  const kept = present.filter(name => !removed.includes(name))
  return kept.length === present.length ? undefined : kept
}

function ingressPatch(service: Service, { ingress }: ServiceGoal): MergePatch {
  const present = service.status?.loadBalancer?.ingress ?? []
  // A status with addresses is refused on other types, and the API server has emptied it there already.
  if (!ingress || service.spec.type !== 'LoadBalancer' || sameIngress(present, ingress)) return {}
  return { loadBalancer: ingress.length === 0 ? null : { ingress } }
}

function conditionPatch(service: Service, { condition }: ServiceGoal, nowMs: number): MergePatch {
  if (!condition) return {}
  const present = service.status?.conditions
  const next =
    condition === 'none'
      ? removeCondition(present, readyCondition)
      : setCondition(
          present,
          {
            type: readyCondition,
            status: condition.ready ? 'True' : 'False',
            reason: condition.reason,
            message: condition.message,
            ...(service.metadata.generation === undefined ? {} : { observedGeneration: service.metadata.generation }),
          },
          nowMs,
        )
  if (next === present || (!present && next.length === 0)) return {}
  return { conditions: next.length === 0 ? null : next }
}

type PresentIngress = NonNullable<NonNullable<NonNullable<Service['status']>['loadBalancer']>['ingress']>

/** The API server fills in ipMode VIP, so its absence means the same. The order counts: clients may take the first. */
export function sameIngress(present: PresentIngress, wanted: readonly IngressPoint[]): boolean {
  return ingressText(present) === ingressText(wanted)
}

function ingressText(points: PresentIngress | readonly IngressPoint[]): string {
  const rows = points.map(point => {
    const { ip, hostname, ipMode, ports }: Partial<PresentIngress[number]> = point
    const portRows = (ports ?? []).map(({ port, protocol, error }) => `${port}/${protocol} ${error ?? ''}`)
    return [ip ?? '', hostname ?? '', ip ? (ipMode ?? 'VIP') : '', ...portRows].join(' ')
  })
  return rows.join('\n')
}

/** What of a Service we write, as one text: equal texts mean that nobody has changed our part. */
export function ownPart(service: Service): string {
  const condition = findCondition(service.status?.conditions, readyCondition)
  const ours = (service.metadata.finalizers ?? []).filter(name => name === serviceFinalizer || name === standardServiceFinalizer)
  return [
    ours.join(' '),
    condition ? `${condition.status} ${condition.reason} ${condition.message}` : '',
    ingressText(service.status?.loadBalancer?.ingress ?? []),
  ].join('\n')
}

/** The Service as it will be once `patch` is accepted; lets the echo of our own write be told from a foreign one. */
export function patched(service: Service, patch: MergePatch): Service {
  const { metadata, status }: { readonly metadata?: object; readonly status?: Record<string, unknown> } = patch
  return {
    ...service,
    metadata: { ...service.metadata, ...metadata },
    ...(status ? { status: withoutNulls({ ...service.status, ...status }) } : {}),
  }
}

/** As a merge patch does with null. */
function withoutNulls<T extends object>(value: T): T {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== null)) as T
}
