// What the cluster holds, counted for metrics: one walk over the stores at each scrape, no request to anybody.
import { readyCondition } from '../api/reasons.ts'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import { keyOf } from '../kubernetes/objects.ts'
import { claim } from '../model/claim.ts'
import type { EndpointSlice } from '../model/kubernetes-objects.ts'
import type { ClusterReading } from '../observability/metrics.ts'
import type { AgentLiveness } from './agents.ts'
import type { Stores } from './stores.ts'

/** Of so many addresses it is told who announces each; more series than that are a burden. */
export const mostAnnouncers = 10_000

export interface CountedCluster {
  readonly stores: Stores
  readonly agents: Pick<AgentLiveness, 'alive'>
  /** Targets by provider and health that the stores do not tell. */
  readonly otherTargets: () => Iterable<readonly [provider: string, health: string, count: number]>
}

export function* readCluster({ stores, agents, otherTargets }: CountedCluster): Iterable<ClusterReading> {
  yield* counted('weir_services', conditionsOf(stores.services.values()))
  yield* counted('weir_ingresses', conditionsOf(stores.ingressReports.values()))
  yield* pools(stores)
  yield* announcements(stores)
  yield* counted(
    'weir_agents',
    Array.from(stores.reports.values(), ({ metadata }) => ({ state: agents.alive(metadata.name) ? 'alive' : 'silent' })),
  )
  yield* counted(
    'weir_targets',
    Array.from(localTargets(stores), health => ({ provider: 'local', health })),
  )
  for (const [provider, health, count] of otherTargets()) yield ['weir_targets', { provider, health }, count]
}

type Labels = Readonly<Record<string, string>>

/** One reading for each set of labels there is. */
function* counted(gauge: ClusterReading[0], all: Iterable<Labels>): Iterable<ClusterReading> {
  const counts = new Map<string, { readonly labels: Labels; count: number }>()
  for (const labels of all) {
    const key = Object.values(labels).join('\0')
    const known = counts.get(key)
    if (known) known.count++
    else counts.set(key, { labels, count: 1 })
  }
  for (const { labels, count } of counts.values()) yield [gauge, labels, count]
}

interface Judged {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string }[]
  }
}

/** Services have conditions of others too; in reports of ours the condition is called Ready. */
function* conditionsOf(objects: Iterable<Judged>): Iterable<Labels> {
  for (const { status } of objects) {
    const found = status?.conditions?.find(({ type }) => type === readyCondition || type === 'Ready')
    if (found) yield { ready: String(found.status === 'True'), reason: found.reason ?? '' }
  }
}

function* pools({ pools: all }: Stores): Iterable<ClusterReading> {
  for (const { metadata, status } of all.values()) {
    const labels = { pool: metadata.name }
    if (status?.total === undefined) continue
    yield ['weir_pool_addresses', labels, Number(status.total)]
    yield ['weir_pool_addresses_used', labels, status.used ?? 0]
    yield ['weir_pool_addresses_free', labels, Number(status.free ?? 0)]
    yield ['weir_pool_addresses_kept', labels, status.kept ?? 0]
  }
}

function* announcements({ announcements: all }: Stores): Iterable<ClusterReading> {
  const states: Labels[] = []
  let told = 0
  for (const { spec, status } of all.values()) {
    const { pool, address } = spec
    const owner = status?.node ?? ''
    states.push({ pool, state: status?.conflict ? 'conflict' : owner === '' ? 'unannounced' : 'announced' })
    if (owner !== '' && told++ < mostAnnouncers)
      yield ['weir_announcer', { address, pool, node: owner, interface: status?.interface ?? '' }, 1]
  }
  yield* counted('weir_announcements', states)
}

/** The health of each endpoint of a Service that the local provider serves. */
function* localTargets({ services, slices, classes }: Stores): Iterable<string> {
  const all: readonly LoadBalancerClass[] = [...classes.values()]
  if (!all.some(({ spec }) => spec.provider === 'local')) return
  for (const service of services.values()) {
    if (service.spec.type !== 'LoadBalancer') continue
    const verdict = claim(service, all)
    if (verdict.kind !== 'ours' || verdict.class.spec.provider !== 'local') continue
    for (const slice of slices.byIndex('service', keyOf(service))) yield* healthsIn(slice)
  }
}

/** Absent means ready (the API of EndpointSlices). */
function* healthsIn({ endpoints }: EndpointSlice): Iterable<string> {
  for (const { conditions } of endpoints ?? []) {
    if (conditions?.terminating === true) yield conditions.serving === false ? 'unhealthy' : 'draining'
    else yield conditions?.ready === false ? 'unhealthy' : 'healthy'
  }
}
