// What the agent writes into the API server, each write valid only against what it was decided on.
import type { AnnouncementWriter, ReportWriter } from '../providers/local/agent/ports.ts'
import { isAlreadyExists, isConflict, isNotFound } from './kubernetes/errors.ts'
import type { Writer } from './kubernetes/writes.ts'
import { announcements, nodeReports } from './main-agent-watches.ts'

export function announcementWriter(writer: Writer): AnnouncementWriter {
  return {
    patchStatus: (seen, status, signal) => orUndefined(writer.patchStatus(announcements, seen, { status }, { signal })),
    setFinalizers: (seen, finalizers, signal) =>
      orUndefined(writer.patch(announcements, seen, { metadata: { finalizers } }, { signal })),
  }
}

export function reportWriter(writer: Writer): ReportWriter {
  return {
    read: (name, signal) => orUndefined(writer.get(nodeReports, name, undefined, { signal })),
    create: (report, signal) => orUndefined(writer.create(nodeReports, report, { signal })),
    replace(report, signal) {
      const { spec, metadata } = report
      const { ownerReferences } = metadata
      return orUndefined(
        writer.patch(nodeReports, report, { ...(ownerReferences && { metadata: { ownerReferences } }), spec }, { signal }),
      )
    },
  }
}

/** Undefined when somebody else was first or the object is gone: the change arrives by the watch. */
async function orUndefined<T>(write: Promise<T>): Promise<T | undefined> {
  try {
    return await write
  } catch (error) {
    if (isConflict(error) || isAlreadyExists(error) || isNotFound(error)) return undefined
    throw error
  }
}
