// From the routing models of the gateways to everything an Envoy is to have: data in, data out, and always in the same order.
import { createClusterBook } from './cluster-book.ts'
import { clustersOf } from './clusters.ts'
import type { Resources } from './envoy.ts'
import type { Gateway, GatewayFacts } from './gateway.ts'
import { listenerSecrets, listenersOf } from './listeners.ts'
import { routeConfiguration } from './routes.ts'
import { secretsOf } from './secrets.ts'

/** Envoy's resources for all gateways of a node. Clusters, endpoints and secrets are shared where gateways name the same. */
export function xds(gateways: readonly Gateway[], facts: GatewayFacts): Resources {
  const sorted = gateways.toSorted((one, other) => (one.name < other.name ? -1 : 1))
  const book = createClusterBook()
  const routes = sorted.map(gateway => routeConfiguration(gateway, book, facts))
  const { clusters, endpoints } = clustersOf(book.clusters, facts)
  const named = sorted.map(gateway => listenerSecrets(gateway, facts))
  return {
    secrets: byName(secretsOf(named, book.clusters.values(), facts)),
    clusters: byName(clusters),
    endpoints: new Map(endpoints.map(each => [each.cluster_name, each])),
    listeners: byName(sorted.flatMap(gateway => listenersOf(gateway, facts))),
    routes: byName(routes),
  }
}

function byName<Resource extends { readonly name: string }>(resources: readonly Resource[]): ReadonlyMap<string, Resource> {
  return new Map(resources.map(resource => [resource.name, resource]))
}
