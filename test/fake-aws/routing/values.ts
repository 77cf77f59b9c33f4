// Values of conditions: with wildcards, or regular expressions.

/** What the user guide leaves open about regular expressions. */
export type Reading = {
  /** Whether an expression has to match the whole text or only a part of it. */
  readonly whole: boolean
  /** Whether case counts in host names and headers, as it does in paths. */
  readonly cased: boolean
}

/** Every way to read it. */
export const readings: readonly Reading[] = [
  { whole: false, cased: true },
  { whole: true, cased: true },
  { whole: false, cased: false },
  { whole: true, cased: false },
]

export type Values = { readonly plain?: readonly string[] | undefined; readonly regex?: readonly string[] | undefined }

/** Whether one of the values means the text. */
export function anyHolds(
  { plain = [], regex = [] }: Values,
  text: string,
  { foldsCase, reading }: { readonly foldsCase: boolean; readonly reading: Reading },
): boolean {
  const fold = (value: string) => (foldsCase ? value.toLowerCase() : value)
  if (plain.some(pattern => matchesPattern(fold(pattern), fold(text)))) return true
  const flags = foldsCase && !reading.cased ? 'i' : ''
  return regex.some(source => new RegExp(reading.whole ? `^(?:${source})$` : source, flags).test(text))
}

/** `*` stands for any number of characters, `?` for exactly one; behind a backslash they mean themselves. */
export function matchesPattern(pattern: string, text: string): boolean {
  const parts = tokens(pattern)
  // The positions in the pattern that the text so far can have led to.
  let reached = behindStars(parts, new Set([0]))
  for (const character of text) {
    const next = new Set<number>()
    for (const at of reached) {
      const part = parts[at]
      if (part === undefined) continue
      if (part.kind === 'star') next.add(at)
      else if (part.kind === 'any' || part.text === character) next.add(at + 1)
    }
    reached = behindStars(parts, next)
  }
  return reached.has(parts.length)
}

type Part = { readonly kind: 'star' | 'any' | 'literal'; readonly text: string }

function tokens(pattern: string): readonly Part[] {
  const found = pattern.match(/\\[*?\\]|[\s\S]/gu) ?? []
  return found.map(text => {
    if (text === '*') return { kind: 'star', text }
    if (text === '?') return { kind: 'any', text }
    return { kind: 'literal', text: text.length > 1 && text.startsWith('\\') ? text.slice(1) : text }
  })
}

/** A star may stand for nothing. */
function behindStars(parts: readonly Part[], reached: ReadonlySet<number>): ReadonlySet<number> {
  const all = new Set(reached)
  for (const at of all) if (parts[at]?.kind === 'star') all.add(at + 1)
  return all
}
