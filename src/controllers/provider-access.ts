// Whether a provider can work for each of its classes: tried at once, and again while it cannot, so that the class can say why.
import { isDeepStrictEqual } from 'node:util'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import { conditionMessage } from '../api/conditions.ts'
import type { Clock } from '../kubernetes/clock.ts'
import { isAbort } from '../kubernetes/errors.ts'
import type { Store } from '../kubernetes/store.ts'
import type { Log } from '../observability/log.ts'
import { ProviderError } from '../provider.ts'
import type { ClassTrouble } from './class-verdicts.ts'

export interface ProviderAccessOptions {
  readonly classes: Store<LoadBalancerClass>
  readonly provider: string
  /** Resolves when the provider can work for the class; rejects with a ProviderError that says why it cannot. */
  readonly reach: (subject: LoadBalancerClass, signal: AbortSignal) => Promise<void>
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

export interface ProviderAccess {
  troubleOf(subject: LoadBalancerClass): ClassTrouble | undefined
  /** Hears when what `troubleOf` says has changed. Returns the way to stop hearing. */
  watch(listener: () => void): () => void
  stop(): Promise<void>
}

const firstDelayMs = 2000
const longestDelayMs = 60_000

export function startProviderAccess(options: ProviderAccessOptions): ProviderAccess {
  const { classes, provider, reach, clock, log } = options
  const ending = new AbortController()
  const troubles = new Map<string, ClassTrouble>()
  const trying = new Map<string, { readonly spec: LoadBalancerClass['spec']; readonly abort: AbortController }>()
  const running = new Set<Promise<void>>()
  const listeners = new Set<() => void>()
  const tell = (name: string, trouble: ClassTrouble | undefined) => {
    if (isDeepStrictEqual(troubles.get(name), trouble)) return
    if (trouble) troubles.set(name, trouble)
    else troubles.delete(name)
    for (const listener of listeners) listener()
  }
  const attempt = async (subject: LoadBalancerClass, signal: AbortSignal) => {
    const { name } = subject.metadata
    for (let delayMs = firstDelayMs; !signal.aborted; delayMs = Math.min(delayMs * 2, longestDelayMs)) {
      try {
        await reach(subject, signal)
        tell(name, undefined)
        return
      } catch (error) {
        if (isAbort(error, signal) || signal.aborted) return
        log.warn({ class: name, error, delayMs }, 'the provider cannot work for the class')
        tell(name, troubleFrom(error))
      }
      await clock.sleep(delayMs, signal).catch(() => {})
    }
  }
  const forget = (name: string) => {
    trying.get(name)?.abort.abort(new Error('the class has changed'))
    trying.delete(name)
  }
  const unsubscribe = classes.subscribe(
    ({ key, object }) => {
      if (object && isDeepStrictEqual(trying.get(key)?.spec, object.spec)) return
      forget(key)
      if (object?.spec.provider !== provider) {
        troubles.delete(key)
        return
      }
      const abort = new AbortController()
      trying.set(key, { spec: object.spec, abort })
      const run = attempt(object, AbortSignal.any([abort.signal, ending.signal, options.signal]))
      running.add(run)
      void run.finally(() => running.delete(run))
    },
    { replay: true },
  )
  return {
    troubleOf: ({ metadata }) => troubles.get(metadata.name),
    watch(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async stop() {
      unsubscribe()
      ending.abort(new Error('the controller leads no more'))
      await Promise.all(running)
    },
  }
}

function troubleFrom(error: unknown): ClassTrouble {
  if (error instanceof ProviderError) {
    const { code, message, remedy } = error
    return { reason: code, message: conditionMessage({ reason: code, message, remedy }) }
  }
  const message = error instanceof Error ? error.message : String(error)
  return { reason: 'NotConfigured', message: conditionMessage({ reason: 'NotConfigured', message }) }
}
