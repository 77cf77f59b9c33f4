// Readers of annotation values in the forms users of AWS Load Balancer Controller write them. Each says what is wrong, none throws.
import type { Parsed } from '../../../src/api/annotations.ts'
import { nonEmpty, oneOf } from '../../../src/api/annotations.ts'
import { parseAddress, parseCidr } from '../../../src/model/address.ts'
import type { IpFamily } from '../../../src/model/load-balancer.ts'
import { validName } from '../model/names.ts'

type Reader<Value> = (text: string) => Parsed<Value>

/** Items separated by commas, empty ones left out; at least one. */
export function items<Value>(item: Reader<Value>): Reader<Value[]> {
  return text => {
    const values: Value[] = []
    for (const part of text.split(',').map(each => each.trim())) {
      if (part === '') continue
      const parsed = item(part)
      if ('error' in parsed) return parsed
      values.push(parsed.value)
    }
    return values.length === 0 ? { error: 'must not be empty' } : { value: values }
  }
}

/** As items, each once. */
export function distinct(item: Reader<string>): Reader<string[]> {
  const readAll = items(item)
  return text => {
    const parsed = readAll(text)
    if ('error' in parsed) return parsed
    const twice = parsed.value.find((value, index) => parsed.value.indexOf(value) !== index)
    return twice === undefined ? parsed : { error: `${JSON.stringify(twice)} stands there twice` }
  }
}

export function integer(min: number, max: number): Reader<number> {
  return text => {
    const value = /^-?[0-9]+$/.test(text.trim()) ? Number(text.trim()) : Number.NaN
    return value >= min && value <= max ? { value } : { error: `${JSON.stringify(text)} is no number from ${min} to ${max}` }
  }
}

/** Spellings of Go's strconv.ParseBool, which manifests were written for. */
export function flag(text: string): Parsed<boolean> {
  const word = text.trim()
  if (['1', 't', 'T', 'true', 'True', 'TRUE'].includes(word)) return { value: true }
  if (['0', 'f', 'F', 'false', 'False', 'FALSE'].includes(word)) return { value: false }
  return { error: `${JSON.stringify(text)} is none of true, false` }
}

export function onOff(text: string): Parsed<boolean> {
  const parsed = oneOf('on', 'off')(text)
  return 'error' in parsed ? parsed : { value: parsed.value === 'on' }
}

/** `key=value,key=value`; a key without `=` has an empty value where `bareKeys` allows it. */
export function map(options: { readonly bareKeys?: boolean } = {}): Reader<Record<string, string>> {
  const readPairs = items(nonEmpty)
  return text => {
    const pairs = readPairs(text)
    if ('error' in pairs) return pairs
    const result: Record<string, string> = {}
    for (const pair of pairs.value) {
      const equals = pair.indexOf('=')
      const key = (equals < 0 ? pair : pair.slice(0, equals)).trim()
      if (key === '' || (equals < 0 && !options.bareKeys)) return { error: `${JSON.stringify(pair)} is not key=value` }
      if (key in result) return { error: `${JSON.stringify(key)} stands there twice` }
      result[key] = equals < 0 ? '' : pair.slice(equals + 1).trim()
    }
    return { value: result }
  }
}

/** One of the words, in capital or small letters. */
export function word<const Choice extends string>(...choices: readonly Choice[]): Reader<Choice> {
  return text => {
    const value = choices.find(choice => choice.toLowerCase() === text.trim().toLowerCase())
    return value === undefined ? { error: `${JSON.stringify(text)} is none of ${choices.join(', ')}` } : { value }
  }
}

export function address(family: IpFamily): Reader<string> {
  return text => {
    const parsed = parseAddress(text.trim())
    return parsed?.family === family ? { value: parsed.text } : { error: `${JSON.stringify(text)} is no ${family} address` }
  }
}

/** A /80 of IPv6, or the word by which AWS chooses one. */
export function sourceNatPrefix(text: string): Parsed<string> {
  const cidr = parseCidr(text)
  const isPrefix = cidr?.address.family === 'IPv6' && cidr.prefixLength === 80
  return isPrefix || text === 'auto_assigned'
    ? { value: text }
    : { error: `${JSON.stringify(text)} is neither an IPv6 prefix of length 80 nor auto_assigned` }
}

export function arn(text: string): Parsed<string> {
  const value = text.trim()
  return value.startsWith('arn:') ? { value } : { error: `${JSON.stringify(text)} is no ARN` }
}

/** Codes and ranges of codes, as `200,300-399`. */
export function successCodes(text: string): Parsed<string> {
  const value = text.replaceAll(' ', '')
  const ranges = value.split(',').map(range => range.split('-').map(Number))
  const fits = /^[0-9]{3}(-[0-9]{3})?(,[0-9]{3}(-[0-9]{3})?)*$/.test(value)
  const inside = ranges.every(range => range.every(code => code >= 200 && code <= 599) && (range[0] ?? 0) <= (range[1] ?? 599))
  return fits && inside ? { value } : { error: `${JSON.stringify(text)} is no list of codes or ranges from 200 to 599` }
}

/** `CapacityUnits=N`. */
export function capacity(text: string): Parsed<number> {
  const units = /^\s*CapacityUnits\s*=\s*([0-9]+)\s*$/.exec(text)?.[1]
  return units === undefined || Number(units) < 1
    ? { error: `${JSON.stringify(text)} is not CapacityUnits=<number>` }
    : { value: Number(units) }
}

export function loadBalancerName(text: string): Parsed<string> {
  const problem = validName(text.trim())
  return problem === undefined ? { value: text.trim() } : { error: `${JSON.stringify(text.trim())} ${problem}` }
}

/** `*`, which stands for all target groups; nothing else has a meaning. */
export function everywhere(text: string): Parsed<boolean> {
  return text.trim() === '*' ? { value: true } : { error: `${JSON.stringify(text)} is not *` }
}

/** A setting that is refused by its name; its value in `harmless` asks for nothing and is taken. */
export function notSupported(what: string, harmless?: string): Reader<undefined> {
  return text => (text.trim() === harmless ? { value: undefined } : { error: `${what} not supported yet` })
}
