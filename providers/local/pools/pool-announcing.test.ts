// What a pool says about announcing its addresses before anybody has one.
import { expect, test } from 'vitest'
import type { AddressPool } from '../../../src/api/address-pool.ts'
import type { NodeReport } from '../../../src/api/node-report.ts'
import { interfacesOf } from '../network/interface-words.ts'
import { makeAnnouncer, makeNetwork } from '../network/network.ts'
import { announcingConditions } from './pool-announcing.ts'
import { readPools } from './pools.ts'
import { nodeNamed, poolNamed, reportOf } from '../simulation/simulation.ts'

type Rules = NonNullable<AddressPool['spec']['announce']>['layer2']

const conditions = (addresses: readonly string[], reports: readonly NodeReport[], layer2?: Rules) => {
  const pool = readPools([poolNamed('office', addresses, layer2 ? { announce: { layer2 } } : {})]).get('office')
  if (!pool) throw new Error('there is a pool')
  const network = makeNetwork(reports.map((report, at) => makeAnnouncer(nodeNamed(`n${at}`, { rack: `r${at}` }), report, at > 0)))
  const [subnets, traps, nobody] = announcingConditions(pool, network)
  return { subnets, traps, nobody }
}
const trapped = (name: string, type: string, message: string): NodeReport => {
  const report = reportOf(name)
  const condition = { type, status: 'True', reason: type, message, lastTransitionTime: '2026-01-01T00:00:00Z' } as const
  return { ...report, spec: { ...report.spec, conditions: [condition] } }
}

test('addresses in no subnet of any node are named, with what the nodes have', () => {
  const { subnets } = conditions(['10.201.200.0/24', '10.202.0.7', '2001:db8::/120'], [reportOf('n0'), reportOf('n1')])
  expect(subnets).toMatchObject({ type: 'OutsideSubnets', status: 'True', reason: 'OutsideSubnets' })
  expect(subnets?.message).toContain('10.202.0.7, 2001:db8::-2001:db8::ff are in no subnet of a node that may announce')
  expect(subnets?.message).toContain('(2 nodes have eth0 10.201.0.11/16)')
  expect(conditions(['10.201.200.0/24'], [reportOf('n0')]).subnets?.status).toBe('False')
})

test('what lies between and around the subnets of nodes counts, what one of them has does not', () => {
  const reports = [reportOf('n0', ['10.0.1.1/24']), reportOf('n1', ['10.0.3.1/24'])]
  const { subnets } = conditions(['10.0.0.0-10.0.3.9'], reports)
  expect(subnets?.message).toContain('10.0.0.0-10.0.0.255, 10.0.2.0-10.0.2.255 are in no subnet')
})

test('an address outside every subnet follows the interfaces that a rule names, where a node has one', () => {
  const bond = [{ interfaces: ['eth0'] }]
  expect(conditions(['198.51.100.0/24'], [reportOf('n0')], bond).subnets?.status).toBe('False')
  const half = [{ interfaces: ['bond0'] }, {}]
  const { subnets, nobody } = conditions(['198.51.100.0/24'], [reportOf('n0')], half)
  expect(subnets).toMatchObject({ status: 'True', reason: 'OutsideSubnets' })
  expect(subnets?.message).toContain('name interfaces that the nodes have in its announce rules: none has bond0')
  expect(nobody?.status).toBe('False')
})

test('only nodes that rules select count, and while none has reported nothing is claimed', () => {
  const rackOne = [{ nodeSelector: { matchLabels: { rack: 'r1' } } }]
  const reports = [reportOf('n0', ['10.201.0.1/16']), reportOf('n1', ['192.0.2.1/24'])]
  expect(conditions(['10.201.200.0/24'], reports, rackOne).subnets?.message).toContain('(1 node has eth0 192.0.2.1/24)')
  expect(conditions(['10.201.200.0/24'], []).subnets).toMatchObject({ status: 'False', reason: 'Accepted' })
})

