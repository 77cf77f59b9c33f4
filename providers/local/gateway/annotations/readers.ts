// Readers of annotation values in the forms users of ingress-nginx write them. Each says what is wrong, none throws.
import { nonEmpty, type Parsed } from '../../../../src/api/annotations.ts'
import { parseCidr, parseAddress } from '../../../../src/model/address.ts'
import { firstFew } from '../../../../src/model/first-few.ts'
import { readHost } from '../../../../src/model/routing/host.ts'

export type Reader<Value> = (text: string) => Parsed<Value>

const shown = (text: string): string => JSON.stringify(firstFew([text]))

/** Spellings of Go's strconv.ParseBool, which manifests were written for. */
export function flag(text: string): Parsed<boolean> {
  const word = text.trim()
  if (['1', 't', 'T', 'true', 'True', 'TRUE'].includes(word)) return { value: true }
  if (['0', 'f', 'F', 'false', 'False', 'FALSE'].includes(word)) return { value: false }
  return { error: `${shown(text)} is none of true, false` }
}

export function whole(min: number, max: number): Reader<number> {
  return text => {
    const value = /^[0-9]{1,12}$/.test(text.trim()) ? Number(text.trim()) : Number.NaN
    return value >= min && value <= max ? { value } : { error: `${shown(text)} is no whole number from ${min} to ${max}` }
  }
}

/** One of the words, in capital or small letters. */
export function word<const Choice extends string>(...choices: readonly Choice[]): Reader<Choice> {
  return text => {
    const value = choices.find(choice => choice.toLowerCase() === text.trim().toLowerCase())
    return value === undefined ? { error: `${shown(text)} is none of ${choices.join(', ')}` } : { value }
  }
}

/** Items separated by commas, empty ones left out; at least one, at most `most`. */
export function items<Value>(item: Reader<Value>, most = 256): Reader<readonly Value[]> {
  return text => {
    const parts = text.split(',').flatMap(part => part.trim() || [])
    if (parts.length === 0) return { error: 'must not be empty' }
    if (parts.length > most) return { error: `has more than ${most} entries` }
    const values: Value[] = []
    for (const part of parts) {
      const parsed = item(part)
      if ('error' in parsed) return parsed
      values.push(parsed.value)
    }
    return { value: values }
  }
}

/** A CIDR, or an address for itself alone. */
export function cidr(text: string): Parsed<string> {
  const value = text.trim()
  const parsed = parseCidr(value)
  if (parsed) return { value: `${parsed.address.text}/${parsed.prefixLength}` }
  const address = parseAddress(value)
  if (address) return { value: `${address.text}/${address.family === 'IPv4' ? 32 : 128}` }
  return { error: `${shown(text)} is no CIDR and no address` }
}

/** Bytes, as nginx writes them: `8m`, `512k`, `1g`, or a number. `0` stands for no limit. */
export function size(text: string): Parsed<number> {
  const [, digits, unit = ''] = /^([0-9]{1,12})([kKmMgG]?)$/.exec(text.trim()) ?? []
  if (digits === undefined) return { error: `${shown(text)} is no size, as 8m or 512k` }
  const factor = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[unit.toLowerCase()] ?? 1
  const value = Number(digits) * factor
  return value <= 2 ** 50 ? { value } : { error: `${shown(text)} is larger than any request` }
}

/** Milliseconds; a number alone means seconds, as ingress-nginx has it. At most a week. */
export function duration(text: string): Parsed<number> {
  const [, digits, unit = 's'] = /^([0-9]{1,9})(ms|s|m|h)?$/.exec(text.trim()) ?? []
  const factor = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit] ?? 1000
  const value = digits === undefined ? Number.NaN : Number(digits) * factor
  return value > 0 && value <= 604_800_000 ? { value } : { error: `${shown(text)} is no time from 1ms to a week, as 30s` }
}

