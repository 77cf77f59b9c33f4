// Annotations about requests shared between two versions, and about pages of other origins.
import type { Parsed } from '../../../../src/api/annotations.ts'
import { firstFew } from '../../../../src/model/first-few.ts'
import { readRegex } from '../../../../src/model/routing/regex.ts'
import { cookieName, flag, headerName, headerValue, items, type Reader, whole, word } from './readers.ts'
import type { GatewayRow } from './row.ts'

function pattern(text: string): Parsed<string> {
  const read = readRegex(text)
  if ('error' in read) return { error: read.error }
  return text === '' ? { error: 'must not be empty' } : { value: text }
}

const origin: Reader<string> = text => {
  const value = text.trim()
  if (value === '*') return { value }
  return value.length <= 300 && /^[a-z][a-z0-9+.-]{0,20}:\/\/(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$/i.test(value)
    ? { value: value.toLowerCase() }
    : { error: `${JSON.stringify(firstFew([value]))} is no origin, as https://example.com or https://*.example.com` }
}

const method: Reader<string> = text =>
  /^([A-Za-z]{1,20}|\*)$/.test(text)
    ? { value: text.toUpperCase() }
    : { error: `${JSON.stringify(firstFew([text]))} is no method` }

const allowedHeader: Reader<string> = text => {
  if (text === '*') return { value: '*' }
  const read = /^[A-Za-z0-9_-]{1,128}$/.test(text)
  return read ? { value: text } : { error: `${JSON.stringify(firstFew([text]))} is no name of a header` }
}

export const sharingRows = {
  canary: {
    parse: flag,
    sets: 'canary',
    doc: 'The Ingress is a canary: of the requests for the routes that it has in common (host, path and type of path) with another Ingress of its namespace it gets those that the next keys say. Of its other annotations only those about the choice of pods count; everything else is that of the main Ingress.',
    default: 'false',
    example: 'true',
    differs:
      'A canary belongs to the routes it names, where with ingress-nginx every route to the same Service has it; the main Ingress must be of the same namespace. A canary without endpoints gets nothing.',
  },
  'canary-weight': {
    parse: whole(0, 1_000_000),
    sets: 'canaryWeight',
    doc: 'How many requests of `canary-weight-total` it gets, if neither header nor cookie decide.',
    default: '0',
    example: '20',
  },
  'canary-weight-total': {
    parse: whole(1, 1_000_000),
    sets: 'canaryTotal',
    doc: 'Of how many.',
    default: '100',
    example: '1000',
    differs: 'Also less than 100.',
  },
  'canary-by-header': {
    parse: headerName,
    sets: 'canaryHeader',
    doc: 'With `always` in this header a request goes to the canary, with `never` to the main Ingress; anything else decides nothing.',
    default: 'none',
    example: 'X-Canary',
  },
  'canary-by-header-value': {
    parse: headerValue,
    sets: 'canaryHeaderValue',
    doc: 'Instead of `always`; then `never` decides nothing.',
    default: 'none',
    example: 'beta',
  },
  'canary-by-header-pattern': {
    parse: pattern,
    sets: 'canaryHeaderPattern',
    doc: 'A regular expression instead, which may match a part of the value. Not beside a value.',
    default: 'none',
    example: '^(beta|preview)$',
    differs: 'RE2 instead of PCRE, as with `use-regex`.',
  },
  'canary-by-cookie': {
    parse: cookieName,
    sets: 'canaryCookie',
    doc: 'With `always` in this cookie a request goes to the canary, with `never` to the main Ingress, if the header does not decide.',
    default: 'none',
    example: 'canary',
  },
  'affinity-canary-behavior': {
    parse: word('legacy'),
    sets: 'affinityCanary',
    doc: '`legacy`: between canary and main Ingress is decided anew for every request.',
    default: 'legacy',
    example: 'legacy',
    differs: '`sticky` is refused: the cookie keeps a client with a pod of the one or the other, not with one of the two.',
  },
  'enable-cors': {
    parse: flag,
    sets: 'cors',
    doc: 'Pages of other origins may ask; preflight requests are answered by the gateway.',
    default: 'false',
    example: 'true',
    differs:
      'Preflight requests are answered with 200, not 204; with any origin allowed, the answer names that of the request, and pages may not send cookies (browsers would not let them with ingress-nginx either).',
  },
  'cors-allow-origin': {
    parse: items(origin, 64),
    sets: 'corsOrigins',
    doc: 'Origins, `*` for all, `https://*.example.com` for one label more.',
    default: '*',
    example: 'https://shop.example.com',
  },
  'cors-allow-methods': {
    parse: items(method, 32),
    sets: 'corsMethods',
    doc: 'Methods that are allowed.',
    default: 'GET, PUT, POST, DELETE, PATCH, OPTIONS',
    example: 'GET, POST',
  },
  'cors-allow-headers': {
    parse: items(allowedHeader, 128),
    sets: 'corsHeaders',
    doc: 'Headers that are allowed.',
    default:
      'DNT, Keep-Alive, User-Agent, X-Requested-With, If-Modified-Since, Cache-Control, Content-Type, Range, Authorization',
    example: 'X-Team, Content-Type',
  },
  'cors-expose-headers': {
    parse: items(allowedHeader, 128),
    sets: 'corsExposed',
    doc: 'Headers of answers that pages may read.',
    default: 'none',
    example: 'X-Total',
  },
  'cors-allow-credentials': {
    parse: flag,
    sets: 'corsCredentials',
    doc: 'Pages may send cookies, if `cors-allow-origin` says whose they are.',
    default: 'true',
    example: 'false',
  },
  'cors-max-age': {
    parse: whole(0, 31_536_000),
    sets: 'corsMaxAge',
    doc: 'Seconds for which browsers keep the answer.',
    default: '1728000',
    example: '600',
  },
} as const satisfies Readonly<Record<string, GatewayRow>>
