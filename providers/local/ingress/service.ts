// The Service by which clients reach a gateway, as it shall be, and what of one that is there has to change. Pure.
import { isDeepStrictEqual } from 'node:util'
import { classPrefix, gatewayLabel, group, systemNamespace } from '../../../src/api/group.ts'
import type { LoadBalancerClass } from '../../../src/api/load-balancer-class.ts'
import type { Service, ServicePort, ServiceSpec } from '../../../src/model/kubernetes-objects.ts'
import { envoyLabels, portNames } from '../gateway/record.ts'

/** Ports of gateways on the pods of Envoy: two for each, from here on. Below are those of Envoy itself, above node ports. */
export const firstPort = 20_000
const lastPort = 29_999

const addressAnnotation = `${group}/load-balancer-ips`

/** The lowest pair of ports that no gateway has; undefined when there is none left. Gives the first of the two. */
export function freePair(services: Iterable<Service>): number | undefined {
  const taken = new Set<number>()
  for (const { spec } of services)
    for (const { targetPort } of spec.ports ?? []) if (typeof targetPort === 'number') taken.add(targetPort)
  for (let port = firstPort; port < lastPort; port += 2) if (!taken.has(port) && !taken.has(port + 1)) return port
  return undefined
}

/** The pair that a gateway has; undefined when somebody changed its ports to something else. */
export function pairOf({ spec }: Service): number | undefined {
  const http = spec.ports?.find(({ name }) => name === portNames.http)?.targetPort
  const https = spec.ports?.find(({ name }) => name === portNames.https)?.targetPort
  return typeof http === 'number' && http >= firstPort && http < lastPort && https === http + 1 ? http : undefined
}

/** The Service of a gateway. `pair`: the first of its two ports on Envoy. */
export function gatewayService(name: string, lbClass: LoadBalancerClass, pair: number): Service & { readonly spec: ServiceSpec } {
  const settings = lbClass.spec.local?.gateway
  const addresses = settings?.addresses ?? []
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name,
      namespace: systemNamespace,
      labels: {
        'app.kubernetes.io/name': 'weir-gateway',
        'app.kubernetes.io/part-of': 'weir',
        [gatewayLabel]: lbClass.metadata.name,
      },
      ...(addresses.length > 0 ? { annotations: { [addressAnnotation]: addresses.join(',') } } : {}),
    },
    spec: {
      type: 'LoadBalancer',
      loadBalancerClass: `${classPrefix}${lbClass.metadata.name}`,
      // Nobody needs them: clients come by the address, and kube-proxy serves that without.
      allocateLoadBalancerNodePorts: false,
      externalTrafficPolicy: settings?.externalTrafficPolicy ?? 'Local',
      ipFamilyPolicy: 'PreferDualStack',
      ...(settings?.sourceRanges?.length ? { loadBalancerSourceRanges: settings.sourceRanges } : {}),
      selector: envoyLabels,
      ports: [
        { name: portNames.http, protocol: 'TCP', port: 80, targetPort: pair, appProtocol: 'http' },
        { name: portNames.https, protocol: 'TCP', port: 443, targetPort: pair + 1, appProtocol: 'https' },
      ],
    },
  }
}

/** A merge patch (RFC 7386) that makes `found` what it shall be; undefined when it is. What others put on it stays. */
export function servicePatch(found: Service, wanted: Service): object | undefined {
  const [old, next] = [found.spec, wanted.spec]
  const annotation = wanted.metadata.annotations?.[addressAnnotation]
  const labels = Object.entries(wanted.metadata.labels ?? {}).filter(([key, value]) => found.metadata.labels?.[key] !== value)
  const spec = {
    ...(old.type === next.type ? {} : { type: next.type, loadBalancerClass: next.loadBalancerClass }),
    ...(old.externalTrafficPolicy === next.externalTrafficPolicy ? {} : { externalTrafficPolicy: next.externalTrafficPolicy }),
    ...(isDeepStrictEqual(old.loadBalancerSourceRanges ?? [], next.loadBalancerSourceRanges ?? [])
      ? {}
      : { loadBalancerSourceRanges: next.loadBalancerSourceRanges ?? null }),
    // Not every view of Services keeps it.
    ...(old.selector && !isDeepStrictEqual(old.selector, next.selector)
      ? { selector: replaced(old.selector, next.selector) }
      : {}),
    ...(isDeepStrictEqual((old.ports ?? []).map(portMark), (next.ports ?? []).map(portMark)) ? {} : { ports: next.ports }),
  }
  const metadata = {
    ...(labels.length > 0 ? { labels: Object.fromEntries(labels) } : {}),
    ...(found.metadata.annotations?.[addressAnnotation] === annotation
      ? {}
      : { annotations: { [addressAnnotation]: annotation ?? null } }),
  }
  const patch = {
    ...(Object.keys(metadata).length > 0 ? { metadata } : {}),
    ...(Object.keys(spec).length > 0 ? { spec } : {}),
  }
  return Object.keys(patch).length > 0 ? patch : undefined
}

/** A merge patch leaves keys that it does not name. */
function replaced(old: Readonly<Record<string, string>>, next: Readonly<Record<string, string>> = {}) {
  return { ...Object.fromEntries(Object.keys(old).map(key => [key, null])), ...next }
}

function portMark({ name, protocol = 'TCP', port, targetPort }: ServicePort): string {
  return `${name} ${protocol} ${port} ${targetPort}`
}
