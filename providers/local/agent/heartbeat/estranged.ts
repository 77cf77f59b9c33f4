// Peers from whom frames come that name a key we do not have: they seem to be there, but neither side knows what the other does.

/** Who misses somebody calls every second; so long nothing of it means that it has our keys again, or is gone. */
const estrangedMs = 5000

export interface Estranged {
  /** Such a frame came. Whether it is the first one for a while. */
  notice(node: string, nowMs: number): boolean
  has(node: string, nowMs: number): boolean
  /** Forgets those of whom nothing came for long, and gives their names. */
  expire(nowMs: number): readonly string[]
}

export function createEstranged(): Estranged {
  const noticedAt = new Map<string, number>()
  const has = (node: string, nowMs: number) => nowMs < (noticedAt.get(node) ?? Number.NEGATIVE_INFINITY) + estrangedMs
  return {
    notice(node, nowMs) {
      const isNew = !noticedAt.has(node)
      noticedAt.set(node, nowMs)
      return isNew
    },
    has,
    expire(nowMs) {
      const over = [...noticedAt.keys()].filter(node => !has(node, nowMs))
      for (const node of over) noticedAt.delete(node)
      return over
    },
  }
}
