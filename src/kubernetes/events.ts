// Events (events.k8s.io/v1) on transitions: repeats become a series, nothing is ever waited for, nothing ever throws.
import { randomUUID } from 'node:crypto'
import type { Clock } from './clock.ts'
import { formatMicroTime } from './conditions.ts'
import { cutText } from './cut-text.ts'
import { isNotFound, messageOf } from './errors.ts'
import type { Logger } from './logger.ts'
import { defineResource, pathOf } from './objects.ts'
import type { KubernetesObject } from './objects.ts'
import type { Transport } from './transport.ts'

export interface EventInput {
  /** What the event is about. It must carry apiVersion and kind, as everything in a store does. */
  readonly regarding: KubernetesObject
  readonly type: 'Normal' | 'Warning'
  /** CamelCase, why. */
  readonly reason: string
  /** CamelCase, what was done or refused. */
  readonly action: string
  /** For people; cut at 1024 bytes. */
  readonly note: string
}

export interface EventRecorder {
  /** Returns at once. The same event about the same object within some minutes is counted, not written again. */
  record(event: EventInput): void
  /** Writes what waits, for at most `graceMs`, and ends. */
  stop(graceMs?: number): Promise<void>
  /** Events lost because too many waited or writing failed. */
  readonly dropped: number
}

export interface EventRecorderOptions {
  readonly transport: Transport
  readonly clock: Clock
  readonly logger: Logger
  /** For instance `weir.dev/controller`. */
  readonly reportingController: string
  /** The pod's name. */
  readonly reportingInstance: string
  /** Waiting events; of more, the oldest are dropped. 2000 unless told. */
  readonly capacity?: number
  /** At most so many writes in a second, one at a time, so that events stay behind everything else. 50 unless told. */
  readonly perSecond?: number
  /** While it says true, events wait, each for two seconds at most. */
  readonly isBusy?: () => boolean
}

interface Event extends KubernetesObject {
  readonly eventTime: string
  readonly reportingController: string
  readonly reportingInstance: string
  readonly action: string
  readonly reason: string
  readonly regarding: Readonly<Record<string, string | undefined>>
  readonly note: string
  readonly type: string
  readonly series?: { readonly count: number; readonly lastObservedTime: string }
}

const events = defineResource<Event>({ group: 'events.k8s.io', version: 'v1', plural: 'events', kind: 'Event', namespaced: true })

/** A repeat within this time of the last one belongs to the same series (the same span as client-go). */
const seriesMs = 6 * 60_000

/** A running series is written again after so long at the earliest; in between only counted. */
const seriesWriteMs = 60_000

/** How often one that stands back looks again, and how often at most. */
const standBackMs = 100
const mostStandBacks = 20

/** events.k8s.io/v1 refuses longer notes. */
const longestNoteBytes = 1024

