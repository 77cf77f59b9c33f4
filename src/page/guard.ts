// Who may ask: only a browser that reached this page under a name of loopback, and only from the page itself.
import type { IncomingHttpHeaders } from 'node:http'

export interface Refusal {
  readonly status: number
  readonly message: string
}

const loopbackNames: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Why a request is not answered; undefined when it is.
 *
 * The server listens on loopback, so whoever connects is on this side of a `kubectl port-forward`. What is left is a web site that
 * such a person visits: under a name of its own that it lets point to 127.0.0.1 (DNS rebinding), which the Host header tells, or
 * by requests from its pages, which Fetch Metadata tells (W3C Sec-Fetch-Site; sent by browsers to loopback too).
 */
export function refusalOf(
  method: string,
  headers: Pick<IncomingHttpHeaders, 'host' | 'sec-fetch-site' | 'sec-fetch-mode'>,
): Refusal | undefined {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, message: 'this page is only for looking: GET' }
  const asked = headers.host ?? ''
  const host = URL.parse(`http://${asked}/`)
  if (!host || host.username !== '' || !loopbackNames.has(host.hostname))
    return {
      status: 421,
      message: `this page answers to localhost only, through kubectl port-forward, not to ${JSON.stringify(asked.slice(0, 100))}`,
    }
  const site = headers['sec-fetch-site'] ?? 'none'
  const isOpened = headers['sec-fetch-mode'] === 'navigate'
  if (site !== 'same-origin' && site !== 'none' && !isOpened)
    return { status: 403, message: 'asked for by a page of another origin' }
  return undefined
}
