// One cell: its text, perhaps a link, an age, a bar, and a smaller line.
import type { Cell } from '../model.ts'
import { type Box, make } from './dom.ts'

/** `href` gives the address that opens an object. */
export function drawCell(cell: Cell, href: (open: string) => string): Box {
  const box = make('div')
  if (cell.since !== undefined) box.append(make('time', { datetime: cell.since, title: cell.since }))
  else if (cell.open !== undefined) box.append(make('a', { href: href(cell.open), 'data-open': cell.open }, cell.text))
  else box.append(make('span', { class: classOf(cell) }, cell.text))
  if (cell.fill) box.append(bar(cell.fill, cell.text))
  if (cell.more !== undefined && cell.more !== '') box.append(make('span', { class: 'more' }, cell.more))
  return box
}

function classOf({ tone, mono }: Cell): string {
  const shape = mono ? 'mono' : tone === 'good' || tone === 'bad' ? 'pill' : ''
  return [shape, tone ?? ''].filter(Boolean).join(' ')
}

function bar({ used, of }: NonNullable<Cell['fill']>, text: string): Box {
  const share = of > 0 ? Math.min(1, used / of) : 0
  const inner = make('span')
  inner.style.setProperty('--used', `${(share * 100).toFixed(1)}%`)
  const kind = share >= 0.9 ? 'fill full' : 'fill'
  return make(
    'span',
    {
      class: kind,
      role: 'meter',
      'aria-label': 'used',
      'aria-valuemin': '0',
      'aria-valuemax': String(of),
      'aria-valuenow': String(used),
      'aria-valuetext': text,
    },
    inner,
  )
}
