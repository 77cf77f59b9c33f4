// Ingresses: hosts, addresses, how many of their routes are in effect, and by what they are served.
import type { IngressReport } from '../../api/ingress-report.ts'
import { emptySnapshot } from '../../cli/snapshot.ts'
import { servedIngress } from '../../cli/status.ts'
import { keyOf } from '../../kubernetes/objects.ts'
import type { Ingress } from '../../model/ingress-objects.ts'
import type { Table, TableRow } from '../model.ts'
import type { PageQuery } from '../query.ts'
import type { PageSources } from '../sources.ts'
import { makeTable } from '../table.ts'
import { standingCell, standingOf, textCell } from './conditions.ts'

type Sources = Pick<PageSources, 'ingresses' | 'ingressReports'>

const mostHosts = 4

export function ingressesTable(sources: Sources, query: PageQuery): Table {
  return makeTable(
    {
      id: 'ingresses',
      title: 'Ingresses',
      empty: 'No Ingress is Weir’s. Ingresses name an IngressClass with the controller weir.dev/ingress',
      columns: [
        { label: 'Ingress' },
        { label: 'State', tell: true },
        { label: 'Hosts' },
        { label: 'Address' },
        { label: 'Routes' },
        { label: 'Served by' },
        { label: 'Class' },
      ],
      items: [...sources.ingressReports.values()].toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1)),
      row: report => ingressRow(report, sources.ingresses.get(keyOf(report))),
      isBad: ({ status }) => !standingOf(status).ready,
    },
    query,
  )
}

function ingressRow(report: IngressReport, ingress: Ingress | undefined): TableRow {
  const served = servedIngress(report, { ...emptySnapshot, ingresses: ingress ? [ingress] : [] })
  const { routes, notInEffect } = served
  const key = keyOf(report)
  return {
    key,
    bad: !served.ready,
    cells: [
      { text: key, open: `ingress/${key}` },
      standingCell(served),
      hostsCell(ingress),
      textCell(served.addresses.join('\n'), { mono: true }),
      notInEffect === 0
        ? { text: String(routes) }
        : { text: `${routes} of ${routes + notInEffect}`, tone: 'bad', more: 'the others are not in effect' },
      textCell(served.group),
      textCell(served.class, report.spec.provider ? { more: report.spec.provider } : {}),
    ],
  }
}

function hostsCell(ingress: Ingress | undefined) {
  const hosts = [...new Set((ingress?.spec?.rules ?? []).map(({ host }) => host || '(any)'))]
  const others = hosts.length - mostHosts
  return textCell(hosts.slice(0, mostHosts).join('\n'), others > 0 ? { more: `and ${others} more` } : {})
}
