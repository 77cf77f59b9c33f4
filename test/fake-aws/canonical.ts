// One text for equal settings, whatever the order in which they were given.

/** JSON with the keys of objects in order; two values with the same settings give the same text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
    return Object.fromEntries(Object.entries(part).toSorted(([left], [right]) => compareText(left, right)))
  })
}

/** Plain order of text, the same everywhere. */
export function compareText(left: string, right: string): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}

/** A copy in that order. */
export function sorted(texts: readonly string[]): readonly string[] {
  return texts.toSorted(compareText)
}
