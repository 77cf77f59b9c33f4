// A simulated cluster in which one address is announced, for tests of agents.
import { simulatedClock } from '../../../src/kubernetes/simulated-clock.ts'
import { leaseDurationMs, makeWorld, numberOf } from './world-under-test.ts'
import type { World, WorldOptions } from './world-under-test.ts'

export const names = ['n0', 'n1', 'n2'] as const
export const web = '10.201.200.1'
export const dns = '10.201.200.2'

/** Who answers for the address now. */
export const answering = (world: World, address: string) =>
  world.nodes.filter(({ answers }) => answers.has(numberOf(address))).map(({ name }) => name)

export async function settledWorld(candidates: readonly string[] = names, options: WorldOptions = {}) {
  const world = makeWorld(names, simulatedClock(), options)
  for (const node of world.nodes) node.start()
  await world.clock.advance(2 * leaseDurationMs)
  world.plan(web, candidates)
  await world.clock.advance(1000)
  const node = (name: string) => {
    const found = world.nodes.find(each => each.name === name)
    if (!found) throw new Error(`no node ${name}`)
    return found
  }
  return { world, node }
}
