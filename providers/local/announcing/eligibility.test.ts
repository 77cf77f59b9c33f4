// Who may announce an address: every reason why not is told by numbers, and sharers have to agree.
import { expect, test } from 'vitest'
import type { AddressPool } from '../../../src/api/address-pool.ts'
import type { Node } from '../../../src/model/kubernetes-objects.ts'
import { makeAddress } from '../../../src/model/address.ts'
import type { Sharer } from './announce-rules.ts'
import { canShare, eligibleFor } from './eligibility.ts'
import { makeAnnouncer, makeNetwork } from '../network/network.ts'
import type { Network } from '../network/network.ts'
import { readPools } from '../pools/pools.ts'
import { nodeNamed, poolNamed, reportOf, serviceNamed, threeReady } from '../simulation/simulation.ts'
import { whyNobody } from './why-nobody.ts'

type Rules = NonNullable<NonNullable<AddressPool['spec']['announce']>['layer2']>

const address = makeAddress('IPv4', 0x0ac9c801n)
const poolWith = (layer2: Rules) => readPools([poolNamed('office', ['10.201.200.0/24'], { announce: { layer2 } })]).get('office')
const served = (labels: Readonly<Record<string, string>>, layer2?: Rules): Sharer => ({
  goal: { desired: serviceNamed('web', { labels }), membership: threeReady },
  pool: layer2 && poolWith(layer2),
})
const racks = (...names: readonly string[]): Network =>
  makeNetwork(names.map((rack, at) => makeAnnouncer(nodeNamed(`n${at}`, { rack }), reportOf(`n${at}`), true)))
const inRack = (rack: string) => ({ nodeSelector: { matchLabels: { rack } } })
const nodesFor = (network: Network, ...sharers: readonly Sharer[]) => [...eligibleFor(network, { address, sharers }).fits.keys()]

test('each reason is told with how many nodes have it, and nodes outside the subnet with what they have', () => {
  const on = (name: string, change: Partial<Node>, report = reportOf(name)) =>
    makeAnnouncer({ ...nodeNamed(name), ...change }, report, true)
  const status = { ...nodeNamed('n').status, conditions: [{ type: 'NetworkUnavailable', status: 'True' }] }
  const network = makeNetwork([
    on('n0', {}, reportOf('n0', ['192.0.2.5/24'])),
    on('n1', {}, reportOf('n1', ['192.0.2.6/24', '198.51.100.6/24'])),
    on('n2', { spec: { taints: [{ key: 'node.kubernetes.io/out-of-service' }] } }),
    on('n3', { status }),
    on('n4', { spec: { taints: [{ key: 'ToBeDeletedByClusterAutoscaler' }] } }),
  ])
  const { reason, message, remedy } = whyNobody(network, { address, sharers: [served({})] }, 'office')
  expect(reason).toBe('OutsideSubnets')
  expect(message).toContain('10.201.200.1 is in no subnet of a node that may announce it (5 nodes: 2 without an interface in its')
  expect(message).toContain('(n0 has eth0 192.0.2.5/24; n1 has eth0 192.0.2.6/24 198.51.100.6/24)')
  for (const part of ['1 out of service (n2)', '1 whose network is not set up (NetworkUnavailable) (n3)', '1 being removed by'])
    expect(message).toContain(part)
  expect(remedy).toContain('pool office')
})

test('a node in the subnet whose link or agent is down makes it no matter of subnets', () => {
  const down = makeNetwork([
    makeAnnouncer(nodeNamed('n0'), reportOf('n0', undefined, false), true),
    makeAnnouncer(nodeNamed('n1'), reportOf('n1', ['192.0.2.5/24']), true),
  ])
  const { reason, message } = whyNobody(down, { address, sharers: [served({})] }, 'office')
  expect(reason).toBe('NoAnnouncer')
  expect(message).toContain('1 whose link there is down (n0)')
  const many = makeNetwork(Array.from({ length: 40 }, (_, at) => makeAnnouncer(nodeNamed(`n${at}`), reportOf(`n${at}`), false)))
  expect(whyNobody(many, { address, sharers: [served({})] }, 'office').message).toContain(
    '40 nodes: 40 whose agent does not answer',
  )
  expect(whyNobody(makeNetwork([]), { address, sharers: [served({})] }, 'office').message).toContain('there are no nodes')
})

