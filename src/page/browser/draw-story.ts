// The story of one object: the same lines, facts and tables that `weir explain` prints.
import type { Block } from '../../cli/view.ts'
import { type Box, make } from './dom.ts'

/** Replaces only the blocks that changed, so that a selection or the place of reading is kept. */
export function drawStory(box: Box, blocks: readonly Block[]): void {
  sync(box, blocks, drawBlock)
}

function drawBlock(block: Block): Box {
  if (block.kind === 'line') return make('p', block.tone ? { class: block.tone } : {}, block.text)
  if (block.kind === 'table') return drawRows(block)
  const list = make('dl', { class: 'facts' })
  for (const { label, lines } of block.rows) list.append(make('div', {}, make('dt', {}, label), make('dd', {}, lines.join('\n'))))
  return list
}

function drawRows({ head, rows }: Extract<Block, { kind: 'table' }>): Box {
  const cells = (tag: string, row: readonly string[]) =>
    make('tr', {}, ...row.map(text => make(tag, tag === 'th' ? { scope: 'col' } : {}, text)))
  return make('table', {}, make('thead', {}, cells('th', head)), make('tbody', {}, ...rows.map(row => cells('td', row))))
}

const mark = 'data-shown'

/** The children are what `draw` makes of `items`, in their order. */
function sync<T>(box: Box, items: readonly T[], draw: (item: T) => Box): void {
  const old = Array.from(box.children)
  items.forEach((item, index) => {
    const shown = JSON.stringify(item)
    const known = old[index]
    if (known?.getAttribute(mark) === shown) return
    const drawn = draw(item)
    drawn.setAttribute(mark, shown)
    if (known) known.replaceWith(drawn)
    else box.append(drawn)
  })
  for (const gone of old.slice(items.length)) gone.remove()
}
