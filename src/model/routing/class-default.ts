// The backend that a class gives to requests that no Ingress wants.
import type { LoadBalancerClass } from '../../api/load-balancer-class.ts'
import { type BackendFacts, backendText, resolveBackend } from './backend.ts'
import { anyHost } from './host.ts'
import type { Route } from './model.ts'

/** `spec.ingress.defaultBackend` of a class as a route, for RoutingSettings; undefined when it has none. */
export function classDefault({ metadata, spec }: LoadBalancerClass, facts: BackendFacts): Route | undefined {
  const wanted = spec.ingress?.defaultBackend
  if (!wanted) return undefined
  const backend = { service: { name: wanted.service, port: { number: wanted.port } } }
  return {
    host: anyHost,
    match: 'default',
    backend: resolveBackend(backend, wanted.namespace, facts),
    asked: backendText(backend),
    origin: { class: metadata.name, at: 'spec.ingress.defaultBackend' },
  }
}
