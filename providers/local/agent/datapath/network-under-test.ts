// The network of a cluster for tests: nodes that forward, their pods in namespaces behind a bridge, and routes between them.
import { spawnSync } from 'node:child_process'

export const virtual = { IPv4: '10.201.200.1', IPv6: 'fd00:201::c8:1' } as const
export type Family = keyof typeof virtual

export function ip(...args: readonly string[]): string {
  const result = spawnSync('ip', args, { encoding: 'utf8' })
  if (result.status !== 0) throw new Error(`ip ${args.join(' ')}: ${result.stderr}`)
  return result.stdout
}

export const podAddress = (pod: string, family: Family) => {
  const [, node = '', letter = ''] = /^n(\d)(\w)$/.exec(pod) ?? []
  const index = letter.charCodeAt(0) - 95
  return family === 'IPv4' ? `10.244.${node}.${index}` : `fd00:244:${node}::${index}`
}

export const podNamespace = (pod: string, cluster: string) => `weir-${cluster}-${pod}-${process.pid}`

/** Settings of a node of Kubernetes; a bridge for its pods. */
export function raiseNode(namespace: string, number: number): void {
  ip(
    'netns',
    'exec',
    namespace,
    'sysctl',
    '-qw',
    'net.ipv4.ip_forward=1',
    'net.ipv6.conf.all.forwarding=1',
    'net.ipv4.conf.all.rp_filter=1',
    'net.ipv4.conf.eth0.rp_filter=1',
  )
  ip('-n', namespace, 'link', 'add', 'cni0', 'type', 'bridge')
  ip('-n', namespace, 'link', 'set', 'cni0', 'up')
  ip('-n', namespace, 'addr', 'add', `10.244.${number}.1/24`, 'dev', 'cni0')
  ip('-n', namespace, 'addr', 'add', `fd00:244:${number}::1/64`, 'dev', 'cni0', 'nodad')
}

export function addPod(node: string, pod: string, cluster: string, resources: DisposableStack): void {
  const namespace = podNamespace(pod, cluster)
  ip('netns', 'add', namespace)
  resources.defer(() => void spawnSync('ip', ['netns', 'del', namespace]))
  ip('-n', node, 'link', 'add', pod, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace)
  ip('-n', node, 'link', 'set', pod, 'master', 'cni0', 'up')
  ip('-n', namespace, 'link', 'set', 'lo', 'up')
  ip('-n', namespace, 'link', 'set', 'eth0', 'up')
  const number = pod[1] ?? ''
  ip('-n', namespace, 'addr', 'add', `${podAddress(pod, 'IPv4')}/24`, 'dev', 'eth0')
  ip('-n', namespace, 'addr', 'add', `${podAddress(pod, 'IPv6')}/64`, 'dev', 'eth0', 'nodad')
  ip('-n', namespace, 'route', 'add', 'default', 'via', `10.244.${number}.1`)
  ip('-n', namespace, '-6', 'route', 'add', 'default', 'via', `fd00:244:${number}::1`)
}

export function routeTo(namespace: string, other: number, mac: string): void {
  const station = mac.at(-1) ?? ''
  ip('-n', namespace, 'route', 'add', `10.244.${other}.0/24`, 'via', `10.201.0.${station}`)
  ip('-n', namespace, '-6', 'route', 'add', `fd00:244:${other}::/64`, 'via', `fd00:201::${station}`)
}

/** A namespace behind `router`, on a link that takes packets of at most `mtu` bytes towards it; it sends larger ones itself. */
export function addNarrowNetwork({
  router,
  namespace,
  mtu,
  nodes,
  resources,
}: {
  readonly router: string
  readonly namespace: string
  readonly mtu: number
  readonly nodes: readonly string[]
  readonly resources: DisposableStack
}): void {
  ip('netns', 'add', namespace)
  resources.defer(() => void spawnSync('ip', ['netns', 'del', namespace]))
  ip('netns', 'exec', router, 'sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1')
  for (const at of [router, namespace]) ip('netns', 'exec', at, 'sysctl', '-qw', 'net.ipv6.conf.default.accept_dad=0')
  ip('-n', router, 'link', 'add', 'narrow', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace)
  ip('-n', namespace, 'link', 'set', 'lo', 'up')
  ip('-n', namespace, 'link', 'set', 'eth0', 'up')
  ip('-n', router, 'link', 'set', 'narrow', 'up')
  for (const [at, own, gateway, flags] of [
    [router, '10.209.0.1/24', undefined, []],
    [router, 'fd00:209::1/64', undefined, ['nodad']],
    [namespace, '10.209.0.2/24', '10.209.0.1', []],
    [namespace, 'fd00:209::2/64', 'fd00:209::1', ['nodad']],
  ] as const) {
    ip('-n', at, 'addr', 'add', own, 'dev', at === router ? 'narrow' : 'eth0', ...flags)
    if (gateway !== undefined) ip('-n', at, 'route', 'add', 'default', 'via', gateway)
  }
  ip('-n', router, 'link', 'set', 'narrow', 'mtu', `${mtu}`)
  for (const node of nodes) {
    ip('-n', node, 'route', 'add', '10.209.0.0/24', 'via', '10.201.0.2')
    ip('-n', node, 'route', 'add', 'fd00:209::/64', 'via', 'fd00:201::2')
  }
}
