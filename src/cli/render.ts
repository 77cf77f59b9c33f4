// The one renderer: a view as text for people, as JSON or as YAML.
import { stripVTControlCharacters, styleText } from 'node:util'
import { stringify } from 'yaml'
import type { Block, Fact, Row, Tone, View } from './view.ts'

export const formats = ['table', 'wide', 'json', 'yaml'] as const
export type Format = (typeof formats)[number]

export interface RenderOptions {
  readonly format: Format
  /** Only for a terminal. */
  readonly colour: boolean
}

/** Ends with a line feed. */
export function render(view: View, { format, colour }: RenderOptions): string {
  if (format === 'json') return `${JSON.stringify(view.data, undefined, 2)}\n`
  if (format === 'yaml') return stringify(view.data, { aliasDuplicateObjects: false })
  return view.blocks.map(block => `${blockText(block, colour)}\n`).join('')
}

const colours = { good: 'green', bad: 'red', quiet: 'gray' } as const satisfies Record<Tone, string>

function blockText(block: Block, colour: boolean): string {
  if (block.kind === 'table') return tableText([block.head, ...block.rows], block.indent ?? 0)
  if (block.kind === 'facts') return factsText(block.rows, block.indent ?? 2)
  const text = printable(block.text)
  return block.tone && colour ? styleText(colours[block.tone], text, { validateStream: false }) : text
}

/** Columns as wide as their widest cell, two spaces between them; nothing stands after the last cell of a row. */
export function tableText(rows: readonly Row[], indent: number): string {
  const cells = rows.map(row => row.map(printable))
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map(row => row[column]?.length ?? 0)))
  const margin = ' '.repeat(indent)
  return cells
    .map(row => margin + row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map(text => text.trimEnd())
    .join('\n')
}

function factsText(rows: readonly Fact[], indent: number): string {
  const width = Math.max(0, ...rows.map(({ label }) => label.length))
  const margin = ' '.repeat(indent)
  return rows
    .flatMap(({ label, lines }) =>
      lines.map((text, index) => `${margin}${(index === 0 ? label : '').padEnd(width)}  ${printable(text)}`.trimEnd()),
    )
    .join('\n')
}

/** What users wrote must not steer the terminal. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return stripVTControlCharacters(text).replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, ' ')
}
