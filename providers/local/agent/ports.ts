// What the agent is handed: small interfaces that the composition root fills, so that nothing here knows the API client.
import type { Announcement } from '../../../src/api/announcement.ts'
import type { NodeReport } from '../../../src/api/node-report.ts'
import type { NodeLease } from './liveness.ts'

/** A local copy of objects; names are the keys. Satisfied by a store. */
export interface Watched<T> {
  get(name: string): T | undefined
  values(): Iterable<T>
  readonly isSynced: boolean
  /** Calls `listener` after each change; returns how to stop that. */
  subscribe(listener: (event: Change<T>) => void, options?: { readonly replay?: boolean }): () => void
}

export interface Change<T> {
  readonly type: 'added' | 'updated' | 'deleted'
  readonly object?: T | undefined
  readonly old?: T | undefined
}

/** As much of a Node as is read. */
export interface NodeView {
  readonly metadata: { readonly name: string; readonly uid?: string }
  readonly status?: { readonly addresses?: readonly { readonly type: string; readonly address: string }[] }
}

/**
 * Writes that hold only against what they were decided on (uid and resourceVersion of `seen`). Undefined: somebody else wrote
 * first or the object is gone; the change arrives by the watch. Other failures are thrown.
 */
export interface AnnouncementWriter {
  patchStatus(
    seen: Announcement,
    status: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<Announcement | undefined>
  setFinalizers(seen: Announcement, finalizers: readonly string[], signal: AbortSignal): Promise<Announcement | undefined>
}

export interface ReportWriter {
  /** The report as it is in the API server; undefined when there is none. */
  read(name: string, signal: AbortSignal): Promise<NodeReport | undefined>
  /** What is there afterwards. Undefined: somebody else wrote first, or the kind is not served yet. */
  create(report: NodeReport, signal: AbortSignal): Promise<NodeReport | undefined>
  /** Replaces spec and owners. Undefined: somebody else wrote first, or it is gone. */
  replace(report: NodeReport, signal: AbortSignal): Promise<NodeReport | undefined>
}

export interface AgentClock {
  /** Wall clock in milliseconds since the epoch; only for what is written into objects. */
  now(): number
  monotonic(): number
  schedule(ms: number, run: () => void): () => void
}

type LogLine = (fields: object, message: string) => void

/** Structured log, one line per decision; a pino logger fits. */
export interface AgentLogger {
  readonly debug: LogLine
  readonly info: LogLine
  readonly warn: LogLine
  readonly error: LogLine
}

export type LeaseStore = Watched<NodeLease>
