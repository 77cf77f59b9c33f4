import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { simulatedClock } from '../../../src/kubernetes/simulated-clock.ts'
import { leaseDurationMs, makeWorld, numberOf } from './world-under-test.ts'
import type { World, WorldOptions } from './world-under-test.ts'

const names = ['n0', 'n1', 'n2'] as const
const web = '10.201.200.1'
const dns = '10.201.200.2'

/** Who answers for the address now. */
const answering = (world: World, address: string) =>
  world.nodes.filter(({ answers }) => answers.has(numberOf(address))).map(({ name }) => name)

async function settledWorld(candidates: readonly string[] = names, options: WorldOptions = {}) {
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

test('the first candidate claims an address and announces it, with interface and MAC in the status', async () => {
  const { world } = await settledWorld(['n1', 'n0'])
  expect(answering(world, web)).toEqual(['n1'])
  expect(world.get(web)?.status).toMatchObject({
    epoch: 1,
    node: 'n1',
    interface: 'eth0',
    mac: '02:00:00:00:01:01',
    reason: 'FirstClaim',
  })
})

test('when the owner dies, the next candidate alive has the address after one Lease duration and not before', async () => {
  const { world, node } = await settledWorld()
  node('n0').crash()
  await world.clock.advance(leaseDurationMs - 3500)
  expect(answering(world, web)).toEqual([])
  await world.clock.advance(4500)
  expect(answering(world, web)).toEqual(['n1'])
  expect(world.get(web)?.status).toMatchObject({ epoch: 2, node: 'n1', reason: 'OwnerDead' })
})

test('a node that returns takes nothing back', async () => {
  const { world, node } = await settledWorld()
  node('n0').crash()
  await world.clock.advance(2 * leaseDurationMs)
  node('n0').start()
  await world.clock.advance(4 * leaseDurationMs)
  expect(answering(world, web)).toEqual(['n1'])
})

test('the status tells who is next in line: at a claim at once, and later once no agent has come or gone for a while', async () => {
  const { world, node } = await settledWorld()
  expect(world.get(web)?.status?.next).toBe('n1')
  node('n0').crash()
  await world.clock.advance(2 * leaseDurationMs)
  expect(world.get(web)?.status).toMatchObject({ node: 'n1', next: 'n2' })
  node('n0').start()
  await world.clock.advance(leaseDurationMs)
  expect(world.get(web)?.status?.next).toBe('n2')
  await world.clock.advance(90_000)
  expect(world.get(web)?.status).toMatchObject({ node: 'n1', next: 'n0', epoch: 2 })
})

test('an agent that crashed and is started again at once passes on what it had, and the next candidate claims at once', async () => {
  const { world, node } = await settledWorld()
  node('n0').crash()
  await world.clock.advance(200)
  node('n0').start()
  await world.clock.advance(100)
  expect(answering(world, web)).toEqual(['n1'])
  expect(world.get(web)?.status).toMatchObject({ epoch: 2, node: 'n1', reason: 'Vacant' })
  await world.clock.advance(4 * leaseDurationMs)
  expect(answering(world, web)).toEqual(['n1'])
})

test.each([
  ['the only candidate', ['n0'], 0],
  ['the only one alive for a minute', ['n0', 'n1', 'n2'], 6 * leaseDurationMs],
])('an agent that crashed, is started again at once and is %s goes on with what it had', async (_case, candidates, aloneMs) => {
  const { world, node } = await settledWorld(candidates)
  if (aloneMs > 0) for (const other of ['n1', 'n2']) node(other).crash()
  await world.clock.advance(aloneMs + 1000)
  node('n0').crash()
  await world.clock.advance(200)
  node('n0').start()
  await world.clock.advance(100)
  expect(answering(world, web)).toEqual(['n0'])
  expect(world.get(web)?.status?.epoch).toBe(1)
  for (const other of ['n1', 'n2']) node(other).start()
  await world.clock.advance(4 * leaseDurationMs)
  expect(answering(world, web)).toEqual(['n0'])
})

test('an agent that passed an address on takes it again when the others turn out to be dead', async () => {
  const { world, node } = await settledWorld()
  for (const name of ['n0', 'n1', 'n2']) node(name).crash()
  await world.clock.advance(200)
  node('n0').start()
  await world.clock.advance(2 * leaseDurationMs)
  expect(answering(world, web)).toEqual(['n0'])
})

test('an agent that ends hands over at once', async () => {
  const { world, node } = await settledWorld()
  void node('n0').leave()
  await world.clock.advance(500)
  expect(answering(world, web)).toEqual(['n1'])
})

test('a planned move: the old owner has stopped before the new one starts', async () => {
  const { world } = await settledWorld()
  world.plan(web, ['n2', 'n1'])
  const owners: string[] = []
  for (let i = 0; i < 200; i++) {
    await world.clock.advance(1)
    const now = answering(world, web)
    expect(now.length).toBeLessThanOrEqual(1)
    if (now[0] !== undefined && now[0] !== owners.at(-1)) owners.push(now[0])
  }
  expect(owners).toEqual(['n0', 'n2'])
})

test('while the API server is away, everybody keeps what they have and nobody is taken for dead when it returns', async () => {
  const { world } = await settledWorld()
  for (const node of world.nodes) node.cut()
  await world.clock.advance(10 * leaseDurationMs)
  expect(answering(world, web)).toEqual(['n0'])
  for (const node of world.nodes) node.restore()
  await world.clock.advance(3 * leaseDurationMs)
  expect(answering(world, web)).toEqual(['n0'])
  expect(world.get(web)?.status?.epoch).toBe(1)
})

test('an owner that lost only its API server yields as soon as the next owner is heard on the LAN', async () => {
  const { world, node } = await settledWorld()
  node('n0').cut()
  await world.clock.advance(2 * leaseDurationMs)
  expect(answering(world, web)).toEqual(['n1'])
  node('n0').restore()
  await world.clock.advance(2 * leaseDurationMs)
  expect(answering(world, web)).toEqual(['n1'])
})

test('a process that stood still yields to the one that took over meanwhile', async () => {
  const { world, node } = await settledWorld()
  node('n0').pause()
  await world.clock.advance(3 * leaseDurationMs)
  node('n0').resume()
  await world.clock.advance(200)
  expect(answering(world, web)).toEqual(['n1'])
})

test('wall clocks that jump by months, forward and back, move nothing', async () => {
  const { world } = await settledWorld()
  for (const byMs of [5e9, -5e9, 0]) {
    for (const [index, node] of world.nodes.entries()) node.setClock(byMs * (index % 2 === 0 ? 1 : -1))
    await world.clock.advance(3 * leaseDurationMs)
    expect(answering(world, web)).toEqual(['n0'])
  }
  expect(world.get(web)?.status?.epoch).toBe(1)
})

test('an owner whose link is lost gives the address up; a candidate takes it though others before it live', async () => {
  const { world, node } = await settledWorld()
  node('n0').link(false)
  await world.clock.advance(100)
  expect(world.get(web)?.status).toMatchObject({ node: '', reason: 'NoCarrier' })
  await world.clock.advance(leaseDurationMs + 500)
  expect(answering(world, web)).toEqual(['n1'])
})

test('a deleted Announcement is withdrawn first and gone then', async () => {
  const { world } = await settledWorld()
  world.remove(web)
  await world.clock.advance(200)
  expect(answering(world, web)).toEqual([])
  expect(world.get(web)).toBeUndefined()
})

test('somebody who empties or rewrites the status by hand is followed, and nobody else', async () => {
  const { world, node } = await settledWorld()
  const other = node('n2')
  expect(other.running).toBe(true)
  world.plan(web, [])
  await world.clock.advance(2 * leaseDurationMs)
  expect(answering(world, web)).toEqual([])
  expect(world.get(web)?.status?.node).toBe('')
})

describe('with heartbeats', () => {
  const heartbeats = { heartbeats: true }

  test('when the owner dies, the next candidate has the address within half a second, and the status says so later', async () => {
    const { world, node } = await settledWorld(names, heartbeats)
    node('n0').crash()
    await world.clock.advance(400)
    expect(answering(world, web)).toEqual(['n1'])
    await world.clock.advance(100)
    expect(world.get(web)?.status).toMatchObject({ epoch: 2, node: 'n1', mac: '02:00:00:00:01:01', reason: 'OwnerDead' })
  })

  test('this needs no API server, and all agree when it is back', async () => {
    const { world, node } = await settledWorld(names, heartbeats)
    for (const each of world.nodes) each.cut()
    node('n0').crash()
    await world.clock.advance(400)
    expect(answering(world, web)).toEqual(['n1'])
    node('n1').crash()
    await world.clock.advance(400)
    expect(answering(world, web)).toEqual(['n2'])
    await world.clock.advance(3 * leaseDurationMs)
    for (const each of world.nodes) each.restore()
    for (const name of ['n0', 'n1']) node(name).start()
    await world.clock.advance(3 * leaseDurationMs)
    expect(answering(world, web)).toEqual(['n2'])
    expect(world.get(web)?.status).toMatchObject({ epoch: 3, node: 'n2' })
  })

  test('an owner that lost only its API server keeps the address', async () => {
    const { world, node } = await settledWorld(names, heartbeats)
    node('n0').cut()
    await world.clock.advance(4 * leaseDurationMs)
    expect(answering(world, web)).toEqual(['n0'])
  })

  test('an owner that returns within a blink takes nothing back', async () => {
    const { world, node } = await settledWorld(names, heartbeats)
    node('n0').crash()
    node('n0').start()
    await world.clock.advance(500)
    expect(answering(world, web)).toEqual(['n1'])
    await world.clock.advance(3 * leaseDurationMs)
    expect(answering(world, web)).toEqual(['n1'])
  })

  test.each([
    ['a planned move', true],
    ['an agent that ends', false],
  ])(
    '%s: the old owner has stopped before the new one starts, and no longer before than a frame needs',
    async (_case, isPlanned) => {
      const { world, node } = await settledWorld(names, heartbeats)
      const owners = [...answering(world, web)]
      if (isPlanned) world.plan(web, ['n1', 'n2'])
      else void node('n0').leave()
      let nobodyMs = 0
      for (let i = 0; i < 400; i++) {
        await world.clock.advance(1)
        const now = answering(world, web)
        if (now.length === 0) nobodyMs++
        expect(now.length).toBeLessThanOrEqual(1)
        if (now[0] !== undefined && now[0] !== owners.at(-1)) owners.push(now[0])
      }
      expect(owners).toEqual(['n0', 'n1'])
      expect(nobodyMs).toBeLessThanOrEqual(10)
      expect(world.get(web)?.status).toMatchObject({ node: 'n1' })
    },
  )

  test('an address that was vacant for long and gets candidates goes to the first, and is not claimed by two', async () => {
    const { world } = await settledWorld(['n2', 'n0'], heartbeats)
    world.plan(dns, ['n1', 'n2'])
    await world.clock.advance(1000)
    world.plan(dns, [])
    await world.clock.advance(4000)
    expect(answering(world, dns)).toEqual([])
    world.plan(dns, ['n0', 'n2'])
    for (let i = 0; i < 2000; i++) {
      await world.clock.advance(1)
      expect(['', 'n0']).toContain(answering(world, dns).join(' '))
    }
    expect(world.get(dns)?.status).toMatchObject({ epoch: 2, node: 'n0' })
    expect(world.robberies).toEqual([])
  })

  test('an address that is used anew is not claimed from its owner for what a dead node said of it before', async () => {
    const { world, node } = await settledWorld(names, heartbeats)
    world.plan(dns, ['n1', 'n2'])
    await world.clock.advance(1000)
    world.remove(dns)
    await world.clock.advance(1)
    node('n1').crash()
    await world.clock.advance(2 * leaseDurationMs)
    expect(world.get(dns)).toBeUndefined()
    world.plan(dns, ['n1', 'n0', 'n2'])
    await world.clock.advance(2000)
    expect(answering(world, dns)).toEqual(['n0'])
    expect(world.robberies).toEqual([])
  })

  test.each([6, 7, 8, 9, 10])(
    'a process that stood still from %i ms on, while its first claim was on its way, yields to who took over',
    async standsAtMs => {
      const world = makeWorld(names, simulatedClock(), heartbeats)
      for (const each of world.nodes) each.start()
      world.plan(web, ['n0', 'n1'])
      await world.clock.advance(standsAtMs)
      world.nodes[0]?.pause()
      await world.clock.advance(2 * leaseDurationMs)
      world.nodes[0]?.resume()
      await world.clock.advance(2 * leaseDurationMs)
      expect(answering(world, web)).toEqual(['n1'])
    },
  )

  test('what a node that was cut off held of an address that is used anew meanwhile, it gives up when it hears of that', async () => {
    const { world, node } = await settledWorld(names, heartbeats)
    node('n2').cut()
    world.remove(web)
    await world.clock.advance(2 * leaseDurationMs)
    expect(answering(world, web)).toEqual(['n2'])
    world.plan(web, ['n2', 'n0'])
    await world.clock.advance(1)
    node('n2').restore()
    await world.clock.advance(500)
    expect(answering(world, web)).toEqual(['n0'])
    expect(world.robberies).toEqual([])
  })

  test('so it is though it hears of that only from the new owner, whose epochs have begun anew', async () => {
    const { world, node } = await settledWorld(['n1', 'n2', 'n0'], heartbeats)
    node('n1').crash()
    await world.clock.advance(1000)
    expect(world.get(web)?.status).toMatchObject({ epoch: 2, node: 'n2' })
    node('n2').cut()
    world.remove(web)
    await world.clock.advance(3 * leaseDurationMs)
    expect(world.get(web)).toBeUndefined()
    expect(answering(world, web)).toEqual(['n2'])
    world.plan(web, ['n0', 'n2'])
    await world.clock.advance(500)
    expect(answering(world, web)).toEqual(['n0'])
    await world.clock.advance(3 * leaseDurationMs)
    expect(answering(world, web)).toEqual(['n0'])
    node('n2').restore()
    await world.clock.advance(3 * leaseDurationMs)
    expect(answering(world, web)).toEqual(['n0'])
    expect(world.robberies).toEqual([])
  })

  test('while the switch is dead nobody writes over and over who has the address', async () => {
    const { world } = await settledWorld(names, heartbeats)
    for (const each of world.nodes) each.link(false, true)
    for (const each of world.nodes) if (each.name !== 'n0') each.cut()
    await world.clock.advance(1500)
    for (const each of world.nodes) each.restore()
    await world.clock.advance(500)
    const before = Number(world.get(web)?.metadata.resourceVersion)
    await world.clock.advance(60_000)
    expect(Number(world.get(web)?.metadata.resourceVersion) - before).toBeLessThan(10)
    for (const each of world.nodes) each.link(true)
    await world.clock.advance(2 * leaseDurationMs)
    expect(answering(world, web)).toHaveLength(1)
    expect(answering(world, web)[0]).toBe(world.get(web)?.status?.node)
  })

  test('an owner whose link is lost is replaced as fast as one that died, and takes nothing back', async () => {
    const { world, node } = await settledWorld(names, heartbeats)
    node('n0').link(false)
    await world.clock.advance(450)
    expect(answering(world, web)).toEqual(['n1'])
    node('n0').link(true)
    await world.clock.advance(2 * leaseDurationMs)
    expect(answering(world, web)).toEqual(['n1'])
  })
})

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
