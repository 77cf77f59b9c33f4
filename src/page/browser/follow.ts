// Asks again and again, and only for what changed (ETag); after failures more slowly, in a hidden tab rarely.
import { page } from './dom.ts'

export interface Follower {
  /** Asks now: the question is another, or somebody looks again. */
  again(): void
  stop(): void
}

export interface FollowOptions {
  /** What to ask now; asked each time. */
  readonly url: () => string
  /** What came, if it is another than before. */
  readonly onNews: (body: unknown) => void
  /** It answered, with news or without. */
  readonly onAnswer?: () => void
  /** It did not; in words. */
  readonly onTrouble: (words: string) => void
  readonly everyMs: number
}

const longestMs = 5000
const hiddenMs = 30_000
const patienceMs = 10_000

export function follow({ url, onNews, onAnswer, onTrouble, everyMs }: FollowOptions): Follower {
  const stopping = new AbortController()
  let failures = 0
  let tag = ''
  let asked = ''
  let wake = () => {}
  let pending: AbortController | undefined

  const once = async () => {
    const target = url()
    if (target !== asked) tag = ''
    asked = target
    const abort = new AbortController()
    pending = abort
    const signal = AbortSignal.any([abort.signal, AbortSignal.timeout(patienceMs)])
    try {
      const headers: Record<string, string> = tag === '' ? {} : { 'if-none-match': tag }
      const response = await fetch(target, { headers, cache: 'no-store', signal })
      if (response.status === 304) {
        failures = 0
        onAnswer?.()
        return
      }
      if (!response.ok) throw new Error((await response.text()).trim() || `status ${response.status}`)
      const body: unknown = await response.json()
      tag = response.headers.get('etag') ?? ''
      failures = 0
      onAnswer?.()
      onNews(body)
    } catch (error) {
      // Another question took its place.
      if (abort.signal.aborted) return
      failures++
      tag = ''
      onTrouble(error instanceof TypeError ? 'the connection is gone' : error instanceof Error ? error.message : String(error))
    }
  }
  const run = async () => {
    while (!stopping.signal.aborted) {
      const begun = asked
      await once()
      if (begun !== '' && asked !== url()) continue
      const slowed = Math.min(longestMs, everyMs * 2 ** Math.min(failures, 4))
      await pause(page.visibilityState === 'hidden' ? hiddenMs : slowed)
    }
  }
  const pause = (ms: number) =>
    new Promise<void>(resolve => {
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  void run()
  return {
    again() {
      if (asked !== url()) pending?.abort()
      wake()
    },
    stop() {
      stopping.abort()
      pending?.abort()
      wake()
    },
  }
}
