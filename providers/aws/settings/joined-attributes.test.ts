// Attributes of load balancers, target groups and listeners: which of several goes first, and which are refused.
import { describe, expect, test } from 'vitest'
import { read, reasonsOf, settingsOf } from './settings-under-test.ts'

describe('attributes', () => {
  test('of one port go before those of all, and proxy protocol before both', () => {
    const { targetGroups } = settingsOf({
      listeners: [
        { port: 80, portName: 'a' },
        { port: 81, portName: 'b' },
      ],
      annotations: {
        'target-group-attributes': 'deregistration_delay.timeout_seconds=60,proxy_protocol_v2.enabled=true',
        'target-group-attributes.81': 'deregistration_delay.timeout_seconds=90',
        'proxy-protocol-per-target-group': '80',
      },
    })
    expect(targetGroups.map(({ attributes }) => attributes.asked)).toEqual([
      { 'deregistration_delay.timeout_seconds': '60', 'proxy_protocol_v2.enabled': 'true' },
      { 'deregistration_delay.timeout_seconds': '90', 'proxy_protocol_v2.enabled': 'false' },
    ])
  })

  test.each([
    ['attributes', 'dns_record.client_routing_policy=nearest'],
    ['attributes', 'access_logs.s3.enabled=true'],
    ['target-group-attributes', 'preserve_client_ip.enabled=yes'],
    ['target-group-attributes', 'deregistration_delay.timeout_seconds=3601'],
    ['listener-attributes.TCP-80', 'tcp.idle_timeout.seconds=10'],
  ])('with a value AWS would refuse are refused: %s: %s', (key, value) => {
    expect(reasonsOf(read({ annotations: { [key]: value } }).problems)).toEqual(['InvalidSettings!'])
  })

  test('that UDP cannot have are left out there and told', () => {
    const listeners = [
      { port: 80, portName: 'a' },
      { port: 53, portName: 'b', protocol: 'UDP' },
    ] as const
    const { settings, problems } = read({
      listeners,
      annotations: { 'target-group-attributes': 'preserve_client_ip.enabled=false' },
    })
    expect(settings.targetGroups.map(({ attributes }) => attributes.asked)).toEqual([
      {},
      { 'preserve_client_ip.enabled': 'false' },
    ])
    expect(reasonsOf(problems)).toEqual(['SettingWithoutEffect'])
  })

  test('for a listener or a port that the Service does not have are told', () => {
    const annotations = {
      'listener-attributes.TLS-80': 'a=b',
      'target-group-attributes.81': 'a=b',
      'proxy-protocol-per-target-group': '82',
    }
    const { problems } = read({ annotations })
    expect(reasonsOf(problems)).toEqual(['SettingWithoutEffect', 'SettingWithoutEffect', 'SettingWithoutEffect'])
    expect(problems[0]?.remedy).toBe('Listeners of the Service are TCP-80.')
  })
})