test('rules of a pool unite for a Service: each brings its nodes with its interfaces', () => {
  const rules = [{ ...inRack('a'), interfaces: ['eth0'] }, inRack('b'), { ...inRack('c'), interfaces: ['bond0'] }]
  const network = racks('a', 'b', 'c')
  const { fits } = eligibleFor(network, { address, sharers: [served({}, rules)] })
  expect([...fits].map(([node, { interfaces }]) => [node, interfaces])).toEqual([
    ['n0', ['eth0']],
    ['n1', undefined],
  ])
})

test('weights of preferences add up over the rules that select a node', () => {
  const edge = { nodeSelector: { matchLabels: { rack: 'a' } } }
  const rules = [{ preferredNodes: [{ weight: 10, ...edge }] }, { ...inRack('a'), preferredNodes: [{ weight: 5, ...edge }] }]
  const { fits, tiers } = eligibleFor(racks('b', 'a', 'b'), { address, sharers: [served({}, rules)] })
  expect([...fits.values()].map(({ weight }) => weight)).toEqual([0, 15, 0])
  expect(tiers.map(({ nodes }) => nodes.toSorted())).toEqual([['n1'], ['n0', 'n2']])
})

test('Services at one address are announced by nodes that all of their rules allow, on interfaces that all allow', () => {
  const network = racks('a', 'b')
  const rules = [
    { serviceSelector: { matchLabels: { app: 'web' } } },
    { ...inRack('b'), interfaces: ['eth0', 'eth1'], serviceSelector: { matchLabels: { app: 'dns' } } },
    { ...inRack('a'), serviceSelector: { matchLabels: { app: 'db' } } },
    { interfaces: ['eth1'], serviceSelector: { matchLabels: { app: 'tap' } } },
  ]
  const [web, dns, db] = ['web', 'dns', 'db'].map(app => served({ app }, rules))
  if (!web || !dns || !db) throw new Error('three Services')
  expect(nodesFor(network, web)).toEqual(['n0', 'n1'])
  expect(nodesFor(network, web, dns)).toEqual(['n1'])
  expect(nodesFor(network, web, dns, db)).toEqual([])
  expect(canShare(network, { address, sharers: [web, dns] })).toEqual({ possible: true })
  expect(canShare(network, { address, sharers: [dns, db] })).toEqual({ possible: false, between: [['n1'], ['n0']] })
  const named = (interfaces: readonly string[]) => served({}, [{ interfaces: [...interfaces] }])
  const two = reportOf('n0')
  const [eth0] = two.spec.interfaces
  if (!eth0) throw new Error('one interface')
  const report = { ...two, spec: { ...two.spec, interfaces: [eth0, { ...eth0, name: 'eth1', index: 3 }] } }
  const one = makeNetwork([makeAnnouncer(nodeNamed('n0'), report, true)])
  expect(nodesFor(one, named(['eth0']), named(['eth1']))).toEqual([])
  expect(canShare(one, { address, sharers: [named(['eth0']), named(['eth1'])] })).toMatchObject({ possible: false })
  expect(eligibleFor(one, { address, sharers: [named(['eth0', 'eth1']), named(['eth1'])] }).fits.get('n0')?.interfaces).toEqual([
    'eth1',
  ])
})

test('sharing is not refused for what has no nodes anyway, nor for nodes that are down', () => {
  const network = makeNetwork([makeAnnouncer(nodeNamed('n0', { rack: 'a' }), reportOf('n0'), false)])
  expect(canShare(network, { address, sharers: [served({}), served({}, [inRack('a')])] })).toEqual({ possible: true })
  expect(canShare(network, { address, sharers: [served({}), served({}, [inRack('z')])] })).toEqual({ possible: true })
})
