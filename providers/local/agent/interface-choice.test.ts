import { expect, test } from 'vitest'
import type { NodeInterface } from '../../../src/api/node-report.ts'
import { parseAddress } from '../../../src/model/address.ts'
import { chooseInterface } from './interface-choice.ts'

const link = (name: string, index: number, addresses: readonly string[], carrier = true): NodeInterface => ({
  name,
  index,
  mac: `02:00:00:00:00:0${index}`,
  carrier,
  addresses: [...addresses],
})
const address = (text: string) => {
  const parsed = parseAddress(text)
  if (!parsed) throw new Error(text)
  return parsed
}
const chosen = (text: string, interfaces: readonly NodeInterface[], named?: readonly string[]) => {
  const choice = chooseInterface(address(text), interfaces, named)
  return 'none' in choice ? choice.none : choice.interface.name
}

const office = link('eth0', 2, ['10.201.0.11/16', 'fd00::11/64'])
const wide = link('eth1', 3, ['10.0.0.4/8'])
const pods = link('cni0', 4, ['10.244.0.1/24'])

test('the interface whose subnet holds the address is chosen, of both families', () => {
  expect(chosen('10.201.200.1', [pods, office])).toBe('eth0')
  expect(chosen('fd00::99', [pods, office])).toBe('eth0')
  expect(chosen('192.0.2.1', [pods, office])).toBe('NoInterface')
})

test('of several subnets the smallest counts, of equal ones the lowest index', () => {
  expect(chosen('10.201.200.1', [wide, office])).toBe('eth0')
  expect(chosen('10.201.200.1', [link('eth9', 9, ['10.201.0.9/16']), office])).toBe('eth0')
})

test('without carrier another one serves, and if there is none that is said', () => {
  const down = { ...office, carrier: false }
  expect(chosen('10.201.200.1', [down, wide])).toBe('eth1')
  expect(chosen('10.201.200.1', [down, pods])).toBe('NoCarrier')
})

test('the interfaces a pool names are the only ones; they need no subnet that fits', () => {
  expect(chosen('10.201.200.1', [office, wide, pods], ['eth1', 'cni0'])).toBe('eth1')
  expect(chosen('192.0.2.1', [office, wide], ['eth1', 'eth0'])).toBe('eth1')
  expect(chosen('192.0.2.1', [office, { ...wide, carrier: false }], ['eth1', 'eth0'])).toBe('eth0')
  expect(chosen('10.201.200.1', [office], ['wlan0'])).toBe('NoInterface')
})

test("an address that is the node's own is refused", () => {
  expect(chosen('10.201.0.11', [office])).toBe('AddressOfNode')
  expect(chosen('10.201.0.1', [office])).toBe('eth0')
})
