// Objects the API server must take.
import type { Example } from './example.ts'
import { allocation, allOffsets, bitmap, lan, services } from './parts.ts'

export const valid: readonly Example[] = [
  { why: 'the least class', kind: 'LoadBalancerClass', name: 'lan', spec: { provider: 'local' } },
  {
    why: 'a class with everything',
    kind: 'LoadBalancerClass',
    name: 'lan-pods.v2',
    spec: {
      provider: 'local',
      targets: 'Pod',
      default: true,
      aliases: ['service.k8s.aws/nlb', 'metallb', 'lan'],
      takeOver: [
        { from: 'MetalLB' },
        { alias: 'metallb', workloads: [{ kind: 'DaemonSet', namespace: 'lb', name: 'speaker' }] },
        { alias: 'service.k8s.aws/nlb', leases: [{ namespace: 'aws', name: 'aws-load-balancer-controller-leader' }] },
        { alias: 'lan', from: 'Nobody' },
      ],
      local: { pools: ['office', 'lab.example'], drainSeconds: 0, final: ['load-balancer-ips', 'address-pool', 'drain-seconds'] },
    },
  },
  {
    why: 'a class with settings for Ingresses',
    kind: 'LoadBalancerClass',
    name: 'web',
    spec: {
      provider: 'local',
      ingress: { defaultBackend: { namespace: 'default', service: 'sorry', port: 80 }, externalNames: true },
      local: {
        gateway: {
          per: 'Class',
          addresses: ['10.201.200.7', '2001:db8::7'],
          sourceRanges: ['192.0.2.0/24', '2001:db8::/32'],
          externalTrafficPolicy: 'Cluster',
        },
      },
    },
  },
  { why: 'a class of the aws provider', kind: 'LoadBalancerClass', name: 'public', spec: { provider: 'aws' } },
  {
    why: 'a class of the aws provider with settings',
    kind: 'LoadBalancerClass',
    name: 'aws-public',
    spec: {
      provider: 'aws',
      targets: 'Pod',
      aliases: ['service.k8s.aws/nlb'],
      aws: {
        region: 'us-gov-west-1',
        vpcId: 'vpc-0a1b2c3d',
        assumeRole: { arn: 'arn:aws:iam::123456789012:role/weir', externalId: 'weir' },
        endpoints: { ec2: 'https://vpce-1.ec2.us-west-2.vpce.amazonaws.com' },
        backendSecurityGroup: 'sg-0a1b',
        targetSecurityGroupTags: { 'kubernetes.io/cluster/shop': 'owned' },
        externalManagedTags: ['cost-center'],
        scheme: 'internet-facing',
        ipAddressType: 'dualstack',
        subnets: ['subnet-0a', 'public b'],
        sourceRanges: ['192.0.2.0/24', '2001:db8::/32'],
        attributes: { 'load_balancing.cross_zone.enabled': 'true' },
        targetGroupAttributes: { 'deregistration_delay.timeout_seconds': '60' },
        tags: { team: 'shop' },
        healthCheckIntervalSeconds: 5,
        tlsPorts: ['443', 'https'],
        final: ['scheme', 'targets', 'name', 'tags'],
      },
    },
  },
  {
    why: 'a binding to a target group by ARN',
    kind: 'TargetGroupBinding',
    name: 'web',
    spec: {
      targetGroupARN: 'arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/web/0123456789abcdef',
      serviceRef: { name: 'web', port: 80 },
      targetType: 'ip',
      networking: {
        ingress: [
          {
            from: [{ securityGroup: { groupID: 'sg-0a1b' } }, { ipBlock: { cidr: '10.0.0.0/8' } }],
            ports: [{ protocol: 'TCP', port: 'http' }, { port: 9090 }, {}],
          },
        ],
      },
    },
  },
  {
    why: 'a binding to a target group by name',
    kind: 'TargetGroupBinding',
    name: 'dns',
    spec: { targetGroupName: 'dns', serviceRef: { name: 'dns', port: 'dns' }, nodeSelector: { matchLabels: { tier: 'edge' } } },
  },
  {
    why: 'a report of an Ingress',
    kind: 'IngressReport',
    name: 'shop.v2',
    spec: { ingressClass: 'web', class: 'lan', provider: 'local', group: 'weir-gateway-lan' },
  },
  { why: 'a report of an Ingress that no class can serve', kind: 'IngressReport', name: 'shop', spec: {} },
  {
    why: 'a load balancer of one Service',
    kind: 'LoadBalancer',
    name: 'service.default.web',
    spec: {
      provider: 'aws',
      class: 'aws-public',
      members: [{ kind: 'Service', namespace: 'default', name: 'web', uid: 'u1', ports: ['443/TCP'], hash: '0a1b2c3d' }],
    },
  },
  {
    why: 'a load balancer of a group',
    kind: 'LoadBalancer',
    name: 'default.group.edge.aws-public',
    spec: {
      provider: 'aws',
      class: 'aws-public',
      group: 'edge',
      members: [
        { kind: 'Service', namespace: 'default', name: 'web', uid: 'u1', ports: ['443'], asked: '{}', serving: true },
        {
          kind: 'Service',
          namespace: 'default',
          name: 'shop',
          uid: 'u2',
          ports: ['80'],
          asked: '{}',
          unfinished: true,
          leaving: '2026-01-01T00:00:00Z',
        },
      ],
    },
  },
  { why: 'the least pool', kind: 'AddressPool', name: 'office', spec: { addresses: ['10.201.200.0/24'] } },
  {
    why: 'every form of addresses',
    kind: 'AddressPool',
    name: 'mixed',
    spec: {
      addresses: [
        '192.0.2.0/24',
        '198.51.100.10-198.51.100.20',
        '198.51.100.30 - 198.51.100.40',
        ' 203.0.113.7 ',
        '2001:db8::/64',
        '2001:db8:1::1-2001:db8:1::ff',
        '2001:DB8:2::1',
        '0.0.0.0/0',
      ],
    },
  },
  {
    why: 'a range that ends before it starts, which the pool reports as a condition',
    kind: 'AddressPool',
    name: 'reversed',
    spec: { addresses: ['192.0.2.20-192.0.2.10'] },
  },
  {
    why: 'a pool with everything',
    kind: 'AddressPool',
    name: 'full',
    spec: {
      addresses: ['192.0.2.0/24'],
      autoAssign: false,
      avoidBuggyIPs: false,
      allow: { namespaces: ['default', 'shop'], serviceSelector: { matchLabels: { app: 'web', 'example.com/tier': '' } } },
      announce: {
        layer2: [
          {
            preferredNodes: [
              { weight: 100, nodeSelector: { matchLabels: { edge: '' } } },
              { weight: 1, nodeSelector: { matchExpressions: [{ key: 'edge', operator: 'Exists' }] } },
            ],
          },
          {
            nodeSelector: {
              matchExpressions: [
                { key: 'topology.kubernetes.io/zone', operator: 'In', values: ['a', 'b'] },
                { key: 'weir.dev/no', operator: 'DoesNotExist' },
              ],
            },
            interfaces: ['eth0', 'bond0.100'],
            serviceSelector: {},
          },
          {},
        ],
      },
    },
  },
  {
    why: 'a block with an address given',
    kind: 'AddressBlock',
    name: 'ipv4-10-201-200-0',
    spec: { base: '10.201.200.0', bitmap, allocations: { 0: allocation } },
  },
  {
    why: 'a full block of IPv6',
    kind: 'AddressBlock',
    name: 'ipv6-20010db8000000000000000000000100',
    spec: { base: '2001:db8::100', bitmap: 'f'.repeat(64), allocations: allOffsets },
  },
  { why: 'an empty block', kind: 'AddressBlock', name: 'ipv4-10-0-0-0', spec: { base: '10.0.0.0', bitmap, allocations: {} } },
  {
    why: 'an announcement with candidates',
    kind: 'Announcement',
    name: 'ip-10-201-200-1',
    spec: { address: '10.201.200.1', pool: 'office', services, nodes: ['n2', 'n0.example.com'], interfaces: ['eth0'] },
  },
  {
    why: 'an announcement on other interfaces from node to node',
    kind: 'Announcement',
    name: 'ip-10-201-200-2',
    spec: {
      address: '10.201.200.2',
      pool: 'office',
      services,
      serviceNames: 'default/web',
      nodes: ['n2', 'n0'],
      nodeInterfaces: [{ node: 'n2', interfaces: ['bond0', 'eth1'] }],
    },
  },
  {
    why: 'an announcement with pod targets, source ranges and a drain time',
    kind: 'Announcement',
    name: 'ip-10-201-200-3',
    spec: {
      address: '10.201.200.3',
      pool: 'office',
      services: services.map(service => ({ ...service, drainSeconds: 0 })),
      nodes: ['n2'],
      targets: 'Pod',
      hashSeed: 4711,
      fenced: true,
    },
  },
  {
    why: 'an announcement of IPv6 that nobody can make',
    kind: 'Announcement',
    name: 'ip-2001-0db8-0000-0000-0000-0000-0000-0001',
    spec: { address: '2001:db8::1', pool: 'office', services, nodes: [] },
  },
  {
    why: 'a report of a node',
    kind: 'NodeReport',
    name: 'n0',
    spec: { interfaces: [lan, { ...lan, name: 'tun0', mac: '', addresses: [] }], version: '0.1.0' },
  },
]
