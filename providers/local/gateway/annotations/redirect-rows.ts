// Annotations about where clients are sent, what backends see as path and host, and which further paths and hosts are meant.
import { absolutePath, flag, headerLines, headerValue, hostName, items, type Reader, whole, word } from './readers.ts'
import type { GatewayRow } from './row.ts'
import { redirectTarget } from './urls.ts'

const redirectCode: Reader<301 | 302 | 303 | 307 | 308> = text => {
  const read = whole(301, 308)(text)
  if ('error' in read) return read
  const code = ([301, 302, 303, 307, 308] as const).find(each => each === read.value)
  return code === undefined ? { error: `${read.value} is none of 301, 302, 303, 307, 308` } : { value: code }
}

/** An absolute path in which `$1` to `$9` stand for what groups matched. */
const rewriteTarget: Reader<string> = text => {
  const value = text.trim()
  if (/^https?:/i.test(value))
    return { error: 'is a URL; a rewrite stays with the backend, and a redirect has its own annotation' }
  const path = absolutePath(value.replaceAll(/\$\{?[1-9]\}?/g, 'x'))
  if ('error' in path) return path
  return path.value.includes('$')
    ? { error: 'holds a variable other than $1 to $9' }
    : { value: value.replaceAll(/\$\{([1-9])\}/g, '$$$1') }
}

export const redirectRows = {
  'ssl-redirect': {
    parse: flag,
    sets: 'sslRedirect',
    doc: 'Plain HTTP is answered with 308 to HTTPS where the host has a certificate.',
    default: 'true',
    example: 'false',
    differs: 'Only once the certificate is there: nobody is sent to one that clients refuse.',
  },
  'force-ssl-redirect': {
    parse: flag,
    sets: 'forceSslRedirect',
    doc: 'The same, also where there is no certificate: TLS ends somewhere in front.',
    default: 'false',
    example: 'true',
  },
  'permanent-redirect': {
    parse: redirectTarget,
    sets: 'permanentRedirect',
    doc: 'Every request is answered with 301 and this URL; `$request_uri` at its end stands for what was asked for.',
    default: 'none',
    example: 'https://new.example.com$request_uri',
    differs: 'Of variables only `$request_uri` at the end, `$scheme` and `$host` in their places.',
  },
  'permanent-redirect-code': {
    parse: redirectCode,
    sets: 'permanentRedirectCode',
    doc: 'Another code for `permanent-redirect`.',
    default: '301',
    example: '308',
  },
  'temporal-redirect': {
    parse: redirectTarget,
    sets: 'temporalRedirect',
    doc: 'Every request is answered with 302 and this URL. It goes before `permanent-redirect`.',
    default: 'none',
    example: 'https://example.com/maintenance',
    differs: 'As with `permanent-redirect`.',
  },
  'temporal-redirect-code': {
    parse: redirectCode,
    sets: 'temporalRedirectCode',
    doc: 'Another code for `temporal-redirect`.',
    default: '302',
    example: '307',
  },
  'from-to-www-redirect': {
    parse: flag,
    sets: 'otherWww',
    doc: 'Requests for `www.` and a host of the Ingress are sent to the host (308), and the other way round. Not where an Ingress names that other host.',
    default: 'false',
    example: 'true',
  },
  'app-root': {
    parse: absolutePath,
    sets: 'appRoot',
    doc: 'Requests for `/` are sent to this path (302).',
    default: 'none',
    example: '/shop',
  },
  'rewrite-target': {
    parse: rewriteTarget,
    sets: 'rewrite',
    doc: 'What the backend sees instead of the whole path; `$1` to `$9` stand for what groups of the path matched. Paths with groups are regular expressions, as with `use-regex`.',
    default: 'none',
    example: '/$2',
    differs: 'Does not turn the other paths of the host into expressions. A URL or a query is refused.',
  },
  'use-regex': {
    parse: flag,
    sets: 'regex',
    doc: 'Paths are regular expressions, in capital or small letters, for what requests begin with: those of type ImplementationSpecific always, the others if they hold characters of expressions. The longer expression goes first; at a host that an Ingress of another namespace named first, expressions go after all other paths.',
    default: 'false',
    example: 'true',
    differs:
      'RE2 instead of PCRE: no look-around, no back-references, no possessive or atomic groups, no named groups, no POSIX classes; such a path is left out. Paths are compared as they travel, with their escapes. Other Ingresses of the host keep their meaning.',
  },
  'server-alias': {
    parse: items(hostName, 64),
    sets: 'aliases',
    doc: 'Further hosts that the rules of the Ingress are for.',
    default: 'none',
    example: 'shop.example.org,shop.example.net',
    differs: 'No expressions (`~`). A host that an older Ingress has is shared by paths, as if a rule named it.',
  },
  'upstream-vhost': {
    parse: (text: string) => {
      const [name = '', port] = text.trim().split(':')
      const host = hostName(name)
      if ('error' in host) return host
      return port === undefined || /^[1-9][0-9]{0,4}$/.test(port)
        ? { value: text.trim().toLowerCase() }
        : { error: 'has a port that is none' }
    },
    sets: 'upstreamHost',
    doc: 'What the backend sees as Host.',
    default: 'as the client sent it',
    example: 'internal.example.com',
    differs: 'A name, no variables.',
  },
  'x-forwarded-prefix': {
    parse: headerValue,
    sets: 'forwardedPrefix',
    doc: 'The value of X-Forwarded-Prefix, which no client can set.',
    default: 'none',
    example: '/shop',
  },
  'request-headers': {
    nginx: [],
    parse: headerLines,
    sets: 'requestHeaders',
    doc: 'Headers that the backend gets, `Name: value` line by line; `-Name` takes one away.',
    default: 'none',
    example: 'X-Team: shop',
  },
  'response-headers': {
    nginx: [],
    parse: headerLines,
    sets: 'responseHeaders',
    doc: 'Headers that the client gets, `Name: value` line by line; `-Name` takes one away.',
    default: 'none',
    example: 'Strict-Transport-Security: max-age=31536000',
  },
  'enable-access-log': {
    parse: word('true'),
    sets: 'accessLog',
    doc: 'Whether requests are logged is decided for a gateway as a whole.',
    default: 'as the class says',
    example: 'true',
    differs: '`false` is refused: the log is that of the gateway.',
  },
} as const satisfies Readonly<Record<string, GatewayRow>>
