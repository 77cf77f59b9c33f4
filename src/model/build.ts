// From a Service and its class to the provider-neutral load balancer it asks for, and the mistakes found on the way.
import { unknownKeys } from '../api/annotations.ts'
import { classPrefix } from '../api/group.ts'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import { reasons } from '../api/reasons.ts'
import { formatAddress, parseAddress, parseCidr } from './address.ts'
import { firstFew } from './first-few.ts'
import type { Service, ServicePort, ServiceSpec } from './kubernetes-objects.ts'
import type { DesiredLoadBalancer, IpFamily, Listener, Problem } from './load-balancer.ts'
import { idOf } from './service-id.ts'

/** Read only when `spec.loadBalancerSourceRanges` is empty. */
export const sourceRangesAnnotation = 'service.beta.kubernetes.io/load-balancer-source-ranges'

/** What the API server fills in for ClientIP affinity without a timeout. */
const defaultAffinitySeconds = 10_800

export interface Built {
  readonly desired: DesiredLoadBalancer
  /** Those that block come first. */
  readonly problems: readonly Problem[]
}

/**
 * Builds the load balancer that a claimed Service of type LoadBalancer asks for, through `loadBalancerClass`. Pure; never
 * throws: what cannot be read becomes a problem and is left out of `desired`. What a provider cannot do, and annotations only
 * one provider knows, are found later.
 */
export function buildLoadBalancer(
  service: Service,
  loadBalancerClass: LoadBalancerClass,
  namespaceLabels?: Readonly<Record<string, string>>,
): Built {
  const { metadata, spec } = service
  const annotations = metadata.annotations ?? {}
  const sources = sourceRanges(spec, annotations[sourceRangesAnnotation])
  const listeners = listenersOf(spec)
  const { loadBalancerIP, healthCheckNodePort } = spec
  const desired: DesiredLoadBalancer = {
    id: idOf(service),
    class: loadBalancerClass,
    targetType: loadBalancerClass.spec.targets,
    families: familiesOf(spec),
    familyPolicy: spec.ipFamilyPolicy ?? 'SingleStack',
    listeners,
    externalTrafficPolicy: spec.externalTrafficPolicy ?? 'Cluster',
    sourceRanges: sources.ranges,
    labels: metadata.labels ?? {},
    annotations,
    statusAddresses: (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []),
    createdAt: metadata.creationTimestamp ?? '',
    ...(namespaceLabels ? { namespaceLabels } : {}),
    ...(spec.selector ? { selector: spec.selector } : {}),
    ...(healthCheckNodePort ? { healthCheckNodePort } : {}),
    ...(loadBalancerIP ? { loadBalancerIP } : {}),
    ...affinityOf(spec),
    ...(takesOver(service, loadBalancerClass) ? { takesOver: true } : {}),
  }
  const mistakes = unknownKeys(annotations)
  return { desired, problems: [...noPorts(service, listeners), ...sources.problems, ...mistakes.map(withoutKey)] }
}

/** By an alias, or without a class where the default class says that it takes those over. */
function takesOver({ spec }: Service, lbClass: LoadBalancerClass): boolean {
  const { loadBalancerClass } = spec
  if (loadBalancerClass !== undefined) return !loadBalancerClass.startsWith(classPrefix)
  return lbClass.spec.takeOver?.some(({ alias }) => alias === undefined) === true
}

/** One for each port of a Service. */
export function listenersOf({ ports }: Pick<ServiceSpec, 'ports'>): readonly Listener[] {
  return (ports ?? []).map(listenerOf)
}

function listenerOf({ port, protocol, name, appProtocol, nodePort, targetPort }: ServicePort): Listener {
  return {
    port,
    protocol: protocol ?? 'TCP',
    portName: name ?? '',
    ...(appProtocol === undefined ? {} : { appProtocol }),
    ...(nodePort ? { nodePort } : {}),
    ...(targetPort === undefined ? {} : { targetPort }),
  }
}

/** The API server always fills in the families; an object that has not passed it yet has at most a cluster IP to tell. */
function familiesOf({ ipFamilies, clusterIP }: ServiceSpec): readonly IpFamily[] {
  if (ipFamilies && ipFamilies.length > 0) return ipFamilies
  return [parseAddress(clusterIP ?? '')?.family ?? 'IPv4']
}

function affinityOf({ sessionAffinity, sessionAffinityConfig }: ServiceSpec): Pick<DesiredLoadBalancer, 'sessionAffinity'> {
  if (sessionAffinity !== 'ClientIP') return {}
  return { sessionAffinity: { timeoutSeconds: sessionAffinityConfig?.clientIP?.timeoutSeconds ?? defaultAffinitySeconds } }
}

interface SourceRanges {
  readonly ranges: readonly string[]
  readonly problems: readonly Problem[]
}

/**
 * The CIDRs of the field, or of the annotation when the field is empty, each once, as networks without host bits. Spaces
 * around them are allowed, as the API server allows them. One bad entry blocks: to leave it out would close the door on
 * somebody, to leave all out would open it to everybody.
 */
function sourceRanges(spec: ServiceSpec, annotation: string | undefined): SourceRanges {
  const field = spec.loadBalancerSourceRanges ?? []
  const fromField = field.length > 0
  const entries = fromField ? field : (annotation?.trim() ?? '') === '' ? [] : (annotation ?? '').split(',')
  const ranges = new Set<string>()
  const bad: string[] = []
  for (const entry of entries) {
    const network = canonicalNetwork(entry.trim())
    if (network === undefined) bad.push(JSON.stringify(entry))
    else ranges.add(network)
  }
  const origin = fromField ? 'spec.loadBalancerSourceRanges' : `annotation ${sourceRangesAnnotation}`
  return { ranges: [...ranges], problems: bad.length === 0 ? [] : [badRanges(bad, origin)] }
}

function canonicalNetwork(text: string): string | undefined {
  const cidr = parseCidr(text)
  return cidr && `${formatAddress(cidr.network.family, cidr.network.first)}/${cidr.prefixLength}`
}

function badRanges(bad: readonly string[], origin: string): Problem {
  const verb = bad.length === 1 ? 'is not a CIDR' : 'are not CIDRs'
  return {
    reason: 'InvalidSourceRanges',
    message: `${firstFew(bad)} in ${origin} ${verb}.`,
    remedy: 'Write networks like 192.0.2.0/24 or 2001:db8::/32.',
    severity: 'blocks',
  }
}

function noPorts(service: Service, listeners: readonly Listener[]): readonly Problem[] {
  if (listeners.length > 0) return []
  const remedy = reasons.NoSupportedPorts.remedy
  return [
    {
      reason: 'NoSupportedPorts',
      message: `Service ${service.metadata.namespace ?? ''}/${service.metadata.name} has no ports.`,
      remedy,
      severity: 'blocks',
    },
  ]
}

function withoutKey({ reason, message, remedy, severity }: Problem): Problem {
  return { reason, message, remedy, severity }
}
