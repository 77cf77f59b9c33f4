// Who announces: only nodes that may, evenly when placing, and nobody moves without need.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Announcement } from '../../../src/api/announcement.ts'
import { announcementName, makeAddress } from '../../../src/model/address.ts'
import { fitOf } from '../announcing/eligibility.ts'
import { bearerOf, createLoadBook } from './load.ts'
import { makeAnnouncer, makeNetwork } from '../network/network.ts'
import { planAnnouncement } from './placement.ts'
import type { PlacementInput } from './placement.ts'
import { readPools } from '../pools/pools.ts'
import type { DesiredLoadBalancer } from '../../../src/model/load-balancer.ts'
import { nodeNamed, poolNamed, reportOf, serviceNamed, threeReady } from '../simulation/simulation.ts'

const givenAt = (at: number) => ({
  address: makeAddress('IPv4', 0x0ac9c800n + BigInt(at)),
  pool: 'office',
  since: '2026-01-01T00:00:00Z',
  owners: [{ uid: `u${at}`, namespace: 'default', name: `s${at}` }],
})
const goal = { desired: serviceNamed('web'), membership: threeReady }
const networkOf = (names: readonly string[], dead: readonly string[] = []) =>
  makeNetwork(names.map(name => makeAnnouncer(nodeNamed(name), reportOf(name), !dead.includes(name))))
const inputAt = (at: number, network: PlacementInput['network'], existing?: Announcement): PlacementInput => ({
  given: givenAt(at),
  sharers: [{ goal, pool: undefined }],
  existing,
  network,
  load: createLoadBook().without(''),
  hashSeed: 7,
})
const existingWith = (nodes: readonly string[], node = ''): Announcement => ({
  apiVersion: 'weir.dev/v1alpha1',
  kind: 'Announcement',
  metadata: { name: announcementName(givenAt(1).address) },
  spec: {
    address: givenAt(1).address.text,
    pool: 'office',
    services: [...givenAt(1).owners],
    serviceNames: 'default/s1',
    nodes: [...nodes],
  },
  status: { epoch: 1, node },
})
const names = (count: number) => Array.from({ length: count }, (_, at) => `n${at}`)

test('whatever happens to nodes, candidates may announce, the bearer stays while it can, and a second look changes nothing', () => {
  const state = fc.record({ dead: fc.boolean(), excluded: fc.boolean(), carrier: fc.boolean(), here: fc.boolean() })
  fc.assert(
    fc.property(fc.array(fc.array(state, { minLength: 6, maxLength: 6 }), { minLength: 1, maxLength: 8 }), rounds => {
      let existing: Announcement | undefined
      for (const states of rounds) {
        const announcers = states.flatMap(({ dead, excluded, carrier, here }, at) => {
          const labels: Record<string, string> = excluded ? { 'node.kubernetes.io/exclude-from-external-load-balancers': '' } : {}
          return here ? makeAnnouncer(nodeNamed(`n${at}`, labels), reportOf(`n${at}`, undefined, carrier), !dead) : []
        })
        const network = makeNetwork(announcers)
        const may = (node: string | undefined) => {
          const announcer = node === undefined ? undefined : network.get(node)
          return (
            announcer !== undefined &&
            fitOf(announcer, { address: givenAt(1).address, sharers: [{ goal, pool: undefined }] }).fits
          )
        }
        const before = existing && bearerOf(existing)
        const action = planAnnouncement(inputAt(1, network, existing))
        if (action?.kind === 'put-announcement') existing = { ...action.announcement }
        if (action?.kind === 'update-announcement') existing = { ...action.seen, spec: action.spec }
        if (!existing) continue
        for (const node of existing.spec.nodes) expect(may(node)).toBe(true)
        const living = announcers.filter(({ alive, name }) => alive && may(name))
        expect(existing.spec.nodes.some(node => network.get(node)?.alive)).toBe(living.length > 0)
        if (may(before) && network.get(before ?? '')?.alive) expect(bearerOf(existing)).toBe(before)
        expect(planAnnouncement(inputAt(1, network, existing))).toBeUndefined()
        // The agents: the first living candidate announces once the announcing node is gone.
        const announcing = existing.spec.nodes.find(node => network.get(node)?.alive)
        const owner = existing.status?.node
        const isOwnerWell = owner && existing.spec.nodes.includes(owner) && network.get(owner)?.alive
        if (!isOwnerWell && announcing) existing = { ...existing, status: { epoch: 1, node: announcing } }
      }
    }),
  )
})

