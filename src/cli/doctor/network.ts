// Checks of what lies between the LAN and the pods: kube-proxy, the network plugin, what the kernels of the nodes are set to. Pure.
import { firstFew } from '../../model/first-few.ts'
import { reasons } from '../../api/reasons.ts'
import { about, type Finding, unknown, well, wrong } from './check.ts'
import type { Facts, Workload } from './facts.ts'

export function networkFindings(facts: Facts): readonly Finding[] {
  return [...kubeProxy(facts), ...traps(facts), ...plugin(facts), ...pools(facts)]
}

function kubeProxy({ kubeProxy: fact, snapshot: { classes } }: Facts): readonly Finding[] {
  const isLocal = classes.some(({ spec }) => spec.provider === 'local')
  const toPods = classes.some(({ spec }) => spec.provider === 'local' && spec.targets === 'Pod')
  return about(
    'kube-proxy',
    fact,
    'there is no ConfigMap kube-system/kube-proxy: it is set up otherwise, or replaced',
    ({ mode, strictArp, masqueradeAll }) => {
      const name = mode === '' ? 'iptables (nothing else is said)' : mode
      return [
        ...(mode === 'ipvs' && toPods
          ? [
              wrong(
                'kube-proxy',
                'mode ipvs keeps addresses on every node, so classes with targets: Pod fall back',
                'Set mode: nftables in ConfigMap kube-system/kube-proxy and restart it.',
              ),
            ]
          : [well('kube-proxy', `mode ${name}`)]),
        ...(mode === 'ipvs' && isLocal && !strictArp
          ? [
              wrong(
                'strict ARP',
                'ConfigMap kube-system/kube-proxy has ipvs.strictARP: false, so every node answers for every address',
                reasons.StrictArpMissing.remedy,
              ),
            ]
          : [well('strict ARP', mode === 'ipvs' ? 'ipvs.strictARP is true' : `not needed in mode ${mode || 'iptables'}`)]),
        ...(masqueradeAll
          ? [
              wrong(
                'masquerade',
                'kube-proxy has masqueradeAll: true, so pods never see the addresses of clients',
                'Set masqueradeAll: false in ConfigMap kube-system/kube-proxy, unless something else needs it.',
              ),
            ]
          : [well('masquerade', 'kube-proxy masquerades only what it must')]),
      ]
    },
  )
}

/** What the agents have found on their nodes, by the reason. */
const trapChecks = {
  StrictArpMissing: 'strict ARP',
  StrictReversePath: 'reverse path',
  ForwardingOff: 'forwarding',
  WirelessInterface: 'interfaces',
} as const

function traps({ snapshot: { reports } }: Facts): readonly Finding[] {
  if (reports.length === 0) return [unknown('reverse path', 'no agent has reported')]
  const conditions = reports.flatMap(({ metadata, spec }) =>
    (spec.conditions ?? []).map(condition => ({ node: metadata.name, ...condition })),
  )
  const found = Object.entries(trapChecks).flatMap(([reason, check]) => {
    const at = conditions.filter(({ type, status }) => type === reason && status === 'True')
    const remedy = Object.entries(reasons).find(([name]) => name === reason)?.[1].remedy ?? ''
    if (at.length > 0) return at.map(({ node, message }) => wrong(check, `${node}: ${message}`, remedy))
    return check === 'strict ARP' ? [] : [well(check, `nothing found on ${nodesText(reports.length)}`)]
  })
  const unusable = conditions.filter(({ type, status }) => type === 'Ready' && status === 'False')
  const paths = conditions.filter(({ type }) => type === 'DataPath')
  const blocked = paths.filter(({ status }) => status === 'False')
  return [
    ...found,
    ...unusable.map(({ node, message, reason }) => wrong('nodes', `${node}: ${message}`, remedyOf(reason))),
    ...blocked.map(({ node, message, reason }) => wrong('data path', `${node}: ${message}`, remedyOf(reason))),
    ...(paths.length > 0 && blocked.length === 0
      ? [well('data path', `${nodesText(paths.length)} can serve pods directly`)]
      : []),
  ]
}

