// What a Service asks for becomes plain settings with the defaults users of AWS Load Balancer Controller know; what contradicts itself is told.
import { describe, expect, test } from 'vitest'
import { fc, test as property } from '@fast-check/vitest'
import { serviceAnnotations, servicePrefix, suffixRows } from './annotations.ts'
import { onlyOwn } from './annotations/forward.ts'
import { exclusiveSettings, readSettings } from './settings.ts'
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

describe('session affinity', () => {
  const clientIp = (timeoutSeconds = 10_800) => ({ sessionAffinity: { timeoutSeconds } })

  test('becomes stickiness of the target group, unless the attributes say otherwise', () => {
    const sticky = { 'stickiness.enabled': 'true', 'stickiness.type': 'source_ip' }
    expect(settingsOf(clientIp()).targetGroups[0]?.attributes.asked).toEqual(sticky)
    const annotations = { 'target-group-attributes': 'stickiness.enabled=false' }
    expect(settingsOf({ ...clientIp(), annotations }).targetGroups[0]?.attributes.asked).toMatchObject({
      'stickiness.enabled': 'false',
    })
  })

  test('is told where AWS has none: TLS and timeouts', () => {
    const tls = read({ ...clientIp(), annotations: { 'ssl-cert': certificate } })
    expect(reasonsOf(tls.problems)).toEqual(['AffinityNotSupported'])
    expect(tls.settings.targetGroups[0]?.attributes.asked).toEqual({})
    expect(reasonsOf(read(clientIp(60)).problems)).toEqual(['AffinityNotSupported'])
  })
})

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
