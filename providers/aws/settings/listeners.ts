// From the ports of a Service to listeners and target groups: what is TLS, which ports share a listener, which cannot be served. Pure.
import type { Problem } from '../../../src/model/load-balancer.ts'
import { onlyOwn } from '../annotations/forward.ts'
import { targetGroupKey } from '../model/names.ts'
import { blocks, invalidSettings, listed, warns } from '../model/problems.ts'
import { listenerAttributes } from './attributes.ts'
import type { HealthCheckSettings, ListenerProtocol, ListenerSettings, PortError, TargetGroupSettings } from './aws-settings.ts'
import { healthCheckSettings, numericTargetPort } from './health-check.ts'
import { pairPorts } from './port-pairs.ts'
import type { PortPair } from './port-pairs.ts'
import { targetGroupAttributesOf } from './target-group-attributes.ts'
import type { Values } from './values.ts'
import type { ServicePort, Wish } from './wish.ts'

export interface Listeners {
  readonly listeners: readonly ListenerSettings[]
  readonly targetGroups: readonly TargetGroupSettings[]
  readonly portErrors: readonly PortError[]
  readonly problems: readonly Problem[]
}

/** Security policy of TLS listeners, the one AWS Load Balancer Controller has as its default. */
const usualTlsPolicy = 'ELBSecurityPolicy-2016-08'

export function resolveListeners(wish: Wish, values: Values): Listeners {
  const tls = tlsPorts(wish, values)
  const { pairs, portErrors, problems: pairProblems } = pairPorts(wish, values, tls.isTls)
  const { healthCheck, problems: healthProblems } = healthCheckSettings(wish, values)
  const keys = pairs.map(listenerKey)
  const parts = pairs.map(pair => {
    const group = targetGroupOf(pair, wish, values, healthCheck)
    const listener = listenerOf(pair, values)
    return { listener, groups: [group.settings, ...groupsOfOthers(listener.settings, group.settings)], problems: group.problems }
  })
  return {
    listeners: parts.map(({ listener }) => listener.settings),
    targetGroups: parts.flatMap(({ groups }) => groups),
    portErrors,
    problems: [
      ...withoutNodePorts(wish, values),
      ...tls.problems,
      ...pairProblems,
      ...healthProblems,
      ...parts.flatMap(({ listener, problems }) => [...problems, ...listener.problems]),
      ...timeoutProblem(wish),
      ...unusedSuffixes(wish, values, keys),
    ],
  }
}

/** `TLS-443`: the name of a listener in annotations and messages. */
export function listenerKey({ protocol, port }: { readonly protocol: ListenerProtocol; readonly port: number }): string {
  return `${protocol}-${port}`
}

function tlsPorts(
  { listeners, annotations }: Wish,
  values: Values,
): { readonly isTls: (port: ServicePort) => boolean; readonly problems: readonly Problem[] } {
  const { certificates, tlsPorts: named } = values
  const all = named === undefined || named.includes('*')
  const isNamed = ({ port, portName }: ServicePort, text: string) => text === String(port) || (text === portName && text !== '')
  const isTls = (port: ServicePort) =>
    certificates !== undefined && port.protocol === 'TCP' && (all || named.some(text => isNamed(port, text)))
  const tcp = listeners.filter(({ protocol }) => protocol === 'TCP')
  const unused = (named ?? []).filter(text => text !== '*' && !tcp.some(port => isNamed(port, text)))
  // A default of the class is for many Services, of which each has only some of the ports.
  const isAnnotated = Object.keys(annotations).some(key => key.endsWith('/aws-load-balancer-ssl-ports'))
  const problems: Problem[] = []
  if (isAnnotated && unused.length > 0) {
    const known = tcp.map(({ port, portName }) => (portName === '' ? String(port) : `${port} (${portName})`))
    const remedy = known.length > 0 ? `TCP ports are ${listed(known)}.` : 'The Service has no TCP port.'
    problems.push(invalidSettings(`The TLS ports name ${listed(unused)}, which no TCP port of the Service is.`, remedy))
  }
  if (isAnnotated && certificates === undefined) {
    const remedy = 'Name certificates with aws-load-balancer-ssl-cert, or leave the TLS ports out.'
    problems.push(warns('SettingWithoutEffect', 'TLS ports are named, but no certificates: the listeners are TCP.', remedy))
  }
  return { isTls, problems }
}

function listenerOf(
  pair: PortPair,
  values: Values,
): { readonly settings: ListenerSettings; readonly problems: readonly Problem[] } {
  const { port, protocol, serves } = pair
  const key = listenerKey(pair)
  const isTls = protocol === 'TLS'
  const forward = values.forwardByListener.get(key) ?? onlyOwn
  const stickyTls = isTls && forward.stickiness
  const { listenerAttributes: ofAll, listenerAttributesByListener } = values
  // A default for all listeners is for those that can have it.
  const common = Object.entries(ofAll).filter(([name]) => protocol === 'TCP' || name !== 'tcp.idle_timeout.seconds')
  return {
    settings: {
      port,
      protocol,
      certificates: isTls ? (values.certificates ?? []) : [],
      ...(isTls ? { tlsPolicy: values.tlsPolicy ?? usualTlsPolicy, alpnPolicy: values.alpnPolicy ?? 'None' } : {}),
      attributes: listenerAttributes({ ...Object.fromEntries(common), ...listenerAttributesByListener.get(key) }, protocol),
      forward: stickyTls ? { ...forward, stickiness: false } : forward,
      serves: serves.map(({ port, protocol }) => ({ port, protocol })),
    },
    problems: stickyTls
      ? [warns('AffinityNotSupported', `Listener ${key} cannot keep clients with a target group: it is TLS.`)]
      : [],
  }
}