/** A Secret: its name, or `namespace/name`. */
export function secretName(text: string): Parsed<{ readonly namespace?: string; readonly name: string }> {
  const parts = text.trim().split('/')
  const [first = '', second] = parts
  const isName = (part: string) => part.length <= 253 && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(part)
  if (parts.length > 2 || !parts.every(isName)) return { error: `${shown(text)} is no name of a Secret` }
  return { value: second === undefined ? { name: first } : { namespace: first, name: second } }
}

export function serviceName(text: string): Parsed<string> {
  const value = text.trim()
  return /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/.test(value) ? { value } : { error: `${shown(text)} is no name of a Service` }
}

/** A host without a port, not one with an open label. */
export function hostName(text: string): Parsed<string> {
  const read = readHost(text.trim())
  if ('error' in read) return { error: `${shown(text)} ${read.error}` }
  return read.host === '' || read.host.startsWith('*') ? { error: `${shown(text)} is no DNS name` } : { value: read.host }
}

/** RFC 9110: a token. Pseudo-headers and Host have keys of their own. */
export function headerName(text: string): Parsed<string> {
  const value = text.trim().toLowerCase()
  if (value.length > 128 || !/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(value)) return { error: `${shown(text)} is no name of a header` }
  return ['host', 'connection', 'transfer-encoding', 'content-length', 'upgrade', 'te', 'keep-alive'].includes(value)
    ? { error: `${shown(text)} is a header that only the connection decides` }
    : { value }
}

/** RFC 6265: the name of a cookie is a token too. */
export function cookieName(text: string): Parsed<string> {
  const value = text.trim()
  return value.length <= 128 && /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(value)
    ? { value }
    : { error: `${shown(text)} is no name of a cookie` }
}

/** Printable ASCII in one line: what may stand in a header. */
export function headerValue(text: string): Parsed<string> {
  const value = text.trim()
  return value.length <= 4096 && /^[ -~]*$/.test(value)
    ? { value }
    : { error: `${shown(text)} is no value of a header: only printable ASCII, at most 4096 characters` }
}

/** An absolute path as it travels, without query. */
export function absolutePath(text: string): Parsed<string> {
  const value = text.trim()
  return /^\/[!-~]*$/.test(value) && !/[?#\\"<>]/.test(value) && value.length <= 2048
    ? { value }
    : { error: `${shown(text)} is no path: it begins with a slash and holds printable ASCII without ? # \\ " < >` }
}

/** `http` or `https`, with a host; or a path of the same host, where that is allowed. */
export function location(options: { readonly paths: boolean }): Reader<string> {
  return text => {
    const value = text.trim()
    const isPath = options.paths && value.startsWith('/') && !value.startsWith('//')
    const bad = { error: `${shown(text)} is no URL${options.paths ? ' and no path' : ''}; it begins with http:// or https://` }
    if (value.length > 2048 || !/^[!-~]+$/.test(value) || /[\\"<>]/.test(value)) return bad
    if (isPath) return { value }
    if (!/^https?:\/\//i.test(value) || !URL.canParse(value)) return bad
    const { hostname, username, password } = new URL(value)
    return hostname === '' || username || password ? bad : { value }
  }
}

/** Lines or items `Name: value`; a name after `-` alone is taken away. */
export function headerLines(text: string): Parsed<readonly { readonly name: string; readonly value?: string }[]> {
  const result: { name: string; value?: string }[] = []
  for (const line of text.split('\n').flatMap(each => each.trim() || [])) {
    const colon = line.indexOf(':')
    const name = headerName(line.startsWith('-') ? line.slice(1) : line.slice(0, Math.max(0, colon)))
    if ('error' in name) return name
    if (line.startsWith('-')) result.push({ name: name.value })
    else {
      const value = headerValue(line.slice(colon + 1))
      if ('error' in value) return value
      result.push({ name: name.value, value: value.value })
    }
  }
  if (result.length > 64) return { error: 'names more than 64 headers' }
  return result.length === 0 ? { error: 'must not be empty' } : { value: result }
}

/** Codes of answers from 400 to 599. */
export const errorCodes: Reader<readonly number[]> = items(whole(400, 599), 64)

export { nonEmpty }
