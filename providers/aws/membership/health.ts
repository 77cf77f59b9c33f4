// The health of targets as the load balancer sees it, and what it means for pods that wait for it.
import type { Condition } from '../../../src/api/common-schemas.ts'
import type { AwsCalls, Caller } from '../calls/calls.ts'
import { targetKey } from './targets.ts'

/** The readiness gate and condition of pods. */
export const targetsHealthyCondition = 'weir.dev/targets-healthy'

export type HealthState = 'healthy' | 'initial' | 'unhealthy' | 'draining' | 'unused' | 'unavailable'

export interface TargetHealth {
  readonly state: HealthState
  /** The word AWS has for why, as `Target.FailedHealthChecks`; empty for healthy. */
  readonly reason: string
}

/** By `targetKey`. */
export type GroupHealth = ReadonlyMap<string, TargetHealth>

/** Asks for the health of every target of a group. */
export async function describeHealth(calls: AwsCalls, group: string, caller: Caller): Promise<GroupHealth> {
  const { TargetHealthDescriptions = [] } = await calls.elb('DescribeTargetHealth', { TargetGroupArn: group }, caller)
  return new Map(
    TargetHealthDescriptions.map(({ Target, TargetHealth: health }): [string, TargetHealth] => [
      targetKey({ id: Target?.Id ?? '', port: Target?.Port ?? 0 }),
      { state: stateOf(health?.State), reason: health?.Reason ?? '' },
    ]),
  )
}

export function hasHealthy(health: GroupHealth | undefined): boolean {
  return [...(health?.values() ?? [])].some(({ state }) => state === 'healthy')
}

/** A pod that carries the gate, with the groups it is to be healthy in. */
export interface GatedPod {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  /** What its condition says now; absent when it has none. */
  readonly condition?: Pick<Condition, 'status' | 'reason'>
  readonly targets: readonly { readonly group: string; readonly id: string; readonly port: number }[]
}

/** A condition to be written into the status of a pod. */
export interface PodConditionPatch {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly condition: {
    readonly type: typeof targetsHealthyCondition
    readonly status: 'True' | 'False'
    readonly reason: string
    readonly message: string
  }
}

/**
 * What the conditions of pods should say and do not. A pod is let in as soon as it is healthy in all its groups, at once when
 * it is in none. Once True it stays: health comes and goes, and the gate is about starting (KEP-580). Pure.
 */
export function podConditions(
  pods: Iterable<GatedPod>,
  healthOf: (group: string) => GroupHealth | undefined,
): readonly PodConditionPatch[] {
  const patches: PodConditionPatch[] = []
  for (const pod of pods) {
    if (pod.condition?.status === 'True') continue
    const verdict = verdictOn(pod, healthOf)
    if (pod.condition?.status === verdict.status && pod.condition.reason === verdict.reason) continue
    const { namespace, name, uid } = pod
    patches.push({ namespace, name, uid, condition: { type: targetsHealthyCondition, ...verdict } })
  }
  return patches
}

function verdictOn(pod: GatedPod, healthOf: (group: string) => GroupHealth | undefined) {
  const waiting = pod.targets.flatMap(({ group, id, port }) => {
    const health = healthOf(group)?.get(targetKey({ id, port }))
    return health?.state === 'healthy' ? [] : [{ port, state: health?.state ?? 'not registered', reason: health?.reason ?? '' }]
  })
  const [first] = waiting
  if (!first) {
    const message = pod.targets.length === 0 ? 'The pod is behind no load balancer.' : 'The pod is healthy in all target groups.'
    return { status: 'True', reason: 'TargetsHealthy', message } as const
  }
  const why = first.reason === '' ? '' : ` (${first.reason})`
  const message = `Port ${first.port} is ${first.state}${why} in one of ${pod.targets.length} target groups.`
  return { status: 'False', reason: 'TargetsNotHealthy', message } as const
}

function stateOf(text: string | undefined): HealthState {
  if (text === 'unhealthy.draining') return 'unhealthy'
  const known: readonly HealthState[] = ['healthy', 'initial', 'unhealthy', 'draining', 'unused', 'unavailable']
  return known.find(state => state === text) ?? 'unavailable'
}
