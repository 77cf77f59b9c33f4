import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readInterfaces } from './interfaces.ts'

/** A folder as /sys/class/net; each interface with what differs from an Ethernet card that is up. */
function sysfs(interfaces: Readonly<Record<string, Readonly<Record<string, string>>>>) {
  const directory = mkdtempSync(join(tmpdir(), 'weir-net-'))
  for (const [position, [name, entries]] of Object.entries(interfaces).entries()) {
    const index = String(position + 1)
    const card = {
      ifindex: index,
      iflink: index,
      type: '1',
      flags: '0x1003',
      address: `02:00:00:00:00:0${index}`,
      carrier: '1',
      mtu: '1500',
      uevent: '',
    }
    mkdirSync(join(directory, name))
    for (const [entry, text] of Object.entries({ ...card, ...entries })) writeFileSync(join(directory, name, entry), `${text}\n`)
  }
  return { directory, [Symbol.dispose]: () => rmSync(directory, { recursive: true }) }
}
const addresses = (given: Readonly<Record<string, readonly string[]>>) => () =>
  Object.fromEntries(Object.entries(given).map(([name, cidrs]) => [name, cidrs.map(cidr => ({ cidr }))]))

test('what speaks ARP on a LAN is listed; what does not, or has a master that does, is not', () => {
  using net = sysfs({
    lo: { type: '772', flags: '0x9', address: '00:00:00:00:00:00' },
    eth0: {},
    eth1: { master: '' },
    bond0: { uevent: 'DEVTYPE=bond' },
    'eth0.5': { iflink: '2', uevent: 'DEVTYPE=vlan\nINTERFACE=eth0.5' },
    'kube-ipvs0': { flags: '0x82' },
    tunl0: { type: '768', address: '00:00:00:00' },
    cali1: { iflink: '3' },
    veth9: { iflink: '77' },
  })
  const found = readInterfaces({
    directory: net.directory,
    addresses: addresses({
      eth0: ['10.201.0.11/16'],
      'kube-ipvs0': ['10.96.0.1/32'],
      veth9: ['10.202.0.1/16'],
      lo: ['127.0.0.1/8'],
    }),
  })
  expect(found.map(({ name }) => name)).toEqual(['eth0', 'bond0', 'eth0.5', 'veth9'])
  expect(found[0]).toEqual({
    name: 'eth0',
    index: 2,
    mac: '02:00:00:00:00:02',
    carrier: true,
    mtu: 1500,
    addresses: ['10.201.0.11/16'],
  })
})

test('a member of a VRF speaks for itself, a member of a bond or bridge does not', () => {
  using net = sysfs({ vrf0: { flags: '0x480' }, br0: {}, eth0: {}, eth1: {} })
  symlinkSync(join(net.directory, 'vrf0'), join(net.directory, 'eth0', 'master'))
  symlinkSync(join(net.directory, 'br0'), join(net.directory, 'eth1', 'master'))
  const found = readInterfaces({ directory: net.directory, addresses: addresses({}) })
  expect(found.map(({ name }) => name)).toEqual(['br0', 'eth0'])
})

test('an interface that loses its carrier keeps the addresses it had', () => {
  using net = sysfs({ eth0: { iflink: '9' } })
  const known = readInterfaces({ directory: net.directory, addresses: addresses({ eth0: ['10.201.0.11/16'] }) })
  writeFileSync(join(net.directory, 'eth0', 'carrier'), '0\n')
  const found = readInterfaces({ directory: net.directory, addresses: addresses({}), known })
  expect(found).toMatchObject([{ name: 'eth0', carrier: false, addresses: ['10.201.0.11/16'] }])
})
