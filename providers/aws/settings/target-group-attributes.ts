// Attributes a target group is asked to have: annotations, proxy protocol and session affinity, without what AWS would refuse. Pure.
import type { Problem } from '../../../src/model/load-balancer.ts'
import { warns } from '../model/problems.ts'
import { targetGroupAttributes } from './attributes.ts'
import type { Attributes, AttributeSettings, ListenerProtocol } from './aws-settings.ts'
import type { PortPair } from './port-pairs.ts'
import type { Values } from './values.ts'
import type { Wish } from './wish.ts'

/** What is asked for and cannot be, by the rules of the ELBv2 API (TargetGroupAttribute) and of its user guide. */
interface Impossible {
  readonly matches: (key: string, value: string) => boolean
  readonly applies: (group: { readonly listener: ListenerProtocol; readonly protocol: ListenerProtocol }) => boolean
  readonly problem: (key: string, listener: string) => Problem
}

const isUdp = ({ protocol }: { readonly protocol: ListenerProtocol }) => protocol === 'UDP' || protocol === 'TCP_UDP'

const impossible: readonly Impossible[] = [
  {
    matches: key => key.startsWith('stickiness.'),
    applies: ({ listener, protocol }) => listener === 'TLS' || protocol === 'TLS',
    problem: (_, listener) => warns('AffinityNotSupported', `${listener} keeps no sessions: a TLS listener cannot.`),
  },
  {
    matches: (key, value) => key === 'preserve_client_ip.enabled' && value === 'false',
    applies: isUdp,
    problem: (key, listener) => withoutEffect(key, listener, 'the client address is always kept for UDP'),
  },
  {
    matches: (key, value) => key === 'target_health_state.unhealthy.connection_termination.enabled' && value === 'true',
    applies: isUdp,
    problem: (key, listener) => withoutEffect(key, listener, 'connections to unhealthy targets are not ended for UDP'),
  },
]

export function targetGroupAttributesOf(options: {
  readonly pair: PortPair
  readonly protocol: ListenerProtocol
  readonly targetType: 'instance' | 'ip'
  readonly wish: Wish
  readonly values: Values
}): { readonly attributes: AttributeSettings; readonly problems: readonly Problem[] } {
  const { pair, protocol, targetType, wish, values } = options
  const asked: Record<string, string> = {
    ...affinity(wish),
    ...values.targetGroupAttributes,
    ...values.targetGroupAttributesByPort.get(String(pair.port)),
    ...proxyProtocol(pair.port, values),
  }
  const problems: Problem[] = []
  for (const { matches, applies, problem } of impossible) {
    if (!applies({ listener: pair.protocol, protocol })) continue
    const found = Object.entries(asked).filter(([key, value]) => matches(key, value))
    for (const [key] of found) delete asked[key]
    // To ask for no stickiness, or for its only type, is to ask for nothing.
    const first = found.find(([key, value]) => value !== 'source_ip' && !(key === 'stickiness.enabled' && value === 'false'))
    if (first) {
      problems.push(problem(first[0], `${pair.protocol}-${pair.port}`))
    }
  }
  return { attributes: targetGroupAttributes(asked, { protocol, targetType }), problems }
}

function affinity({ sessionAffinity }: Wish): Attributes {
  return sessionAffinity === undefined ? {} : { 'stickiness.enabled': 'true', 'stickiness.type': 'source_ip' }
}

/** Named ports go before the wish for all. */
function proxyProtocol(port: number, { proxyProtocol: all, proxyProtocolPorts: named }: Values): Attributes {
  if (named !== undefined) return { 'proxy_protocol_v2.enabled': String(named.includes(port)) }
  return all === undefined ? {} : { 'proxy_protocol_v2.enabled': String(all) }
}

function withoutEffect(key: string, listener: string, why: string): Problem {
  return warns(
    'SettingWithoutEffect',
    `${key} is not set for ${listener}: ${why}.`,
    `Set it by port, as …-target-group-attributes.<port>.`,
  )
}
