// Paths of Ingress rules: how they are read, what they match, and which of several goes first (networking.k8s.io/v1).
import type { IngressPath } from '../ingress-objects.ts'

/**
 * What a path matches. Exact: the very same path. Prefix: whole elements between slashes from the start; `path` has no slash
 * at its end (but `/` itself), so that it matches `path` and everything under `path/`. Characters that do not travel in a
 * request line (spaces, all beyond ASCII) are percent-encoded; everything else stays as it was written, escapes included.
 */
export interface PathMatch {
  readonly type: 'Exact' | 'Prefix'
  readonly path: string
}

/** Longer than any request line that a proxy takes with its defaults. */
const longestPath = 8192

/**
 * Reads a path of a rule; ImplementationSpecific means Prefix here. `error` completes the sentence `the path <at>: <error>`.
 * What the API server refuses today is refused too: objects may be older than its rules.
 */
export function readPath({ path = '', pathType }: IngressPath): PathMatch | { readonly error: string } {
  const written = path === '' && pathType !== 'Exact' && pathType !== 'Prefix' ? '/' : path
  const error = mistakeIn(written)
  if (error !== undefined) return { error }
  const sent = wireForm(written)
  return pathType === 'Exact' ? { type: 'Exact', path: sent } : { type: 'Prefix', path: sent.replace(/\/+$/, '') || '/' }
}

/** Whether a path as it came in a request, without query, is matched. */
export function matchesPath({ type, path }: PathMatch, requested: string): boolean {
  if (type === 'Exact') return requested === path
  if (path === '/') return requested.startsWith('/')
  return requested === path || (requested.startsWith(path) && requested[path.length] === '/')
}

/** Sorts so that the first one that matches a request is the one to take: Exact, then the longer, then by text. */
export function comparePaths(one: PathMatch, other: PathMatch): number {
  if (one.type !== other.type) return one.type === 'Exact' ? -1 : 1
  if (one.path.length !== other.path.length) return other.path.length - one.path.length
  return one.path < other.path ? -1 : one.path > other.path ? 1 : 0
}

/** The path of a request target: without query and fragment, `/` when there is none, in the form that travels. */
export function requestPath(target: string): string {
  const [path = ''] = target.split(/[?#]/, 1)
  return path === '' ? '/' : wireForm(path)
}

function mistakeIn(path: string): string | undefined {
  if (!path.startsWith('/')) return 'does not begin with a slash'
  if (path.length > longestPath) return `is longer than ${longestPath} characters`
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(path)) return 'holds a control character, which no request can'
  const [never] = /[?#\\]/.exec(path) ?? []
  return never === undefined ? undefined : `holds ${JSON.stringify(never)}, which no path of a request does`
}

/** RFC 3986: what is not printable ASCII is sent as percent-encoded UTF-8. */
function wireForm(path: string): string {
  return path.toWellFormed().replaceAll(/[^!-~]+/gu, encodeURIComponent)
}
