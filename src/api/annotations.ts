// Annotations as tables: one row per key drives parsing, the documentation and the hint for misspelt keys.
import { group } from './group.ts'
import { nearest } from './nearest.ts'
import type { Reason } from './reasons.ts'

/** What came of reading one value. `error` completes the sentence `Annotation <key>: <error>`. */
export type Parsed<Value> = { readonly value: Value } | { readonly error: string }

/** One key of a table. */
export interface AnnotationRow<Value = unknown> {
  /** Reads the value; never throws. `reserved` marks a key that is known but does nothing yet. */
  readonly parse: ((text: string) => Parsed<Value>) | 'reserved'
  /** Name of the setting in the result of `parse`. */
  readonly sets: string
  readonly doc: string
  readonly example?: string
  /** Reason when the value cannot be read; InvalidAnnotation when absent. */
  readonly reason?: Reason
}

export type AnnotationRows = Readonly<Record<string, AnnotationRow>>

/** A mistake in one annotation; has the form of a Problem of the model. */
export interface AnnotationMistake {
  /** The full key. */
  readonly key: string
  readonly reason: Reason
  readonly message: string
  readonly remedy: string
  readonly severity: 'blocks' | 'warns'
}

type ValueOf<Row> = Row extends { readonly parse: (text: string) => Parsed<infer Value> } ? Value : never

/** The settings a table reads, by their names in `sets`; a setting without annotation, or with a mistake in it, is absent. */
export type AnnotationValues<Rows extends AnnotationRows> = {
  readonly [Key in keyof Rows as Rows[Key]['sets']]?: ValueOf<Rows[Key]>
}

export interface AnnotationTable<Rows extends AnnotationRows> {
  /** Ends with a slash or a dash; a full key is prefix + key of the row. */
  readonly prefix: string
  readonly rows: Rows
  /** Every full key of the table. */
  readonly keys: readonly string[]
  parse(annotations: Annotations | undefined): {
    readonly values: AnnotationValues<Rows>
    readonly mistakes: readonly AnnotationMistake[]
  }
  /** One line of Markdown per row, under a head. */
  doc(): string
}

export type Annotations = Readonly<Record<string, string>>

/** Builds a table: `annotationTable('metallb.io/', { 'address-pool': { parse: nonEmpty, sets: 'pool', doc: '…' } })`. */
export function annotationTable<const Rows extends AnnotationRows>(prefix: string, rows: Rows): AnnotationTable<Rows> {
  return {
    prefix,
    rows,
    keys: Object.keys(rows).map(key => prefix + key),
    parse: annotations => parseRows(prefix, rows, annotations ?? {}),
    doc: () => documentRows(prefix, rows),
  }
}

/** Every key under `weir.dev/` that a Service may carry, whichever provider reads it. */
export const ownAnnotations: Readonly<Record<string, string>> = {
  'load-balancer-ips': 'Addresses to ask for, separated by commas, at most one per family.',
  'address-pool': 'The AddressPool to take addresses from.',
  'allow-shared-ip': 'Services of one namespace with the same value share an address, if their ports differ (local).',
  'share-with-namespaces': 'Further namespaces to share an address with; their Services must name this one too (local).',
  'drain-seconds': 'How long open connections may go on with a pod that gets no new ones (local, targets Pod).',
  'allow-interruption': 'Lets a change go on that cannot be made without interrupting traffic.',
  'load-balancer-group': 'Services of one namespace and class with the same value share a load balancer (aws).',
  'adopt-load-balancer': 'Name or ARN of a load balancer to take over, if its tags allow it (aws).',
  'deletion-policy': 'retain leaves in AWS what was made when the Service goes (aws).',
  'nodes-with-endpoints-only': 'With externalTrafficPolicy Local, register only nodes that hold endpoints (aws).',
}

/**
 * Annotations under our own prefix that nobody reads, each with the nearest known key. They warn and change nothing else:
 * a misspelt wish must not take away what a Service has.
 */
