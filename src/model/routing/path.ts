// Paths of Ingress rules: how they are read, what they match, and which of several goes first (networking.k8s.io/v1).
import type { IngressPath } from '../ingress-objects.ts'
import { readRegex } from './regex.ts'

/**
 * What a path matches. Exact: the very same path. Prefix: whole elements between slashes from the start; `path` has no slash
 * at its end (but `/` itself), so that it matches `path` and everything under `path/`. Characters that no URI holds (spaces, all
 * beyond ASCII, a few more) are percent-encoded; escapes stay as they were written, but for those of letters, digits and `-._~`.
 * Regex: paths that begin with what the expression matches, in capital or small letters; only where an Ingress asks for it.
 */
export interface PathMatch {
  readonly type: 'Exact' | 'Prefix' | 'Regex'
  readonly path: string
}

/** Longer than any request line that a proxy takes with its defaults. */
const longestPath = 8192

/** Characters that mean something in an expression and stand in few paths. A dot is not among them. */
const regexCharacters = /[\\^$*+?()[\]{}|]/

/**
 * Reads a path of a rule; ImplementationSpecific means Prefix here. `error` completes the sentence `the path <at>: <error>`.
 * What the API server refuses today is refused too: objects may be older than its rules.
 *
 * `regex`: the Ingress says that its paths are expressions. Those of type Exact and Prefix are so too if they look like one, as
 * much as manifests are written; a plain path of these types means what it always means.
 */
export function readPath(
  { path = '', pathType }: IngressPath,
  { regex = false }: { readonly regex?: boolean } = {},
): PathMatch | { readonly error: string } {
  const free = pathType !== 'Exact' && pathType !== 'Prefix'
  const written = path === '' && free ? '/' : path
  if (regex && (free ? written !== '/' : regexCharacters.test(written))) return readRegexPath(written)
  const error = mistakeIn(written)
  if (error !== undefined) return { error }
  const sent = wireForm(written)
  return pathType === 'Exact' ? { type: 'Exact', path: sent } : { type: 'Prefix', path: sent.replace(/\/+$/, '') || '/' }
}

function readRegexPath(written: string): PathMatch | { readonly error: string } {
  const path = written.startsWith('^') ? written.slice(1) : written
  if (!path.startsWith('/')) return { error: 'does not begin with a slash' }
  const read = readRegex(path)
  return 'error' in read ? { error: `is no expression that can be used: it ${read.error}` } : { type: 'Regex', path }
}

/** Whether a path as it came in a request, without query, is matched. */
export function matchesPath({ type, path }: PathMatch, requested: string): boolean {
  if (type === 'Exact') return requested === path
  if (type === 'Regex') return new RegExp(`^(?:${path})`, 'is').test(requested)
  if (path === '/') return requested.startsWith('/')
  return requested === path || (requested.startsWith(path) && requested[path.length] === '/')
}

/** Sorts the paths of one namespace so that the first that matches is the one to take: Exact, then the longer, then by text. */
export function comparePaths(one: PathMatch, other: PathMatch): number {
  if (one.type !== other.type && (one.type === 'Exact' || other.type === 'Exact')) return one.type === 'Exact' ? -1 : 1
  if (one.path.length !== other.path.length) return other.path.length - one.path.length
  if (one.path !== other.path) return one.path < other.path ? -1 : 1
  return one.type === other.type ? 0 : one.type === 'Regex' ? -1 : 1
}

/** The path of a request target: without query, fragment and dot segments, `/` when there is none, in the form that travels. */
export function requestPath(target: string): string {
  const [path = ''] = target.split(/[?#]/, 1)
  return path === '' ? '/' : withoutDots(wireForm(path))
}

function mistakeIn(path: string): string | undefined {
  if (!path.startsWith('/')) return 'does not begin with a slash'
  if (path.length > longestPath) return `is longer than ${longestPath} characters`
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(path)) return 'holds a control character, which no request can'
  const [never] = /[?#\\]/.exec(path) ?? []
  return never === undefined ? undefined : `holds ${JSON.stringify(never)}, which no path of a request does`
}

/**
 * RFC 3986: what no URI holds is sent as percent-encoded UTF-8, and escapes of characters that need none mean the characters
 * (6.2.2.2). Clients and proxies write the one or the other; compared is this form.
 */
function wireForm(path: string): string {
  return path
    .toWellFormed()
    .replaceAll(/[^!-~]+|["<>^`{|}]/gu, encodeURIComponent)
    .replaceAll(/%([0-9a-f]{2})/gi, (escape, hex: string) => {
      const character = String.fromCodePoint(Number.parseInt(hex, 16))
      return /[A-Za-z0-9._~-]/.test(character) ? character : escape
    })
}

/** RFC 3986, 5.2.4. */
function withoutDots(path: string): string {
  if (!/\/\.{1,2}(\/|$)/.test(path)) return path
  const kept: string[] = []
  const segments = path.split('/').slice(1)
  for (const [index, segment] of segments.entries()) {
    if (segment === '..') kept.pop()
    if (segment !== '.' && segment !== '..') kept.push(segment)
    else if (index === segments.length - 1) kept.push('')
  }
  return `/${kept.join('/')}`
}
