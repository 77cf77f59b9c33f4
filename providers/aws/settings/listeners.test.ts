// Listeners of a Service: TLS, TCP and UDP at one port, protocols that AWS does not know.
import { describe, expect, test } from 'vitest'
import { certificate, read, reasonsOf, settingsOf } from './settings-under-test.ts'

describe('TLS', () => {
  const listeners = [
    { port: 80, portName: 'http' },
    { port: 443, portName: 'https' },
    { port: 53, portName: 'dns', protocol: 'UDP' },
  ] as const

  test('with certificates alone is on every TCP port, to targets by TCP', () => {
    const settings = settingsOf({ listeners, annotations: { 'ssl-cert': `${certificate},${certificate}2` } })
    expect(settings.listeners.map(({ port, protocol }) => `${port}/${protocol}`)).toEqual(['53/UDP', '80/TLS', '443/TLS'])
    expect(settings.listeners[1]).toMatchObject({
      certificates: [certificate, `${certificate}2`],
      tlsPolicy: 'ELBSecurityPolicy-2016-08',
      alpnPolicy: 'None',
    })
    expect(settings.targetGroups.map(({ protocol }) => protocol)).toEqual(['UDP', 'TCP', 'TCP'])
  })

  test.each(['443', 'https', '443,https'])('is on the named ports: %s', named => {
    const annotations = { 'ssl-cert': certificate, 'ssl-ports': named, 'backend-protocol': 'ssl', 'alpn-policy': 'HTTP2Only' }
    const settings = settingsOf({ listeners, annotations })
    expect(settings.listeners.map(({ port, protocol }) => `${port}/${protocol}`)).toEqual(['53/UDP', '80/TCP', '443/TLS'])
    expect(settings.targetGroups.map(({ protocol }) => protocol)).toEqual(['UDP', 'TCP', 'TLS'])
    expect(settings.listeners[2]?.alpnPolicy).toBe('HTTP2Only')
  })

  test.each(['8443', 'dns', '443,53'])('on a port that is no TCP port of the Service is refused: %s', named => {
    const { problems } = read({ listeners, annotations: { 'ssl-cert': certificate, 'ssl-ports': named } })
    expect(reasonsOf(problems)).toEqual(['InvalidSettings!'])
  })

  test('ports of the class that this Service does not have are nobody’s mistake', () => {
    const settings = settingsOf({ listeners: [{ port: 443 }], aws: { certificates: [certificate], tlsPorts: ['443', '8443'] } })
    expect(settings.listeners[0]?.protocol).toBe('TLS')
  })

  test('settings without a TLS listener have no effect', () => {
    const annotations = { 'ssl-ports': '443', 'alpn-policy': 'None', 'backend-protocol': 'ssl', 'ssl-negotiation-policy': 'x' }
    const { problems } = read({ listeners, annotations })
    expect(reasonsOf(problems)).toEqual(Array.from({ length: 4 }, () => 'SettingWithoutEffect'))
  })
})

describe('TCP and UDP at one port', () => {
  const dns = (tcp: object = {}, udp: object = {}) => [
    { port: 53, portName: 'tcp', protocol: 'TCP', nodePort: 30_053, ...tcp } as const,
    { port: 53, portName: 'udp', protocol: 'UDP', nodePort: 30_053, ...udp } as const,
  ]

  test('are one listener where both lead to the same port', () => {
    const settings = settingsOf({ listeners: dns() })
    expect(settings.listeners).toMatchObject([
      {
        port: 53,
        protocol: 'TCP_UDP',
        serves: [
          { port: 53, protocol: 'TCP' },
          { port: 53, protocol: 'UDP' },
        ],
      },
    ])
    expect(settings.targetGroups).toMatchObject([{ key: '53', protocol: 'TCP_UDP' }])
  })

  test.each([
    ['node ports differ', { listeners: dns({}, { nodePort: 30_054 }) }],
    ['target ports differ', { targetType: 'Pod', listeners: dns({ targetPort: 53 }, { targetPort: 5353 }) } as const],
    ['it is not wanted', { listeners: dns(), annotations: { 'enable-tcp-udp-listener': 'false' } }],
    ['TCP is TLS', { listeners: dns(), annotations: { 'ssl-cert': certificate } }],
  ])('are an error of the later one when %s', (_, written) => {
    const { settings, problems } = read(written)
    expect(settings.listeners).toHaveLength(1)
    expect(settings.portErrors).toEqual([{ port: 53, protocol: 'UDP', error: 'weir.dev/PortConflict' }])
    expect(reasonsOf(problems)).toEqual(['PortConflict'])
    expect(problems[0]?.message).toContain('53/UDP is not served, because 53/TCP is')
  })

  test('target ports that are the same name agree, and so do absent ones', () => {
    expect(
      settingsOf({ targetType: 'Pod', listeners: dns({ targetPort: 'dns' }, { targetPort: 'dns' }) }).listeners,
    ).toHaveLength(1)
    expect(settingsOf({ targetType: 'Pod', listeners: dns({ targetPort: 53 }) }).listeners).toHaveLength(1)
  })
})

test('a port of a protocol that AWS does not know is an error in the status', () => {
  const { settings, problems } = read({ listeners: [{ portName: 'a' }, { port: 9, portName: 'b', protocol: 'SCTP' }] })
  expect(settings.listeners).toHaveLength(1)
  expect(settings.portErrors).toEqual([{ port: 9, protocol: 'SCTP', error: 'weir.dev/UnsupportedProtocol' }])
  expect(reasonsOf(problems)).toEqual(['PortNotServed'])
})
