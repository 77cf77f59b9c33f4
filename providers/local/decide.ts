// What a Service shall have of the local provider: which addresses stay, which are given, which go, and what stands in the way. Pure.
import type { IpAddress } from '../../src/model/address.ts'
import type { DesiredLoadBalancer, IpFamily, Problem } from '../../src/model/load-balancer.ts'
import type { LocalAction } from './actions.ts'
import { decideFamilies } from './decide-families.ts'
import type { Holding, LocalObserved } from './observe.ts'
import { homeOf } from './pools.ts'
import type { Settings } from './settings.ts'

export interface Decision {
  /** Addresses that clients may go on using, in the order of the families. */
  readonly keep: readonly Holding[]
  readonly give: readonly Extract<LocalAction, { readonly kind: 'give-address' | 'adopt-address' }>[]
  /** Addresses that go at once. */
  readonly release: readonly Holding[]
  /** What keeps the Service from what it asks for. */
  readonly problem: Problem | undefined
  /** Addresses that leave because no pool the Service may use holds them any more. */
  readonly revoked: readonly Holding[]
}

/**
 * Decides family by family. An address that is held stays while it fits what is asked for and a pool the Service may use holds
 * it. One that has to make room for another is kept until that is given and the status names it; one that fell out of its
 * pools goes at once, after its successor was given.
 */
export function decide(desired: DesiredLoadBalancer, settings: Settings, { holdings, pools }: LocalObserved): Decision {
  const blocking = settings.problems.find(problem => problem.severity === 'blocks')
  if (blocking) return { keep: inOrder(holdings, desired.families), give: [], release: [], problem: blocking, revoked: [] }

  const valid = holdings.filter(holding => homeOf(pools, desired, holding.given) !== undefined)
  const decisions = decideFamilies({ desired, settings, pools }, valid)
  const keep = decisions.flatMap(decision => decision.keep ?? [])
  const problem = decisions.find(decision => decision.problem)?.problem
  return {
    keep,
    // A Service that needs both families gets none of what is new before both can be had.
    give: problem && needsAll(desired) ? [] : decisions.flatMap(decision => decision.give ?? []),
    release: holdings.filter(holding => !keep.includes(holding)),
    problem,
    revoked: holdings.filter(holding => !valid.includes(holding)),
  }
}

/** Whether one family alone is of no use to the Service. */
export function needsAll({ familyPolicy }: Pick<DesiredLoadBalancer, 'familyPolicy'>): boolean {
  return familyPolicy === 'RequireDualStack'
}

function inOrder(holdings: readonly Holding[], families: readonly IpFamily[]): readonly Holding[] {
  const place = (address: IpAddress) => families.indexOf(address.family)
  return holdings.toSorted((one, other) => place(one.given.address) - place(other.given.address))
}
