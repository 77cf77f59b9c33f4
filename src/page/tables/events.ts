// What Weir told of lately, the newest first.
import type { Table, TableRow } from '../model.ts'
import type { PageQuery } from '../query.ts'
import type { PageSources, WeirEvent } from '../sources.ts'
import { makeTable } from '../table.ts'
import { none } from './conditions.ts'

const opens: Readonly<Record<string, string>> = { Service: 'service', Ingress: 'ingress' }

export function eventsTable({ events }: Pick<PageSources, 'events'>, query: PageQuery): Table {
  return makeTable(
    {
      id: 'events',
      title: 'Recent events',
      empty: 'Nothing happened lately.',
      columns: [{ label: 'When' }, { label: 'Reason' }, { label: 'About' }, { label: 'What' }],
      items: [...events.values()]
        .map(event => ({ event, at: timeOf(event) }))
        .toSorted((one, other) => (one.at > other.at ? -1 : 1)),
      row: ({ event, at }) => eventRow(event, at),
      isBad: ({ event }) => event.type === 'Warning',
    },
    query,
  )
}

/** When it was seen last; empty if it does not say. */
export function timeOf({ series, eventTime, metadata }: WeirEvent): string {
  return series?.lastObservedTime ?? eventTime ?? metadata.creationTimestamp ?? ''
}

function eventRow({ metadata, type, reason = '', note = '', regarding = {}, series }: WeirEvent, at: string): TableRow {
  const { kind = '', namespace, name = '' } = regarding
  const about = namespace === undefined ? name : `${namespace}/${name}`
  const opener = namespace === undefined ? undefined : opens[kind]
  const count = series?.count ?? 1
  return {
    key: `${metadata.namespace ?? ''}/${metadata.name}`,
    bad: type === 'Warning',
    cells: [
      at === '' ? none : { text: '', since: at },
      { text: reason, ...(type === 'Warning' ? { tone: 'bad' as const } : {}) },
      { text: `${kind} ${about}`, ...(opener === undefined ? {} : { open: `${opener}/${about}` }) },
      { text: note, ...(count > 1 ? { more: `${count} times` } : {}) },
    ],
  }
}
