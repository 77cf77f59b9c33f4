// The ports at which the rules of an Ingress stand. Pure.
import type { Ingress } from '../../../src/model/ingress-objects.ts'
import type { ListenPort } from '../annotations/ingress/listen-ports.ts'
import type { AskedValues } from './asked.ts'

/**
 * Those it asks for. Else HTTP 80; with certificates by ARN HTTPS 443 instead; with `spec.tls`, or a redirect to it, both, since plain
 * HTTP stays served unless somebody says otherwise.
 */
export function portsOf({ spec }: Ingress, { listenPorts, certificates, sslRedirect }: AskedValues): readonly ListenPort[] {
  if (listenPorts) return listenPorts
  const [http, https] = [{ protocol: 'HTTP', port: 80 } as const, { protocol: 'HTTPS', port: sslRedirect ?? 443 } as const]
  if (sslRedirect !== undefined || (spec?.tls ?? []).length > 0) return [http, https]
  return certificates ? [https] : [http]
}
