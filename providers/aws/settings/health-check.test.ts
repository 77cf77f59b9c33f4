// The health check a Service asks for, of TCP and of UDP.
import { describe, expect, test } from 'vitest'
import { read, reasonsOf, settingsOf } from './settings-under-test.ts'

describe('the health check', () => {
  const ports = [{ portName: 'http', nodePort: 30_080, targetPort: 8080 }]

  test.each([
    ['Node', 'http', 30_080],
    ['Pod', 'http', 8080],
    ['Pod', '9090', 9090],
    ['Pod', 'traffic-port', 'traffic-port'],
  ] as const)('of %ss at port %s is at %s', (targetType, port, expected) => {
    const settings = settingsOf({ targetType, listeners: ports, annotations: { 'healthcheck-port': port } })
    expect(settings.targetGroups[0]?.healthCheck.port).toBe(expected)
  })

  test.each([
    [ports, 'https', 'is no number from 1 to 65535 and no port of the Service'],
    [ports, '70000', 'is no number from 1 to 65535 and no port of the Service'],
    [[{ portName: 'http', targetPort: 'web' }], 'http', 'has a target port that is a name'],
  ])('at a port that cannot be told is refused', (listeners, port, message) => {
    const { problems } = read({ targetType: 'Pod', listeners, annotations: { 'healthcheck-port': port } })
    expect(problems).toMatchObject([{ reason: 'InvalidSettings', severity: 'blocks' }])
    expect(problems[0]?.message).toContain(message)
  })

  test('has a path and codes only for HTTP', () => {
    const annotations = { 'healthcheck-path': '/ready', 'healthcheck-success-codes': '200' }
    const http = settingsOf({ annotations: { ...annotations, 'healthcheck-protocol': 'http' } })
    expect(http.targetGroups[0]?.healthCheck).toMatchObject({ protocol: 'HTTP', path: '/ready', successCodes: '200' })
    expect(reasonsOf(read({ annotations }).problems)).toEqual(['InvalidSettings'])
  })

  test('never takes longer than its interval', () => {
    expect(settingsOf({ annotations: { 'healthcheck-interval': '5' } }).targetGroups[0]?.healthCheck).toMatchObject({
      timeoutSeconds: 5,
    })
    const annotations = { 'healthcheck-interval': '5', 'healthcheck-timeout': '6' }
    expect(reasonsOf(read({ annotations }).problems)).toEqual(['InvalidSettings!'])
  })
})

describe('health checks of UDP', () => {
  const udp = { port: 53, portName: 'dns', protocol: 'UDP', targetPort: 5353, nodePort: 30_053 } as const

  test('nobody may answer them where only UDP is served', () => {
    expect(reasonsOf(read({ listeners: [udp] }).problems)).toEqual(['HealthCheckUnanswered'])
  })

  test.each([
    ['a port that answers is named', { listeners: [udp], annotations: { 'healthcheck-port': '8080' } }],
    ['nodes tell by kube-proxy', { listeners: [udp], externalTrafficPolicy: 'Local', healthCheckNodePort: 31_000 }],
    ['TCP of the same number is served too', { listeners: [udp, { ...udp, portName: 'tcp', protocol: 'TCP' }] }],
    [
      'TCP of the same target port is served too',
      { targetType: 'Pod', listeners: [udp, { port: 80, portName: 'tcp', targetPort: 5353 }] },
    ],
  ] as const)('%s', (_what, written) => {
    expect(read(written).problems).toEqual([])
  })
})
