// What one Ingress asks for, read alone: its routes, hosts and certificates, and the parts that cannot be used.
import type { Ingress, IngressBackend, IngressPath, IngressRule } from '../ingress-objects.ts'
import { type Backend, backendText } from './backend.ts'
import { type CertificateClaim, readCertificates } from './certificates.ts'
import { readHost } from './host.ts'
import type { IngressId, Narrowed, Refused, Route } from './model.ts'
import { type PathMatch, readPath } from './path.ts'
import { cut, quoted, refusal } from './refusal.ts'

/** Finds what a backend means; a provider with backends of its own answers for those first. */
export type BackendResolver = (backend: IngressBackend | undefined, ingress: Ingress) => Backend

/** What the annotations of an Ingress say of its routes, in the words of no provider. */
export interface RoutingWays {
  /** Its routes have no place of their own: they share those of another Ingress. */
  readonly canary?: boolean
  /** Its paths are regular expressions, as far as they look like such. */
  readonly regex?: boolean
  /** Further hosts, in lower case: every rule that names a host is for these too. */
  readonly aliases?: readonly string[]
  /** Reads a path that means something to its provider alone; undefined for one that means what it always does. */
  readonly path?: (written: IngressPath) => ReadPath | { readonly error: string } | undefined
}

export interface ReadPath {
  readonly match: PathMatch
  readonly narrowed?: Narrowed
}

/** Depends on nothing but the Ingress and its Services, so it can be kept until one of them changes. */
export interface IngressRouting {
  readonly id: IngressId
  /** RFC 3339 in UTC; empty for an object that is not in the cluster yet. */
  readonly createdAt: string
  /** In the order they are written. */
  readonly routes: readonly Route[]
  /** Every host that a usable rule names, each once. */
  readonly hosts: readonly string[]
  readonly defaultBackend?: Pick<Route, 'backend' | 'asked' | 'origin'>
  readonly certificates: readonly CertificateClaim[]
  readonly refused: readonly Refused[]
  readonly canary?: boolean
}

/** Reads an Ingress. Never throws: what cannot be used is in `refused`, everything else is used. */
export function readIngress(ingress: Ingress, resolve: BackendResolver, ways: RoutingWays = {}): IngressRouting {
  const { metadata, spec } = ingress
  const id = { namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid ?? '' }
  const rules = (spec?.rules ?? []).flatMap((rule, index) => {
    const read = readRule(rule, index, { ingress, id, resolve, ways })
    return [read, ...(ways.aliases ?? []).flatMap(alias => (read.host ? renamed(read, alias) : []))]
  })
  const hosts = [...new Set(rules.flatMap(({ host }) => host ?? []))]
  const tls = readCertificates(spec?.tls ?? [], hosts, id)
  const backend = spec?.defaultBackend
  const origin = { ingress: id, at: 'spec.defaultBackend' }
  return {
    id,
    createdAt: metadata.creationTimestamp ?? '',
    routes: rules.flatMap(({ routes }) => routes),
    hosts,
    ...(backend ? { defaultBackend: { backend: resolve(backend, ingress), asked: backendText(backend), origin } } : {}),
    certificates: tls.certificates,
    refused: [...rules.flatMap(({ refused }) => refused), ...tls.refused],
    ...(ways.canary ? { canary: true } : {}),
  }
}

/** The same rule for another host; what is wrong with it was said once. */
function renamed({ routes }: ReadRule, host: string): ReadRule {
  return { host, routes: routes.map(route => ({ ...route, host })), refused: [] }
}

interface Reading {
  readonly ingress: Ingress
  readonly id: IngressId
  readonly resolve: BackendResolver
  readonly ways: RoutingWays
}

interface ReadRule {
  /** Absent when nothing of the rule can be used: then it takes no host from others. */
  readonly host?: string
  readonly routes: readonly Route[]
  readonly refused: readonly Refused[]
}

function readRule(rule: IngressRule, index: number, reading: Reading): ReadRule {
  const at = `spec.rules[${index}]`
  const paths = rule.http?.paths ?? []
  const named = readHost(rule.host)
  if ('error' in named) {
    const problem = refusal('InvalidHost', `The host ${quoted(rule.host)} in ${at} ${named.error}.`)
    return { routes: [], refused: [{ at: `${at}.host`, host: cut(rule.host), path: '', asked: '', problem }] }
  }
  const read = paths.map((path, place) => readRoute(path, { ...reading, host: named.host, at: `${at}.http.paths[${place}]` }))
  const routes = read.flatMap(each => ('problem' in each ? [] : each))
  // A rule without paths sends the whole host to the default backend.
  const known = routes.length > 0 || paths.length === 0
  return { ...(known ? { host: named.host } : {}), routes, refused: read.flatMap(each => ('problem' in each ? each : [])) }
}

function readRoute(written: IngressPath, place: Reading & { readonly host: string; readonly at: string }): Route | Refused {
  const { host, at, id, ingress, resolve, ways } = place
  const asked = backendText(written.backend)
  const read = ways.path?.(written) ?? plainPath(written, ways)
  if ('error' in read) {
    const problem = refusal('InvalidPath', `The path ${quoted(written.path)} of ${host || 'any host'} in ${at} ${read.error}.`)
    return { at, host, path: cut(written.path), asked, problem }
  }
  return { host, ...read, backend: resolve(written.backend, ingress), asked, origin: { ingress: id, at } }
}

function plainPath(written: IngressPath, { regex = false }: RoutingWays): ReadPath | { readonly error: string } {
  const match = readPath(written, { regex })
  return 'error' in match ? match : { match }
}