test('with three alive a list stays; with fewer another is added and the announcing node stays first', () => {
  const existing = existingWith(['n0', 'n1', 'n2', 'n3'], 'n1')
  expect(planAnnouncement(inputAt(1, networkOf(names(5), ['n0']), existing))).toBeUndefined()
  const action = planAnnouncement(inputAt(1, networkOf(names(6), ['n0', 'n2']), existing))
  if (action?.kind !== 'update-announcement') throw new Error('an update')
  expect(action.spec.nodes.slice(0, 2)).toEqual(['n1', 'n3'])
  expect(action.spec.nodes.slice(2).toSorted()).toEqual(['n4', 'n5'])
})

test('a returning node takes nothing back', () => {
  const existing = existingWith(['n1', 'n2', 'n3'], 'n1')
  expect(planAnnouncement(inputAt(1, networkOf(names(4)), existing))).toBeUndefined()
})

test('with every agent down the list stays for their return', () => {
  const existing = existingWith(['n0', 'n1'], 'n0')
  expect(planAnnouncement(inputAt(1, networkOf(names(3), names(3)), existing))).toBeUndefined()
})

test('a node without carrier leaves the list at once', () => {
  const network = makeNetwork([
    makeAnnouncer(nodeNamed('n0'), reportOf('n0', undefined, false), true),
    makeAnnouncer(nodeNamed('n1'), reportOf('n1'), true),
  ])
  const action = planAnnouncement(inputAt(1, network, existingWith(['n0', 'n1'], 'n0')))
  expect(action).toMatchObject({ kind: 'update-announcement', spec: { nodes: ['n1'] } })
})

test('a candidate whose report is gone stays while its agent lives, and is not taken when it was none', () => {
  const lost = (alive: boolean) =>
    makeNetwork([makeAnnouncer(nodeNamed('n0'), undefined, alive), makeAnnouncer(nodeNamed('n1'), undefined, true)])
  expect(planAnnouncement(inputAt(1, lost(true), existingWith(['n0'], 'n0')))).toBeUndefined()
  const named = existingWith(['n0'], 'n0')
  const onBond = { ...named, spec: { ...named.spec, interfaces: ['bond0'] } }
  expect(planAnnouncement(inputAt(1, lost(true), onBond))).toBeUndefined()
  expect(planAnnouncement(inputAt(1, lost(true)))).toBeUndefined()
  expect(planAnnouncement(inputAt(1, lost(false), existingWith(['n0'], 'n0')))).toMatchObject({ spec: { nodes: [] } })
  const local = { desired: serviceNamed('web', { externalTrafficPolicy: 'Local' }), membership: threeReady }
  const elsewhere = { ...local, membership: { ...threeReady, nodesWithEndpoints: ['n1'] } }
  const action = planAnnouncement({
    ...inputAt(1, lost(true), existingWith(['n0'], 'n0')),
    sharers: [{ goal: elsewhere, pool: undefined }],
  })
  expect(action).toMatchObject({ spec: { nodes: [] } })
})

