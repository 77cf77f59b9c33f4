// Finds what is held outside for Services that are gone: at start, and from time to time.
import type { Clock, Random } from '../kubernetes/clock.ts'
import { isAbort } from '../kubernetes/errors.ts'
import { makeKey } from '../kubernetes/objects.ts'
import type { Store } from '../kubernetes/store.ts'
import type { Service } from '../model/kubernetes-objects.ts'
import type { LoadBalancerId } from '../model/load-balancer.ts'
import type { Log } from '../observability/log.ts'
import type { Provider } from '../provider.ts'
import type { Controller } from './controller.ts'

export interface SweepOptions {
  readonly providers: ReadonlyMap<string, Provider>
  readonly services: Store<Service>
  /** Called for each load balancer whose Service the store does not know; it must look itself before it frees anything. */
  readonly onOrphan: (id: LoadBalancerId) => void
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Mean time between sweeps; each waits between half and one and a half of it. */
  readonly intervalMs: number
}

/** Load balancers whose Service is not there, or is another one by the same name, or is no load balancer any more. Pure. */
export function findOrphans(listed: Iterable<LoadBalancerId>, services: Pick<Store<Service>, 'get'>): readonly LoadBalancerId[] {
  return [...listed].filter(id => {
    // Listed only when it has no members.
    if (id.kind === 'Group') return true
    const service = services.get(makeKey(id.namespace, id.name))
    return service?.metadata.uid !== id.uid || service.spec.type !== 'LoadBalancer'
  })
}

/** Sweeps now and then again and again. */
export function startSweep(options: SweepOptions): Controller {
  const { providers, services, onOrphan, clock, random, log, intervalMs } = options
  const ending = new AbortController()
  const sweep = async () => {
    for (const [name, provider] of providers) {
      try {
        const orphans = findOrphans(await provider.list(ending.signal), services)
        if (orphans.length > 0) log.info({ provider: name, orphans: orphans.length }, 'sweep found orphans')
        for (const id of orphans) onOrphan(id)
      } catch (error) {
        if (isAbort(error, ending.signal)) return
        log.warn({ provider: name, error }, 'sweep failed')
      }
    }
  }
  const run = async () => {
    while (!ending.signal.aborted) {
      await sweep()
      // Ended by the signal alone, which the loop looks at.
      await clock.sleep(intervalMs * (0.5 + random()), ending.signal).catch(() => {})
    }
  }
  const running = run()
  return {
    name: 'sweep',
    stop: async () => {
      ending.abort(new Error('the sweep was stopped'))
      await running
    },
  }
}
