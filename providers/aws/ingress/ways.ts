// Paths and backends of an Ingress as only ALB understands them: patterns, expressions, conditions, and actions by name. Pure.
import type { Ingress, IngressBackend, IngressPath } from '../../../src/model/ingress-objects.ts'
import type { Backend } from '../../../src/model/routing/backend.ts'
import { readPath } from '../../../src/model/routing/path.ts'
import type { ReadPath, RoutingWays } from '../../../src/model/routing/read.ts'
import { reasons } from '../../../src/api/reasons.ts'
import { isRegex } from '../annotations/ingress/condition.ts'
import { readIngressAnnotations } from '../annotations/ingress/read.ts'
import { hasWildcards, literalStart } from './rules/glob.ts'
import type { PathMatch } from './rules/item.ts'
import type { IngressSettings } from './asked.ts'

/** The port of a backend that stands for an annotation. */
const useAnnotation = 'use-annotation'

/** A route is narrowed by a pattern, by conditions, or by a redirect that is left out where it would lead to itself. */
export function readWays({ values, suffixed }: IngressSettings): RoutingWays {
  return {
    path(written): ReadPath | { readonly error: string } | undefined {
      const pattern = patternOf(written, values.regexPaths)
      if (pattern && 'error' in pattern) return pattern
      const isAll = pattern?.kind === 'pattern' && (pattern.glob === '/*' || pattern.glob === '*')
      const read = pattern ? { type: 'Prefix' as const, path: baseOf(pattern) } : readPath(written)
      if ('error' in read) return read
      const name = written.backend?.service?.name ?? ''
      const action = isAction(written.backend) ? suffixed.actions.get(name) : undefined
      const by = [
        ...(pattern && !isAll ? [`${pattern.kind} ${'glob' in pattern ? pattern.glob : pattern.source}`] : []),
        ...(suffixed.conditions.has(name) ? [`conditions ${name} ${JSON.stringify(suffixed.conditions.get(name))}`] : []),
        ...(action?.kind === 'redirect' ? [`redirect ${JSON.stringify(action)}`] : []),
      ]
      if (by.length === 0) return { match: read }
      return {
        match: read,
        narrowed: { by: by.join(' ').replaceAll(' ', '\u00a0'), ...(pattern && !isAll ? { path: written.path ?? '' } : {}) },
      }
    },
  }
}

/**
 * A path of type ImplementationSpecific with wildcards is a pattern of ALB, or a regular expression where the Ingress says so. `/*`
 * alone means every path, as Prefix `/` does; undefined for a path that means what it always does.
 */
export function patternOf(
  { path = '', pathType }: IngressPath,
  regexPaths: boolean,
): Extract<PathMatch, { readonly kind: 'pattern' | 'regex' }> | { readonly error: string } | undefined {
  if (pathType === 'Exact' || pathType === 'Prefix') return undefined
  if (regexPaths && path !== '' && path !== '/') {
    const source = path.replace(/^\/(?=[\^])/, '')
    return isRegex(source) ? { kind: 'regex', source } : { error: 'is no regular expression that ALB knows' }
  }
  if (!hasWildcards(path)) return undefined
  if (!path.startsWith('/') && !path.startsWith('*')) return { error: 'begins with neither a slash nor a star' }
  return { kind: 'pattern', glob: path }
}

/** The deepest prefix that every path of the pattern is under; its length says how early the pattern is asked. */
function baseOf(pattern: Extract<PathMatch, { readonly kind: 'pattern' | 'regex' }>): string {
  const start = pattern.kind === 'pattern' ? literalStart(pattern.glob) : '/'
  return start.slice(0, start.lastIndexOf('/')) || '/'
}

export function isAction(backend: IngressBackend | undefined): boolean {
  return backend?.service?.port?.name === useAnnotation
}

/** A backend with the port `use-annotation`; undefined for every other. */
export function resolveAction(backend: IngressBackend | undefined, { metadata }: Ingress): Backend | undefined {
  const name = backend?.service?.name
  if (!isAction(backend) || name === undefined) return undefined
  if (readIngressAnnotations(metadata.annotations ?? {}).suffixed.actions.has(name)) return { kind: 'action', name }
  const message = `There is no usable annotation alb.ingress.kubernetes.io/actions.${name}; requests to it are answered with 503.`
  return {
    kind: 'unavailable',
    problem: { reason: 'UnknownAction', message, remedy: reasons.UnknownAction.remedy, severity: 'blocks' },
  }
}
