// What a Service asks for becomes plain settings with the defaults users of AWS Load Balancer Controller know; what contradicts itself is told.
import { describe, expect, test } from 'vitest'
import { fc, test as property } from '@fast-check/vitest'
import { serviceAnnotations, servicePrefix, suffixRows } from './annotations.ts'
import { onlyOwn } from './annotations/forward.ts'
import { readSettings } from './settings.ts'
import { certificate, read, reasonsOf, service, settingsOf } from './settings/settings-under-test.ts'

test('a Service that asks for nothing gets an internal load balancer for everyone, with nodes as targets', () => {
  expect(settingsOf()).toMatchObject({
    targetType: 'Node',
    loadBalancer: { scheme: 'internal', schemeAsked: false, ipAddressType: 'ipv4', subnets: {}, ipv6SourceNat: false },
    securityGroups: {
      kind: 'managed',
      sources: ['0.0.0.0/0'],
      isOpen: true,
      prefixLists: [],
      pathMtuIcmp: false,
      manageBackendRules: true,
    },
    listeners: [{ port: 80, protocol: 'TCP', certificates: [], forward: onlyOwn, serves: [{ port: 80, protocol: 'TCP' }] }],
    targetGroups: [
      {
        key: '80',
        protocol: 'TCP',
        targetType: 'instance',
        ipAddressType: 'ipv4',
        port: 30_080,
        nodePort: 30_080,
        servicePort: { port: 80, protocol: 'TCP', name: '' },
        healthCheck: {
          protocol: 'TCP',
          port: 'traffic-port',
          intervalSeconds: 10,
          timeoutSeconds: 10,
          healthyThreshold: 3,
          unhealthyThreshold: 3,
        },
        nodeLabels: {},
        nodesWithEndpointsOnly: false,
      },
    ],
    portErrors: [],
    tags: {},
    deletionPolicy: 'delete',
    allowInterruption: false,
  })
})

describe('class and annotations', () => {
  test('an annotation goes before the class', () => {
    const aws = { scheme: 'internal' } as const
    expect(settingsOf({ aws }).loadBalancer).toMatchObject({ scheme: 'internal', schemeAsked: true })
    expect(settingsOf({ aws, annotations: { scheme: 'internet-facing' } }).loadBalancer.scheme).toBe('internet-facing')
  })

  test('attributes are joined key by key, older keys go before them', () => {
    const { loadBalancer } = settingsOf({
      aws: { attributes: { 'zonal_shift.config.enabled': 'true', 'load_balancing.cross_zone.enabled': 'false' } },
      annotations: {
        attributes: 'load_balancing.cross_zone.enabled=false,deletion_protection.enabled=true',
        'cross-zone-load-balancing-enabled': 'true',
      },
    })
    expect(loadBalancer.attributes.asked).toEqual({
      'zonal_shift.config.enabled': 'true',
      'load_balancing.cross_zone.enabled': 'true',
      'deletion_protection.enabled': 'true',
    })
  })

  test.each([
    ['scheme', { scheme: 'internet-facing' }],
    ['scheme', { internal: 'true' }],
    ['attributes', { 'access-log-enabled': 'true' }],
    ['targetGroupAttributes', { 'target-group-attributes.80': 'a=b' }],
    ['actions', { '.actions.TCP-80': '{}' }],
    ['targets', { 'nlb-target-type': 'ip' }],
    ['group', { 'weir.dev/load-balancer-group': 'edge' }],
    ['sourceRanges', { '.load-balancer-source-ranges': '10.0.0.0/8' }],
  ] as const)('a class that has %s final refuses %j', (setting, annotations) => {
    const { settings, problems } = read({ aws: { final: [setting] }, annotations: { ...annotations } })
    expect(reasonsOf(problems)).toEqual(['SettingIsFinal!'])
    expect(settings).toEqual(settingsOf())
  })

  test('final source ranges refuse the field too', () => {
    const { problems } = read({ aws: { final: ['sourceRanges'] }, sourceRanges: ['10.0.0.0/8'] })
    expect(problems).toMatchObject([
      { reason: 'SettingIsFinal', message: expect.stringContaining('spec.loadBalancerSourceRanges') },
    ])
  })

  test('tags of the class go before those of the Service, reserved ones are refused', () => {
    const aws = { tags: { team: 'shop' }, externalManagedTags: ['cost'] }
    const { settings, problems } = read({ aws, annotations: { 'additional-resource-tags': 'team=other,stage=live,bare' } })
    expect(settings.tags).toEqual({ team: 'shop', stage: 'live', bare: '' })
    expect(reasonsOf(problems)).toEqual(['SettingWithoutEffect'])
    for (const key of ['cost', 'aws:x', 'weir.dev/cluster']) {
      expect(reasonsOf(read({ aws, annotations: { 'additional-resource-tags': `${key}=1` } }).problems)).toEqual([
        'InvalidSettings!',
      ])
    }
  })
})

