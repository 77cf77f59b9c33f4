// The loop of AddressPools: conditions and how full each is, told some time after the addresses were given.
import { findCondition, removeCondition, setCondition } from '../kubernetes/conditions.ts'
import type { Condition, ConditionState } from '../kubernetes/conditions.ts'
import { isConflict, isNotFound } from '../kubernetes/errors.ts'
import { createQueue } from '../kubernetes/queue.ts'
import type { AddressPool } from '../api/address-pool.ts'
import type { Reason } from '../api/reasons.ts'
import type { MergePatch } from '../kubernetes/writes.ts'
import type { Controller, Surroundings } from './controller.ts'
import { addressPools } from './resources.ts'

/** What the provider says of a pool. */
export interface PoolReport {
  readonly conditions: readonly (Pick<ConditionState, 'type' | 'status' | 'message'> & { readonly reason: Reason })[]
  /** Decimal numbers. */
  readonly total: string
  readonly used: number
  readonly free: string
  /** How many addresses are kept for Services that are gone. */
  readonly kept?: number
  /** A rebalance asked for by the annotation weir.dev/rebalance that is over, with how many addresses it moved. */
  readonly rebalanced?: { readonly value: string; readonly moved: number }
}

/** Where the reports come from. */
export interface PoolReports {
  /** The report of a pool as things stand now; undefined for a pool that is not known. */
  get(name: string): PoolReport | undefined
  /** Hears the names of pools whose report may have changed. Returns the way to stop hearing. */
  watch(wake: (name: string) => void): () => void
}

/** Counts follow the giving of addresses after so long: a thousand given addresses are one write. */
const countDelayMs = 1000

export function startPoolController(surroundings: Surroundings, reports: PoolReports): Controller {
  const { stores, clock, random, metrics } = surroundings
  const log = surroundings.log.child({ controller: 'pool' })
  const queue = createQueue({
    name: 'pool',
    work: async (name, signal) => {
      const pool = stores.pools.get(name)
      const judged = reports.get(name)
      if (pool && judged) await writePool({ ...surroundings, log }, pool, judged, signal)
    },
    clock,
    random,
    logger: log,
    metrics: metrics.queue('pool'),
  })
  const subscriptions = [
    stores.pools.subscribe(({ key, type }) => type !== 'deleted' && queue.add(key, { priority: 'low' }), { replay: true }),
    reports.watch(name => queue.addAfter(name, countDelayMs, { priority: 'low' })),
  ]
  return {
    name: 'pool',
    stop: async graceMs => {
      for (const unsubscribe of subscriptions) unsubscribe()
      await queue.drain(graceMs)
    },
  }
}

async function writePool(
  { writer, events, clock, log, metrics }: Surroundings,
  pool: AddressPool,
  judged: PoolReport,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = clock.monotonic()
  const patch = poolPatch(pool, judged, clock.now())
  if (!patch) return
  try {
    await writer.patchStatus(addressPools, pool, patch, { signal })
  } catch (error) {
    // The change that was first is on its way and will be looked at.
    if (isNotFound(error) || isConflict(error)) return
    throw error
  }
  const { total, used, free } = judged
  const name = pool.metadata.name
  const durationMs = Math.round(clock.monotonic() - startedAt)
  metrics.reconciled('pool', judged.conditions.find(({ type }) => type === 'Ready')?.reason ?? 'Accepted', durationMs)
  log.debug({ object: name, total, used, free, durationMs }, 'AddressPool counted')
  for (const { type, status, reason, message } of poolNews(pool, judged)) {
    const isGood = type === 'Ready' ? status === 'True' : status === 'False'
    log.info({ object: name, condition: type, status, reason, durationMs }, 'AddressPool decided')
    events.record({ regarding: pool, type: isGood ? 'Normal' : 'Warning', reason, action: 'Judge', note: message })
  }
  const { rebalanced } = judged
  if (!rebalanced || rebalanced.value === pool.status?.rebalanced) return
  const note = rebalancedText(rebalanced.moved)
  events.record({ regarding: pool, type: 'Normal', reason: 'Rebalanced' satisfies Reason, action: 'Rebalance', note })
}

/** What a rebalance came to. */
function rebalancedText(moved: number): string {
  if (moved === 0) return 'Every address lies as well where it is; none was moved.'
  return `${moved === 1 ? '1 address was' : `${moved} addresses were`} moved; the others lie as well where they are.`
}

/** The conditions that have changed; of several for the same reason the first, which says it all. */
export function poolNews(pool: AddressPool, { conditions }: PoolReport): PoolReport['conditions'] {
  const news = conditions.filter(({ type, status, reason }) => {
    const before = findCondition(pool.status?.conditions, type)
    // What begins as it should be is no transition.
    return before ? before.status !== status || before.reason !== reason : type === 'Ready' || status === 'True'
  })
  return news.filter(({ reason }, index) => news.findIndex(other => other.reason === reason) === index)
}

/** The patch that makes the pool's status say what `judged` says; undefined when it does. */
export function poolPatch(pool: AddressPool, judged: PoolReport, nowMs: number): MergePatch | undefined {
  const { generation } = pool.metadata
  const observed = generation === undefined ? {} : { observedGeneration: generation }
  const present = pool.status?.conditions
  let conditions: readonly Condition[] | undefined = present
  for (const condition of judged.conditions) conditions = setCondition(conditions, { ...condition, ...observed }, nowMs)
  // One that is told only while it holds.
  if (conditions && !judged.conditions.some(({ type }) => type === 'Overlap')) conditions = removeCondition(conditions, 'Overlap')
  const { total, used, free, kept = 0 } = judged
  const { status } = pool
  const rebalanced = judged.rebalanced?.value ?? status?.rebalanced
  const isSame =
    conditions === present &&
    status?.total === total &&
    status.used === used &&
    status.free === free &&
    (status.kept ?? 0) === kept &&
    status.rebalanced === rebalanced &&
    status.observedGeneration === generation
  return isSame
    ? undefined
    : { status: { conditions, total, used, free, kept, ...observed, ...(rebalanced !== undefined && { rebalanced }) } }
}
