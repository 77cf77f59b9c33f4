// Address families and fixed addresses that a Service asks for.
import { describe, expect, test } from 'vitest'
import { exclusiveSettings } from '../settings.ts'
import { read, reasonsOf, settingsOf } from './settings-under-test.ts'

describe('address families', () => {
  const dualstack = { 'ip-address-type': 'dualstack' }

  test('a dualstack load balancer lets in both, to IPv6 targets if the Service has them', () => {
    const both = settingsOf({ annotations: dualstack, families: ['IPv4', 'IPv6'], familyPolicy: 'PreferDualStack' })
    expect(both.securityGroups).toMatchObject({ sources: ['0.0.0.0/0', '::/0'] })
    expect(both.targetGroups[0]?.ipAddressType).toBe('ipv6')
    expect(settingsOf({ annotations: dualstack }).targetGroups[0]?.ipAddressType).toBe('ipv4')
  })

  test.each([
    ['IPv6 alone', { families: ['IPv6'] }],
    ['both required', { families: ['IPv4', 'IPv6'], familyPolicy: 'RequireDualStack' }],
  ] as const)('an ipv4 load balancer is refused for %s', (_, written) => {
    expect(reasonsOf(read(written).problems)).toEqual(['UnsupportedFamily!'])
  })

  test('an ipv4 load balancer is enough for who only prefers both', () => {
    expect(settingsOf({ families: ['IPv4', 'IPv6'], familyPolicy: 'PreferDualStack' }).targetGroups[0]?.ipAddressType).toBe(
      'ipv4',
    )
  })

  test('UDP on dualstack needs source NAT and IPv6 targets', () => {
    const udp = [{ port: 53, protocol: 'UDP' }] as const
    const nat = { ...dualstack, 'enable-prefix-for-ipv6-source-nat': 'on' }
    const ipv6 = { families: ['IPv6'] } as const
    expect(read({ listeners: udp, annotations: dualstack }).settings.portErrors[0]?.error).toBe(
      'weir.dev/DualStackUDPNeedsSourceNAT',
    )
    expect(read({ listeners: udp, annotations: nat }).settings.portErrors[0]?.error).toBe('weir.dev/DualStackUDPNeedsIPv6Targets')
    expect(read({ ...ipv6, listeners: udp, annotations: nat }).settings.listeners).toMatchObject([{ protocol: 'UDP' }])
  })

  test('TCP is served alone where UDP beside it cannot be', () => {
    const listeners = [
      { port: 53, portName: 'a' },
      { port: 53, portName: 'b', protocol: 'UDP' },
    ] as const
    const { settings } = read({ listeners, annotations: dualstack })
    expect(settings.listeners).toMatchObject([{ protocol: 'TCP' }])
  })
})

describe('fixed addresses', () => {
  test.each([
    ['Elastic IPs on an internal one', { scheme: 'internal', 'eip-allocations': 'e1' }, 'need an internet-facing load balancer'],
    [
      'private addresses on an internet-facing one',
      { scheme: 'internet-facing', 'private-ipv4-addresses': '10.0.0.1' },
      'need an internal load balancer',
    ],
    ['IPv6 addresses on ipv4', { 'ipv6-addresses': '2001:db8::1' }, 'need a dualstack load balancer'],
    [
      'one Elastic IP for two subnets',
      { scheme: 'internet-facing', subnets: 'a,b', 'eip-allocations': 'e1' },
      'There is 1 Elastic IP for 2 subnets',
    ],
    ['two addresses for one subnet', { subnets: 'a', 'private-ipv4-addresses': '10.0.0.1,10.0.0.2' }, 'for 1 subnet'],
  ])('%s are refused', (_, annotations, message) => {
    const { problems } = read({ annotations })
    expect(problems).toMatchObject([{ reason: 'FixedAddressesInvalid', severity: 'blocks' }])
    expect(problems[0]?.message).toContain(message)
  })

  test('are not judged by a scheme that nobody named and nobody looked up', () => {
    const annotations = { 'eip-allocations': 'e1' }
    expect(read({ annotations }).problems).toEqual([])
    expect(reasonsOf(read({ annotations }, 'none').problems)).toEqual(['FixedAddressesInvalid!'])
    expect(read({ annotations }, { scheme: 'internet-facing' }).problems).toEqual([])
  })

  test('keep a second load balancer from standing beside the first', () => {
    const annotations = { scheme: 'internet-facing', name: 'shop', 'eip-allocations': 'e1,e2' }
    expect(exclusiveSettings(settingsOf({ annotations }).loadBalancer)).toEqual([
      'the name shop',
      'the Elastic IP e1',
      'the Elastic IP e2',
    ])
    expect(exclusiveSettings(settingsOf().loadBalancer)).toEqual([])
  })

  test('source NAT prefixes need source NAT, and that needs dualstack', () => {
    const prefixes = { 'source-nat-ipv6-prefixes': 'auto_assigned' }
    expect(reasonsOf(read({ annotations: prefixes }).problems)).toEqual(['InvalidSettings!'])
    expect(reasonsOf(read({ annotations: { 'enable-prefix-for-ipv6-source-nat': 'on' } }).problems)).toEqual(['InvalidSettings!'])
  })
})
