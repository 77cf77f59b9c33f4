// Agents of a simulated cluster without heartbeats: who announces, who takes over and when, by the Leases alone.
import { expect, test } from 'vitest'
import { leaseDurationMs } from './world-under-test.ts'
import { web, answering, settledWorld } from './settled-world-under-test.ts'

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
