// Regular expressions that Ingresses may write: the part of them that RE2 and every other engine read alike, and how large they get.
// Sources: the syntax page of RE2; its size is what Envoy bounds (re2.max_program_size).

/** What is known of one that may be used. */
export interface Regex {
  /** How many groups capture. */
  readonly groups: number
  /** At least as many steps as RE2 compiles it to, whether or not case counts. */
  readonly size: number
}

/** Longest text, most steps, deepest nesting and largest number of repetitions. Nothing that people write for paths comes near. */
const most = { characters: 512, steps: 1000, depth: 20, repeats: 1000 } as const

/** Letters of which Unicode knows further forms beyond ASCII, when case does not count. */
const folding = /[kKsS]/

/** Steps that a class takes beside two for each of its parts: its folded forms are sequences of bytes. */
const classSteps = 16

class Unusable extends Error {}

/** Reads one. Never throws; time grows with the length alone. `error` completes the sentence `the expression <x> <error>`. */
export function readRegex(text: string): Regex | { readonly error: string } {
  if (text.length > most.characters) return { error: `is longer than ${most.characters} characters` }
  if (/[^ -~]/.test(text)) return { error: 'holds characters beyond printable ASCII; write them percent-encoded, as they travel' }
  try {
    const reading = { text, at: 0, groups: 0 }
    const size = alternatives(reading, 0)
    if (reading.at < text.length) throw new Unusable('closes a group that was not opened')
    if (size > most.steps) throw new Unusable('is too large: it compiles to more steps than a request is worth')
    return { groups: reading.groups, size }
  } catch (error) {
    if (error instanceof Unusable) return { error: error.message }
    throw error
  }
}

/** An expression that means exactly the text. */
export function quoteRegex(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
}

interface Reading {
  readonly text: string
  at: number
  groups: number
}

function alternatives(reading: Reading, depth: number): number {
  if (depth > most.depth) throw new Unusable(`nests groups deeper than ${most.depth}`)
  let size = 1
  while (reading.at < reading.text.length && reading.text[reading.at] !== ')') {
    if (reading.text[reading.at] === '|') {
      reading.at++
      size += 2
      continue
    }
    const one = atom(reading, depth)
    size += one * repeats(reading)
    if (size > most.steps) throw new Unusable('is too large: it compiles to more steps than a request is worth')
  }
  return size
}

/** Reads what can be repeated, and gives its size. */
function atom(reading: Reading, depth: number): number {
  const { text } = reading
  const character = text[reading.at++] ?? ''
  switch (character) {
    case '(':
      return group(reading, depth)
    case '[':
      return bracket(reading)
    case '\\':
      return escaped(reading)
    case '.':
      return classSteps
    case '*':
    case '+':
    case '?':
      throw new Unusable(`repeats nothing with ${JSON.stringify(character)}, or repeats twice`)
    case '{':
      throw new Unusable(String.raw`holds a brace that repeats nothing; write \{ for the character`)
    case '^':
    case '$':
      if (/[*+?{]/.test(reading.text[reading.at] ?? '')) throw new Unusable(`repeats ${character}, which is no character`)
      return 1
    default:
      return folding.test(character) ? classSteps : 1
  }
}

function group(reading: Reading, depth: number): number {
  if (reading.text[reading.at] === '?') {
    if (!reading.text.startsWith('?:', reading.at)) {
      const form = reading.text.slice(reading.at - 1, reading.at + 3)
      throw new Unusable(`holds ${JSON.stringify(form)}: of groups that begin with a question mark only (?: ) is understood`)
    }
    reading.at += 2
  } else reading.groups++
  const size = alternatives(reading, depth + 1)
  if (reading.text[reading.at++] !== ')') throw new Unusable('opens a group that it does not close')
  return size + 2
}

/** Classes and escapes that mean the same everywhere. */
function escaped(reading: Reading): number {
  const character = reading.text[reading.at++]
  if (character === undefined) throw new Unusable('ends in a backslash')
  if (/[dDwWsS]/.test(character)) return classSteps
  if (character === 'b' || character === 'B') return 1
  if (/[a-zA-Z0-9]/.test(character)) throw new Unusable(`holds \\${character}, which RE2 does not know or knows otherwise`)
  return 1
}

function bracket(reading: Reading): number {
  const { text } = reading
  if (text[reading.at] === '^') reading.at++
  let parts = 0
  while (text[reading.at] !== ']') {
    const low = classMember(reading)
    parts++
    if (text[reading.at] !== '-' || text[reading.at + 1] === ']') continue
    reading.at++
    const high = classMember(reading)
    if (low === undefined || high === undefined || low > high) throw new Unusable('holds a class with a range that is none')
  }
  reading.at++
  if (parts === 0) throw new Unusable('holds an empty class')
  return classSteps + 2 * parts
}

/** The character of a class, or undefined for one that stands for several. */
function classMember(reading: Reading): string | undefined {
  const character = reading.text[reading.at++]
  if (character === undefined) throw new Unusable('opens a class that it does not close')
  if (character === '[') throw new Unusable(String.raw`holds [ within a class; write \[ for the character`)
  if (character !== '\\') return character
  const next = reading.text[reading.at++] ?? ''
  if (/[dDwWsS]/.test(next)) return undefined
  if (next === '' || /[a-zA-Z0-9]/.test(next)) throw new Unusable(`holds \\${next} within a class, which RE2 does not know`)
  return next
}

/** How often at most what was read last stands there, as far as size goes. */
function repeats(reading: Reading): number {
  const found = /^(?:[*+?]|\{(\d{1,4})(?:(,)(\d{0,4}))?\})\??/.exec(reading.text.slice(reading.at, reading.at + 16))
  if (!found) return 1
  reading.at += found[0].length
  if (/^[*+?{]/.test(reading.text.slice(reading.at, reading.at + 1))) {
    throw new Unusable('repeats a repetition; put the first into a group')
  }
  const [, low, comma, high] = found
  if (low === undefined) return 2
  const least = Number(low)
  const largest = comma === undefined || high === '' ? least + 1 : Number(high)
  if (largest < least || largest > most.repeats) throw new Unusable(`repeats more than ${most.repeats} times, or backwards`)
  return 2 * Math.max(1, largest)
}
