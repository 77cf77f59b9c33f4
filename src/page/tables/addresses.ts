// Addresses: who announces each, since when, and who is next.
import type { Announcement } from '../../api/announcement.ts'
import { announcementData, byAddress } from '../../cli/announcements.ts'
import type { Cell, Table, TableRow } from '../model.ts'
import type { PageQuery } from '../query.ts'
import type { PageSources } from '../sources.ts'
import { makeTable, once, textOfRow } from '../table.ts'
import { none, textCell } from './conditions.ts'

export function addressesTable({ announcements }: Pick<PageSources, 'announcements'>, query: PageQuery): Table {
  return makeTable(
    {
      id: 'addresses',
      title: 'Addresses',
      empty: 'No address is announced.',
      columns: [
        { label: 'Address' },
        { label: 'Announced by', tell: true },
        { label: 'Since' },
        { label: 'Next in line' },
        { label: 'Services' },
        { label: 'Data path' },
        { label: 'Moves' },
      ],
      items: [...announcements.values()].toSorted(byAddress),
      row: addressRow,
      isBad: isUnannounced,
      text: textOf,
    },
    query,
  )
}

const textOf = once((announcement: Announcement) => textOfRow(addressRow(announcement)))

/** Nobody announces it, or a station that is none of ours has it. */
export function isUnannounced({ status }: Announcement): boolean {
  return !status?.node || status.conflict !== undefined
}

function addressRow(announcement: Announcement): TableRow {
  const { spec, status } = announcement
  const told = announcementData(announcement)
  return {
    key: spec.address,
    bad: isUnannounced(announcement),
    cells: [
      { text: told.address, mono: true, more: `pool ${told.pool}` },
      announcerCell(announcement),
      told.since ? { text: '', since: told.since } : none,
      nextCell(announcement),
      servicesCell(told.services),
      pathCell(announcement),
      { text: String(told.moves), ...(status?.reason ? { more: status.reason } : {}) },
    ],
  }
}

function announcerCell({ status }: Announcement): Cell {
  if (status?.conflict) return { text: 'nobody of ours', tone: 'bad', more: `the station ${status.conflict.mac} has it` }
  if (!status?.node) return { text: 'nobody', tone: 'bad', ...(status?.reason ? { more: status.reason } : {}) }
  const more = [status.interface, status.mac].filter(Boolean).join(' ')
  return { text: status.node, ...(more ? { more } : {}) }
}

function nextCell({ spec, status }: Announcement): Cell {
  const others = [...new Set([status?.next, ...spec.nodes])].filter(node => node && node !== status?.node)
  return textCell(others.join(', '))
}

function servicesCell(services: readonly string[]): Cell {
  const [first, ...others] = services
  if (first === undefined) return none
  return { text: first, open: `service/${first}`, ...(others.length > 0 ? { more: `shared with ${others.join(', ')}` } : {}) }
}

function pathCell({ spec, status }: Announcement): Cell {
  if ((spec.targets ?? 'Node') === 'Node') return { text: 'kube-proxy' }
  const { path } = status ?? {}
  if (!path) return { text: 'not told yet', tone: 'quiet' }
  const why = path.reason ? `${path.reason}${path.node ? ` at ${path.node}` : ''}` : ''
  return { text: path.mode, ...(why ? { more: why } : {}) }
}
