// Where a node announces: on the interface of the subnet, or on those that the Announcement names for it.
import { expect, test } from 'vitest'
import type { Announcement } from '../../../src/api/announcement.ts'
import type { NodeInterface } from '../../../src/api/node-report.ts'
import { choosePlacement } from './placement.ts'

const on = (name: string, index: number, address: string): NodeInterface => {
  return { name, index, mac: `02:00:00:00:00:0${index}`, carrier: true, addresses: [address] }
}
const interfaces = [on('eth0', 2, '10.201.0.11/16'), on('eth1', 3, '10.202.0.11/16'), on('bond0', 4, '192.0.2.11/24')]
const placed = (self: string, rules: Pick<Announcement['spec'], 'interfaces' | 'nodeInterfaces'>) => {
  const spec = { address: '10.201.200.1', pool: 'office', services: [], nodes: ['n0', 'n1'], ...rules }
  const choice = choosePlacement(spec, self, interfaces)
  return 'none' in choice ? choice.none : choice.name
}

test('each node goes by what is named for it, the others by what is named for all, or by the subnet', () => {
  const nodeInterfaces = [{ node: 'n1', interfaces: ['bond0'] }]
  expect(placed('n0', {})).toBe('eth0')
  expect(placed('n0', { nodeInterfaces })).toBe('eth0')
  expect(placed('n1', { nodeInterfaces })).toBe('bond0')
  expect(placed('n1', { nodeInterfaces, interfaces: ['eth1'] })).toBe('bond0')
  expect(placed('n0', { nodeInterfaces, interfaces: ['eth1'] })).toBe('eth1')
  expect(placed('n1', { nodeInterfaces: [{ node: 'n1', interfaces: ['eth9'] }] })).toBe('NoInterface')
})