describe('the scheme', () => {
  test('nobody asked for stays that of the load balancer there is', () => {
    expect(settingsOf({}, { scheme: 'internet-facing' }).loadBalancer).toMatchObject({
      scheme: 'internet-facing',
      schemeAsked: false,
    })
  })

  test.each([
    ['true', 'internal'],
    ['false', 'internet-facing'],
  ])('is read from the older key: internal=%s', (internal, scheme) => {
    expect(settingsOf({ annotations: { internal } }).loadBalancer.scheme).toBe(scheme)
    expect(settingsOf({ annotations: { internal, scheme: 'internal' } }).loadBalancer.scheme).toBe('internal')
  })
})

describe('targets', () => {
  test.each([
    [{ type: 'nlb-ip' }, 'Pod'],
    [{ type: 'external', 'nlb-target-type': 'ip' }, 'Pod'],
    [{ type: 'external' }, 'Node'],
    [{ type: 'nlb-ip', 'nlb-target-type': 'instance' }, 'Node'],
  ])('%j asks for %ss', (annotations, targetType) => {
    expect(settingsOf({ annotations }).targetType).toBe(targetType)
  })

  test('of a class with pods have no node port, and the number of the target port if it has one', () => {
    const [numbered, named] = settingsOf({
      targetType: 'Pod',
      listeners: [
        { port: 80, portName: 'a', targetPort: 8080 },
        { port: 81, portName: 'b', targetPort: 'http' },
      ],
    }).targetGroups
    expect(numbered).toMatchObject({ targetType: 'ip', port: 8080 })
    expect(named).toMatchObject({ targetType: 'ip', port: 1 })
    expect(numbered).not.toHaveProperty('nodePort')
  })

  test('that are nodes need node ports', () => {
    const { nodePort: _, ...port } = { port: 80, protocol: 'TCP', portName: '', nodePort: 1 } as const
    const { problems } = readSettings({ ...service(), listeners: [port] })
    expect(problems).toMatchObject([
      { reason: 'NodePortsRequired', severity: 'blocks', message: 'Targets are nodes, but 80/TCP has no node port.' },
    ])
    expect(readSettings({ ...service({ targetType: 'Pod' }), listeners: [port] }).problems).toEqual([])
  })

  test('labels choose among nodes and have no effect on pods', () => {
    const annotations = { 'target-node-labels': 'tier=edge,zone=a' }
    expect(settingsOf({ annotations }).targetGroups[0]?.nodeLabels).toEqual({ tier: 'edge', zone: 'a' })
    expect(reasonsOf(read({ annotations, targetType: 'Pod' }).problems)).toEqual(['SettingWithoutEffect'])
  })
})

describe('externalTrafficPolicy Local', () => {
  const local = { externalTrafficPolicy: 'Local', healthCheckNodePort: 31_000 } as const

  test('asks kube-proxy of each node', () => {
    expect(settingsOf(local).targetGroups[0]?.healthCheck).toEqual({
      protocol: 'HTTP',
      port: 31_000,
      path: '/healthz',
      successCodes: '200-399',
      intervalSeconds: 10,
      timeoutSeconds: 6,
      healthyThreshold: 2,
      unhealthyThreshold: 2,
    })
  })

  test('changes nothing for pods', () => {
    expect(settingsOf({ ...local, targetType: 'Pod' }).targetGroups[0]?.healthCheck).toMatchObject({
      protocol: 'TCP',
      port: 'traffic-port',
    })
  })

  test('may register only nodes with endpoints', () => {
    const annotations = { 'weir.dev/nodes-with-endpoints-only': 'true' }
    expect(settingsOf({ ...local, annotations }).targetGroups[0]?.nodesWithEndpointsOnly).toBe(true)
    expect(reasonsOf(read({ annotations }).problems)).toEqual(['SettingWithoutEffect'])
  })
})

