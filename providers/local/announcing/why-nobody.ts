// Why no node announces an address, in words and numbers, and what to do. Pure.
import type { Reason } from '../../../src/api/reasons.ts'
import { firstFew } from '../../../src/model/first-few.ts'
import { excludeLabel, outOfServiceTaint } from '../../../src/model/nodes.ts'
import { fitOf } from './eligibility.ts'
import type { Announced, Misfit } from './eligibility.ts'
import { interfacesOf } from '../network/interface-words.ts'
import type { Announcer, Network } from '../network/network.ts'

/** Each completes `2 nodes: 1 …`. Drained nodes have none: they announce what no other node can. */
const words: Readonly<Record<Misfit | 'agent-down', string>> = {
  'agent-down': 'whose agent does not answer',
  'no-agent': 'without an agent',
  'no-interface': 'without an interface in its subnet',
  'no-carrier': 'whose link there is down',
  'no-named-interface': 'without the interfaces that the pool names',
  'no-common-interface': 'on which the Services that share it are to be announced on different interfaces',
  'no-endpoint': 'without a usable endpoint (externalTrafficPolicy: Local)',
  'no-rule': 'not selected by the announce rules of the pool',
  'no-internal-ip': 'without an InternalIP',
  'being-deleted': 'being deleted',
  'excluded-by-label': `excluded by the label ${excludeLabel}`,
  'to-be-deleted-by-autoscaler': 'being removed by the autoscaler',
  'out-of-service': 'out of service',
  'network-unavailable': 'whose network is not set up (NetworkUnavailable)',
}

/** What to do about it, of what somebody can do something about; `pool` is the name of the pool. */
const remedies: Readonly<Partial<Record<Misfit | 'agent-down', (pool: string) => string>>> = {
  'agent-down': () => 'Look at the pods of the DaemonSet weir-agent on the nodes whose agent does not answer.',
  'no-agent': () => 'Let the DaemonSet weir-agent run on nodes that are to announce.',
  'excluded-by-label': () => `Take the label off a node that is to announce: kubectl label node NAME ${excludeLabel}-`,
  'out-of-service': () => `Take the taint ${outOfServiceTaint} off a node that is in service again.`,
  'no-rule': pool => `Label nodes so that the announce rules of pool ${pool} select them, or change the rules.`,
  'no-named-interface': pool => `Name interfaces that the nodes have in the announce rules of pool ${pool}.`,
  'no-carrier': () => 'Bring the link up.',
  'no-endpoint': () =>
    'Let a pod of the Service become ready on a node that may announce, or use externalTrafficPolicy: Cluster.',
}

export interface Nobody {
  readonly reason: Extract<Reason, 'NoAnnouncer' | 'OutsideSubnets'>
  readonly message: string
  readonly remedy: string
}

/** `pool`: the name of the pool the address is of. */
export function whyNobody(network: Network, announced: Announced, pool: string): Nobody {
  const { text } = announced.address
  const byReason = Map.groupBy(network.announcers, announcer => {
    const fit = fitOf(announcer, announced)
    return fit.fits ? 'agent-down' : fit.why
  })
  const parts = [...byReason].map(([why, nodes]) => `${nodes.length} ${words[why]} (${some(nodes, why)})`)
  const all = network.announcers.length
  const counted = all === 0 ? 'there are no nodes' : `${all} ${all === 1 ? 'node' : 'nodes'}: ${parts.join(', ')}`
  // With a node in its subnet, the others do not matter.
  const couldReach = (['agent-down', 'no-carrier', 'no-endpoint', 'no-named-interface'] as const).some(why => byReason.has(why))
  if (byReason.has('no-interface') && !couldReach) {
    return {
      reason: 'OutsideSubnets',
      message: `${text} is in no subnet of a node that may announce it (${counted}).`,
      remedy: `Take the addresses of pool ${pool} from a subnet of the nodes, or name the interfaces to announce on in its announce rules.`,
    }
  }
  return {
    reason: 'NoAnnouncer',
    message: `No node can announce ${text} (${counted}).`,
    remedy: remedyFor([...byReason.keys()], pool),
  }
}

function remedyFor(reasons: readonly (Misfit | 'agent-down')[], pool: string): string {
  const known = reasons.flatMap(why => remedies[why]?.(pool) ?? [])
  if (known.length > 0) return known.join(' ')
  return `Check the agents, the announce rules of pool ${pool} and the subnets of the nodes.`
}

function some(nodes: readonly Announcer[], why: Misfit | 'agent-down'): string {
  const tellsInterfaces = why === 'no-interface' || why === 'no-named-interface'
  if (!tellsInterfaces) return firstFew(nodes.map(({ name }) => name))
  return firstFew(
    nodes.map(node => `${node.name} has ${interfacesOf(node)}`),
    '; ',
    { whole: true },
  )
}
