// Drops what no loop reads, as objects arrive: memory follows what is used, not what others write into objects.
import type { ObjectMeta } from '../api/kind.ts'
import type { Ingress } from '../model/ingress-objects.ts'
import { serviceNameLabel } from '../model/kubernetes-objects.ts'
import { networkUnavailable } from '../model/nodes.ts'
import type {
  Endpoint,
  EndpointPort,
  EndpointSlice,
  Namespace,
  Node,
  Pod,
  Service,
  ServiceSpec,
} from '../model/kubernetes-objects.ts'

/** Written by `kubectl apply`: the whole manifest once more. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

/** An Ingress without what was written of it by other tools. */
export function pruneIngress(ingress: Ingress): Ingress {
  const { apiVersion, kind, metadata, spec, status } = ingress
  return {
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(kind === undefined ? {} : { kind }),
    metadata: pruneMetadata(metadata),
    ...(spec ? { spec } : {}),
    ...(status ? { status } : {}),
  }
}

/** A Service without selectors, cluster IPs and further fields that do not decide about a load balancer. */
export function pruneService(service: Service): Service {
  const { metadata, spec, status } = service
  const pruned = { metadata: pruneMetadata(metadata), spec: pruneServiceSpec(spec), ...(status ? { status } : {}) }
  // Services with this policy may share an address only if they have the same pods.
  return spec.externalTrafficPolicy === 'Local' && spec.selector
    ? { ...pruned, spec: { ...pruned.spec, selector: spec.selector } }
    : pruned
}

/** The same with the selector. */
export function pruneServiceOfPods(service: Service): Service {
  const pruned = pruneService(service)
  const { selector } = service.spec
  return selector ? { ...pruned, spec: { ...pruned.spec, selector } } : pruned
}

/** A pod that waits for its load balancers: who it is, its gates and conditions. */
export function prunePod({ metadata, spec, status }: Pod): Pod {
  const { labels } = metadata
  return {
    metadata: { ...identityOf(metadata), ...(labels ? { labels } : {}) },
    ...(spec?.readinessGates ? { spec: { readinessGates: spec.readinessGates } } : {}),
    ...(status?.conditions ? { status: { conditions: status.conditions } } : {}),
  }
}

/** Endpoints as membership needs them: the ports, the first address, who it is, where it runs and in which state. */
export function pruneEndpointSlice({ metadata, addressType, endpoints, ports }: EndpointSlice): EndpointSlice {
  const service = metadata.labels?.[serviceNameLabel]
  return {
    metadata: { ...identityOf(metadata), labels: service === undefined ? {} : { [serviceNameLabel]: service } },
    addressType,
    endpoints: (endpoints ?? []).map(pruneEndpoint),
    ...(ports ? { ports: ports.map(({ name, protocol, port }) => portOf(name, protocol, port)) } : {}),
  }
}

/** The same with what targets are made of besides: which pod an endpoint is. */
export function pruneTargets(slice: EndpointSlice): EndpointSlice {
  const endpoints = (slice.endpoints ?? []).map(endpoint => {
    const { uid, name } = endpoint.targetRef ?? {}
    return uid === undefined || name === undefined
      ? pruneEndpoint(endpoint)
      : { ...pruneEndpoint(endpoint), targetRef: { uid, name } }
  })
  return {
    ...pruneEndpointSlice({ ...slice, endpoints: [] }),
    endpoints,
  }
}

/** Single-port Services have no names of ports, and nearly all ports are TCP, which is what absence means. */
function portOf(name: EndpointPort['name'], protocol: EndpointPort['protocol'], port: EndpointPort['port']): EndpointPort {
  return { ...(name ? { name } : {}), ...(protocol === undefined ? {} : { protocol }), ...(port ? { port } : {}) }
}

/** The same as pruneNode with the instance the node is. */
export function pruneInstance(node: Node): Node {
  const pruned = pruneNode(node)
  const { providerID } = node.spec ?? {}
  return providerID === undefined ? pruned : { ...pruned, spec: { ...pruned.spec, providerID } }
}

/**
 * A Node's labels, taints, IP addresses, pod ranges, and that its network is not set up. Its status changes every few seconds; nothing
 * else of it is kept.
 */
export function pruneNode({ metadata, spec, status }: Node): Node {
  const addresses = (status?.addresses ?? []).filter(({ type }) => type === 'InternalIP' || type === 'ExternalIP')
  const conditions = (status?.conditions ?? []).filter(each => each.type === networkUnavailable && each.status === 'True')
  const kept = {
    ...(addresses.length > 0 ? { addresses } : {}),
    ...(conditions.length > 0 ? { conditions: conditions.map(each => ({ type: each.type, status: each.status })) } : {}),
  }
  return {
    metadata: { ...identityOf(metadata), ...(metadata.labels ? { labels: metadata.labels } : {}) },
    ...(spec?.taints || spec?.podCIDRs ? { spec: specOf(spec) } : {}),
    ...(Object.keys(kept).length > 0 ? { status: kept } : {}),
  }
}

function specOf({ taints, podCIDRs }: NonNullable<Node['spec']>): NonNullable<Node['spec']> {
  return { ...(taints ? { taints: taints.map(({ key }) => ({ key })) } : {}), ...(podCIDRs ? { podCIDRs } : {}) }
}

/** A namespace with its labels, which pools select by. */
export function pruneNamespace({ metadata }: Namespace): Namespace {
  return { metadata: { ...identityOf(metadata), ...(metadata.labels ? { labels: metadata.labels } : {}) } }
}

function pruneMetadata(metadata: ObjectMeta): ObjectMeta {
  const { labels, annotations, finalizers, generation } = metadata
  const kept = annotations && Object.entries(annotations).filter(([key]) => key !== lastApplied)
  return {
    ...identityOf(metadata),
    ...(generation === undefined ? {} : { generation }),
    ...(labels ? { labels } : {}),
    ...(kept && kept.length > 0 ? { annotations: Object.fromEntries(kept) } : {}),
    ...(finalizers ? { finalizers } : {}),
  }
}

function identityOf({ name, namespace, uid, resourceVersion, creationTimestamp, deletionTimestamp }: ObjectMeta): ObjectMeta {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
  }
}

const keptServiceFields = [
  'type',
  'externalName',
  'loadBalancerClass',
  'loadBalancerIP',
  'loadBalancerSourceRanges',
  'ports',
  'ipFamilies',
  'ipFamilyPolicy',
  'externalTrafficPolicy',
  'healthCheckNodePort',
  'allocateLoadBalancerNodePorts',
  'sessionAffinity',
  'sessionAffinityConfig',
] as const satisfies readonly (keyof ServiceSpec)[]

function pruneServiceSpec(spec: ServiceSpec): ServiceSpec {
  const kept: Partial<Record<keyof ServiceSpec, unknown>> = {}
  // Written in one order, so that Services of one kind share the layout of their objects.
  for (const field of keptServiceFields) if (spec[field] !== undefined) kept[field] = spec[field]
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return kept as ServiceSpec
}

function pruneEndpoint({ addresses, conditions, nodeName, targetRef }: Endpoint): Endpoint {
  return {
    addresses: addresses.slice(0, 1),
    ...(conditions ? { conditions } : {}),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(targetRef?.uid === undefined ? {} : { targetRef: { uid: targetRef.uid } }),
  }
}
