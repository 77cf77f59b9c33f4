// URLs in annotations, with the few variables of nginx that users write in them.
import type { Parsed } from '../../../../src/api/annotations.ts'
import { firstFew } from '../../../../src/model/first-few.ts'
import type { RedirectTarget, UrlTarget } from '../settings.ts'

const shown = (text: string): string => JSON.stringify(firstFew([text]))
const plain = /^[!-~]+$/
const longest = 2048

/** Names of variables that are understood in the place of a host. */
const hostVariable = /^\$(?:host|http_host|server_name|\{host\})$/

interface Parts {
  /** Absent: `$scheme`. */
  readonly scheme?: 'http' | 'https'
  /** Absent: `$host`. */
  readonly host?: string
  readonly port?: number
  /** Path and query, variables and all. */
  readonly rest: string
}

function parts(text: string): Parts | undefined {
  const value = text.trim()
  if (value.length > longest || !plain.test(value) || /[\\"<>`^{|}]/.test(value.replaceAll(/\$\{\w+\}/g, ''))) return undefined
  const [, scheme = '', host = '', port, rest = ''] =
    /^(https?|\$scheme|\$pass_access_scheme):\/\/([^/:?#@$]+|\$\w+|\$\{host\}|\[[0-9a-fA-F:.]+\])(?::(\d{1,5}))?([/?$].*)?$/i.exec(
      value,
    ) ?? []
  if (host === '' || rest.includes('#') || Number(port ?? 1) > 65_535 || Number(port ?? 1) < 1) return undefined
  if (host.startsWith('$') ? !hostVariable.test(host) : !URL.canParse(`http://${host}`)) return undefined
  const named = scheme.toLowerCase()
  return {
    ...(named === 'http' || named === 'https' ? { scheme: named } : {}),
    ...(host.startsWith('$') ? {} : { host: host.toLowerCase() }),
    ...(port === undefined ? {} : { port: Number(port) }),
    rest,
  }
}

/** The target of a redirect: a URL, or a path of the same host; `$request_uri` at its end stands for what was asked for. */
export function redirectTarget(text: string): Parsed<RedirectTarget> {
  const value = text.trim()
  const isPath = /^\/(?!\/)/.test(value)
  const read = isPath
    ? plain.test(value) && value.length <= longest && !/[\\"<>#]/.test(value)
      ? { rest: value }
      : undefined
    : parts(value)
  if (!read) return { error: `${shown(text)} is no URL and no path, as https://example.com/start` }
  const { rest, ...place } = read
  const [, before = '', variable] = /^([^$]*)(\$request_uri|\$uri\$is_args\$args)?$/.exec(rest) ?? []
  if (rest !== before + (variable ?? ''))
    return { error: `${shown(text)} holds a variable that is not understood; $request_uri is, at the end` }
  if (variable === undefined) return { value: { ...place, path: rest === '' ? '/' : rest.startsWith('?') ? `/${rest}` : rest } }
  const prefix = before.replace(/\/$/, '')
  if (prefix.includes('?')) return { error: `${shown(text)} has a query before $request_uri` }
  return { value: { ...place, ...(prefix === '' ? {} : { before: prefix }) } }
}

/** A page to send clients to, which may say where they came from. */
export function pageUrl(text: string): Parsed<string> {
  const value = text.trim().replaceAll('${', '{')
  const read = parts(text) ?? (/^\/(?!\/)[!-~]*$/.test(text.trim()) && text.length <= longest ? { rest: text.trim() } : undefined)
  if (!read || /[\\"<>]/.test(value)) return { error: `${shown(text)} is no URL and no path` }
  const unknown = [...read.rest.matchAll(/\$\w*/g)].map(([name]) => name).filter(name => !pageVariables.includes(name))
  return unknown.length === 0
    ? { value: text.trim() }
    : { error: `${shown(text)} holds ${unknown[0]}; ${pageVariables.join(', ')} are understood` }
}

export const pageVariables = ['$host', '$http_host', '$scheme', '$pass_access_scheme', '$request_uri', '$escaped_request_uri']

/** A URL that the gateway itself asks: that of a Service, `http://name.namespace.svc/path`, or one of a host of its own. */
export function serviceUrl(text: string): Parsed<UrlTarget> {
  const read = parts(text)
  if (!read) return { error: `${shown(text)} is no URL, as http://auth.default.svc.cluster.local/check` }
  const { scheme, host, port, rest } = read
  const path = rest === '' ? '/' : rest.startsWith('?') ? `/${rest}` : rest
  if (path.includes('$')) return { error: `${shown(text)} holds a variable after the host, which is not understood there` }
  if (host === undefined) return { value: { port: port ?? (scheme === 'http' ? 80 : 443), path } }
  const [, name = '', namespace = ''] = /^([a-z0-9-]+)\.([a-z0-9-]+)\.svc(?:\.[a-z0-9.-]+)?$/.exec(host) ?? []
  if (name === '')
    return { error: `${shown(text)} does not lead to a Service of the cluster (http://name.namespace.svc/) or to $host` }
  if (scheme !== 'http') return { error: `${shown(text)} must begin with http://: Services are asked in plain HTTP` }
  return { value: { service: { namespace, name }, port: port ?? 80, path, host: port === undefined ? host : `${host}:${port}` } }
}
