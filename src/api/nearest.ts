// Finds the known word a misspelt one was probably meant to be.

/**
 * The known word nearest to `word`, or undefined when none is near enough to be a help. Case, dashes, dots and underscores
 * count for nothing, so that `loadBalancerIPs` finds `load-balancer-ips`. Of equally near words the first one wins.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const plainWord = plain(word)
  let best: { readonly word: string; readonly distance: number } | undefined
  for (const candidate of known) {
    const distance = editDistance(plainWord, plain(candidate))
    if (distance > Math.max(1, Math.floor(candidate.length / 3))) continue
    if (!best || distance < best.distance) best = { word: candidate, distance }
  }
  return best?.word
}

/** How many letters must be put in, left out, replaced or swapped with their neighbour (optimal string alignment). */
export function editDistance(one: string, other: string): number {
  let beforeLast: readonly number[] = []
  let last: readonly number[] = Array.from({ length: other.length + 1 }, (_, column) => column)
  for (let row = 1; row <= one.length; row++) {
    const current = [row]
    for (let column = 1; column <= other.length; column++) {
      const same = one[row - 1] === other[column - 1]
      let cost = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + (same ? 0 : 1))
      const swapped = row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]
      if (swapped) cost = Math.min(cost, at(beforeLast, column - 2) + 1)
      current.push(cost)
    }
    beforeLast = last
    last = current
  }
  return at(last, other.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY
}

/** Annotation keys may be long (253 characters and more); what is longer than any key of ours need not be compared in full. */
function plain(word: string): string {
  return word.toLowerCase().replaceAll(/[-._]/g, '').slice(0, 100)
}