describe('security groups', () => {
  test('of the user are not managed, nor opened at the targets unless asked', () => {
    const annotations = { 'security-groups': 'sg-1,front' }
    expect(settingsOf({ annotations }).securityGroups).toEqual({
      kind: 'given',
      named: ['sg-1', 'front'],
      manageBackendRules: false,
    })
    const managed = settingsOf({ annotations: { ...annotations, 'manage-backend-security-group-rules': 'true' } })
    expect(managed.securityGroups).toMatchObject({ manageBackendRules: true })
    expect(reasonsOf(read({ annotations, sourceRanges: ['10.0.0.0/8'] }).problems)).toEqual(['SettingWithoutEffect'])
  })

  test('can be none, then the sources count at the targets', () => {
    const settings = settingsOf({ annotations: { 'disable-nlb-sg': 'true' }, sourceRanges: ['10.0.0.0/8'] })
    expect(settings.securityGroups).toEqual({
      kind: 'none',
      sources: ['10.0.0.0/8'],
      sourcesAsked: true,
      manageBackendRules: true,
    })
  })

  test('let in the prefix lists instead of everyone, and the sources besides', () => {
    const annotations = { 'security-group-prefix-lists': 'pl-1' }
    expect(settingsOf({ annotations }).securityGroups).toMatchObject({ sources: [], prefixLists: ['pl-1'] })
    expect(settingsOf({ annotations, sourceRanges: ['10.0.0.0/8'] }).securityGroups).toMatchObject({ sources: ['10.0.0.0/8'] })
  })

  test('let in what the class says when the Service says nothing', () => {
    const aws = { sourceRanges: ['192.0.2.0/24'] }
    expect(settingsOf({ aws }).securityGroups).toMatchObject({ sources: ['192.0.2.0/24'] })
    expect(settingsOf({ aws, sourceRanges: ['10.0.0.0/8'] }).securityGroups).toMatchObject({ sources: ['10.0.0.0/8'] })
  })

  test('cannot let IPv6 in to an ipv4 load balancer', () => {
    expect(reasonsOf(read({ sourceRanges: ['2001:db8::/32'] }).problems)).toEqual(['InvalidSettings!'])
  })
})

test('a weighted action leads to several target groups', () => {
  const action = {
    type: 'forward',
    forwardConfig: {
      baseServiceWeight: 90,
      targetGroups: [
        { serviceName: 'canary', servicePort: 80, weight: 10 },
        { targetGroupARN: 'arn:aws:elasticloadbalancing:x', weight: 0 },
      ],
      targetGroupStickinessConfig: { enabled: true },
    },
  }
  expect(settingsOf({ annotations: { '.actions.TCP-80': JSON.stringify(action) } }).listeners[0]?.forward).toEqual({
    targets: [
      { to: 'own', weight: 90 },
      { to: 'service', name: 'canary', port: 80, weight: 10 },
      { to: 'target-group', arn: 'arn:aws:elasticloadbalancing:x', weight: 0 },
    ],
    stickiness: true,
  })
})

test('what else a Service can say', () => {
  const annotations = {
    'weir.dev/load-balancer-group': 'edge',
    'weir.dev/adopt-load-balancer': 'shop',
    'weir.dev/deletion-policy': 'retain',
    'weir.dev/allow-interruption': 'true',
    'minimum-load-balancer-capacity': 'CapacityUnits=3000',
    'inbound-sg-rules-on-private-link-traffic': 'off',
  }
  expect(settingsOf({ annotations })).toMatchObject({
    group: 'edge',
    adopt: 'shop',
    deletionPolicy: 'retain',
    allowInterruption: true,
    loadBalancer: { capacityUnits: 3000, privateLinkInboundRules: false },
  })
  expect(reasonsOf(read({ loadBalancerIP: '192.0.2.1' }).problems)).toEqual(['SettingWithoutEffect'])
})

const keys = [
  ...Object.keys(serviceAnnotations.rows),
  ...Object.keys(suffixRows).flatMap(key => [`${key}.80`, `${key}.TCP-80`, `${key}.`]),
].map(key => servicePrefix + key)
const values = fc.oneof(
  fc.string(),
  fc.constantFrom('true', 'on', '*', '80', 'a=b', 'ip', 'dualstack', '10.0.0.1', certificate, '{"type":"forward"}'),
  ...Object.values(serviceAnnotations.rows).flatMap(row => ('example' in row ? [fc.constant(row.example)] : [])),
)

property.prop([fc.dictionary(fc.constantFrom(...keys), values)])(
  'whatever stands in the annotations, reading never throws, every problem has words, and every port is served or has an error',
  annotations => {
    const listeners = [
      { portName: 'a' },
      { port: 53, portName: 'b', protocol: 'UDP' },
      { port: 53, portName: 'c', nodePort: 30_053 },
    ] as const
    const { settings, problems } = read({ annotations, listeners })
    for (const { message, remedy } of problems) expect([message, remedy]).not.toContain('')
    const served = settings.listeners.flatMap(({ serves }) => serves)
    const told = [...served, ...settings.portErrors].map(({ port, protocol }) => `${port}/${protocol}`)
    expect(told.toSorted()).toEqual(['53/TCP', '53/UDP', '80/TCP'])
    expect(settings.targetGroups.map(({ key }) => key)).toEqual(settings.listeners.map(({ port }) => String(port)))
  },
)
