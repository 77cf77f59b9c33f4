// One way for requests before it becomes part of a rule: which hosts and paths it takes, and how it meets others. Pure.
import type { RuleAction, RuleCondition, RuleTransform } from '../../model/application.ts'
import { matchesPath } from '../../../../src/model/routing/path.ts'
import { literalStart, matchesGlob } from './glob.ts'

/** Which hosts. `label`: exactly one label before `suffix`, which begins with a dot. `pattern`: as ALB has it. */
export type HostMatch =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'label'; readonly suffix: string }
  | { readonly kind: 'pattern'; readonly glob: string }
  | { readonly kind: 'regex'; readonly source: string }
  | { readonly kind: 'any' }

/** Which paths. `prefix`: whole elements; never `/`, which is `any`. */
export type PathMatch =
  | { readonly kind: 'exact'; readonly path: string }
  | { readonly kind: 'prefix'; readonly path: string }
  | { readonly kind: 'pattern'; readonly glob: string }
  | { readonly kind: 'regex'; readonly source: string }
  | { readonly kind: 'any' }

/** What becomes of a request. */
export interface Way {
  readonly actions: readonly RuleAction[]
  readonly transforms: readonly RuleTransform[]
  /** The same for ways that are the same. */
  readonly key: string
}

/** Who wrote it: an Ingress and the field, or the class. */
export interface Author {
  /** `namespace/name`; empty for the class. */
  readonly ingress: string
  readonly at: string
}

export interface Item {
  readonly host: HostMatch
  readonly path: PathMatch
  /** Must hold too. */
  readonly further: readonly RuleCondition[]
  readonly way: Way
  readonly author: Author
}

/** The host of a routing model. */
export function hostMatch(host: string): HostMatch {
  if (host === '') return { kind: 'any' }
  return host.startsWith('*.') ? { kind: 'label', suffix: host.slice(1) } : { kind: 'name', name: host }
}

/** One text for hosts that are the same. */
export function hostKey(host: HostMatch): string {
  switch (host.kind) {
    case 'name':
      return host.name
    case 'label':
      return `*${host.suffix}`
    case 'pattern':
      return `glob ${host.glob}`
    case 'regex':
      return `regex ${host.source}`
    case 'any':
      return ''
    default:
      return host satisfies never
  }
}

/** One text for paths that are the same. */
export function pathKey(path: PathMatch): string {
  if (path.kind === 'any') return ''
  return `${path.kind} ${'path' in path ? path.path : 'glob' in path ? path.glob : path.source}`
}

/** Whether a request can be for both; says yes when that cannot be told. */
export function overlaps(one: Pick<Item, 'host' | 'path'>, other: Pick<Item, 'host' | 'path'>): boolean {
  return hostsOverlap(one.host, other.host) && pathsOverlap(one.path, other.path)
}

/** Whether every request for the second is for the first as well; says no when that cannot be told. */
export function covers(one: Pick<Item, 'host' | 'path' | 'further'>, other: Pick<Item, 'host' | 'path'>): boolean {
  return one.further.length === 0 && hostCovers(one.host, other.host) && pathCovers(one.path, other.path)
}

function hostsOverlap(one: HostMatch, other: HostMatch): boolean {
  if (one.kind === 'any' || other.kind === 'any') return true
  if (one.kind === 'name') return takesHost(other, one.name)
  if (other.kind === 'name') return takesHost(one, other.name)
  // Two names with one label open have a common one only when they are the same.
  if (one.kind === 'label' && other.kind === 'label') return one.suffix === other.suffix
  return true
}

function takesHost(host: HostMatch, name: string): boolean {
  switch (host.kind) {
    case 'name':
      return host.name === name
    case 'label':
      return name.indexOf('.') > 0 && name.slice(name.indexOf('.')) === host.suffix
    case 'pattern':
      return matchesGlob(host.glob.toLowerCase(), name)
    case 'regex':
    case 'any':
      return true
    default:
      return host satisfies never
  }
}

function hostCovers(one: HostMatch, other: HostMatch): boolean {
  if (one.kind === 'name') return other.kind === 'name' && one.name === other.name
  if (one.kind === 'any' || hostKey(one) === hostKey(other)) return true
  return other.kind === 'name' && one.kind !== 'regex' && takesHost(one, other.name)
}

function pathsOverlap(one: PathMatch, other: PathMatch): boolean {
  if (one.kind === 'any' || other.kind === 'any') return true
  if (one.kind === 'exact') return takesPath(other, one.path)
  if (other.kind === 'exact') return takesPath(one, other.path)
  if (one.kind === 'regex' || other.kind === 'regex') return true
  if (one.kind === 'prefix' && other.kind === 'prefix') return takesPath(one, other.path) || takesPath(other, one.path)
  const [first, second] = [startOf(one), startOf(other)]
  return first.startsWith(second) || second.startsWith(first)
}

function takesPath(path: PathMatch, requested: string): boolean {
  switch (path.kind) {
    case 'exact':
      return path.path === requested
    case 'prefix':
      return matchesPath({ type: 'Prefix', path: path.path }, requested)
    case 'pattern':
      return matchesGlob(path.glob, requested)
    case 'regex':
    case 'any':
      return true
    default:
      return path satisfies never
  }
}

/** What every path that is taken begins with. */
function startOf(path: Extract<PathMatch, { readonly kind: 'prefix' | 'pattern' }>): string {
  return path.kind === 'prefix' ? path.path : literalStart(path.glob)
}

function pathCovers(one: PathMatch, other: PathMatch): boolean {
  if (one.kind === 'any' || pathKey(one) === pathKey(other)) return true
  if (one.kind === 'regex' || one.kind === 'exact') return false
  if (other.kind === 'exact') return takesPath(one, other.path)
  if (one.kind !== 'prefix') return false
  if (other.kind === 'prefix') return takesPath(one, other.path)
  return other.kind === 'pattern' && literalStart(other.glob).startsWith(`${one.path}/`)
}
