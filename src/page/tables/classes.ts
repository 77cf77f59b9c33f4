// The LoadBalancerClasses: by whom each is served, and who uses it.
import type { LoadBalancerClass } from '../../api/load-balancer-class.ts'
import type { Table, TableRow } from '../model.ts'
import type { PageQuery } from '../query.ts'
import type { PageSources } from '../sources.ts'
import { makeTable } from '../table.ts'
import { standingCell, standingOf, textCell } from './conditions.ts'

export function classesTable({ classes }: Pick<PageSources, 'classes'>, query: PageQuery): Table {
  return makeTable(
    {
      id: 'classes',
      title: 'Classes',
      empty: 'There is no LoadBalancerClass: nothing is served.',
      columns: [
        { label: 'Class' },
        { label: 'State', tell: true },
        { label: 'Provider' },
        { label: 'Targets' },
        { label: 'Services' },
        { label: 'Ingresses' },
        { label: 'Answers also to' },
      ],
      items: [...classes.values()].toSorted((one, other) => (one.metadata.name < other.metadata.name ? -1 : 1)),
      row: classRow,
    },
    query,
  )
}

function classRow({ metadata, spec, status }: LoadBalancerClass): TableRow {
  const standing = standingOf(status)
  return {
    key: metadata.name,
    bad: !standing.ready,
    cells: [
      { text: metadata.name, ...(spec.default ? { more: 'the default' } : {}) },
      standingCell(standing),
      { text: spec.provider },
      { text: spec.targets },
      { text: String(status?.services ?? 0) },
      { text: String(status?.ingresses ?? 0) },
      textCell((spec.aliases ?? []).join('\n')),
    ],
  }
}
