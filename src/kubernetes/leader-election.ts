// Leader election on a Lease: at most one process leads, and it stops before its lease can be taken by another.
import type { Clock, Random } from './clock.ts'
import { formatMicroTime } from './conditions.ts'
import { isAlreadyExists, isConflict, messageOf } from './errors.ts'
import { createLease, readLease, renewed, replaceLease } from './lease-writes.ts'
import { observeLeases } from './leases.ts'
import type { Lease, LeaseObservations } from './leases.ts'
import type { Logger } from './logger.ts'
import { jittered } from './retry.ts'
import type { Transport } from './transport.ts'

/*
 * Why there are never two, as long as no clock runs much faster than another:
 * the leader counts its time from before it sends a renewal, the others from after they have seen it, and the leader's
 * span (renewDeadlineMs) is shorter than theirs (leaseDurationMs). Wall clocks are never compared. A process that is frozen past
 * its deadline wakes as a leader for an instant; this is why leadership is an optimisation here and every write has its own
 * precondition.
 */

export interface ElectionOptions {
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly namespace: string
  readonly name: string
  /** Unique per process, for instance `pod-name_uuid`. */
  readonly identity: string
  /** How long others wait after the last change they saw. 15 s unless told; whole seconds. */
  readonly leaseDurationMs?: number
  /** A leader that has not renewed for so long stops leading. 10 s unless told; less than leaseDurationMs. */
  readonly renewDeadlineMs?: number
  /** Between two tries. 2 s unless told. */
  readonly retryPeriodMs?: number
  /** Works as leader until the signal aborts. When it returns or throws, the lease is released and the election ends. */
  readonly lead: (signal: AbortSignal) => Promise<void>
  /** Told who leads whenever that changes. */
  readonly onLeader?: (identity: string) => void
  readonly signal: AbortSignal
}

/**
 * Takes part until `signal` aborts or `lead` ends. A leader that loses the lease waits for `lead` to end and then
 * stands again. While `lead` ends after `signal` aborted, the lease is still renewed, so that nobody starts beside it.
 * Resolves after the lease was released; rejects with what `lead` threw.
 */
export async function electLeader(options: ElectionOptions): Promise<void> {
  const { signal, leaseDurationMs = 15_000, renewDeadlineMs = 10_000 } = options
  if (renewDeadlineMs >= leaseDurationMs) throw new RangeError('renewDeadlineMs must be less than leaseDurationMs')
  while (!signal.aborted) {
    const held = await acquire(options)
    if (!held) return
    const over = await leadWith(held, options)
    if (over) return
  }
}

/** A lease that is ours, counted from before the request that made it so. */
interface Held {
  readonly lease: Lease
  readonly since: number
}

/** Tries until the lease is ours; undefined when the signal aborts first. */
async function acquire(options: ElectionOptions): Promise<Held | undefined> {
  const { clock, random, logger, name, signal, retryPeriodMs = 2000, onLeader } = options
  let seen: LeaseObservations = new Map()
  let leader: string | undefined
  while (!signal.aborted) {
    try {
      const lease = await readLease(options.transport, options, { timeoutMs: timeoutOf(options), signal })
      seen = observeLeases(seen, lease ? [lease] : [], clock.monotonic())
      const [observed] = seen.values()
      if (observed && observed.holder !== leader && observed.holder !== '') onLeader?.((leader = observed.holder))
      const isFree = !observed || observed.holder === '' || observed.holder === options.identity
      if (isFree || clock.monotonic() >= observed.seenChangingAt + observed.durationMs) return await take(lease, options)
    } catch (error) {
      if (signal.aborted) return undefined
      const fields = { lease: name, error: messageOf(error) }
      // Another candidate was faster: the usual end of a race.
      if (isConflict(error) || isAlreadyExists(error)) logger.debug(fields, 'the lease went to another')
      else logger.warn(fields, 'cannot stand for leader; trying again')
    }
    await clock.sleep(jittered(retryPeriodMs, random), signal).catch(() => {})
  }
  return undefined
}

async function take(lease: Lease | undefined, options: ElectionOptions): Promise<Held> {
  const { transport, clock, namespace, name, identity, signal, leaseDurationMs = 15_000 } = options
  const since = clock.monotonic()
  const nowMs = clock.now()
  const request = { timeoutMs: timeoutOf(options), signal }
  const spec = { ...renewed(identity, leaseDurationMs, nowMs), acquireTime: formatMicroTime(nowMs) }
  if (!lease)
    return { since, lease: await createLease(transport, { namespace, name }, { ...spec, leaseTransitions: 0 }, request) }
  const leaseTransitions = (lease.spec?.leaseTransitions ?? 0) + (lease.spec?.holderIdentity === identity ? 0 : 1)
  return { since, lease: await replaceLease(transport, lease, { ...spec, leaseTransitions }, request) }
}

