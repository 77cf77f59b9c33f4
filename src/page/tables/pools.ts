// Address pools and how full they are.
import type { AddressPool } from '../../api/address-pool.ts'
import { poolData } from '../../cli/pools.ts'
import type { Cell, Table, TableRow } from '../model.ts'
import type { PageQuery } from '../query.ts'
import type { PageSources } from '../sources.ts'
import { makeTable } from '../table.ts'
import { standingCell, textCell } from './conditions.ts'

export function poolsTable({ pools }: Pick<PageSources, 'pools'>, query: PageQuery): Table {
  return makeTable(
    {
      id: 'pools',
      title: 'Pools',
      empty: 'There is no AddressPool.',
      columns: [
        { label: 'Pool' },
        { label: 'State', tell: true },
        { label: 'Used' },
        { label: 'Free' },
        { label: 'Addresses' },
        { label: 'Given without asking' },
      ],
      items: [...pools.values()].toSorted((one, other) => (one.metadata.name < other.metadata.name ? -1 : 1)),
      row: poolRow,
    },
    query,
  )
}

function poolRow(pool: AddressPool): TableRow {
  const told = poolData(pool)
  return {
    key: told.name,
    bad: !told.ready,
    cells: [
      { text: told.name },
      standingCell(told),
      usedCell(pool),
      { text: told.free },
      textCell(told.addresses.join('\n'), { mono: true }),
      { text: told.autoAssign ? 'yes' : 'no' },
    ],
  }
}

function usedCell({ status }: AddressPool): Cell {
  const used = status?.used ?? 0
  const kept = status?.kept ? { more: `${status.kept} kept for Services that are gone` } : {}
  if (status?.total === undefined) return { text: String(used), ...kept }
  return { text: `${used} of ${shortNumber(status.total)}`, fill: { used, of: Number(status.total) }, ...kept }
}

/** Pools of IPv6 have numbers nobody reads: `about 10^19`. */
function shortNumber(decimal: string): string {
  return decimal.length <= 9 ? decimal : `about 10^${decimal.length - 1}`
}
