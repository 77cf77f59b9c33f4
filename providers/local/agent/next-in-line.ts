// Who has an address next, for people to read: the agents themselves go by the list and by who lives.

/** So long nobody may have come or gone before it is written down: agents that restart one after the other are no news. */
const calmAfterMs = 30_000
/** Then not all at once: a node that comes changes what thousands of addresses say, and nobody waits for it. */
const spreadMs = 60_000

/** After how long a calm who is next for this Announcement is written down: always the same for one name, spread over a minute for many. */
export function restateAfterMs(name: string): number {
  let hash = 0x811c_9dc5
  for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x0100_0193)
  // The last bytes of names differ most: FNV-1a leaves them in the low bits, which are mixed into the high ones here.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b_3c6d)
  return calmAfterMs + ((hash >>> 0) / 2 ** 32) * spreadMs
}

/** The first candidate that lives, but the owner; undefined when it is the only one. */
export function nextInLine(candidates: readonly string[], owner: string, isAlive: (node: string) => boolean): string | undefined {
  return candidates.find(node => node !== owner && isAlive(node))
}
