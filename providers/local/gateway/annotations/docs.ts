// docs/ingress-annotations.md: every annotation of Ingresses that the gateway knows, from the rows that read them.
import { needlessRows, refusedRows } from './refused-rows.ts'
import { type GatewayRow, ownPrefix, type RefusedRow } from './row.ts'
import { rowGroups } from './rows.ts'

const titles = {
  redirects: 'Redirects, paths and headers',
  access: 'Who may come in, and how often',
  backends: 'Backends',
  sharing: 'Canaries, and pages of other origins',
} as const satisfies Readonly<Record<keyof typeof rowGroups, string>>

/** How many keys of ingress-nginx are honoured without a difference, honoured with one, without need, and refused. */
export function countKeys(): Readonly<Record<'same' | 'differs' | 'needless' | 'refused', number>> {
  const all: readonly (readonly [string, GatewayRow])[] = Object.values(rowGroups).flatMap(rows => Object.entries(rows))
  const count = (wanted: (row: GatewayRow) => boolean) =>
    all.reduce((sum, [name, row]) => sum + (wanted(row) ? (row.nginx ?? [name]).length : 0), 0)
  return {
    same: count(({ differs }) => differs === undefined),
    differs: count(({ differs }) => differs !== undefined),
    needless: Object.keys(needlessRows).length,
    refused: Object.keys(refusedRows).length,
  }
}

/** The whole page. */
export function gatewayReference(): string {
  const { same, differs, needless, refused } = countKeys()
  const refusals: readonly (readonly [string, RefusedRow])[] = Object.entries(refusedRows)
  return `${[
    '# Annotations of Ingresses',
    '<!-- Generated from providers/local/gateway by npm run generate. -->',
    'What an Ingress of a class with `provider: local` can ask for besides its routes. Keys begin with `weir.dev/`. Those of ingress-nginx (`nginx.ingress.kubernetes.io/`) are understood with the same meaning, so manifests move over by their class alone; what differs is said in the last column. Where both families speak of one thing, ours counts.',
    `Of the keys of ingress-nginx ${same} mean the same, ${differs} nearly the same, ${needless} ask for what needs no setting, and ${refused} are refused. Keys that are in no table are reported with the nearest one that is.`,
    'What an annotation asks for holds for the routes of its own Ingress, never for those of another Ingress of the same host.',
    'A value that cannot be read is left out and reported (`InvalidAnnotation`). Keys with a 🔒 say who may come in: where they cannot be read or used, also because a Secret is missing, the routes of the Ingress answer 503 (`RoutesClosed`), and nobody else is harmed. So they do when the two lists of source ranges, in bytes and times the routes of the Ingress, are more than 1 MiB: every route holds them. Secrets and Services are of the namespace of the Ingress. Text of annotations never becomes configuration: each value is read, checked and passed on as what it is.',
    'Paths under `/.well-known/acme-challenge/` are never redirected to HTTPS and ask for no login, so certificates can be proved by HTTP.',
    ...(['redirects', 'access', 'backends', 'sharing'] as const).flatMap(group => [
      `## ${titles[group]}`,
      table(
        ['Annotation', 'With ingress-nginx', 'Meaning', 'Default', 'Example', 'What differs'],
        Object.entries(rowGroups[group]).map(line),
      ),
    ]),
    '## Refused',
    'Keys of ingress-nginx that are not honoured. The Ingress is served without what they ask for and its owner is told; those with a 🔒 close its routes.',
    table(
      ['nginx.ingress.kubernetes.io/', 'Why', 'Instead', 'Taken without a word'],
      refusals.map(([name, { why, remedy, harmless = [], guards }]) => [
        code(name) + lock(guards),
        sentence(why),
        remedy,
        harmless.map(code).join(', '),
      ]),
    ),
    '## Without need',
    'Keys of ingress-nginx that are taken without a word, because there is nothing to set.',
    table(
      ['nginx.ingress.kubernetes.io/', 'Why'],
      Object.entries(needlessRows).map(([name, why]) => [code(name), why]),
    ),
  ].join('\n\n')}\n`
}

function line([name, row]: readonly [string, GatewayRow]): readonly string[] {
  const nginx = row.nginx ?? [name]
  const others = nginx.length === 1 && nginx[0] === name ? 'the same' : nginx.length === 0 ? '–' : nginx.map(code).join(', ')
  return [code(ownPrefix + name) + lock(row.guards), others, row.doc, row.default, code(row.example), row.differs ?? '']
}

function lock(guards: boolean | undefined): string {
  return guards ? ' 🔒' : ''
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (each: readonly string[]) =>
    `| ${each.map(cell => cell.replaceAll('|', String.raw`\|`).replaceAll('\n', ' ')).join(' | ')} |`
  return [cells(head), cells(head.map(() => '---')), ...rows.map(cells)].join('\n')
}

function code(text: string): string {
  return `\`${text}\``
}
