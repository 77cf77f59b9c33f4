// The LAN of a lab: one bridge, a router, and network namespaces joined to it; links can be cut and restored.
import { clientRouterAddress, each, nodeNetwork, routerAddress } from './addressing.ts'
import type { Both } from './addressing.ts'
import { attempt, run } from './command.ts'

/** The namespace that a part of a lab lives in; the dot keeps "a" apart from "a-b". */
export const namespaceOf = (lab: string, part: string) => `weir-${lab}.${part}`

/** Words that run the rest of a command line in a namespace; the process keeps its number. */
export const inNamespace = (namespace: string): readonly string[] => ['nsenter', `--net=/run/netns/${namespace}`, '--']

export type Member = {
  /** "n0"; also names its port on the bridge, so at most 13 characters. */
  readonly part: string
  /** Addresses with prefix length on its only interface, eth0. */
  readonly addresses: readonly string[]
  /** Arguments of `ip route add`. */
  readonly routes: readonly string[]
}

export type Lan = {
  join(member: Member): Promise<void>
  leave(part: string): Promise<void>
  addRoutes(part: string, routes: readonly string[]): Promise<void>
  /**
   * Takes a member off the LAN: its port goes down and it sees the carrier go. `silently` keeps the carrier: frames just vanish,
   * as behind a switch that fails.
   */
  cut(part: string, silently: boolean): Promise<void>
  restore(part: string): Promise<void>
}

/**
 * What a kernel of a node in a data centre does; stated because a new namespace takes over what this machine happens to have set.
 * rp_filter is what systemd sets. No ICMP redirects: the router must stay the way between nodes and client, which share its
 * interface. Linux has no switch for sending those of IPv6, so nobody follows them. Addresses serve at once, without the second that
 * the kernel listens for somebody who has them.
 */
const settings = [
  'net.ipv4.ip_forward=1',
  'net.ipv6.conf.all.forwarding=1',
  ...['all', 'default'].flatMap(scope => [
    `net.ipv4.conf.${scope}.rp_filter=2`,
    `net.ipv4.conf.${scope}.send_redirects=0`,
    `net.ipv4.conf.${scope}.accept_redirects=0`,
    `net.ipv4.conf.${scope}.arp_ignore=0`,
    `net.ipv4.conf.${scope}.arp_announce=0`,
    `net.ipv6.conf.${scope}.disable_ipv6=0`,
    `net.ipv6.conf.${scope}.accept_dad=0`,
    `net.ipv6.conf.${scope}.accept_ra=0`,
    `net.ipv6.conf.${scope}.accept_redirects=0`,
  ]),
]

export function openLan(lab: string): Lan {
  const bridge = namespaceOf(lab, 'lan')
  const ip = (args: readonly string[]) => run(['ip', ...args])
  return {
    join: async ({ part, addresses, routes }) => {
      const namespace = namespaceOf(lab, part)
      await ip(['netns', 'add', namespace])
      await run([...inNamespace(namespace), 'sysctl', '-q', '-w', ...settings])
      const pair = ['link', 'add', 'eth0', 'netns', namespace, 'type', 'veth', 'peer', 'name', port(part), 'netns', bridge]
      await ip(pair)
      await batch(bridge, [`link set ${port(part)} master br0 up`])
      await batch(namespace, [
        'link set lo up',
        ...addresses.map(address => `addr add ${address} dev eth0${address.includes(':') ? ' nodad' : ''}`),
        'link set eth0 up',
        ...routes.map(route => `route add ${route}`),
      ])
    },
    leave: async part => {
      await attempt(['ip', 'netns', 'del', namespaceOf(lab, part)])
    },
    addRoutes: (part, routes) =>
      batch(
        namespaceOf(lab, part),
        routes.map(route => `route replace ${route}`),
      ),
    cut: async (part, silently) => {
      const change = silently
        ? ['bridge', '-n', bridge, 'link', 'set', 'dev', port(part), 'state', '0']
        : ['ip', '-n', bridge, 'link', 'set', port(part), 'down']
      await run(change)
    },
    restore: async part => {
      await ip(['-n', bridge, 'link', 'set', port(part), 'up'])
      await run(['bridge', '-n', bridge, 'link', 'set', 'dev', port(part), 'state', '3'])
    },
  }
}

/** Makes the bridge and the router. The client's network lives on the same segment, so the client asks for addresses by ARP itself. */
export async function raiseLan(lab: string): Promise<Lan> {
  const bridge = namespaceOf(lab, 'lan')
  await run(['ip', 'netns', 'add', bridge])
  await batch(bridge, ['link set lo up', 'link add br0 type bridge', 'link set br0 up'])
  // Frames between ports are no business of this machine's packet filters; the key exists only with br_netfilter loaded.
  await attempt([
    ...inNamespace(bridge),
    'sysctl',
    '-q',
    '-e',
    '-w',
    'net.bridge.bridge-nf-call-iptables=0',
    'net.bridge.bridge-nf-call-ip6tables=0',
    'net.bridge.bridge-nf-call-arptables=0',
  ])
  const lan = openLan(lab)
  await lan.join({
    part: 'router',
    addresses: [`${routerAddress.IPv4}/16`, `${clientRouterAddress.IPv4}/24`, ...six(routerAddress, clientRouterAddress)],
    routes: [],
  })
  return lan
}

const six = (...addresses: readonly Both[]) => addresses.map(({ IPv6 }) => `${IPv6}/64`)

/**
 * A machine outside the nodes' networks but on their segment: it resolves every address of the LAN itself, by ARP and neighbour
 * discovery, and answers come back through the router, which is all that the nodes know of its networks.
 */
export function clientMember(part: string, address: Both): Member {
  return {
    part,
    addresses: [`${address.IPv4}/24`, ...six(address)],
    routes: [
      `${nodeNetwork.IPv4} dev eth0 scope link src ${address.IPv4}`,
      `${nodeNetwork.IPv6} dev eth0 src ${address.IPv6}`,
      ...each(clientRouterAddress).map(router => `default via ${router}`),
    ],
  }
}

/** A machine of the nodes' network. */
export function lanMember(part: string, address: Both): Member {
  return {
    part,
    addresses: [`${address.IPv4}/16`, ...six(address)],
    routes: each(routerAddress).map(router => `default via ${router}`),
  }
}

const port = (part: string) => `p-${part}`

async function batch(namespace: string, lines: readonly string[]): Promise<void> {
  if (lines.length > 0) await run(['ip', '-n', namespace, '-batch', '-'], { input: `${lines.join('\n')}\n` })
}
