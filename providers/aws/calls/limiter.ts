// Keeps the calls to AWS below its limits: a token bucket per class of calls, shared fairly among load balancers.

/** Classes of calls that AWS counts apart ("Request throttling for the Amazon EC2 API", "AWS WAF quotas"; Elastic Load Balancing says none). */
export type ApiClass = 'elb-read' | 'elb-write' | 'elb-targets' | 'ec2-read' | 'ec2-write' | 'acm' | 'wafv2'

/** How many calls may go at once, and how many tokens come back each second. */
export interface Rate {
  readonly burst: number
  readonly perSecond: number
}

export type Rates = Readonly<Record<ApiClass, Rate>>

/**
 * Where it begins. AWS publishes limits for EC2 only, and an account may have higher ones, so these are generous and the answers
 * of AWS bring them down.
 */
export const defaultRates: Rates = {
  'elb-read': { burst: 100, perSecond: 40 },
  'elb-write': { burst: 100, perSecond: 40 },
  'elb-targets': { burst: 100, perSecond: 20 },
  'ec2-read': { burst: 100, perSecond: 20 },
  'ec2-write': { burst: 100, perSecond: 20 },
  acm: { burst: 10, perSecond: 5 },
  wafv2: { burst: 5, perSecond: 1 },
}

/** The part of a clock that is needed: milliseconds that never go back, and a call after some of them. */
export interface LimiterClock {
  monotonic(): number
  schedule(ms: number, run: () => void): () => void
}

export interface LimiterCall {
  readonly class: ApiClass
  /** Whose call it is: waiting calls go in turns of these. */
  readonly key: string
  readonly signal: AbortSignal
}

export interface Limiter {
  /** Resolves when the call may go. Rejects with the signal's reason when that aborts first. */
  admit(call: LimiterCall): Promise<void>
  /** AWS said that a call of this class came too fast. */
  throttled(kind: ApiClass): void
  /** Calls that wait now. */
  readonly waiting: number
}

/** After a throttle the rate is halved, but never below this part of where it began. */
const slowest = 1 / 64
/** How long it takes from standstill back to the full rate when AWS says nothing more. */
const recoveryMs = 60_000
/** Throttles that come together are one: the calls under way were sent at the old rate. */
const togetherMs = 1000

/** Full buckets, nobody waiting. */
export function createLimiter(clock: LimiterClock, rates: Rates = defaultRates): Limiter {
  const buckets = new Map<ApiClass, Bucket>()
  const bucketOf = (kind: ApiClass): Bucket => {
    const found = buckets.get(kind) ?? createBucket(clock, rates[kind])
    buckets.set(kind, found)
    return found
  }
  return {
    admit: call => bucketOf(call.class).admit(call),
    throttled: kind => bucketOf(kind).throttled(),
    get waiting() {
      return [...buckets.values()].reduce((sum, bucket) => sum + bucket.waiting(), 0)
    },
  }
}

interface Bucket {
  admit(call: LimiterCall): Promise<void>
  throttled(): void
  waiting(): number
}

function createBucket(clock: LimiterClock, { burst, perSecond }: Rate): Bucket {
  /** Waiting calls by key. The order of the map is the order of turns: who had one goes to the end. */
  const turns = new Map<string, (() => void)[]>()
  let tokens = burst
  let share = 1
  let at = clock.monotonic()
  let throttledAt = Number.NEGATIVE_INFINITY
  let wake: (() => void) | undefined

  const refill = () => {
    const now = clock.monotonic()
    const passed = now - at
    at = now
    share = Math.min(1, share + passed / recoveryMs)
    tokens = Math.min(Math.max(1, burst * share), tokens + (passed / 1000) * perSecond * share)
  }
  const serve = () => {
    refill()
    while (tokens >= 1) {
      const [turn] = turns
      if (!turn) return
      const [key, calls] = turn
      turns.delete(key)
      const next = calls.shift()
      if (calls.length > 0) turns.set(key, calls)
      if (!next) continue
      tokens--
      next()
    }
    if (turns.size > 0 && !wake) {
      const ms = Math.max(1, Math.ceil(((1 - tokens) / (perSecond * share)) * 1000))
      wake = clock.schedule(ms, () => {
        wake = undefined
        serve()
      })
    }
  }
  const leave = (key: string, go: () => void) => {
    const calls = turns.get(key)
    const place = calls?.indexOf(go) ?? -1
    if (place >= 0) calls?.splice(place, 1)
    if (calls?.length === 0) turns.delete(key)
  }
  return {
    admit({ key, signal }) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) {
          reject(signal.reason)
          return
        }
        const go = () => {
          signal.removeEventListener('abort', onAbort)
          resolve()
        }
        const onAbort = () => {
          leave(key, go)
          reject(signal.reason)
        }
        signal.addEventListener('abort', onAbort, { once: true })
        const calls = turns.get(key) ?? []
        calls.push(go)
        turns.set(key, calls)
        serve()
      })
    },
    throttled() {
      refill()
      tokens = Math.min(tokens, 0)
      if (clock.monotonic() - throttledAt < togetherMs) return
      throttledAt = clock.monotonic()
      share = Math.max(slowest, share / 2)
    },
    waiting: () => [...turns.values()].reduce((sum, calls) => sum + calls.length, 0),
  }
}
