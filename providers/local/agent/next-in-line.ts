// Who has an address next, for people to read: the agents themselves go by the list and by who lives.

/** So long nobody may have come or gone before it is written down: agents that restart one after the other are no news. */
export const calmAfterMs = 30_000

/** The first candidate that lives, but the owner; undefined when it is the only one. */
export function nextInLine(candidates: readonly string[], owner: string, isAlive: (node: string) => boolean): string | undefined {
  return candidates.find(node => node !== owner && isAlive(node))
}