test('settings of nodes that break announcing are told at the pool, with the nodes and what to do', () => {
  const message = 'kube-proxy uses IPVS without strict ARP, so every node answers for every address on eth0. Set it.'
  const reports = ['n0', 'n1'].map(name => trapped(name, 'StrictArpMissing', message))
  const { traps } = conditions(['10.201.200.0/24'], reports)
  expect(traps).toMatchObject({ type: 'NodeTraps', status: 'True', reason: 'StrictArpMissing' })
  expect(traps?.message).toBe(`StrictArpMissing on n0, n1: ${message}`)
})

test('where rules name other interfaces, a trap on one that does not announce is none', () => {
  const wireless = [trapped('n0', 'WirelessInterface', 'wlan0: many wireless networks hold back broadcasts.')]
  const status = (layer2?: Rules) => conditions(['10.201.200.0/24'], wireless, layer2).traps?.status
  expect(status()).toBe('True')
  expect(status([{ interfaces: ['wlan0'] }])).toBe('True')
  expect(status([{ interfaces: ['eth0'] }])).toBe('False')
  const off = [trapped('n0', 'ForwardingOff', 'net.ipv4.ip_forward is 0.')]
  expect(conditions(['10.201.200.0/24'], off, [{ interfaces: ['eth0'] }]).traps?.reason).toBe('ForwardingOff')
})

test('a trap of an agent that knows more than this controller is left out', () => {
  const { traps } = conditions(['10.201.200.0/24'], [trapped('n0', 'SomethingNew', 'It is new.')])
  expect(traps).toMatchObject({ status: 'False', reason: 'Accepted' })
})

test('rules that name an interface which no node has say so, whatever the subnets', () => {
  for (const addresses of [['10.201.200.0/24'], ['198.51.100.0/24']]) {
    const { subnets, nobody } = conditions(addresses, [reportOf('n0'), reportOf('n1')], [{ interfaces: ['bond0'] }])
    expect(subnets?.status).toBe('False')
    expect(nobody).toMatchObject({ type: 'NoAnnouncer', status: 'True', reason: 'NoAnnouncer' })
    expect(nobody?.message).toContain(
      'No node that the announce rules select has the interface bond0 that they name (2 nodes have eth0 10.201.0.11/16).',
    )
  }
})

test('rules that select nobody say so, and an empty list as well; before any node is there nothing is claimed', () => {
  const zz = [{ nodeSelector: { matchLabels: { rack: 'zz' } } }]
  const { subnets, nobody } = conditions(['10.201.200.0/24'], [reportOf('n0'), reportOf('n1')], zz)
  expect(subnets?.status).toBe('False')
  expect(nobody).toMatchObject({ type: 'NoAnnouncer', status: 'True' })
  expect(nobody?.message).toContain('The announce rules select none of 2 nodes (nodeSelector rack=zz).')
  expect(conditions(['10.201.200.0/24'], [], zz).nobody?.status).toBe('False')
  expect(conditions(['10.201.200.0/24'], [reportOf('n0')], []).nobody?.message).toContain('spec.announce.layer2) is empty')
  expect(conditions(['10.201.200.0/24'], [reportOf('n0')]).nobody?.status).toBe('False')
})

test('what a node has for its pods, and link-local addresses, are left out, and no address is cut', () => {
  const long = ['10.201.0.11/16', 'fe80::1/64', ...[1, 2].map(at => `2001:db8:aaaa:bbbb:cccc:dddd:eeee:${at}111/${63 + at}`)]
  const report = reportOf('n0', long)
  const cni = { name: 'cni0', index: 9, mac: '02:00:00:00:00:02', carrier: true, addresses: ['10.244.0.1/24', 'fe80::2/64'] }
  const own = { ...report, spec: { ...report.spec, interfaces: [...report.spec.interfaces, cni] } }
  expect(conditions(['198.51.100.7'], [own]).subnets?.message).toContain(
    '(1 node has eth0 10.201.0.11/16; eth0 2001:db8:aaaa:bbbb:cccc:dddd:eeee:1111/64; eth0 2001:db8:aaaa:bbbb:cccc:dddd:eeee:2111/65)',
  )
  expect(interfacesOf(makeAnnouncer(nodeNamed('n0'), own, true))).toBe(
    'eth0 10.201.0.11/16 2001:db8:aaaa:bbbb:cccc:dddd:eeee:1111/64 2001:db8:aaaa:bbbb:cccc:dddd:eeee:2111/65',
  )
})