function targetGroupOf(
  pair: PortPair,
  wish: Wish,
  values: Values,
  healthCheck: HealthCheckSettings,
): { readonly settings: TargetGroupSettings; readonly problems: readonly Problem[] } {
  const [first] = pair.serves
  const targetType = values.targets === 'Node' ? 'instance' : 'ip'
  const protocol = pair.protocol === 'TLS' && values.backendProtocol !== 'ssl' ? 'TCP' : pair.protocol
  const { attributes, problems } = targetGroupAttributesOf({ pair, protocol, targetType, wish, values })
  const { nodePort } = first
  return {
    settings: {
      key: String(pair.port),
      protocol,
      targetType,
      ipAddressType: targetFamily(wish, values) === 'IPv6' ? 'ipv6' : 'ipv4',
      port: (targetType === 'instance' ? nodePort : numericTargetPort(first)) ?? 1,
      servicePort: { port: first.port, protocol: first.protocol, name: first.portName },
      ...(targetType === 'instance' && nodePort !== undefined ? { nodePort } : {}),
      healthCheck,
      attributes,
      nodeLabels: targetType === 'instance' ? (values.targetNodeLabels ?? {}) : {},
      nodesWithEndpointsOnly:
        targetType === 'instance' && wish.externalTrafficPolicy === 'Local' && (values.nodesWithEndpointsOnly ?? false),
    },
    problems,
  }
}

/** A target group for each other Service that the listener leads to, like that of the Service itself but for the endpoints. */
function groupsOfOthers({ port, forward }: ListenerSettings, own: TargetGroupSettings): readonly TargetGroupSettings[] {
  const { nodePort: _nodePort, ...shared } = own
  return forward.targets.flatMap(target => {
    if (target.to !== 'service') return []
    const { name, port: servicePort } = target
    const key = targetGroupKey(port, name, servicePort)
    return [{ ...shared, key, service: { name, port: servicePort }, nodesWithEndpointsOnly: false }]
  })
}

/** IPv6 whenever the Service has it and the load balancer can: a target group has one family, and UDP on dualstack needs IPv6. */
export function targetFamily({ families }: Wish, { ipAddressType }: Values): 'IPv4' | 'IPv6' {
  return ipAddressType === 'dualstack' && families.includes('IPv6') ? 'IPv6' : 'IPv4'
}

function withoutNodePorts({ listeners }: Wish, { targets }: Values): readonly Problem[] {
  if (targets !== 'Node') return []
  const without = listeners.filter(({ protocol, nodePort }) => protocol !== 'SCTP' && nodePort === undefined)
  if (without.length === 0) return []
  const ports = listed(without.map(({ port, protocol }) => `${port}/${protocol}`))
  return [blocks('NodePortsRequired', `Targets are nodes, but ${ports} ${without.length === 1 ? 'has' : 'have'} no node port.`)]
}

/** What Kubernetes fills in when no timeout is given. */
const usualTimeoutSeconds = 10_800

/** Stickiness of a Network Load Balancer has no timeout to set (ELBv2 API, TargetGroupAttribute). */
function timeoutProblem({ sessionAffinity }: Wish): readonly Problem[] {
  if (sessionAffinity === undefined || sessionAffinity.timeoutSeconds === usualTimeoutSeconds) return []
  const message = `The session affinity timeout of ${sessionAffinity.timeoutSeconds} s is not kept: a Network Load Balancer has no such setting.`
  return [warns('AffinityNotSupported', message, 'Leave sessionAffinityConfig.clientIP.timeoutSeconds out.')]
}

/** Annotations for a port or a listener that the Service does not have. */
function unusedSuffixes(wish: Wish, values: Values, keys: readonly string[]): readonly Problem[] {
  const ports = new Set(wish.listeners.map(({ port }) => String(port)))
  const byListener = [...values.listenerAttributesByListener.keys(), ...values.forwardByListener.keys()]
  const wrong = [
    ...byListener.filter(key => !keys.includes(key)),
    ...[...values.targetGroupAttributesByPort.keys()].filter(port => !ports.has(port)),
    ...(isAnnotatedProxyPorts(wish) ? (values.proxyProtocolPorts ?? []).map(String).filter(port => !ports.has(port)) : []),
  ]
  return [...new Set(wrong)].map(name => {
    const remedy = `Listeners of the Service are ${listed(keys)}.`
    return warns('SettingWithoutEffect', `An annotation is for ${name}, which the Service does not have.`, remedy)
  })
}

function isAnnotatedProxyPorts({ annotations }: Wish): boolean {
  return Object.keys(annotations).some(key => key.endsWith('/aws-load-balancer-proxy-protocol-per-target-group'))
}