/** One event and its repeats. Little of it, because there may be thousands: the object is made when it is written. */
interface Series {
  readonly input: Omit<EventInput, 'regarding'>
  readonly regarding: Event['regarding']
  /** MicroTime of the first one. */
  readonly eventTime: string
  /** Of the object in the API server. */
  readonly name: string
  count: number
  lastAt: number
  lastTime: string
  /** What the API server has: 0 is nothing yet. */
  writtenCount: number
  writtenAt: number
}

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { transport, clock, logger, capacity = 2000, perSecond = 50, isBusy = () => false } = options
  const known = new Map<string, Series>()
  const waiting = new Set<Series>()
  const stopping = new AbortController()
  let dropped = 0
  let writing: Promise<void> | undefined
  let stopped = false

  const forgetOld = (now: number) => {
    // In order of their last repeat, because every repeat moves a series to the end.
    for (const [key, series] of known) {
      if (known.size <= capacity && now - series.lastAt < seriesMs) return
      known.delete(key)
      // What was counted since the last write would otherwise never be told.
      if (series.writtenCount > 0 && series.count > series.writtenCount) enqueue(series)
    }
  }
  const enqueue = (series: Series) => {
    waiting.add(series)
    if (waiting.size > capacity) {
      const [oldest] = waiting
      if (oldest) waiting.delete(oldest)
      dropped++
    }
    writing ??= writeAll().finally(() => {
      writing = undefined
    })
  }
  const writeAll = async () => {
    for (const series of waiting) {
      for (let turn = 0; turn < mostStandBacks && isBusy(); turn++) {
        // Ended by stop alone, which lets what waits be written.
        await clock.sleep(standBackMs, stopping.signal).catch(() => {})
      }
      waiting.delete(series)
      try {
        await write(series, stopping.signal)
      } catch (error) {
        dropped++
        logger.debug({ reason: series.input.reason, error: messageOf(error) }, 'could not write an event')
      }
      await clock.sleep(1000 / perSecond, stopping.signal).catch(() => {})
    }
  }
  const write = async (series: Series, signal: AbortSignal) => {
    const { name, count } = series
    const event = eventFrom(series, options)
    const { namespace } = event.metadata
    series.writtenAt = clock.monotonic()
    const body = count > 1 ? { ...event, series: { count, lastObservedTime: series.lastTime } } : event
    if (series.writtenCount > 0) {
      try {
        const path = pathOf(events, { name, namespace })
        const contentType = 'application/merge-patch+json'
        await transport.request({
          method: 'PATCH',
          path,
          contentType,
          body: { series: body.series },
          retry: 'idempotent',
          signal,
        })
        series.writtenCount = count
        return
      } catch (error) {
        // Events live for an hour; a series may outlive its own.
        if (!isNotFound(error)) throw error
      }
    }
    await transport.request({ method: 'POST', path: pathOf(events, { namespace }), body, signal })
    series.writtenCount = count
  }
  const record = (input: EventInput) => {
    const now = clock.monotonic()
    forgetOld(now)
    const key = [
      input.regarding.metadata.uid,
      input.regarding.metadata.name,
      input.type,
      input.reason,
      input.action,
      input.note,
    ].join('\n')
    const old = known.get(key)
    const series = old ?? newSeries(input, formatMicroTime(clock.now()))
    series.count++
    series.lastAt = now
    series.lastTime = formatMicroTime(clock.now())
    known.delete(key)
    known.set(key, series)
    // The second one is told at once, because it turns an event into a series; then the series only now and again.
    if (series.count <= 2 || now - series.writtenAt >= seriesWriteMs) enqueue(series)
  }

  return {
    record(input) {
      if (stopped) return
      try {
        record(input)
      } catch (error) {
        dropped++
        logger.debug({ reason: input.reason, error: messageOf(error) }, 'could not record an event')
      }
    },
    async stop(graceMs = 2000) {
      stopped = true
      for (const series of known.values()) if (series.count > series.writtenCount) enqueue(series)
      const cancel = clock.schedule(graceMs, () => {
        dropped += waiting.size
        waiting.clear()
        stopping.abort(new DOMException('shutting down', 'AbortError'))
      })
      await writing
      cancel()
    },
    get dropped() {
      return dropped
    },
  }
}

function newSeries({ regarding, type, reason, action, note }: EventInput, eventTime: string): Series {
  const { apiVersion, kind, metadata } = regarding
  const { name, namespace, uid, resourceVersion } = metadata
  return {
    input: { type, reason, action, note },
    regarding: { apiVersion, kind, name, namespace, uid, resourceVersion },
    eventTime,
    name: eventName(name),
    count: 0,
    lastAt: 0,
    lastTime: eventTime,
    writtenCount: 0,
    writtenAt: 0,
  }
}

function eventFrom(
  { input: { type, reason, action, note }, regarding, eventTime, name }: Series,
  { reportingController, reportingInstance }: EventRecorderOptions,
): Event {
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    // Events about cluster-scoped objects live in `default`, where kubectl describe looks for them.
    metadata: { name, namespace: regarding['namespace'] ?? 'default' },
    eventTime,
    reportingController,
    reportingInstance,
    action,
    reason,
    regarding,
    note: cutText(note, longestNoteBytes),
    type,
  }
}

/** The object's name and something unique, within the 253 characters of a name. */
function eventName(name: string): string {
  return `${name.slice(0, 200)}.${randomUUID().replaceAll('-', '').slice(0, 16)}`
}
