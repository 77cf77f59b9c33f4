// The interfaces of a node in words: those that a LAN may be behind, with their subnets. Pure.
import { firstFew } from '../../../src/model/first-few.ts'
import type { Announcer, AnnouncerInterface } from './network.ts'

/** What networks of pods and containers make on a node; each is named by the program that makes it. */
const ofPods =
  /^(cni|cali|cilium_|lxc|veth|flannel|docker|virbr|weave|tunl|antrea-|ovn|genev|vxlan\.|nodelocaldns|kube-|br-[0-9a-f]{12}$)/

/** RFC 3927 and RFC 4291 section 2.5.6: they say nothing about which LAN it is. */
const linkLocal = /^(fe[89ab]|169\.254\.)/

/** `eth0 10.201.0.11/16, bond0`: those of pods only where there are no others, and never an address cut in the middle. */
export function interfacesOf({ interfaces }: Pick<Announcer, 'interfaces'>): string {
  const texts = towardsLan(interfaces).map(({ name, addresses }) => [name, ...tellable(addresses).slice(0, 3)].join(' '))
  return texts.length === 0 ? 'none' : firstFew(texts, ', ', { whole: true })
}

/** `eth0 10.201.0.11/16` once for each subnet, as the first node has it. */
export function subnetsOf(announcers: readonly Announcer[]): readonly string[] {
  const bySubnet = new Map<string, string>()
  for (const { interfaces } of announcers)
    for (const { name, networks, addresses } of towardsLan(interfaces))
      for (const [at, { first, last }] of networks.entries()) {
        const [address] = tellable([addresses[at] ?? ''])
        const subnet = `${name} ${first}-${last}`
        if (address !== undefined && !bySubnet.has(subnet)) bySubnet.set(subnet, `${name} ${address}`)
      }
  return [...bySubnet.values()]
}

function towardsLan(interfaces: readonly AnnouncerInterface[]): readonly AnnouncerInterface[] {
  const lan = interfaces.filter(({ name }) => !ofPods.test(name))
  return lan.length === 0 ? interfaces : lan
}

function tellable(addresses: readonly string[]): readonly string[] {
  return addresses.filter(address => !linkLocal.test(address))
}