export function unknownKeys(
  annotations: Annotations | undefined,
  known: readonly string[] = Object.keys(ownAnnotations),
): readonly AnnotationMistake[] {
  const prefix = `${group}/`
  const mistakes: AnnotationMistake[] = []
  for (const key in annotations) {
    if (!key.startsWith(prefix) || known.includes(key.slice(prefix.length))) continue
    const hint = nearest(key.slice(prefix.length), known)
    mistakes.push({
      key,
      reason: 'UnknownAnnotation',
      message: `Annotation ${key} is unknown and has no effect.`,
      remedy: hint
        ? `Did you mean ${prefix}${hint}?`
        : `Remove it; the known keys are ${known.map(name => prefix + name).join(', ')}.`,
      severity: 'warns',
    })
  }
  return mistakes
}

/** Any text but an empty one; spaces around it do not count. */
export function nonEmpty(text: string): Parsed<string> {
  const value = text.trim()
  return value === '' ? { error: 'must not be empty' } : { value }
}

/** Items separated by commas, each read by `item`; at least one. */
export function list<Value>(item: (text: string) => Parsed<Value>): (text: string) => Parsed<readonly Value[]> {
  return text => {
    const values: Value[] = []
    for (const part of text.split(',')) {
      const parsed = item(part.trim())
      if ('error' in parsed) return text.trim() === '' ? { error: 'must not be empty' } : parsed
      values.push(parsed.value)
    }
    return { value: values }
  }
}

export function oneOf<const Choice extends string>(...choices: readonly Choice[]): (text: string) => Parsed<Choice> {
  return text => {
    const value = choices.find(choice => choice === text.trim())
    return value === undefined ? { error: `${JSON.stringify(text)} is none of ${choices.join(', ')}` } : { value }
  }
}

export function boolean(text: string): Parsed<boolean> {
  const parsed = oneOf('true', 'false')(text)
  return 'error' in parsed ? parsed : { value: parsed.value === 'true' }
}

function parseRows<Rows extends AnnotationRows>(
  prefix: string,
  rows: Rows,
  annotations: Annotations,
): ReturnType<AnnotationTable<Rows>['parse']> {
  const values: Record<string, unknown> = {}
  const mistakes: AnnotationMistake[] = []
  for (const [name, row] of Object.entries(rows)) {
    const key = prefix + name
    const text = annotations[key]
    if (text === undefined) continue
    const parsed = row.parse === 'reserved' ? undefined : row.parse(text)
    if (!parsed) mistakes.push(reservedMistake(key))
    else if ('error' in parsed) mistakes.push(invalidMistake(key, row, parsed.error))
    else values[row.sets] = parsed.value
  }
  // Each value was read by the row that names its type, which the compiler cannot follow through Object.entries.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return { values: values as AnnotationValues<Rows>, mistakes }
}

function reservedMistake(key: string): AnnotationMistake {
  return {
    key,
    reason: 'UnsupportedAnnotation',
    message: `Annotation ${key} is known but not supported yet; it has no effect.`,
    remedy: 'Remove it, or leave it for a later version.',
    severity: 'warns',
  }
}

function invalidMistake(key: string, row: AnnotationRow, error: string): AnnotationMistake {
  return {
    key,
    reason: row.reason ?? 'InvalidAnnotation',
    message: `Annotation ${key}: ${error}.`,
    remedy:
      row.example === undefined ? 'Correct the value or remove the annotation.' : `Write it like ${row.example}, or remove it.`,
    severity: 'blocks',
  }
}

function documentRows(prefix: string, rows: AnnotationRows): string {
  const lines = Object.entries(rows).map(([name, row]) => {
    const state = row.parse === 'reserved' ? ' Not supported yet.' : ''
    return `| \`${prefix}${name}\` | ${row.doc}${state} | ${row.example === undefined ? '' : `\`${row.example}\``} |`
  })
  return ['| Annotation | Meaning | Example |', '|---|---|---|', ...lines].join('\n')
}