function plugin({ daemonSets, cilium, snapshot: { classes } }: Facts): readonly Finding[] {
  const toPods = classes.some(({ spec }) => spec.provider === 'local' && spec.targets === 'Pod')
  const awsPods = classes
    .filter(({ spec }) => spec.provider === 'aws' && spec.targets === 'Pod')
    .map(({ metadata }) => metadata.name)
  return about('network plugin', daemonSets, 'the API server knows no DaemonSets', all => {
    const found = plugins.filter(({ daemonSet }) => all.some(({ metadata }) => metadata.name === daemonSet))
    if (found.length === 0) return [unknown('network plugin', 'none that is known runs as a DaemonSet')]
    const names = found.map(({ name }) => name).join(', ')
    const replaces = 'found' in cilium && ['true', 'strict'].includes(cilium.found['kube-proxy-replacement'] ?? '')
    const overlay = found.filter(({ inVpc }) => !inVpc)
    return [
      ...(replaces && toPods
        ? [
            wrong(
              'network plugin',
              'Cilium replaces kube-proxy and takes packets past netfilter',
              reasons.NetfilterBypassed.remedy,
            ),
          ]
        : [well('network plugin', names)]),
      ...(awsPods.length > 0 && overlay.length === found.length
        ? [
            wrong(
              'pod addresses',
              `${names} gives pods addresses that the VPC does not know; class ${firstFew(awsPods)} has targets: Pod`,
              'Use targets: Node in that class, or a plugin whose pods have addresses of the VPC (Amazon VPC CNI).',
            ),
          ]
        : []),
      ...masqueradeOf(all),
    ]
  })
}

const plugins = [
  { daemonSet: 'aws-node', name: 'Amazon VPC CNI', inVpc: true },
  { daemonSet: 'calico-node', name: 'Calico', inVpc: false },
  { daemonSet: 'cilium', name: 'Cilium', inVpc: true },
  { daemonSet: 'kube-flannel-ds', name: 'Flannel', inVpc: false },
  { daemonSet: 'kindnet', name: 'kindnet', inVpc: false },
  { daemonSet: 'weave-net', name: 'Weave Net', inVpc: false },
  { daemonSet: 'kube-router', name: 'kube-router', inVpc: false },
  { daemonSet: 'antrea-agent', name: 'Antrea', inVpc: false },
] as const

/** What pods open themselves may be masqueraded; answers to clients are not, as the kernel knows their connections. */
function masqueradeOf(all: readonly Workload[]): readonly Finding[] {
  const flannel = all.find(({ metadata }) => metadata.name === 'kube-flannel-ds')
  const agent = all.find(({ metadata }) => metadata.name === 'ip-masq-agent')
  const isMasquerading = flannel?.spec.template.spec.containers.some(({ args = [] }) => args.includes('--ip-masq')) === true
  const by = [...(isMasquerading ? ['Flannel (--ip-masq)'] : []), ...(agent ? ['ip-masq-agent'] : [])]
  return by.length === 0
    ? []
    : [
        well(
          'masquerade',
          `${by.join(' and ')} masquerades what pods open towards other networks; answers to clients keep their way`,
        ),
      ]
}

function pools({ snapshot: { pools: all } }: Facts): readonly Finding[] {
  const bad = all.flatMap(({ metadata, status }) =>
    (status?.conditions ?? []).flatMap(({ type, status: state, message }) =>
      state === 'True' && (type === 'OutsideSubnets' || type === 'NoAnnouncer') ? [{ name: metadata.name, message }] : [],
    ),
  )
  if (all.length === 0) return []
  return bad.length === 0
    ? [well('pools', 'nodes have interfaces for the addresses of all pools')]
    : bad.map(({ name, message }) =>
        wrong(
          'pools',
          `AddressPool ${name}: ${message}`,
          'Give the pool addresses of a subnet that nodes have an interface in, or change its announce rules.',
        ),
      )
}

function remedyOf(reason: string): string {
  return Object.entries(reasons).find(([name]) => name === reason)?.[1].remedy ?? 'Look at the NodeReport of the node.'
}

function nodesText(count: number): string {
  return `${count} ${count === 1 ? 'node' : 'nodes'}`
}
