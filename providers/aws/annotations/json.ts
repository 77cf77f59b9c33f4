// JSON in annotations: where it breaks off, and what is wrong in it, in words. Pure.
import type { z } from 'zod'
import type { Parsed } from '../../../src/api/annotations.ts'

/** What the fields of a JSON value hold, by their names; for messages, and to know them in other letters. */
export type Forms = Readonly<Record<string, string>>

/**
 * Reads JSON by a schema. Names of fields in `forms` are known in capital and small letters, as Go reads them, which manifests
 * were written for.
 */
export function readJson<Value>(text: string, schema: z.ZodType<Value>, forms: Forms): Parsed<Value> {
  const json = parseJson(text)
  if ('error' in json) return json
  const value = withKnownNames(json.value, new Map(Object.keys(forms).map(name => [name.toLowerCase(), name])))
  const parsed = schema.safeParse(value)
  if (parsed.success) return { value: parsed.data }
  const [issue] = parsed.error.issues
  return { error: issue ? wordsOf(issue, value, forms) : 'cannot be read' }
}

function withKnownNames(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map(each => withKnownNames(each, names))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [names.get(key.toLowerCase()) ?? key, withKnownNames(each, names)]),
  )
}

/** One mistake: `forwardConfig.targetGroups[0].weight must be a number from 0 to 999`. */
function wordsOf(issue: z.core.$ZodIssue, value: unknown, forms: Forms): string {
  const path = issue.path.map(part => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('')
  const at = path === '' ? 'the value' : path.replace(/^\./, '')
  if (issue.code === 'custom') return `${at} ${issue.message}`
  if (issue.code === 'unrecognized_keys') return `${at} has ${issue.keys.join(', ')}, which is not known here`
  const field = issue.path.findLast(part => typeof part === 'string') ?? ''
  const found = issue.path.reduce<unknown>((inner, key) => (inner === undefined ? inner : Reflect.get(Object(inner), key)), value)
  return `${at} must be ${forms[field] ?? 'a JSON object'}${found === undefined ? ', and is missing' : ''}`
}

export function parseJson(text: string): Parsed<unknown> {
  try {
    return { value: JSON.parse(text) }
  } catch {
    const { at, wanted } = breakingPoint(text)
    const found = at >= text.length ? 'the end' : JSON.stringify(text[at])
    return { error: `is not JSON: at character ${at + 1} there is ${found} where ${wanted} is expected` }
  }
}

interface Breaking {
  readonly at: number
  readonly wanted: string
}

/** Where text stops being JSON (RFC 8259). Engines tell it in changing words, or not at all. */
function breakingPoint(text: string): Breaking {
  let at = 0
  const space = () => {
    while (/[ \t\n\r]/.test(text[at] ?? '')) at++
  }
  const literal = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/y
  const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y // oxlint-disable-line no-control-regex
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found) at += found[0].length
    return found !== null
  }
  const quotedText = (wanted: string): Breaking | undefined => {
    if (!take(string)) return { at, wanted }
    if (text[at] !== '"') return { at, wanted: 'a quotation mark or a character of the text' }
    at++
    return undefined
  }
  const members = (end: string, member: () => Breaking | undefined): Breaking | undefined => {
    at++
    space()
    if (text[at] === end) {
      at++
      return undefined
    }
    for (;;) {
      const wrong = member()
      if (wrong) return wrong
      space()
      if (text[at] === end) {
        at++
        return undefined
      }
      if (text[at] !== ',') return { at, wanted: `a comma or ${end}` }
      at++
      space()
    }
  }
  const value = (): Breaking | undefined => {
    space()
    if (text[at] === '"') return quotedText('a text')
    if (text[at] === '[') return members(']', value)
    if (text[at] !== '{') return take(literal) ? undefined : { at, wanted: 'a value' }
    return members('}', () => {
      const wrong = quotedText('a name in quotation marks')
      if (wrong) return wrong
      space()
      if (text[at] !== ':') return { at, wanted: 'a colon' }
      at++
      return value()
    })
  }
  const wrong = value()
  if (wrong) return wrong
  space()
  return { at, wanted: 'nothing more' }
}
