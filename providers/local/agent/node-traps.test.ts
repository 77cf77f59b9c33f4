import { mkdirSync, mkdtempDisposableSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { findTraps, readTrapFacts } from './node-traps.ts'
import type { TrapFacts } from './node-traps.ts'

const eth0 = { name: 'eth0', arpIgnore: 0, arpAnnounce: 0, reversePathFilter: 2, wireless: false }
const sound: TrapFacts = { ipvs: false, forwarding: true, defaultRoute: 'eth0', interfaces: [eth0] }
const found = (facts: Partial<TrapFacts>) => findTraps({ ...sound, ...facts }).map(({ reason }) => reason)

test('a usual node has none', () => {
  expect(found({})).toEqual([])
  expect(found({ interfaces: [{ ...eth0, reversePathFilter: 1 }] })).toEqual([])
})

test('IPVS without strict ARP is named, and with it not', () => {
  expect(findTraps({ ...sound, ipvs: true })[0]?.message).toContain('on eth0. Set ipvs.strictARP: true')
  expect(found({ ipvs: true, interfaces: [{ ...eth0, arpIgnore: 1, arpAnnounce: 2 }] })).toEqual([])
})

test('strict reverse path filtering matters where the default route is another interface', () => {
  const eth1 = { ...eth0, name: 'eth1', reversePathFilter: 1 }
  expect(findTraps({ ...sound, interfaces: [eth0, eth1] })[0]?.message).toMatch(/on eth1 drops .* over eth0/)
  expect(found({ interfaces: [eth0, eth1], defaultRoute: undefined })).toEqual([])
})

test('wireless interfaces and a node that does not forward are named', () => {
  expect(found({ interfaces: [{ ...eth0, wireless: true }], forwarding: false })).toEqual(['ForwardingOff', 'WirelessInterface'])
})

test('the facts are read from the kernel, the stricter of two settings counts, and what is missing is harmless', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'weir-traps-'))
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(folder.path, path)), { recursive: true })
    writeFileSync(join(folder.path, path), text)
  }
  expect(findTraps(readTrapFacts(['eth0'], folder.path))).toEqual([])
  put('sys/class/net/kube-ipvs0/flags', '0x82\n')
  put('sys/class/net/wlan0/phy80211/name', 'phy0\n')
  put('proc/sys/net/ipv4/ip_forward', '1\n')
  put('proc/sys/net/ipv4/conf/all/arp_ignore', '1\n')
  put('proc/sys/net/ipv4/conf/eth0/arp_ignore', '0\n')
  put('proc/sys/net/ipv4/conf/eth0/arp_announce', '2\n')
  put('proc/sys/net/ipv4/conf/all/rp_filter', '0\n')
  put('proc/sys/net/ipv4/conf/wlan0/rp_filter', '1\n')
  put(
    'proc/net/route',
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n' +
      'wlan0\t00000000\t0100A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n' +
      'eth0\t00000000\t0100C90A\t0003\t0\t0\t100\t00000000\t0\t0\t0\n' +
      'eth0\t0000C90A\t00000000\t0001\t0\t0\t100\t0000FFFF\t0\t0\t0\n',
  )
  expect(readTrapFacts(['eth0', 'wlan0'], folder.path)).toEqual({
    ipvs: true,
    forwarding: true,
    defaultRoute: 'eth0',
    interfaces: [
      { name: 'eth0', arpIgnore: 1, arpAnnounce: 2, reversePathFilter: 0, wireless: false },
      { name: 'wlan0', arpIgnore: 1, arpAnnounce: 2, reversePathFilter: 1, wireless: true },
    ],
  })
})
