// Who says whether a request may come in, where auth-url leads to the host of the request itself.
import { routeRequest } from '../../../src/model/routing/match.ts'
import type { Route, RoutingModel } from '../../../src/model/routing/model.ts'
import type { UrlTarget } from './settings.ts'

/**
 * The route of the same host that is asked. Undefined where there is none, or where an Ingress of another namespace has the path
 * and that is not allowed: whoever writes such an Ingress would decide who comes in. Nobody does then.
 */
export function authorityOf(
  { path, anyNamespace = false }: Pick<UrlTarget, 'path' | 'anyNamespace'>,
  { host, origin }: Route,
  model: RoutingModel,
): Route | undefined {
  if (host === '' || host.startsWith('*.')) return undefined
  const { route } = routeRequest(model, host, path)
  return route && (anyNamespace || namespaceOf(route) === namespaceOf({ origin })) ? route : undefined
}

function namespaceOf({ origin }: Pick<Route, 'origin'>): string | undefined {
  return 'ingress' in origin ? origin.ingress.namespace : undefined
}
