// After any disturbances, healing leaves one owner for each address.
import { fc, test as property } from '@fast-check/vitest'
import { expect } from 'vitest'
import { simulatedClock } from '../../../src/kubernetes/simulated-clock.ts'
import { leaseDurationMs, makeWorld } from './world-under-test.ts'
import type { World } from './world-under-test.ts'
import { names, web, dns, answering } from './settled-world-under-test.ts'

const nodeIndex = fc.nat(2)
const disturbance = fc.oneof(
  fc.record({
    kind: fc.constantFrom(
      'crash',
      'start',
      'leave',
      'pause',
      'resume',
      'cut',
      'restore',
      'unplug',
      'plug',
      'clock jumps',
      'clock is right',
    ),
    node: nodeIndex,
  }),
  fc.record({
    kind: fc.constant('plan'),
    address: fc.constantFrom(web, dns),
    candidates: fc.uniqueArray(fc.constantFrom(...names)),
  }),
  fc.record({ kind: fc.constantFrom('remove', 'remove by force'), address: fc.constantFrom(web, dns) }),
)
const story = fc.array(fc.tuple(disturbance, fc.constantFrom(1, 7, 40, 900, 4000, 9000, 16_000)), { maxLength: 25 })

function disturb(world: World, what: typeof disturbance extends fc.Arbitrary<infer D> ? D : never): void {
  if ('candidates' in what) world.plan(what.address, what.candidates)
  else if (what.kind === 'remove by force' && 'address' in what) world.removeByForce(what.address)
  else if ('address' in what) world.remove(what.address)
  else {
    const node = world.nodes[what.node]
    if (what.kind === 'crash') node?.crash()
    if (what.kind === 'start') node?.start()
    if (what.kind === 'leave') void node?.leave()
    if (what.kind === 'pause') node?.pause()
    if (what.kind === 'resume') node?.resume()
    if (what.kind === 'cut') node?.cut()
    if (what.kind === 'restore') node?.restore()
    if (what.kind === 'unplug') node?.link(false)
    if (what.kind === 'clock jumps') node?.setClock(Math.sin(what.node + 1) * 1e10)
    if (what.kind === 'clock is right') node?.setClock(0)
    if (what.kind === 'plug') node?.link(true)
  }
}

for (const [heartbeats, numRuns] of [
  [false, 100],
  [true, Number(process.env['WEIR_RUNS'] ?? 25)],
] as const) {
  property.prop([story, fc.subarray([0, 1, 2])], { numRuns })(
    `after any disturbances, healing leaves one owner for each address that has a live candidate, and none for others, ${heartbeats ? 'with' : 'without'} heartbeats`,
    async (steps, stayDown) => {
      const world = makeWorld(names, simulatedClock(), { heartbeats })
      for (const node of world.nodes) node.start()
      world.plan(web, ['n0', 'n1', 'n2'])
      world.plan(dns, ['n1', 'n2'])
      for (const [what, waitMs] of steps) {
        disturb(world, what)
        await world.clock.advance(waitMs)
      }
      for (const [index, node] of world.nodes.entries()) {
        node.resume()
        node.restore()
        node.link(true)
        if (stayDown.includes(index)) node.crash()
        else node.start()
      }
      // A deaf node grants everybody a new duration once it hears again; then a dead owner's own has to run out.
      await world.clock.advance(2 * leaseDurationMs + 1000)

      for (const address of [web, dns]) {
        const object = world.get(address)
        const living = object?.spec.nodes.filter(name => world.nodes.some(node => node.name === name && node.running)) ?? []
        const now = answering(world, address)
        if (object?.metadata.deletionTimestamp !== undefined) throw new Error('a withdrawal did not complete')
        expect(now).toHaveLength(living.length > 0 ? 1 : 0)
        if (now[0] !== undefined) expect(object?.status?.node).toBe(now[0])
        expect(living).toEqual(expect.arrayContaining(now))
      }
      expect(world.robberies).toEqual([])
    },
  )
}
