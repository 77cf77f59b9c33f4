// Reasons that only AddressPools and NodeReports have; the table of all reasons takes them in.
import type { ReasonRow } from './reason-row.ts'

export const networkReasons = {
  InvalidRange: {
    on: ['AddressPool'],
    meaning: 'An entry of spec.addresses cannot be read or ends before it starts.',
    remedy: 'Correct the entry that the message names.',
  },
  Overlap: {
    on: ['AddressPool'],
    meaning: 'Pools share addresses; the older one gives them, the younger gives none.',
    remedy: 'Take the shared addresses out of one pool.',
  },
  OverlapsCluster: {
    on: ['AddressPool'],
    meaning: 'Addresses of the pool are in a range that the cluster uses for pods or Services; the pool gives none.',
    remedy: 'Take the range that the message names out of the pool.',
  },
  NoInternalIP: {
    on: ['NodeReport'],
    meaning: 'The node has no InternalIP and is not used to announce.',
    remedy: 'Start its kubelet with --node-ip or fix the cloud provider.',
  },
  NoUsableInterface: {
    on: ['NodeReport'],
    meaning: 'The node has no interface with carrier and an address.',
    remedy: 'Bring a LAN interface up.',
  },
  StrictArpMissing: {
    on: ['NodeReport', 'AddressPool'],
    meaning: 'kube-proxy uses IPVS without strict ARP, so every node answers for every address.',
    remedy: 'Set ipvs.strictARP: true in the configuration of kube-proxy.',
  },
  StrictReversePath: {
    on: ['NodeReport', 'AddressPool'],
    meaning: 'Strict reverse path filtering drops clients from other subnets on an interface that can announce.',
    remedy: 'Set net.ipv4.conf.<interface>.rp_filter to 2, or do not announce there.',
  },
  WirelessInterface: {
    on: ['NodeReport', 'AddressPool'],
    meaning: 'An interface that can announce is wireless; such networks often hold back ARP.',
    remedy: 'Announce on a wired interface: name it in the announce rule of the pool.',
  },
  ForwardingOff: {
    on: ['NodeReport', 'AddressPool'],
    meaning: 'The node does not forward packets, so they do not get from an announced address to pods.',
    remedy: 'Set net.ipv4.ip_forward to 1.',
  },
  NftMissing: {
    on: ['NodeReport'],
    meaning: 'The agent cannot run nft, so kube-proxy carries addresses with pod targets on this node.',
    remedy: 'Use an image of the agent with nftables in it.',
  },
  NftRefused: {
    on: ['NodeReport'],
    meaning: 'The kernel does not take the nftables table of the data path; kube-proxy carries its addresses on this node.',
    remedy:
      'Give the agent NET_ADMIN and a kernel with nf_tables, NAT and sets with timeouts; the message says what was refused.',
  },
  AddressesOnNode: {
    on: ['NodeReport'],
    meaning: 'kube-proxy uses IPVS and keeps the addresses on every node, so packets are never sent on to another one.',
    remedy: 'Use the mode nftables or iptables of kube-proxy for classes with targets: Pod.',
  },
  NetfilterBypassed: {
    on: ['NodeReport'],
    meaning:
      'The network plugin takes packets past netfilter, so kube-proxy or its replacement carries the addresses on this node.',
    remedy: 'Use targets: Node, or let the plugin leave packets of pods to netfilter.',
  },
} as const satisfies Readonly<Record<string, ReasonRow>>
