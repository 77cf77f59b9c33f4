// Patterns as ALB has them: `*` stands for any characters, none too, and `?` for exactly one (ELBv2 API, RuleCondition). Pure.

export function matchesGlob(glob: string, text: string): boolean {
  // Greedy with one place to come back to: the last star; never more than glob times text steps.
  let [at, in_, star, mark] = [0, 0, -1, 0]
  while (in_ < text.length) {
    if (glob[at] === '*') {
      star = at++
      mark = in_
    } else if (at < glob.length && (glob[at] === '?' || glob[at] === text[in_])) {
      at++
      in_++
    } else if (star >= 0) {
      at = star + 1
      in_ = ++mark
    } else return false
  }
  while (glob[at] === '*') at++
  return at === glob.length
}

/** What stands before the first wildcard. */
export function literalStart(glob: string): string {
  return /^[^*?]*/.exec(glob)?.[0] ?? ''
}

export function hasWildcards(text: string): boolean {
  return /[*?]/.test(text)
}

/** For a regular expression that matches the text and nothing else. */
export function escapeRegex(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
}
