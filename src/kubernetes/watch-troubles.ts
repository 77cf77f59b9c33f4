// What a set of reflectors says of itself: whether copies are complete and fresh, and whether anything is stuck.
import type { Clock } from './clock.ts'
import type { Reflector } from './reflector.ts'

/** The API server sends a bookmark about every minute, and a watch that is silent for two and a half is begun anew. */
const staleMs = 180_000

/** Watches end after ten minutes at most, and what failed is tried again within seconds. */
const stuckMs = 900_000

/** What keeps copies from being complete and fresh, one line each; none when all is well. */
export function watchTroubles(reflectors: Iterable<Reflector>, clock: Pick<Clock, 'monotonic'>): readonly string[] {
  const now = clock.monotonic()
  return [...reflectors].flatMap(({ resource, state }) => {
    const { synced, trouble, lastActivity = now } = state
    if (!synced) return [`${resource}: not listed yet${trouble ? ` (${trouble.message})` : ''}`]
    if (trouble) return [`${resource}: ${trouble.message}`]
    return now - lastActivity > staleMs ? [`${resource}: nothing was heard for ${Math.round((now - lastActivity) / 1000)} s`] : []
  })
}

/** Those that neither hear nor ask any more, which they never should: only a new process helps. */
export function stuckWatches(reflectors: Iterable<Reflector>, clock: Pick<Clock, 'monotonic'>): readonly string[] {
  const now = clock.monotonic()
  return [...reflectors].flatMap(({ resource, state: { lastActivity = 0, lastAttempt } }) => {
    const silentMs = now - Math.max(lastActivity, lastAttempt)
    return silentMs > stuckMs ? [`${resource}: the watch has stood still for ${Math.round(silentMs / 1000)} s`] : []
  })
}
