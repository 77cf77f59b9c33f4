// What the controller tells of a class that it has not taken over, read from conditions: a command is over before it can see who runs.
import { classPrefix } from '../api/group.ts'
import { readyCondition, reasons } from '../api/reasons.ts'
import { findCondition } from '../kubernetes/conditions.ts'
import type { Service } from '../model/kubernetes-objects.ts'
import { withoutClass } from '../model/other-controllers.ts'
import { type TakeOvers, keptText } from '../model/take-over.ts'

/**
 * For the claim of `service`. Its own condition counts; one that has none, as in a file that is not applied yet, is told what
 * `services` of the same class are told. Undefined where nothing waits. Pure.
 */
export function toldTakeOvers(service: Service, services: Iterable<Service>): TakeOvers | undefined {
  const alias = service.spec.loadBalancerClass ?? withoutClass
  if (alias.startsWith(classPrefix)) return undefined
  if (findCondition(service.status?.conditions, readyCondition)) return toldBy(service, alias)
  for (const other of services) {
    const told = (other.spec.loadBalancerClass ?? withoutClass) === alias ? toldBy(other, alias) : undefined
    if (told) return told
  }
  return undefined
}

function toldBy({ spec, status }: Service, alias: string): TakeOvers | undefined {
  const { reason = '', message = '' } = findCondition(status?.conditions, readyCondition) ?? {}
  if (spec.type !== 'LoadBalancer' || (reason !== 'OtherControllerRuns' && reason !== 'TakeOverUnproven')) return undefined
  const { remedy } = reasons[reason]
  const problem = { reason, message: message.replace(` ${keptText}`, ''), remedy, severity: 'blocks' } as const
  return new Map([[alias, { kind: 'waiting', runs: reason === 'OtherControllerRuns', problem }]])
}
