// Whether a redirect sends a request back to the rule that it came from: then it is left out at that listener. Pure.
import type { Route } from '../../../src/model/routing/model.ts'
import { hostsFor } from '../../../src/model/routing/host.ts'
import { matchesPath } from '../../../src/model/routing/path.ts'
import type { ListenPort } from '../annotations/ingress/listen-ports.ts'
import type { RedirectAction } from '../model/application.ts'

export function leadsToItself(
  { protocol, host, port, path }: RedirectAction,
  route: Pick<Route, 'host' | 'match'>,
  listener: ListenPort,
): boolean {
  const sameProtocol = protocol === '#{protocol}' || protocol === listener.protocol
  const samePort = port === '#{port}' || Number(port) === listener.port
  return sameProtocol && samePort && comesBack(host, route.host) && staysUnder(path, route.match)
}

function comesBack(host: string, own: string): boolean {
  return host === '#{host}' || hostsFor(host.toLowerCase()).includes(own)
}

function staysUnder(path: string, match: Route['match']): boolean {
  if (path === '/#{path}') return true
  if (path.includes('#{')) return false
  return match === 'default' || matchesPath(match, path)
}
