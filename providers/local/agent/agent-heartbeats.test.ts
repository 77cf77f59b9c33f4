// Agents of a simulated cluster with heartbeats: who takes over within half a second, and who yields.
import { describe, expect, test } from 'vitest'
import { simulatedClock } from '../../../src/kubernetes/simulated-clock.ts'
import { leaseDurationMs, makeWorld } from './world-under-test.ts'
import { names, web, dns, answering, settledWorld } from './settled-world-under-test.ts'

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
