// Which route of those that are served together takes a request, and why that one.
import { certificatesTowards } from '../../model/routing/certificates.ts'
import { certificatesFor, routeRequest } from '../../model/routing/match.ts'
import {
  type Certificate,
  type IngressId,
  memberKey,
  type Origin,
  type Route,
  type RoutingModel,
} from '../../model/routing/model.ts'
import { routeText } from '../../model/routing/report.ts'
import { type Block, fact, line } from '../view.ts'

export interface ExplainedRequest {
  /** A route takes it that leads to a backend. */
  readonly served: boolean
  readonly blocks: readonly Block[]
  readonly data: unknown
}

export interface Asking {
  readonly https: boolean
  /** The host has a certificate for which plain HTTP is sent to HTTPS. */
  readonly certificate: boolean
  readonly path: string
}

export interface Around {
  /** The Ingress the question is about; it may be another one that answers. */
  readonly asked: { readonly namespace: string; readonly name: string }
  /** What happens to the request besides routing, by the Ingress whose route takes it. */
  readonly wordsFor: (winner: IngressId, asking: Asking) => readonly string[]
  /** Whether the canary `of` this Ingress takes the request instead; undefined when the provider knows no canaries. */
  readonly canaryOf?: (of: IngressId) => CanaryVerdict | undefined
  /** Its Secret is missing or cannot be used. */
  readonly isUnusable: (certificate: Certificate) => boolean
  /** Connections with TLS are closed when no certificate of the Ingresses is there for them. */
  readonly closesWithout: boolean
}

/** `chance`: only the weight decides, and `share` says how. */
export interface CanaryVerdict {
  readonly taken: 'canary' | 'main' | 'chance'
  readonly share: string
}

/** Pure. */
export function explainRequest(model: RoutingModel, url: URL, around: Around): ExplainedRequest {
  const { asked, wordsFor, canaryOf, isUnusable } = around
  const routed = routeRequest(model, url.host, `${url.pathname}${url.search}`)
  const { route: main, passedOver } = routed
  const beside = canaryBeside(main, canaryOf)
  const route = beside?.verdict.taken === 'canary' ? beside.route : main
  const https = url.protocol === 'https:'
  const named = https ? certificatesFor(model, url.hostname) : []
  const certificate = named.find(each => !isUnusable(each))
  const isClosed = around.closesWithout && named.length > 0 && !certificate
  const leadsToHttps = route !== undefined && certificatesTowards(model, route).some(each => !isUnusable(each))
  const words =
    route && 'ingress' in route.origin && !isClosed
      ? wordsFor(route.origin.ingress, { https, certificate: leadsToHttps, path: url.pathname })
      : []
  const served = !isClosed && route !== undefined && route.backend.kind !== 'unavailable'
  const left = named.slice(0, certificate ? named.indexOf(certificate) : named.length)
  return {
    served,
    blocks: [
      line(
        `${url.href} ${isClosed ? 'gets no answer: the connection is closed, for want of a certificate' : resultText(route)}`,
        served ? 'good' : 'bad',
      ),
      {
        kind: 'facts',
        rows: [
          fact('host', hostReason(routed.requested.host, routed.host, model)),
          fact('path', pathReason(routed)),
          ...(beside ? [fact('canary', canaryText(beside, main))] : []),
          ...(route ? [fact('written', originText(route.origin, asked))] : []),
          ...(route?.backend.kind === 'unavailable' ? [fact('why', route.backend.problem.message)] : []),
          ...(words.length > 0 ? [fact('on the way', ...words)] : []),
          ...(passedOver.length > 0
            ? [fact('passed over', ...passedOver.map(other => `${routeText(other)} → ${other.asked}: less precise`))]
            : []),
          ...(https ? [fact('certificate', certificateText(certificate, named.length), ...left.map(unusableText))] : []),
        ],
      },
    ],
    data: {
      url: url.href,
      served,
      by: routed.by,
      ...(route
        ? { host: routed.host, route: routeText(route), backend: route.asked, origin: originText(route.origin, asked) }
        : { answer: 404 }),
      ...(certificate ? { certificate: certificate.secret } : {}),
      ...(beside ? { canary: { backend: beside.route.asked, ...beside.verdict } } : {}),
      onTheWay: words,
      passedOver: passedOver.map(other => ({ route: routeText(other), backend: other.asked })),
    },
  }
}

function certificateText(shown: Certificate | undefined, named: number): string {
  if (!shown && named > 0) return 'none that can be used'
  if (!shown) return 'none is named for this host; the client gets the default certificate, if there is one'
  return `that of ${secretText(shown)}${shown.host === '' ? ', the default one' : ` for ${shown.host}`}`
}

function unusableText(certificate: Certificate): string {
  return `${secretText(certificate)} is missing or cannot be used`
}

function secretText({ secret }: Certificate): string {
  return `Secret ${secret.namespace}/${secret.name}`
}

interface Beside {
  readonly route: Route
  readonly verdict: CanaryVerdict
}

function canaryBeside(main: Route | undefined, canaryOf: Around['canaryOf']): Beside | undefined {
  const route = main?.canary
  if (!route || !('ingress' in route.origin)) return undefined
  const verdict = canaryOf?.(route.origin.ingress)
  return verdict && { route, verdict }
}

function canaryText({ route, verdict: { taken, share } }: Beside, main: Route | undefined): string {
  const of = 'ingress' in route.origin ? ` of Ingress ${memberKey(route.origin.ingress)}` : ''
  if (taken === 'canary') return `${route.asked}${of} takes it instead of ${main?.asked ?? 'nothing'}: ${share}`
  if (taken === 'main') return `${route.asked}${of} does not take it: ${share}`
  return `${route.asked}${of} may take it instead: ${share}`
}

function resultText(route: Route | undefined): string {
  if (!route) return 'is answered with 404: no route takes it'
  if (route.backend.kind === 'unavailable') return `is answered with 503: its route leads to ${route.asked || 'nothing'}`
  return `goes to ${route.asked}`
}

function hostReason(requested: string, taken: string, model: RoutingModel): string {
  const shown = requested || 'no host'
  if (taken === '') return `no rule names ${shown}, so those without a host decide`
  if (taken === requested) return `${shown} is named exactly`
  const exact = model.hosts.has(requested) ? '' : ', because nothing names it exactly'
  return `${shown} matches ${taken} (one label is open)${exact}`
}

function pathReason({ requested: { path }, by, route }: ReturnType<typeof routeRequest>): string {
  if (!route || by === 'nothing') return `no path of that host matches ${path}, and there is no default backend`
  if (by === 'default') return `no path of that host matches ${path}; the default backend takes it`
  if (by === 'regex') return `${path} matches ${routeText(route)}, the longest expression that does`
  return by === 'exact' ? `${path} is written as Exact` : `${path} is in ${routeText(route)}, the longest prefix that matches`
}

function originText(origin: Origin, asked: { readonly namespace: string; readonly name: string }): string {
  if (!('ingress' in origin)) return `LoadBalancerClass ${origin.class}, ${origin.at}`
  const other = memberKey(origin.ingress) === memberKey(asked) ? '' : ' (another Ingress than the one asked about)'
  return `Ingress ${memberKey(origin.ingress)}, ${origin.at}${other}`
}
