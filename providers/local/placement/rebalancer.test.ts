// A rebalance through the whole provider: asked for by an annotation, a few addresses at a time, once.
import { expect, test } from 'vitest'
import { rebalanceAnnotation } from '../../../src/api/group.ts'
import { simulatedLan } from '../simulation/simulated-lan.ts'
import type { SimulatedLan } from '../simulation/simulated-lan.ts'
import { nodeNamed, poolNamed, reportOf, serviceNamed } from '../simulation/simulation.ts'

const office = poolNamed('office', ['10.201.200.0/24'])
const asking = (value: string, rebalanced?: string) => ({
  ...office,
  metadata: { ...office.metadata, annotations: { [rebalanceAnnotation]: value } },
  ...(rebalanced !== undefined && { status: { rebalanced } }),
})

/** What agents do once: who is no candidate lets go, then the first candidate claims. Gives how many were let go. */
function agentsAct(lan: SimulatedLan, alive: (node: string) => boolean = () => true): number {
  let gone = 0
  for (const [name, { spec, status }] of lan.announcements.objects) {
    const owner = status?.node ?? ''
    if (owner !== '' && spec.nodes.includes(owner) && alive(owner)) continue
    if (owner !== '') gone++
    const next = spec.nodes.find(alive)
    if (next !== undefined) lan.claim(name, next)
  }
  return gone
}

async function settle(lan: SimulatedLan): Promise<{ readonly moved: number; readonly most: number }> {
  let [moved, most] = [0, 0]
  for (let round = 0; round < 50; round++) {
    await Promise.resolve()
    await lan.announce()
    const gone = agentsAct(lan)
    moved += gone
    most = Math.max(most, gone)
    await Promise.resolve()
  }
  return { moved, most }
}

const loads = (lan: SimulatedLan) => {
  const counts = new Map<string, number>()
  for (const { status } of lan.announcements.objects.values())
    counts.set(status?.node ?? '', (counts.get(status?.node ?? '') ?? 0) + 1)
  return Object.fromEntries([...counts].toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

async function crowded(): Promise<SimulatedLan> {
  const lan = await simulatedLan({ pools: [office], nodes: ['n0', 'n1'] })
  for (let at = 0; at < 24; at++) await lan.bring(serviceNamed(`s${at}`))
  await settle(lan)
  for (const node of ['n2', 'n3']) {
    lan.nodes.put(nodeNamed(node))
    lan.reports.put(reportOf(node))
    lan.setAlive(node, true)
  }
  await settle(lan)
  return lan
}

test('new nodes get nothing by themselves; asked for, as many move as must, at most four at once, and it is told when it is over', async () => {
  const lan = await crowded()
  expect(loads(lan)).toEqual({ n0: 12, n1: 12 })
  lan.pools.put(asking('monday'))
  const { moved, most } = await settle(lan)
  expect(loads(lan)).toEqual({ n0: 6, n1: 6, n2: 6, n3: 6 })
  expect(moved).toBe(12)
  expect(most).toBeLessThanOrEqual(4)
  expect(lan.provider.poolStatuses.get('office')?.rebalanced).toEqual({ value: 'monday', moved: 12 })
  for (const { spec } of lan.announcements.objects.values()) expect(spec.nodes.length).toBeGreaterThanOrEqual(3)
})

test('what was carried out once is not again, also after a restart; another value is', async () => {
  const lan = await crowded()
  lan.pools.put(asking('monday', 'monday'))
  expect((await settle(lan)).moved).toBe(0)
  expect(lan.provider.poolStatuses.get('office')?.rebalanced).toBeUndefined()
  lan.pools.put(asking('tuesday', 'monday'))
  expect((await settle(lan)).moved).toBe(12)
  lan.setAlive('n3', false)
  for (let round = 0; round < 3; round++) {
    await lan.announce()
    agentsAct(lan, node => node !== 'n3')
  }
  lan.setAlive('n3', true)
  expect((await settle(lan)).moved).toBe(0)
})

test('after a restart in the middle it waits until every Service is known, then goes on', async () => {
  const before = await crowded()
  const lan = await simulatedLan({ pools: [asking('monday')], nodes: ['n0', 'n1', 'n2', 'n3'], after: before })
  for (let at = 0; at < 23; at++) await lan.bring(serviceNamed(`s${at}`))
  expect((await settle(lan)).moved).toBe(0)
  expect(lan.provider.poolStatuses.get('office')?.rebalanced).toBeUndefined()
  await lan.bring(serviceNamed('s23'))
  expect((await settle(lan)).moved).toBe(12)
  expect(loads(lan)).toEqual({ n0: 6, n1: 6, n2: 6, n3: 6 })
})

test('a node that dies while addresses move to it does not stop the others', async () => {
  const lan = await crowded()
  lan.pools.put(asking('monday'))
  await Promise.resolve()
  await lan.announce()
  lan.setAlive('n3', false)
  for (let round = 0; round < 60; round++) {
    await Promise.resolve()
    await lan.announce()
    agentsAct(lan, node => node !== 'n3')
    await Promise.resolve()
  }
  expect(loads(lan)).toEqual({ n0: 8, n1: 8, n2: 8 })
  expect(lan.provider.poolStatuses.get('office')?.rebalanced?.value).toBe('monday')
})

test('preferred nodes get addresses when they are placed and when they are rebalanced, not by coming', async () => {
  const layer2 = [{ preferredNodes: [{ weight: 1, nodeSelector: { matchLabels: { edge: '' } } }] }]
  const ruled = { ...office, spec: { ...office.spec, announce: { layer2 } } }
  const lan = await simulatedLan({ pools: [ruled], nodes: ['n0', 'n1', 'n2'] })
  for (let at = 0; at < 6; at++) await lan.bring(serviceNamed(`s${at}`))
  await settle(lan)
  expect(loads(lan)).toEqual({ n0: 2, n1: 2, n2: 2 })
  for (const node of ['n1', 'n2']) lan.nodes.put(nodeNamed(node, { edge: '' }))
  expect((await settle(lan)).moved).toBe(0)
  for (let at = 6; at < 8; at++) await lan.bring(serviceNamed(`s${at}`))
  await settle(lan)
  expect(loads(lan)).toEqual({ n0: 2, n1: 3, n2: 3 })
  const unpreferred = [...lan.announcements.objects].flatMap(([name, { status }]) => (status?.node === 'n0' ? name : []))
  lan.pools.put({ ...asking('now'), spec: ruled.spec })
  await settle(lan)
  expect(loads(lan)).toEqual({ n1: 4, n2: 4 })
  for (const name of unpreferred) expect(lan.announcements.read(name)?.spec.nodes.slice(0, 2).toSorted()).toEqual(['n1', 'n2'])
})

test('with a node that lives but takes nothing a rebalance has an end all the same', async () => {
  const lan = await crowded()
  lan.pools.put(asking('monday'))
  let moved = 0
  for (let round = 0; round < 100; round++) {
    await Promise.resolve()
    await lan.announce()
    moved += agentsAct(lan, node => node !== 'n3')
    await Promise.resolve()
  }
  expect(moved).toBeLessThanOrEqual(24)
  expect(lan.provider.poolStatuses.get('office')?.rebalanced?.value).toBe('monday')
})
