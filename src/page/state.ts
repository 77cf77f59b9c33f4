// From the copies of the cluster to what the page shows. Pure; the cost follows what is looked at, not what there is.
import type { AddressPool } from '../api/address-pool.ts'
import { emptySnapshot } from '../cli/snapshot.ts'
import type { Figure, PageState, TableId, Tone } from './model.ts'
import type { PageQuery } from './query.ts'
import type { Objects, PageSources } from './sources.ts'
import { addressesTable, isUnannounced } from './tables/addresses.ts'
import { classesTable } from './tables/classes.ts'
import { standingOf } from './tables/conditions.ts'
import { eventsTable } from './tables/events.ts'
import { ingressesTable } from './tables/ingresses.ts'
import { loadBalancersTable } from './tables/load-balancers.ts'
import { nodesTable } from './tables/nodes.ts'
import { poolsTable } from './tables/pools.ts'
import { concernedServices, isServiceReady, servicesTable } from './tables/services.ts'

/** All that the page shows for one question. */
export function pageState(sources: PageSources, query: PageQuery): PageState {
  const classes = [...sources.classes.values()]
  const services = concernedServices(sources, { ...emptySnapshot, classes })
  const notReady = services.filter(service => !isServiceReady(service)).length
  return {
    self: sources.self,
    figures: [
      count('services', 'Services', services.length, notReady, 'ready'),
      ...ingressFigure(sources),
      count('addresses', 'Addresses', sources.announcements.size, countOf(sources.announcements, isUnannounced), 'announced'),
      poolFigure(sources.pools),
      count(
        'nodes',
        'Agents',
        sources.reports.size,
        countOf(sources.reports, ({ metadata }) => !sources.isAlive(metadata.name)),
        'alive',
      ),
    ],
    tables: [
      servicesTable(sources, services, classes, query),
      ingressesTable(sources, query),
      addressesTable(sources, query),
      poolsTable(sources, query),
      nodesTable(sources, query),
      classesTable(sources, query),
      ...(sources.loadBalancers.size > 0 ? [loadBalancersTable(sources, query)] : []),
      eventsTable(sources, query),
    ],
  }
}

function ingressFigure({ ingressReports }: PageSources): readonly Figure[] {
  if (ingressReports.size === 0) return []
  return [
    count(
      'ingresses',
      'Ingresses',
      ingressReports.size,
      countOf(ingressReports, ({ status }) => !standingOf(status).ready),
      'ready',
    ),
  ]
}

/** `12 of 13`, `1 not ready`. */
function count(table: TableId, label: string, all: number, bad: number, good: string): Figure {
  const note = all === 0 ? 'none' : bad === 0 ? `all ${good}` : `${bad} not ${good}`
  return { table, label, value: bad === 0 ? String(all) : `${all - bad} of ${all}`, note, tone: toneOf(all, bad) }
}

function toneOf(all: number, bad: number): Tone {
  return all === 0 ? 'quiet' : bad === 0 ? 'good' : 'bad'
}

function poolFigure(pools: Objects<AddressPool>): Figure {
  const notReady = countOf(pools, ({ status }) => !standingOf(status).ready)
  const used = [...pools.values()].reduce((sum, { status }) => sum + (status?.used ?? 0), 0)
  const note =
    pools.size === 0
      ? 'no pool'
      : `from ${pools.size} pool${pools.size === 1 ? '' : 's'}${notReady > 0 ? `, ${notReady} not ready` : ''}`
  return { table: 'pools', label: 'Addresses given', value: String(used), note, tone: toneOf(pools.size, notReady) }
}

function countOf<T extends { readonly metadata: { readonly name: string } }>(
  objects: Objects<T>,
  holds: (object: T) => boolean,
): number {
  let found = 0
  for (const object of objects.values()) if (holds(object)) found++
  return found
}