/** Leads while the lease is kept. True when `lead` ended by itself or by the caller's signal; false when the lease was lost. */
async function leadWith(first: Held, options: ElectionOptions): Promise<boolean> {
  const { clock, logger, name, identity, signal, lead, onLeader, renewDeadlineMs = 10_000 } = options
  // A long pause right after the answer: whoever waits may have seen the lease run out.
  if (clock.monotonic() >= first.since + renewDeadlineMs) return false
  const leading = new AbortController()
  const ended = new AbortController()
  let held: Held | undefined = first
  const lose = (why: string) => {
    if (held) logger.warn({ lease: name, why }, 'lost the lease; stopping as leader')
    held = undefined
    leading.abort(new DOMException(`no longer leader: ${why}`, 'AbortError'))
  }
  const deadlineAfter = (since: number) =>
    clock.schedule(since + renewDeadlineMs - clock.monotonic(), () => lose(`not renewed for ${renewDeadlineMs / 1000} s`))
  let cancelDeadline = deadlineAfter(first.since)
  const onRenewed = (renewal: Held) => {
    // A renewal that comes after the deadline changes nothing: leading has stopped.
    if (!held) return
    held = renewal
    cancelDeadline()
    cancelDeadline = deadlineAfter(renewal.since)
  }
  const stop = () => leading.abort(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()

  logger.info({ lease: name, identity }, 'leading')
  onLeader?.(identity)
  const work = (async () => lead(leading.signal))().finally(() => ended.abort())
  const renewing = keepRenewing({ options, current: () => held, onRenewed, lose, ended: ended.signal })
  try {
    await work
  } catch (error) {
    // What a cut leader throws is the cut itself.
    if (!leading.signal.aborted) throw error
  } finally {
    signal.removeEventListener('abort', stop)
    cancelDeadline()
    await renewing
    if (held) await release(held.lease, options)
  }
  return signal.aborted || held !== undefined
}

interface Renewing {
  readonly options: ElectionOptions
  readonly current: () => Held | undefined
  readonly onRenewed: (held: Held) => void
  readonly lose: (why: string) => void
  readonly ended: AbortSignal
}

async function keepRenewing({ options, current, onRenewed, lose, ended }: Renewing): Promise<void> {
  const { clock, random, logger, transport, name, identity, leaseDurationMs = 15_000, retryPeriodMs = 2000 } = options
  const request = { timeoutMs: timeoutOf(options) }
  const renew = async ({ lease }: Held) => {
    const since = clock.monotonic()
    onRenewed({ since, lease: await replaceLease(transport, lease, renewed(identity, leaseDurationMs, clock.now()), request) })
  }
  const afterConflict = async () => {
    const lease = await readLease(transport, options, request)
    const held = current()
    if (!held) return
    if (!lease) lose('the lease was deleted')
    else if (lease.spec?.holderIdentity !== identity) lose(`held by ${lease.spec?.holderIdentity || 'nobody'}`)
    // Ours still: an earlier renewal arrived although its answer did not, or someone else touched the object.
    else await renew({ ...held, lease })
  }
  while (!ended.aborted) {
    await clock.sleep(jittered(retryPeriodMs, random), ended).catch(() => {})
    const held = current()
    if (ended.aborted || !held) return
    try {
      await renew(held).catch(async error => {
        if (!isConflict(error)) throw error
        await afterConflict()
      })
    } catch (error) {
      logger.warn({ lease: name, error: messageOf(error) }, 'could not renew the lease; trying again')
    }
  }
}

/** Lets others take over at once. If it fails they wait for the lease to run out, as after a crash. */
async function release(lease: Lease, options: ElectionOptions): Promise<void> {
  const spec = { holderIdentity: '', leaseDurationSeconds: 1, renewTime: formatMicroTime(options.clock.now()) }
  try {
    await replaceLease(options.transport, lease, spec, { timeoutMs: timeoutOf(options) })
  } catch (error) {
    options.logger.debug({ lease: options.name, error: messageOf(error) }, 'could not release the lease')
  }
}

/** A third of the time there is, so that one lost answer leaves room for two more tries. */
function timeoutOf({ renewDeadlineMs = 10_000 }: ElectionOptions): number {
  return renewDeadlineMs / 3
}
