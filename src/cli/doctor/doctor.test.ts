// What `weir doctor` finds wrong in clusters that are, and that it says what to do about each.
import { expect, test } from 'vitest'
import type { LoadBalancerClass } from '../../api/load-balancer-class.ts'
import { render } from '../render.ts'
import { emptySnapshot } from '../snapshot.ts'
import { findingOf, rightsOf } from './aws.ts'
import type { Finding } from './check.ts'
import { clusterFindings } from './cluster.ts'
import { type Facts, readKubeProxy } from './facts.ts'
import { networkFindings } from './network.ts'
import { doctorView } from './view.ts'

const lbClass = (provider: 'local' | 'aws', targets: 'Node' | 'Pod'): LoadBalancerClass => ({
  apiVersion: 'weir.dev/v1alpha1',
  kind: 'LoadBalancerClass',
  metadata: { name: provider },
  spec: { provider, targets, default: false },
})

const lease = (name: string, renewTime: string, { written = renewTime, agent = true, holder = name } = {}) => ({
  metadata: { name, ...(agent ? { labels: { 'weir.dev/agent': 'node' } } : {}), managedFields: [{ time: written }] },
  spec: { holderIdentity: holder, renewTime, leaseDurationSeconds: 10 },
})

const daemonSet = (name: string, ...args: readonly string[]) => ({
  metadata: { name, namespace: 'kube-system' },
  spec: { template: { spec: { containers: [{ args: [...args] }] } } },
})

const report = (
  name: string,
  ...conditions: readonly { readonly type: string; readonly status: 'True' | 'False'; readonly message: string }[]
) => ({
  apiVersion: 'weir.dev/v1alpha1',
  kind: 'NodeReport',
  metadata: { name },
  spec: {
    version: '1',
    interfaces: [],
    conditions: conditions.map(each => ({ reason: each.type, lastTransitionTime: '2026-05-01T11:00:00Z', ...each })),
  },
})

const sound: Facts = {
  apiServer: { found: 'v1.36.3' },
  kubelets: {
    found: new Map([
      ['n1', 'v1.36.3'],
      ['n2', 'v1.34.1'],
    ]),
  },
  kubeProxy: { found: { mode: 'nftables', strictArp: false, masqueradeAll: false } },
  daemonSets: { found: [daemonSet('kube-flannel-ds', '--ip-masq')] },
  deployments: { found: [] },
  leases: {
    found: [
      lease('weir-controller', '2026-05-01T12:00:00Z', { agent: false }),
      lease('n1', '2026-05-01T11:59:58Z'),
      lease('n2', '2026-05-01T11:59:59Z'),
    ],
  },
  cilium: { absent: true },
  snapshot: { ...emptySnapshot, classes: [lbClass('local', 'Pod')], reports: [report('n1'), report('n2')] },
  version: '1',
}

const all = (facts: Facts): readonly Finding[] => [...clusterFindings(facts), ...networkFindings(facts)]
const wrongOf = (changes: Partial<Facts>) =>
  all({ ...sound, ...changes })
    .filter(({ state }) => state === 'wrong')
    .map(({ check, found, fix }) => `${check}: ${found} → ${fix ?? 'NO FIX'}`)

test('a sound cluster has nothing wrong, and every check says what it looked at', () => {
  const findings = all(sound)
  expect(findings.filter(({ state }) => state === 'wrong')).toEqual([])
  for (const { found } of findings) expect(found).not.toBe('')
  const text = render(doctorView(findings), { format: 'table', colour: false })
  expect(text).toMatch(/^✔ Kubernetes +v1\.36\.3; 2 nodes within its version skew$/m)
  expect(text).toMatch(/^✔ clocks +3 clocks within 5 s/m)
  expect(text).toMatch(/^✔ masquerade +Flannel \(--ip-masq\) masquerades what pods open/m)
  expect(text).toContain('nothing is wrong')
})

const ipvs = { found: { mode: 'ipvs', strictArp: false, masqueradeAll: true } } as const

