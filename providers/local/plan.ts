// The actions that bring a Service from what it has to what it shall have. Pure.
import type { IpFamily } from '../../src/model/load-balancer.ts'
import type { Goal } from '../../src/provider.ts'
import type { LocalAction } from './actions.ts'
import { decide } from './decide.ts'
import type { LocalObserved } from './observe.ts'
import { readSettings } from './settings.ts'
import { releaseStep } from './withdrawal.ts'

/**
 * What is new is given before anything old is taken; planning for nothing takes everything. Taking an address goes in steps
 * (withdraw, confirm, release), one per plan, each after the one before is seen to be done.
 */
export function plan(goal: Goal | undefined, observed: LocalObserved, supported: ReadonlySet<IpFamily>): readonly LocalAction[] {
  if (!goal) return observed.holdings.flatMap(releaseStep)
  const { give, release, share } = decide(goal.desired, readSettings(goal.desired, supported), observed)
  return [...share, ...give, ...release.flatMap(releaseStep)]
}
