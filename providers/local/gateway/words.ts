// What the settings of an Ingress do to a request besides routing it, in words, in the order in which it happens. For `weir explain`.
import { decideCanary } from './canary-ways.ts'
import type { RequestHeaders } from './canary-ways.ts'
import type { Canary, IngressSettings, RedirectTarget } from './settings.ts'

export interface Asking {
  readonly https: boolean
  /** The host has a certificate of its own. */
  readonly certificate: boolean
  readonly path: string
}

/** Pure. Empty when nothing happens to the request but routing. */
export function wordsOf(settings: IngressSettings, { https, certificate, path }: Asking): readonly string[] {
  const { closed, httpsRedirect, redirect, sources, rates, rewrite, canary } = settings
  if (closed !== undefined) return [`answered with 503: ${closed}`]
  const goesToHttps = !https && (httpsRedirect === 'always' || (httpsRedirect === 'with-certificate' && certificate))
  return [
    ...(sources.allow ? [`only clients from ${sources.allow.join(', ')}; others get 403`] : []),
    ...(sources.deny.length > 0 ? [`clients from ${sources.deny.join(', ')} get 403`] : []),
    ...(goesToHttps ? ['sent to https, and not to the backend'] : []),
    ...(redirect ? [`sent elsewhere (${redirect.code})${targetText(redirect.to)}`] : []),
    ...(settings.appRoot !== undefined && path === '/' ? [`sent to ${settings.appRoot} (302)`] : []),
    ...(settings.clientCertificate ? [`client certificate ${settings.clientCertificate.wanted}`] : []),
    ...(settings.basicAuth ? [`password by Secret ${settings.basicAuth.secret.name}; without a good one 401`] : []),
    ...(settings.externalAuth ? [`${settings.externalAuth.target.path} is asked first whether it may pass`] : []),
    ...rates.map(({ requests, seconds }) => `at most ${requests} requests in ${seconds} s of one client; more are refused`),
    ...(settings.cors ? [`CORS for ${settings.cors.origins.join(', ')}`] : []),
    ...(settings.bodyBytes === undefined ? [] : [`bodies up to ${settings.bodyBytes} bytes; longer ones get 413`]),
    ...(rewrite === undefined ? [] : [`the backend sees the path as ${rewrite}`]),
    ...(settings.upstreamHost === undefined ? [] : [`the backend sees the host ${settings.upstreamHost}`]),
    ...(canary ? ['it is a canary: a part of the requests of another Ingress goes to it'] : []),
  ]
}

/** Whether a request with these headers goes to the canary, and why. Pure. */
export function canaryVerdict(
  canary: Canary,
  headers: RequestHeaders,
): { readonly taken: 'canary' | 'main' | 'chance'; readonly share: string } {
  const { header, cookie, weight, weightTotal } = canary
  const taken = decideCanary(canary, headers)
  // With even chances, whatever is not left to chance was decided by what is looked at first.
  const even = { weight: 1, weightTotal: 2 }
  if (header && decideCanary({ ...even, header }, headers) !== 'weight')
    return { taken: taken === 'canary' ? 'canary' : 'main', share: `its header ${header.name} says so` }
  if (cookie !== undefined && decideCanary({ ...even, cookie }, headers) !== 'weight')
    return { taken: taken === 'canary' ? 'canary' : 'main', share: `its cookie ${cookie} says so` }
  return { taken: taken === 'weight' ? 'chance' : taken, share: `${weight} of ${weightTotal} requests go there` }
}

function targetText({ scheme, host, path }: RedirectTarget): string {
  const parts = [scheme && `${scheme}://`, host, path].filter(part => part !== undefined)
  return parts.length === 0 ? '' : `: ${parts.join('')}`
}
