// Where a route leads: from the backend of an Ingress to a port of a Service, or to the reason why there is none.
import { type Reason, reasons } from '../../api/reasons.ts'
import { firstFew } from '../first-few.ts'
import type { IngressBackend } from '../ingress-objects.ts'
import type { Service, ServicePort } from '../kubernetes-objects.ts'
import type { Problem } from '../load-balancer.ts'

export type Backend =
  /** The endpoints of a port of a Service, whichever way the Ingress named the port. */
  | { readonly kind: 'service'; readonly namespace: string; readonly name: string; readonly port: ServicePort }
  /** A name outside the cluster, behind a Service of type ExternalName; only where these are allowed. */
  | {
      readonly kind: 'external-name'
      readonly namespace: string
      readonly name: string
      readonly hostname: string
      readonly port: number
    }
  /** What an annotation of the Ingress says under this name; only where a provider knows such. */
  | { readonly kind: 'action'; readonly name: string }
  /** Nothing: the route is there and answers 503, so that no other route takes its requests. */
  | { readonly kind: 'unavailable'; readonly problem: Problem }

export interface BackendFacts {
  readonly service: (namespace: string, name: string) => Service | undefined
  /** Services of type ExternalName may be backends: whoever writes one can reach whatever the proxy can. */
  readonly externalNames?: boolean
}

/** As a person would write it: `web:80`, `web:http`, `Bucket/static`. */
export function backendText(backend: IngressBackend | undefined): string {
  const { service, resource } = backend ?? {}
  if (service) return `${service.name}:${service.port?.name || (service.port?.number ?? '')}`
  return resource ? `${resource.kind}/${resource.name}` : ''
}

/** Finds what a backend of an Ingress of `namespace` means. A backend never leaves its namespace. */
export function resolveBackend(backend: IngressBackend | undefined, namespace: string, facts: BackendFacts): Backend {
  const { service: wanted, resource } = backend ?? {}
  if (resource) {
    const named = `${resource.apiGroup ? `${resource.apiGroup}/` : ''}${resource.kind} ${resource.name}`
    return unavailable('UnsupportedBackend', `The backend ${named} is no Service; requests to it are answered with 503.`)
  }
  if (!wanted?.name) return unavailable('UnsupportedBackend', 'A backend names no Service.')
  const service = facts.service(namespace, wanted.name)
  if (!service) {
    return unavailable(
      'ServiceNotFound',
      `There is no Service ${namespace}/${wanted.name}; requests to it are answered with 503.`,
    )
  }
  if (service.spec.type === 'ExternalName') return externalName(service, wanted, namespace, facts)
  const port = findPort(service.spec.ports ?? [], wanted.port)
  return port ? { kind: 'service', namespace, name: wanted.name, port } : withoutPort(service, wanted, namespace)
}

type Wanted = NonNullable<IngressBackend['service']>

/** Ports of a Service, not those of its pods. Requests of HTTP travel by TCP. */
function findPort(ports: readonly ServicePort[], wanted: Wanted['port']): ServicePort | undefined {
  const { name, number } = wanted ?? {}
  return ports.find(port => (port.protocol ?? 'TCP') === 'TCP' && (name ? port.name === name : port.port === number))
}

function withoutPort(service: Service, wanted: Wanted, namespace: string): Backend {
  const known = (service.spec.ports ?? []).map(({ port, name, protocol = 'TCP' }) => {
    const number = protocol === 'TCP' ? String(port) : `${port}/${protocol}`
    return name ? `${number} (${name})` : number
  })
  const port = wanted.port?.name || wanted.port?.number
  const missing = port === undefined ? 'The backend names no port of' : `There is no TCP port ${port} at`
  const message = `${missing} Service ${namespace}/${wanted.name}; its ports are ${known.length === 0 ? 'none' : firstFew(known)}.`
  return unavailable('ServicePortNotFound', `${message} Requests to it are answered with 503.`)
}

function externalName({ spec }: Service, wanted: Wanted, namespace: string, { externalNames = false }: BackendFacts): Backend {
  const named = `Service ${namespace}/${wanted.name} is of type ExternalName`
  if (!externalNames) {
    return unavailable('UnsupportedBackend', `${named}, which is not allowed as a backend here; requests are answered with 503.`)
  }
  const port = findPort(spec.ports ?? [], wanted.port)?.port ?? wanted.port?.number
  if (port === undefined) return withoutPort({ metadata: { name: wanted.name }, spec }, wanted, namespace)
  return spec.externalName
    ? { kind: 'external-name', namespace, name: wanted.name, hostname: spec.externalName, port }
    : unavailable('UnsupportedBackend', `${named} and names nothing.`)
}

function unavailable(reason: Reason, message: string): Backend {
  return { kind: 'unavailable', problem: { reason, message, remedy: reasons[reason].remedy, severity: 'blocks' } }
}
