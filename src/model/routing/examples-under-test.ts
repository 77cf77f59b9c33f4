// Ingresses, Services and models as tests write them.
import type { Ingress, IngressBackend, IngressPath, IngressTls } from '../ingress-objects.ts'
import type { Service } from '../kubernetes-objects.ts'
import { type BackendFacts, resolveBackend } from './backend.ts'
import { routingModel, type RoutingSettings } from './build.ts'
import { routeRequest } from './match.ts'
import type { RoutingModel } from './model.ts'
import { type BackendResolver, readIngress } from './read.ts'

/** `web` or `web:http` or `web:8080`; port 80 when none is given. */
export function to(text: string): IngressBackend {
  const [name = '', port = '80'] = text.split(':')
  return { service: { name, port: /^\d+$/.test(port) ? { number: Number(port) } : { name: port } } }
}

const pathTypes = ['Exact', 'Prefix', 'ImplementationSpecific'] as const

/** `Exact /foo` and so on. */
export function path(text: string, backend: string): IngressPath {
  const [name, written = ''] = text.split(' ')
  const pathType = pathTypes.find(type => type === name) ?? 'ImplementationSpecific'
  return { pathType, path: written, backend: to(backend) }
}

export interface Written {
  /** `namespace/name`; the namespace is default when there is no slash. */
  readonly name?: string
  /** Day of January on which it was made. */
  readonly day?: number
  /** By host, each path and its backend: `{ 'shop.example.com': { 'Prefix /': 'web' } }`. */
  readonly rules?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly defaultBackend?: string
  readonly tls?: readonly IngressTls[]
}

export function ingress({ name = 'shop', day = 1, rules = {}, defaultBackend, tls }: Written): Ingress {
  const [first = '', second] = name.split('/')
  const metadata = second === undefined ? { namespace: 'default', name: first } : { namespace: first, name: second }
  return {
    metadata: { ...metadata, uid: `uid-${name}`, creationTimestamp: `2026-01-${String(day).padStart(2, '0')}T00:00:00Z` },
    spec: {
      rules: Object.entries(rules).map(([host, paths]) => ({
        ...(host === '' ? {} : { host }),
        http: { paths: Object.entries(paths).map(([text, backend]) => path(text, backend)) },
      })),
      ...(defaultBackend === undefined ? {} : { defaultBackend: to(defaultBackend) }),
      ...(tls ? { tls } : {}),
    },
  }
}

/** Every Service there could be, with ports 80 (http), 8080 (admin) and 53/UDP, but those whose name says otherwise. */
export const facts: BackendFacts = {
  service: (_, name): Service | undefined =>
    name.startsWith('missing')
      ? undefined
      : {
          metadata: { name },
          spec: name.startsWith('outside')
            ? { type: 'ExternalName', externalName: 'db.example.net' }
            : {
                ports: [
                  { name: 'dns', port: 53, protocol: 'UDP' },
                  { name: 'http', port: 80 },
                  { name: 'admin', port: 8080 },
                ],
              },
        },
}

export const resolve: BackendResolver = (backend, { metadata }) => resolveBackend(backend, metadata.namespace ?? '', facts)

export function modelOf(ingresses: readonly Ingress[], settings: RoutingSettings = {}): RoutingModel {
  return routingModel(
    ingresses.map(each => readIngress(each, resolve)),
    settings,
  )
}

/** Where a request goes: the backend as it was written, 503, or 404. */
export function answer(model: RoutingModel, host: string, target: string): string {
  const { route } = routeRequest(model, host, target)
  if (!route) return '404'
  return route.backend.kind === 'unavailable' ? '503' : route.asked.replace(/:80$/, '')
}