test.each<[string, Partial<Facts>, readonly RegExp[]]>([
  ['an old API server', { apiServer: { found: 'v1.30.4' } }, [/^Kubernetes: the API server is v1\.30\.4 → Weir needs 1\.32/]],
  [
    'a kubelet that is too old',
    { kubelets: { found: new Map([['n1', 'v1.31.0']]) } },
    [/^Kubernetes: n1 has v1\.31\.0; the API server is v1\.36\.3 → Upgrade/],
  ],
  [
    'IPVS without strict ARP, masquerading all',
    { kubeProxy: ipvs },
    [
      /^kube-proxy: mode ipvs keeps .* → Set mode: nftables/,
      /^strict ARP: .*ipvs\.strictARP: false.* → Set ipvs\.strictARP: true/,
      /^masquerade: .*masqueradeAll: true/,
    ],
  ],
  [
    'nodes that the agents complain of',
    {
      snapshot: {
        ...sound.snapshot,
        reports: [
          report('n1', { type: 'StrictReversePath', status: 'True', message: 'rp_filter = 1 on eth1.' }),
          report('n2', { type: 'ForwardingOff', status: 'True', message: 'ip_forward is 0.' }),
        ],
      },
    },
    [
      /^reverse path: n1: rp_filter = 1 on eth1\. → Set net\.ipv4/,
      /^forwarding: n2: ip_forward is 0\. → Set net\.ipv4\.ip_forward to 1/,
    ],
  ],
  [
    'a clock that is a minute ahead',
    {
      leases: {
        found: [
          ...('found' in sound.leases ? sound.leases.found : []),
          lease('n3', '2026-05-01T12:00:00Z', { written: '2026-05-01T11:59:00Z' }),
        ],
      },
    },
    [/^clocks: n3 is 60 s ahead of the API server → Let the nodes set their clocks by NTP/],
  ],
  [
    'an agent that is silent, and no controller',
    { leases: { found: [lease('n1', '2026-05-01T12:00:00Z'), lease('n2', '2026-05-01T11:50:00Z')] } },
    [/^controller: nobody leads/, /^agents: n2 no longer renews its Lease → /],
  ],
  [
    'Cilium in the place of kube-proxy',
    { daemonSets: { found: [daemonSet('cilium')] }, cilium: { found: { 'kube-proxy-replacement': 'true' } } },
    [/^network plugin: Cilium replaces kube-proxy .* → Use targets: Node/],
  ],
  [
    'pods that AWS cannot reach',
    { snapshot: { ...sound.snapshot, classes: [lbClass('aws', 'Pod')] } },
    [/^pod addresses: Flannel gives pods addresses that the VPC does not know; class aws has targets: Pod → Use targets: Node/],
  ],
  [
    'agents of two versions',
    { snapshot: { ...sound.snapshot, reports: [report('n1'), { ...report('n2'), spec: { version: '2', interfaces: [] } }] } },
    [/^versions: .*agents 1 \(1\), agents 2 \(1\).* → Wait for the rollout/],
  ],
])('%s', (_, changes, expected) => {
  const found = wrongOf(changes)
  expect(found).toHaveLength(expected.length)
  for (const [index, pattern] of expected.entries()) expect(found[index]).toMatch(pattern)
})

test('what may not be looked at is neither well nor wrong', () => {
  const findings = all({ ...sound, leases: { unknown: 'leases is forbidden' }, kubeProxy: { absent: true } })
  expect(findings.filter(({ state }) => state === 'unknown').map(({ check }) => check)).toEqual([
    'controller',
    'agents',
    'clocks',
    'kube-proxy',
  ])
  expect(findings.filter(({ state }) => state === 'wrong')).toEqual([])
})

test('kube-proxy is read as it writes itself', () => {
  const text =
    'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: ipvs\nipvs:\n  strictARP: true\niptables:\n  masqueradeAll: false\n'
  expect(readKubeProxy(text)).toEqual({ mode: 'ipvs', strictArp: true, masqueradeAll: false })
  expect(readKubeProxy('mode: ""\nipvs: null')).toEqual({ mode: '', strictArp: false, masqueradeAll: false })
})

test('AWS: subnets by class and scheme, what this user may not ask, and what the controller was refused', () => {
  const who = { object: 'service', namespace: 'default', name: 'x' } as const
  const problem = { reason: 'SubnetsNotFound', message: 'no public subnet.', remedy: 'tag one.' }
  const refused = { ...who, verdict: 'refused', class: 'aws', reason: 'SubnetsNotFound', problems: [problem] } as const
  expect(findingOf({ name: 'aws', scheme: 'internal' }, refused)).toMatchObject({ state: 'wrong', fix: 'tag one.' })
  expect(findingOf({ name: 'aws', scheme: 'internet-facing' }, refused)).toMatchObject({ state: 'unknown' })
  expect(findingOf({ name: 'aws', scheme: 'internal' }, { ...refused, verdict: 'unknown' })).toMatchObject({
    check: 'AWS',
    state: 'wrong',
  })
  const denied = {
    type: 'Ready',
    status: 'False' as const,
    reason: 'AccessDenied',
    message: 'ec2:CreateTags is denied.',
    lastTransitionTime: '2026-05-01T11:00:00Z',
  }
  const [finding] = rightsOf({
    services: [],
    loadBalancers: [],
    classes: [{ ...lbClass('aws', 'Pod'), status: { conditions: [denied] } }],
  })
  expect(finding).toMatchObject({ check: 'IAM', state: 'wrong', found: 'LoadBalancerClass aws: ec2:CreateTags is denied.' })
})
