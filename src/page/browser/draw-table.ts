// One table: what is new is added, what is gone goes, and what stays is the same element, so that focus and reading stay where they are.
import type { Cell, Table, TableId, TableRow } from '../model.ts'
import { type Box, make, page, say } from './dom.ts'
import { drawCell } from './draw-cell.ts'

export interface TableView {
  readonly box: Box
  /** Draws the table as it is now, and gives a sentence for each change that is to be told. `fresh`: it is another view, nothing changed. */
  update(table: Table, fresh: boolean): readonly string[]
}

export interface TableActions {
  readonly href: (open: string) => string
  readonly showFrom: (table: TableId, first: number) => void
}

interface DrawnRow {
  readonly box: Box
  readonly cells: { readonly box: Box; shown: string; text: string }[]
}

export function tableView(first: Table, { href, showFrom }: TableActions): TableView {
  const { id, title, columns } = first
  const heading = make('h2', { id: `${id}-title` }, title)
  const count = make('span', { class: 'quiet' })
  const empty = make('p', { class: 'empty' })
  const body = make('tbody', { role: 'rowgroup' })
  const head = make(
    'tr',
    { role: 'row' },
    ...columns.map(({ label }) => make('th', { scope: 'col', role: 'columnheader' }, label)),
  )
  const table = make(
    'table',
    { role: 'table', 'aria-labelledby': `${id}-title` },
    make('thead', { role: 'rowgroup' }, head),
    body,
  )
  const scroll = make('div', { class: 'scroll', role: 'region', tabindex: '0', 'aria-labelledby': `${id}-title` }, table)
  const pages = pagesView(id, showFrom)
  const box = make(
    'section',
    { id, 'aria-labelledby': `${id}-title` },
    make('div', { class: 'table-head' }, heading, count),
    empty,
    scroll,
    pages.box,
  )
  const rows = new Map<string, DrawnRow>()

  const drawRow = (row: TableRow): DrawnRow => {
    const cells = row.cells.map((cell, index) => {
      const label = columns[index]?.label ?? ''
      const place = make('td', { role: index === 0 ? 'rowheader' : 'cell', 'data-label': label }, drawCell(cell, href))
      return { box: place, shown: JSON.stringify(cell), text: cell.text }
    })
    return { box: make('tr', { role: 'row' }, ...cells.map(each => each.box)), cells }
  }
  const updateRow = (drawn: DrawnRow, row: TableRow, fresh: boolean): readonly string[] =>
    row.cells.flatMap((cell, index) => {
      const place = drawn.cells[index]
      const shown = JSON.stringify(cell)
      if (!place || place.shown === shown) return []
      const before = place.text
      Object.assign(place, { shown, text: cell.text })
      redraw(place.box, cell, href)
      if (fresh) return []
      flash(place.box)
      const column = columns[index]
      return column?.tell === true && before !== cell.text ? [`${row.cells[0]?.text ?? ''}: ${column.label} ${cell.text}`] : []
    })

  return {
    box,
    update(now, fresh) {
      say(count, countText(now))
      say(empty, now.total === 0 ? now.empty : 'Nothing here matches the filter.')
      empty.hidden = now.rows.length > 0
      scroll.hidden = now.rows.length === 0
      pages.update(now)
      const keys = new Set(now.rows.map(({ key }) => key))
      for (const [key, drawn] of rows) {
        if (keys.has(key)) continue
        drawn.box.remove()
        rows.delete(key)
      }
      let next = body.firstElementChild
      return now.rows.flatMap(row => {
        const known = rows.get(row.key)
        const drawn = known ?? drawRow(row)
        if (drawn.box === next) next = next.nextElementSibling
        else body.insertBefore(drawn.box, next)
        if (known) return updateRow(known, row, fresh)
        rows.set(row.key, drawn)
        return []
      })
    },
  }
}

function redraw(place: Box, cell: Cell, href: (open: string) => string): void {
  const hadFocus = place.contains(page.activeElement)
  const drawn = drawCell(cell, href)
  place.replaceChildren(drawn)
  if (hadFocus) drawn.querySelector('a')?.focus()
}

function flash(place: Box): void {
  place.className = ''
  // The next frame: the animation begins anew.
  setTimeout(() => {
    place.className = 'changed'
  }, 0)
}

function countText({ total, matching }: Table): string {
  return matching === total ? String(total) : `${matching} of ${total} match`
}

/** Which part of a long table is shown, with the way to the others. */
function pagesView(id: TableId, showFrom: TableActions['showFrom']) {
  let now: { readonly from: number; readonly size: number } = { from: 0, size: 0 }
  const words = make('span', { class: 'quiet' })
  const back = make('button', { type: 'button' }, 'Previous')
  const on = make('button', { type: 'button' }, 'Next')
  const box = make('div', { class: 'pages' }, back, on, words)
  back.addEventListener('click', () => showFrom(id, Math.max(0, now.from - pageLength)))
  on.addEventListener('click', () => showFrom(id, now.from + now.size))
  return {
    box,
    update({ from, rows, matching }: Table) {
      now = { from, size: rows.length }
      const left = matching - from - rows.length
      box.hidden = from === 0 && left === 0
      back.disabled = from === 0
      on.disabled = left === 0
      say(words, `${from + 1} to ${from + rows.length} of ${matching}${left > 0 ? `; ${left} more: filter, or go on` : ''}`)
    },
  }
}

/** As the server parts them. */
const pageLength = 100
