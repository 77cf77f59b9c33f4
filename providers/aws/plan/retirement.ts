// How long what was replaced stays for those who still use it. Pure.

/** How long clients get to move away from what was replaced: longer than DNS answers live and connections drain. */
export const retirementMs = 5 * 60_000

/** When the next retired thing is to go; undefined while nothing is retired. */
export function nextRetirement(retiring: readonly { readonly since: string }[], now: number): number | undefined {
  if (retiring.length === 0) return undefined
  return Math.max(1000, Math.min(...retiring.map(({ since }) => Date.parse(since) + retirementMs)) - now)
}
