// The clusters that routes lead to: each combination of a backend and how it is spoken to is one, by a name of its own.
import { createHash } from 'node:crypto'
import type { Backend } from '../../../src/model/routing/backend.ts'
import type { IngressSettings, Upstream } from './settings.ts'

/** What of an Ingress's settings is the affair of a cluster. */
export interface ClusterSettings {
  readonly upstream: Upstream
  readonly connectMs?: number
  /** Endpoints of this Service answer while there are no others. */
  readonly fallback?: { readonly namespace: string; readonly name: string }
}

export interface BookedCluster {
  readonly name: string
  readonly backend: Backend
  readonly settings: ClusterSettings
}

/** Gathers clusters while routes are made. */
export interface ClusterBook {
  /** Its name; undefined for backends that lead nowhere. */
  use(backend: Backend, settings?: ClusterSettings): string | undefined
  /** By name. */
  readonly clusters: ReadonlyMap<string, BookedCluster>
}

export function createClusterBook(): ClusterBook {
  const clusters = new Map<string, BookedCluster>()
  return {
    clusters,
    use(backend, settings = { upstream: {} }) {
      const name = clusterName(backend, settings)
      if (name !== undefined && !clusters.has(name)) clusters.set(name, { name, backend, settings })
      return name
    },
  }
}

/**
 * `namespace/service:port`, with a digest behind it if something is said of how it is spoken to; undefined for backends that lead
 * nowhere.
 */
export function clusterName(backend: Backend, settings: ClusterSettings = { upstream: {} }): string | undefined {
  // Whoever is asked as an authority or for pages of errors is spoken to in plain HTTP, whatever the same port is for routes.
  const appProtocol = backend.kind === 'service' ? backend.port.appProtocol : undefined
  const digest = digestOf(settings, appProtocol)
  if (backend.kind === 'service') return `${backend.namespace}/${backend.name}:${backend.port.port}${digest}`
  // Another name than before the Service became ExternalName, so that neither is a change of the other.
  if (backend.kind === 'external-name') return `${backend.namespace}/${backend.name}:${backend.port} external${digest}`
  return undefined
}

/** Cookies and hashes are settings of routes; of clusters only that there is something to hash. */
export function isHashed({ hash, affinity }: Upstream): boolean {
  return hash !== undefined || affinity?.mode === 'balanced'
}

function digestOf({ upstream, connectMs, fallback }: ClusterSettings, appProtocol: string | undefined): string {
  const { protocol, balance, tls } = upstream
  const parts = { protocol, balance: isHashed(upstream) ? 'hash' : balance, tls, connectMs, fallback, appProtocol }
  const text = JSON.stringify(parts)
  return text === '{}' ? '' : ` ${createHash('sha256').update(text).digest('hex').slice(0, 12)}`
}

export function clusterSettings(settings: IngressSettings, namespace: string): ClusterSettings {
  const { upstream, timeouts, fallbackService } = settings
  return {
    upstream,
    ...(timeouts.connect === undefined ? {} : { connectMs: timeouts.connect }),
    ...(fallbackService === undefined ? {} : { fallback: { namespace, name: fallbackService } }),
  }
}
