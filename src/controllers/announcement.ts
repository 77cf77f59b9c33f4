// The loop of Announcements: one name at a time, behind everything that is more urgent than who announces an address.
import { ApiError } from '../kubernetes/errors.ts'
import { createQueue } from '../kubernetes/queue.ts'
import type { Action } from '../provider.ts'
import type { Controller, Surroundings } from './controller.ts'

/** What the provider knows of Announcements, by their names. */
export interface Announcing<A extends Action = Action> {
  /** The next step for one, or none. Pure. */
  plan(name: string): A | undefined
  /** A conflict needs nothing: the change that was first wakes the name again. */
  apply(action: A, signal: AbortSignal): Promise<'done' | 'conflict'>
  /** Hears the names that something concerns: addresses, Services, pools, nodes, agents. Returns the way to stop hearing. */
  watch(wake: (name: string) => void): () => void
}

export interface AnnouncementControllerOptions<A extends Action> {
  readonly surroundings: Surroundings
  readonly announcing: Announcing<A>
  /** Whether Services wait to be worked on; their addresses come first. */
  readonly isBusy: () => boolean
}

/** Few, so that the answers of the API server go to Services first. */
const concurrency = 8

/** While Services wait, a name looks again so often, and waits for so many looks at most: a stuck Service must not stop it. */
const standBackMs = 100
const mostStandBacks = 20

/** Between two tries of what is refused or goes on failing. */
const longestDelayMs = 30_000

export function startAnnouncementController<A extends Action>(options: AnnouncementControllerOptions<A>): Controller {
  const { surroundings, announcing, isBusy } = options
  const { clock, random, metrics } = surroundings
  const log = surroundings.log.child({ controller: 'announcement' })
  /** What the API server takes from nobody is a mistake of ours or of an admission rule: told, and tried again now and then. */
  const applied = async (action: A, signal: AbortSignal): Promise<'done' | 'conflict' | 'refused'> => {
    try {
      return await announcing.apply(action, signal)
    } catch (error) {
      if (!(error instanceof ApiError) || error.retry !== 'when-changed') throw error
      log.warn({ action: action.kind, error: error.message, afterMs: longestDelayMs }, 'Announcement refused')
      return 'refused'
    }
  }
  const queue = createQueue({
    name: 'announcement',
    work: async (name, signal) => {
      for (let turn = 0; turn < mostStandBacks && isBusy(); turn++) await clock.sleep(standBackMs, signal)
      const startedAt = clock.monotonic()
      const action = announcing.plan(name)
      if (!action) return undefined
      const result = await applied(action, signal)
      if (result === 'refused') return { againAfterMs: longestDelayMs }
      const durationMs = Math.round(clock.monotonic() - startedAt)
      metrics.reconciled('announcement', action.kind, durationMs)
      log.info({ object: name, reason: action.kind, result, durationMs }, 'Announcement decided')
      return undefined
    },
    clock,
    random,
    logger: log,
    concurrency,
    firstDelayMs: 500,
    longestDelayMs,
    metrics: metrics.queue('announcement'),
  })
  const unwatch = announcing.watch(name => queue.add(name, { priority: 'low' }))
  return {
    name: 'announcement',
    stop: async graceMs => {
      unwatch()
      await queue.drain(graceMs)
    },
  }
}
