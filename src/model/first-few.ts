// Names the first of many in a message: who wrote a thousand bad entries needs a few to find the mistake.

/** At most so many are named. */
const most = 5

/** No entry of somebody's is quoted longer than this. */
const longest = 100

/** `a, b, c, d, e and 995 more`. `whole`: texts of our own, of bounded length, are not cut. */
export function firstFew(entries: readonly string[], separator = ', ', { whole = false } = {}): string {
  const shown = entries
    .slice(0, most)
    .map(entry => (whole || entry.length <= longest ? entry : `${entry.slice(0, longest).toWellFormed()}…`))
  const more = entries.length - shown.length
  return shown.join(separator) + (more > 0 ? ` and ${more} more` : '')
}
