// Objects the API server must take and objects it must refuse, kind by kind; every rule of the schemas is refused at least once.

export interface Example {
  readonly why: string
  readonly kind: string
  /** `x` when absent. */
  readonly name?: string
  readonly spec: object
}

export interface InvalidExample extends Example {
  /** What the answer must say. */
  readonly error: string
}

/** A change of an object that is there. */
export interface InvalidChange {
  readonly why: string
  readonly kind: string
  readonly name?: string
  readonly spec: object
  /** Merge patch of the object, or of its status when `status` is set. */
  readonly patch: object
  readonly error: string
}

const allocation = {
  pool: 'office',
  since: '2026-01-01T00:00:00Z',
  owners: [{ uid: '0b9e2c1e-7d0a-4c1b-9d0e-3a1f5b6c7d8e', namespace: 'default', name: 'web' }],
}
const services = allocation.owners
const bitmap = '8'.padEnd(64, '0')
const lan = { name: 'eth0', index: 2, mac: '6a:60:e7:16:9c:22', carrier: true, mtu: 1500, addresses: ['10.201.0.11/16'] }
const allOffsets = Object.fromEntries(Array.from({ length: 256 }, (_, offset) => [String(offset), allocation]))

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
      aliases: ['service.k8s.aws/nlb', 'metallb'],
      local: { pools: ['office', 'lab.example'], final: ['load-balancer-ips', 'address-pool'] },
    },
  },
  { why: 'a class of the aws provider', kind: 'LoadBalancerClass', name: 'public', spec: { provider: 'aws' } },
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

const pool = (entry: string, why: string, error: string): InvalidExample => ({
  why: `an entry of a pool that is ${why}`,
  kind: 'AddressPool',
  spec: { addresses: ['192.0.2.0/24', entry] },
  error,
})
const noForm = 'must be a CIDR (192.0.2.0/24), a range (192.0.2.10-192.0.2.20) or an address'
const selector = (expression: object) => ({
  addresses: ['192.0.2.0/24'],
  allow: { serviceSelector: { matchExpressions: [expression] } },
})
const announcement = { address: '10.201.200.1', pool: 'office', services, nodes: ['n0'] }
const block = { base: '10.201.200.0', bitmap, allocations: {} }

