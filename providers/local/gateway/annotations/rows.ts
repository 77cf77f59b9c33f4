// All annotations of Ingresses that the gateway honours, by their names under our prefix, and the tables that read them.
import { nearest } from '../../../../src/api/nearest.ts'
import type { AnnotationValues, Annotations } from '../../../../src/api/annotations.ts'
import { ownAnnotations } from '../../../../src/api/annotations.ts'
import type { Problem } from '../../../../src/model/load-balancer.ts'
import { refusal } from '../../../../src/model/routing/refusal.ts'
import { accessRows } from './access-rows.ts'
import { backendRows } from './backend-rows.ts'
import { redirectRows } from './redirect-rows.ts'
import { needlessRows, refusedRows } from './refused-rows.ts'
import { type GatewayRow, nginxPrefix, ownPrefix, type RefusedRow } from './row.ts'
import { sharingRows } from './sharing-rows.ts'

export const rowGroups = { redirects: redirectRows, access: accessRows, backends: backendRows, sharing: sharingRows } as const
export const rows = { ...redirectRows, ...accessRows, ...backendRows, ...sharingRows } as const

type Rows = typeof rows
export type Values = AnnotationValues<Rows>

const rowList: readonly (readonly [string, GatewayRow])[] = Object.entries(rows)

/** By the full key, under either prefix. */
const byKey: ReadonlyMap<string, { readonly name: string; readonly row: GatewayRow }> = new Map(
  rowList.flatMap(([name, row]) => [
    [ownPrefix + name, { name, row }] as const,
    ...(row.nginx ?? [name]).map(each => [nginxPrefix + each, { name, row }] as const),
  ]),
)
const refusedByName: ReadonlyMap<string, RefusedRow> = new Map(Object.entries(refusedRows))
const nginxNames = [
  ...[...byKey.keys()].flatMap(key => (key.startsWith(nginxPrefix) ? key.slice(nginxPrefix.length) : [])),
  ...refusedByName.keys(),
  ...Object.keys(needlessRows),
]
const ownNames = [...Object.keys(rows), ...Object.keys(ownAnnotations)]

/** Every key that is known, with its prefix. */
export const knownKeys: readonly string[] = [
  ...ownNames.map(name => ownPrefix + name),
  ...nginxNames.map(name => nginxPrefix + name),
]

export interface ReadAnnotations {
  readonly values: Values
  /** The key by which each value came. */
  readonly keys: ReadonlyMap<string, string>
  readonly problems: readonly Problem[]
  /** Set when something about who may come in cannot be used. */
  readonly closed?: string
}

/** Reads both families of keys; where both say something of one thing, ours counts. Never throws. */
export function readAnnotations(annotations: Annotations = {}): ReadAnnotations {
  const values: Record<string, unknown> = {}
  const keys = new Map<string, string>()
  const problems: Problem[] = []
  let closed: string | undefined
  const close = (message: string) => (closed ??= message)
  for (const key of Object.keys(annotations).toSorted(ownFirst)) {
    const known = byKey.get(key)
    if (!known) {
      const problem = unread(key, annotations[key] ?? '', close)
      if (problem) problems.push(problem)
      continue
    }
    const { row } = known
    const parsed = row.parse(annotations[key] ?? '')
    if ('error' in parsed) {
      const message = `Annotation ${key}: ${parsed.error}.`
      problems.push(
        row.guards
          ? closing(message, close)
          : { ...refusal('InvalidAnnotation', message), remedy: `Write it like ${row.example}, or remove it.` },
      )
    } else if (!keys.has(row.sets)) {
      values[row.sets] = parsed.value
      keys.set(row.sets, key)
    }
  }
  return { values, keys, problems, ...(closed === undefined ? {} : { closed }) }
}

/** A problem for which the routes are closed. */
export function closing(message: string, close: (message: string) => void): Problem {
  close(message)
  return refusal('RoutesClosed', `${message} Its routes answer 503.`)
}

export function warning(
  reason: 'UnsupportedAnnotation' | 'UnknownAnnotation' | 'SettingWithoutEffect',
  message: string,
  remedy: string,
): Problem {
  return { reason, message, remedy, severity: 'warns' }
}

function ownFirst(one: string, other: string): number {
  const [first, second] = [one.startsWith(ownPrefix) ? 0 : 1, other.startsWith(ownPrefix) ? 0 : 1]
  return first === second ? (one < other ? -1 : 1) : first - second
}

function unread(key: string, text: string, close: (message: string) => void): Problem | undefined {
  const prefix = [ownPrefix, nginxPrefix].find(each => key.startsWith(each))
  if (prefix === undefined) return undefined
  const name = key.slice(prefix.length)
  const known = prefix === ownPrefix ? ownNames : nginxNames
  const refused = prefix === nginxPrefix ? refusedByName.get(name) : undefined
  if (refused) {
    if (refused.harmless?.includes(text.trim())) return undefined
    const message = `Annotation ${key} is not honoured: ${refused.why}.`
    return refused.guards ? closing(message, close) : warning('UnsupportedAnnotation', message, refused.remedy)
  }
  if (known.includes(name)) return undefined
  const hint = nearest(name, known)
  const remedy =
    hint === undefined ? 'Remove it; docs/ingress-annotations.md lists the known keys.' : `Did you mean ${prefix}${hint}?`
  return warning(
    'UnknownAnnotation',
    `Annotation ${key.slice(0, 200).replaceAll(/[^!-~]/g, '?')} is unknown and has no effect.`,
    remedy,
  )
}
