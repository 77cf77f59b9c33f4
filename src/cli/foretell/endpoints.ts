// The endpoints that a Service would have which is not there yet or chooses others from now on: ready pods that its selector matches, as Kubernetes would list them.
import { parseAddress } from '../../model/address.ts'
import type { EndpointSlice, Service, ServicePort } from '../../model/kubernetes-objects.ts'
import { serviceNameLabel } from '../../model/kubernetes-objects.ts'
import type { PodOfTargets } from '../pod.ts'

/** One slice for each address family. Pure. */
export function imaginedSlices(service: Service, pods: readonly PodOfTargets[]): readonly EndpointSlice[] {
  const { metadata, spec } = service
  const selector = Object.entries(spec.selector ?? {})
  if (selector.length === 0) return []
  const chosen = pods.filter(
    pod =>
      pod.metadata.namespace === metadata.namespace &&
      selector.every(([key, value]) => pod.metadata.labels?.[key] === value) &&
      pod.status?.phase !== 'Succeeded' &&
      pod.status?.phase !== 'Failed',
  )
  return (spec.ipFamilies ?? ['IPv4']).map(family => ({
    metadata: {
      name: `${metadata.name}-imagined-${family.toLowerCase()}`,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      labels: { [serviceNameLabel]: metadata.name },
    },
    addressType: family,
    endpoints: chosen.flatMap(pod => {
      const address = (pod.status?.podIPs ?? []).find(({ ip }) => parseAddress(ip)?.family === family)?.ip
      if (address === undefined) return []
      const { name, namespace, uid } = pod.metadata
      return [
        {
          addresses: [address],
          conditions: { ready: isReady(pod) },
          ...(pod.spec?.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
          targetRef: { kind: 'Pod', name, ...(namespace ? { namespace } : {}), ...(uid ? { uid } : {}) },
        },
      ]
    }),
    ports: (spec.ports ?? []).flatMap(port => {
      const number = targetPort(port, chosen)
      return number === undefined ? [] : [{ name: port.name ?? '', port: number, protocol: port.protocol ?? 'TCP' }]
    }),
  }))
}

/**
 * Whether a changed Service has other endpoints than it had before. Without a selector Kubernetes leaves those that are listed as
 * they are. Pure.
 */
export function choosesOthers({ spec }: Service, { spec: before }: Service): boolean {
  return Object.keys(spec.selector ?? {}).length > 0 && choice(spec) !== choice(before)
}

function choice({ selector = {}, ports = [] }: Service['spec']): string {
  const labels = Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .toSorted()
  const targets = ports.map(({ name = '', port, targetPort: wanted = port, protocol = 'TCP' }) => [name, wanted, protocol])
  return JSON.stringify([labels, targets])
}

function isReady({ status, metadata }: PodOfTargets): boolean {
  const ready = status?.conditions?.some(condition => condition.type === 'Ready' && condition.status === 'True') === true
  return ready && metadata.deletionTimestamp === undefined
}

/** A named one is that of the first pod that has it. */
function targetPort({ targetPort: wanted, port }: ServicePort, pods: readonly PodOfTargets[]): number | undefined {
  if (typeof wanted === 'number') return wanted
  if (wanted === undefined) return port
  for (const { spec } of pods)
    for (const { ports = [] } of spec?.containers ?? []) {
      const found = ports.find(({ name }) => name === wanted)
      if (found) return found.containerPort
    }
  return undefined
}
