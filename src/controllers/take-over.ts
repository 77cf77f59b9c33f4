// Watches whether the controllers that aliases of classes stand for still run: a few reads by name, again and again, while a class has an alias.
import { isDeepStrictEqual } from 'node:util'
import type { WorkloadRef } from '../api/take-over.ts'
import { ApiError, isAbort, messageOf } from '../kubernetes/errors.ts'
import { leases, observeLeases } from '../kubernetes/leases.ts'
import type { Lease, LeaseObservation } from '../kubernetes/leases.ts'
import type { KubernetesObject, Resource } from '../kubernetes/objects.ts'
import { daemonSets, deployments } from '../kubernetes/workloads.ts'
import type { Workload } from '../kubernetes/workloads.ts'
import type { Writer } from '../kubernetes/writes.ts'
import { leaseText, refText, searchesOf } from '../model/other-controllers.ts'
import { judgeTakeOver } from '../model/take-over.ts'
import type { LeaseSight, TakeOver, TakeOvers, WorkloadSight } from '../model/take-over.ts'
import type { Clock } from '../kubernetes/clock.ts'
import type { Log } from '../observability/log.ts'
import type { Controller } from './controller.ts'
import type { Stores } from './stores.ts'

/** How often it is looked while something is waited for, and while nothing is. */
const waitingMs = 5000
const settledMs = 10_000

/** For one read: a place that does not answer must not hold up the others for long. */
const readMs = 5000

/** A workload that wants pods and has none that is ready may only be in trouble for a moment. */
const unreadyMs = 60_000

/** What a Lease without a duration is taken to last (the default of client-go). */
const usualLeaseMs = 15_000

export interface TakeOverWatch extends Controller {
  /** What is known now; empty until `first`. */
  readonly current: () => TakeOvers
  /** Resolves when everything was looked at once. */
  readonly first: Promise<void>
}

export interface TakeOverOptions {
  readonly stores: Pick<Stores, 'classes'>
  readonly writer: Pick<Writer, 'get'>
  readonly clock: Clock
  readonly log: Log
  /** Told when anything is decided otherwise than before. */
  readonly onChange: () => void
}

