import { expect, test } from 'vitest'
import { choosePath, peersOn } from './network-paths.ts'
import type { OtherNode } from './network-paths.ts'

const nic = (mac: string, ...addresses: readonly string[]) => ({
  name: 'eth0',
  index: 2,
  mac,
  carrier: true,
  addresses: [...addresses],
})
const own = nic('02:00:00:00:00:01', '10.201.0.11/16', 'fd00:201::11/64', 'fe80::1/64')
const beside: OtherNode = {
  name: 'n2',
  alive: true,
  interfaces: [nic('02:00:00:00:00:02', '10.201.0.12/16', 'fe80::2/64', 'fd00:201::12/64')],
}
const elsewhere: OtherNode = { name: 'n3', alive: true, interfaces: [nic('02:00:00:00:00:03', '10.202.0.13/16', 'fe80::3/64')] }
const dead: OtherNode = { ...beside, name: 'n4', alive: false }
const unable: OtherNode = { ...beside, name: 'n5', obstacle: 'NftMissing' }
const all = [beside, elsewhere, dead, unable]

function choose(
  nodes: readonly (string | undefined)[],
  policy: 'Cluster' | 'Local' = 'Cluster',
  family: 'IPv4' | 'IPv6' = 'IPv4',
) {
  return choosePath({
    self: 'n1',
    family,
    policy,
    targets: nodes.map(node => ({ address: '10.244.0.2', port: 8080, terminating: false, ...(node !== undefined && { node }) })),
    peers: new Map(peersOn(own, all).map(peer => [peer.name, peer])),
    others: new Map(all.map(other => [other.name, other])),
  })
}

test('a peer is a node with an address in a network of ours; link-local ones say nothing', () => {
  const peers = peersOn(own, all)
  expect(peers.map(({ name, alive }) => [name, alive])).toEqual([
    ['n2', true],
    ['n4', false],
  ])
  expect(peers[0]).toMatchObject({ mac: '02:00:00:00:00:02', interfaceIndex: 2 })
  expect(peers[0]?.addresses.map(({ text }) => text)).toEqual(['10.201.0.12', 'fd00:201::12'])
})

test('packets go straight to pods where every node with one can be handed them', () => {
  expect(choose(['n1', 'n2', 'n4'])).toEqual({ path: 'direct' })
  expect(choose([])).toEqual({ path: 'direct' })
})

test('one node in the way: masqueraded for Cluster, own pods for Local, and the node is named', () => {
  expect(choose(['n2', 'n3'])).toEqual({ path: 'masquerade', why: { reason: 'OtherSegment', node: 'n3' } })
  expect(choose(['n5'], 'Local')).toEqual({ path: 'local', why: { reason: 'NodeUnable', node: 'n5' } })
  expect(choose(['n9'])).toEqual({ path: 'masquerade', why: { reason: 'NoAgent', node: 'n9' } })
  expect(choose([undefined])).toEqual({ path: 'masquerade', why: { reason: 'UnknownNode' } })
})