test('externalTrafficPolicy Local: only nodes with a usable endpoint, and none without any', () => {
  const local = (nodesWithEndpoints: readonly string[], changes: Partial<DesiredLoadBalancer> = {}) => {
    const desired = serviceNamed('web', { externalTrafficPolicy: 'Local', ...changes })
    return { sharers: [{ goal: { desired, membership: { ...threeReady, nodesWithEndpoints } }, pool: undefined }] }
  }
  const network = networkOf(names(3))
  const one = planAnnouncement({ ...inputAt(1, network), ...local(['n2']) })
  expect(one).toMatchObject({ announcement: { spec: { nodes: ['n2'] } } })
  const none = planAnnouncement({ ...inputAt(1, network, existingWith(['n2'], 'n2')), ...local([]) })
  expect(none).toMatchObject({ kind: 'update-announcement', spec: { nodes: [] } })
})

test('rules of a pool unite: by nodes, by Services, and by interfaces whose subnet does not matter', () => {
  const layer2 = [
    { nodeSelector: { matchLabels: { rack: 'a' } }, interfaces: ['eth0'] },
    { serviceSelector: { matchLabels: { tier: 'db' } } },
  ]
  const pool = readPools([poolNamed('office', ['192.0.2.0/24'], { announce: { layer2 } })]).get('office')
  const network = makeNetwork([
    makeAnnouncer(nodeNamed('n0', { rack: 'a' }), reportOf('n0'), true),
    makeAnnouncer(nodeNamed('n1', { rack: 'b' }), reportOf('n1', ['192.0.2.9/24']), true),
  ])
  const plain = planAnnouncement({ ...inputAt(1, network), sharers: [{ goal, pool }] })
  expect(plain).toMatchObject({ announcement: { spec: { nodes: ['n0'], interfaces: ['eth0'] } } })
  const address = makeAddress('IPv4', 0xc0000201n)
  const db = { ...goal, desired: serviceNamed('db', { labels: { tier: 'db' } }) }
  const fit = (name: string) => {
    const announcer = network.get(name)
    return announcer && fitOf(announcer, { address, sharers: [{ goal: db, pool }] })
  }
  expect(fit('n1')).toEqual({ fits: true, interfaces: undefined, weight: 0 })
  expect(fit('n0')).toEqual({ fits: true, interfaces: ['eth0'], weight: 0 })
})

test('an Announcement names only interfaces that its candidates have, and no more than its schema takes', () => {
  const upTo = (count: number) => Array.from({ length: count }, (_, at) => `eth${at}`)
  const layer2 = [{ interfaces: upTo(16) }, { interfaces: upTo(40).slice(16) }]
  const pool = readPools([poolNamed('office', ['192.0.2.0/24'], { announce: { layer2 } })]).get('office')
  const having = (interfaces: readonly string[], wired = interfaces) => {
    const all = interfaces.map((name, index) => {
      return { name, index: index + 2, mac: '02:00:00:00:00:01', carrier: wired.includes(name), addresses: [] }
    })
    return { ...reportOf('n0'), spec: { version: '0.1.0', interfaces: all } }
  }
  const interfacesOn = (reports: readonly ReturnType<typeof having>[]) => {
    const network = makeNetwork(reports.map((report, at) => makeAnnouncer(nodeNamed(`n${at}`), report, true)))
    const action = planAnnouncement({ ...inputAt(1, network), sharers: [{ goal, pool }] })
    const spec = action?.kind === 'put-announcement' ? action.announcement.spec : undefined
    const each = spec?.nodeInterfaces?.toSorted((one, other) => (one.node < other.node ? -1 : 1))
    return spec?.interfaces ?? each?.map(({ interfaces }) => interfaces)
  }
  expect(interfacesOn([having(['eth0', 'lo']), having(['eth0', 'eth99'])])).toEqual(['eth0'])
  expect(interfacesOn([having(['eth0', 'lo']), having(['eth20'])])).toEqual([['eth0'], ['eth20']])
  const [many, one] = interfacesOn([having(upTo(40), ['eth39']), having(['eth30'])]) ?? []
  expect(one).toEqual(['eth30'])
  expect(many).toContain('eth39')
  expect(many).toHaveLength(16)
})