export function watchTakeOvers({ stores, writer, clock, log: parent, onChange }: TakeOverOptions): TakeOverWatch {
  const log = parent.child({ controller: 'take-over' })
  const ending = new AbortController()
  const { signal } = ending
  let known: TakeOvers = new Map()
  let seenLeases = new Map<string, LeaseObservation & { readonly moved: boolean }>()
  const unreadySince = new Map<string, number>()
  let wake: () => void = () => {}

  const read = async <T extends KubernetesObject>(resource: Resource<T>, namespace: string, name: string) => {
    try {
      return { object: await writer.get(resource, name, namespace, { signal, timeoutMs: readMs }) }
    } catch (error) {
      if (signal.aborted) throw error
      if (error instanceof ApiError && error.code === 404) return { sight: { kind: 'missing' } as const }
      const why = error instanceof ApiError && error.code === 403 ? 'forbidden' : messageOf(error)
      return { sight: { kind: 'unreadable', why } as const }
    }
  }
  const lookAtLeases = async (refs: ReadonlyMap<string, { readonly namespace: string; readonly name: string }>) => {
    const found = await Promise.all(
      [...refs].map(async ([text, { namespace, name }]) => [text, await read(leases, namespace, name)] as const),
    )
    const now = clock.monotonic()
    const present = found.flatMap(([, one]) => ('object' in one ? [one.object] : []))
    const observed = observeLeases(seenLeases, present, now)
    const next = new Map<string, LeaseObservation & { readonly moved: boolean }>()
    for (const [key, one] of observed) {
      const before = seenLeases.get(key)
      next.set(key, { ...one, moved: before !== undefined && (before.moved || before.mark !== one.mark) })
    }
    seenLeases = next
    return new Map(found.map(([text, one]) => [text, 'object' in one ? leaseSight(one.object, next, now) : one.sight]))
  }
  const lookAtWorkloads = async (refs: ReadonlyMap<string, WorkloadRef>) => {
    const found = await Promise.all(
      [...refs].map(async ([text, { kind, namespace, name }]) => {
        const one = await read(kind === 'Deployment' ? deployments : daemonSets, namespace, name)
        return [text, 'object' in one ? workloadSight(text, one.object) : one.sight] as const
      }),
    )
    return new Map<string, WorkloadSight>(found)
  }
  const workloadSight = (text: string, { metadata, spec, status = {} }: Workload): WorkloadSight => {
    const ready = status.readyReplicas ?? status.numberReady ?? 0
    if (ready > 0) {
      unreadySince.delete(text)
      return { kind: 'running', ready }
    }
    const now = clock.monotonic()
    const since = unreadySince.get(text) ?? now
    unreadySince.set(text, since)
    // A status that is older than the last change of the spec tells of what was.
    const isFresh = metadata.generation === undefined || (status.observedGeneration ?? 0) >= metadata.generation
    const wantsNone = isFresh && (status.desiredNumberScheduled === 0 || spec?.replicas === 0)
    return wantsNone || now - since >= unreadyMs ? { kind: 'stopped' } : { kind: 'unready' }
  }
  const look = async () => {
    const searches = searchesOf([...stores.classes.values()])
    const all = [...searches.values()].filter(({ free }) => !free)
    const [leaseSights, workloadSights] = await Promise.all([
      lookAtLeases(new Map(all.flatMap(search => search.leases.map(ref => [leaseText(ref), ref] as const)))),
      lookAtWorkloads(new Map(all.flatMap(search => search.workloads.map(ref => [refText(ref), ref] as const)))),
    ])
    const missing = { kind: 'missing' } as const
    const next = new Map<string, TakeOver>()
    for (const [alias, search] of searches) {
      const judged = judgeTakeOver(search, {
        lease: ref => leaseSights.get(leaseText(ref)) ?? missing,
        workload: ref => workloadSights.get(refText(ref)) ?? missing,
      })
      next.set(alias, judged)
      const before = known.get(alias)
      if (before?.kind === judged.kind && isDeepStrictEqual(before, judged)) continue
      const told = judged.kind === 'active' ? { reason: 'TakenOver', seen: judged.seen } : judged.problem
      log.info({ object: alias === '' ? 'Services without a class' : alias, ...told }, 'alias decided')
    }
    if (isDeepStrictEqual(known, next)) return
    known = next
    onChange()
  }
  const isSettled = () => [...known.values()].every(({ kind }) => kind === 'active')

  let firstLook: () => void = () => {}
  const first = new Promise<void>(resolve => {
    firstLook = resolve
  })
  const run = async () => {
    while (!signal.aborted) {
      const woken = new AbortController()
      wake = () => woken.abort()
      try {
        await look()
      } catch (error) {
        if (!isAbort(error, signal)) log.warn({ error }, 'other controllers could not be looked for')
      }
      firstLook()
      await clock.sleep(isSettled() ? settledMs : waitingMs, AbortSignal.any([signal, woken.signal])).catch(() => {})
    }
  }
  const unsubscribe = stores.classes.subscribe(({ object, old }) => {
    if (!isDeepStrictEqual(aliasesOf(object), aliasesOf(old))) wake()
  })
  const running = run()
  return {
    name: 'take-over',
    current: () => known,
    first,
    stop: async () => {
      unsubscribe()
      ending.abort(new Error('take-over was stopped'))
      await running
    },
  }
}

function aliasesOf(
  lbClass: { readonly spec: { readonly aliases?: unknown; readonly takeOver?: unknown; readonly default?: unknown } } | undefined,
) {
  return lbClass && [lbClass.spec.aliases, lbClass.spec.takeOver, lbClass.spec.default]
}

/** Judged by whether it changes while we watch: clocks of two machines are never compared. */
function leaseSight(
  { metadata, spec }: Lease,
  seen: ReadonlyMap<string, LeaseObservation & { readonly moved: boolean }>,
  nowMs: number,
): LeaseSight {
  const holder = spec?.holderIdentity ?? ''
  const one = seen.get(`${metadata.namespace}/${metadata.name}`)
  if (holder === '' || !one) return { kind: 'expired' }
  if (nowMs - one.seenChangingAt >= (one.durationMs || usualLeaseMs)) return { kind: 'expired' }
  return one.moved ? { kind: 'held', holder } : { kind: 'watched', holder }
}