export const invalid: readonly InvalidExample[] = [
  { why: 'a class without provider', kind: 'LoadBalancerClass', spec: {}, error: 'spec.provider: Required' },
  { why: 'an unknown provider', kind: 'LoadBalancerClass', spec: { provider: 'gcp' }, error: 'spec.provider: Unsupported value' },
  {
    why: 'an unknown target type',
    kind: 'LoadBalancerClass',
    spec: { provider: 'local', targets: 'Host' },
    error: 'spec.targets: Unsupported value',
  },
  {
    why: 'settings of the local provider in a class of another',
    kind: 'LoadBalancerClass',
    spec: { provider: 'aws', local: {} },
    error: 'spec.local needs provider: local',
  },
  {
    why: 'a class whose name no Service could write',
    kind: 'LoadBalancerClass',
    name: 'x'.repeat(64),
    spec: { provider: 'local' },
    error: 'the name must have at most 63 characters',
  },
  {
    why: 'an alias under our prefix',
    kind: 'LoadBalancerClass',
    spec: { provider: 'local', aliases: ['weir.dev/other'] },
    error: 'an alias cannot begin with weir.dev/',
  },
  {
    why: 'an alias that no Service could write',
    kind: 'LoadBalancerClass',
    spec: { provider: 'local', aliases: ['not a class'] },
    error: 'spec.aliases[0]',
  },
  {
    why: 'an alias twice',
    kind: 'LoadBalancerClass',
    spec: { provider: 'local', aliases: ['metallb', 'metallb'] },
    error: 'Duplicate value',
  },
  {
    why: 'a pool name that cannot exist',
    kind: 'LoadBalancerClass',
    spec: { provider: 'local', local: { pools: ['Office'] } },
    error: 'spec.local.pools[0]',
  },
  {
    why: 'an unknown final setting',
    kind: 'LoadBalancerClass',
    spec: { provider: 'local', local: { final: ['addresses'] } },
    error: 'spec.local.final[0]: Unsupported value',
  },

  { why: 'a pool without addresses', kind: 'AddressPool', spec: { addresses: [] }, error: 'spec.addresses' },
  {
    why: 'the same addresses twice',
    kind: 'AddressPool',
    spec: { addresses: ['192.0.2.1', '192.0.2.1'] },
    error: 'Duplicate value',
  },
  pool('office', 'a name', noForm),
  pool('192.0.2.256', 'no address', noForm),
  pool('192.000.2.1', 'written with leading zeros', noForm),
  pool('192.0.2', 'too short', noForm),
  pool('192.0.2.0/33', 'a CIDR that is too long', noForm),
  pool('192.0.2.0/', 'a CIDR without length', noForm),
  pool('192.0.2.1-', 'a range without end', noForm),
  pool('192.0.2.1-20', 'a range in short form', noForm),
  pool('192.0.2.1-192.0.2.5-192.0.2.9', 'a range with three ends', noForm),
  pool('::ffff:192.0.2.1', 'IPv4-mapped IPv6', noForm),
  pool('fe80::1%eth0', 'an address with a zone', noForm),
  pool('192.0.2.5/24', 'a CIDR with host bits', 'a CIDR must begin at the first address of its network'),
  pool('2001:db8::5/64', 'a CIDR of IPv6 with host bits', 'a CIDR must begin at the first address of its network'),
  pool('192.0.2.1-2001:db8::1', 'a range over both families', 'both ends of a range must be of one family'),
  {
    why: 'a namespace that cannot exist',
    kind: 'AddressPool',
    spec: { addresses: ['192.0.2.1'], allow: { namespaces: ['Default'] } },
    error: 'spec.allow.namespaces[0]',
  },
  {
    why: 'an interface the kernel would not take',
    kind: 'AddressPool',
    spec: { addresses: ['192.0.2.1'], announce: { layer2: [{ interfaces: ['eth/0'] }] } },
    error: 'spec.announce.layer2[0].interfaces[0]',
  },
  {
    why: 'an interface with too long a name',
    kind: 'AddressPool',
    spec: { addresses: ['192.0.2.1'], announce: { layer2: [{ interfaces: ['a-very-long-name'] }] } },
    error: 'spec.announce.layer2[0].interfaces[0]: Too long',
  },
  { why: 'In without values', kind: 'AddressPool', spec: selector({ key: 'app', operator: 'In' }), error: 'need values' },
  {
    why: 'NotIn with no value in the list',
    kind: 'AddressPool',
    spec: selector({ key: 'app', operator: 'NotIn', values: [] }),
    error: 'need values',
  },
  {
    why: 'Exists with values',
    kind: 'AddressPool',
    spec: selector({ key: 'app', operator: 'Exists', values: ['web'] }),
    error: 'take no values',
  },
  {
    why: 'an unknown operator',
    kind: 'AddressPool',
    spec: selector({ key: 'app', operator: 'Is', values: ['web'] }),
    error: 'matchExpressions[0].operator: Unsupported value',
  },
  { why: 'a key that is no label', kind: 'AddressPool', spec: selector({ key: 'a b', operator: 'Exists' }), error: 'key' },
  {
    why: 'a value that is no label',
    kind: 'AddressPool',
    spec: { addresses: ['192.0.2.1'], allow: { serviceSelector: { matchLabels: { app: 'a b' } } } },
    error: 'spec.allow.serviceSelector.matchLabels.app',
  },

  {
    why: 'a block that does not begin at a multiple of 256',
    kind: 'AddressBlock',
    name: 'ipv4-10-201-200-1',
    spec: { ...block, base: '10.201.200.1' },
    error: 'must be the first address of a block of 256',
  },
  {
    why: 'a block whose base is not canonical',
    kind: 'AddressBlock',
    name: 'ipv6-20010db8000000000000000000000100',
    spec: { ...block, base: '2001:db8:0::100' },
    error: 'must be the first address of a block of 256',
  },
  {
    why: 'a block with the name of another',
    kind: 'AddressBlock',
    name: 'ipv4-10-201-201-0',
    spec: block,
    error: 'the name must be that of the base',
  },
  {
    why: 'a bitmap that is too short',
    kind: 'AddressBlock',
    name: 'ipv4-10-201-200-0',
    spec: { ...block, bitmap: '80' },
    error: 'spec.bitmap',
  },
  {
    why: 'an offset outside the block',
    kind: 'AddressBlock',
    name: 'ipv4-10-201-200-0',
    spec: { ...block, allocations: { 256: allocation } },
    error: 'offsets go from 0 to 255',
  },
  {
    why: 'an address without owner',
    kind: 'AddressBlock',
    name: 'ipv4-10-201-200-0',
    spec: { ...block, allocations: { 1: { ...allocation, owners: [] } } },
    error: 'owners',
  },

  {
    why: 'an announcement of no address',
    kind: 'Announcement',
    name: 'ip-10-201-200-300',
    spec: { ...announcement, address: '10.201.200.300' },
    error: 'must be an address in canonical form',
  },
  {
    why: 'an announcement with the name of another',
    kind: 'Announcement',
    name: 'ip-10-201-200-2',
    spec: announcement,
    error: 'the name must be that of the address',
  },
  {
    why: 'a candidate twice',
    kind: 'Announcement',
    name: 'ip-10-201-200-1',
    spec: { ...announcement, nodes: ['n0', 'n0'] },
    error: 'Duplicate value',
  },
  {
    why: 'too many candidates',
    kind: 'Announcement',
    name: 'ip-10-201-200-1',
    spec: { ...announcement, nodes: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'] },
    error: 'spec.nodes: Too many',
  },
  {
    why: 'a candidate that is no node',
    kind: 'Announcement',
    name: 'ip-10-201-200-1',
    spec: { ...announcement, nodes: ['N0'] },
    error: 'spec.nodes[0]',
  },
  {
    why: 'an announcement for nobody',
    kind: 'Announcement',
    name: 'ip-10-201-200-1',
    spec: { ...announcement, services: [] },
    error: 'spec.services',
  },
  {
    why: 'a hardware address in another form',
    kind: 'NodeReport',
    spec: { interfaces: [{ ...lan, mac: '6A-60-E7-16-9C-22' }], version: '0.1.0' },
    error: 'spec.interfaces[0].mac',
  },
]

const lanClass = { kind: 'LoadBalancerClass', name: 'lan', spec: { provider: 'local' } }
const announced = { kind: 'Announcement', name: 'ip-10-201-200-1', spec: announcement }

export const invalidChanges: readonly InvalidChange[] = [
  { why: 'another provider for a class', ...lanClass, patch: { spec: { provider: 'aws' } }, error: 'provider cannot change' },
  {
    why: 'another base for a block',
    kind: 'AddressBlock',
    name: 'ipv4-10-201-200-0',
    spec: block,
    patch: { spec: { base: '10.201.201.0' } },
    error: 'base cannot change',
  },
  {
    why: 'another address for an announcement',
    ...announced,
    patch: { spec: { address: '10.201.200.2' } },
    error: 'address cannot change',
  },
  {
    why: 'an epoch that goes back',
    ...announced,
    patch: { status: { epoch: 1, node: 'n1' } },
    error: 'the epoch never goes back',
  },
  {
    why: 'a hardware address in another form',
    ...announced,
    patch: { status: { epoch: 3, node: 'n1', mac: 'eth0' } },
    error: 'status.mac',
  },
  {
    why: 'two conditions of one type',
    ...lanClass,
    patch: { status: { conditions: Array.from({ length: 2 }, () => condition()) } },
    error: 'Duplicate value',
  },
]

function condition(): object {
  return { type: 'Ready', status: 'True', reason: 'Accepted', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }
}
