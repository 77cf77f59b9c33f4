// Narrow writes for providers: each decided on the version it was read at, with "somebody was first" as an answer, not an error.
import type { AddressBlock } from '../api/address-block.ts'
import type { Announcement } from '../api/announcement.ts'
import { isAlreadyExists, isConflict, isNotFound } from '../kubernetes/errors.ts'
import type { KubernetesObject, Resource } from '../kubernetes/objects.ts'
import type { MergePatch, Writer } from '../kubernetes/writes.ts'
import { addressBlocks, announcements } from './resources.ts'

/** Another writer was first: the object changed, exists already, or is gone. */
export type Conflict = 'conflict'

export interface BlockWrites {
  read(name: string, signal?: AbortSignal): Promise<AddressBlock | undefined>
  create(block: AddressBlock, signal?: AbortSignal): Promise<AddressBlock | Conflict>
  update(block: AddressBlock, signal?: AbortSignal): Promise<AddressBlock | Conflict>
  remove(seen: AddressBlock, signal?: AbortSignal): Promise<'done' | Conflict>
}

export interface AnnouncementWrites {
  create(announcement: Announcement, signal?: AbortSignal): Promise<Announcement | Conflict>
  patch(seen: Announcement, patch: object, signal?: AbortSignal): Promise<Announcement | Conflict>
  remove(seen: Announcement, signal?: AbortSignal): Promise<'done' | Conflict>
}

export function blockWrites(writer: Writer): BlockWrites {
  return {
    async read(name, signal) {
      try {
        return await writer.get(addressBlocks, name, undefined, optional(signal))
      } catch (error) {
        if (isNotFound(error)) return undefined
        throw error
      }
    },
    create: (block, signal) => orConflict(writer.create(addressBlocks, block, optional(signal))),
    update: (block, signal) => orConflict(writer.update(addressBlocks, block, optional(signal))),
    remove: (seen, signal) => orConflict(writer.remove(addressBlocks, seen, optional(signal)).then(() => 'done' as const)),
  }
}

export function announcementWrites(writer: Writer): AnnouncementWrites {
  return {
    create: (object, signal) => orConflict(writer.create(announcements, object, optional(signal))),
    patch: (seen, patch, signal) =>
      orConflict(writer.patch(announcements, seen, { ...patch } satisfies MergePatch, optional(signal))),
    remove: (seen, signal) => orConflict(writer.remove(announcements, seen, optional(signal)).then(() => 'done' as const)),
  }
}

/** Writes of one kind of object, for providers that know nothing of an API client. */
export function objectWrites<T extends KubernetesObject>(writer: Writer, resource: Resource<T>) {
  return {
    create: (object: T, signal?: AbortSignal) => orConflict(writer.create(resource, object, optional(signal))),
    patch: (seen: T, patch: object, signal?: AbortSignal) =>
      orConflict(writer.patch(resource, seen, { ...patch } satisfies MergePatch, optional(signal))),
    remove: (seen: T, signal?: AbortSignal) =>
      orConflict(writer.remove(resource, seen, optional(signal)).then(() => 'done' as const)),
  }
}

async function orConflict<T>(write: Promise<T>): Promise<T | Conflict> {
  try {
    return await write
  } catch (error) {
    if (isConflict(error) || isAlreadyExists(error) || isNotFound(error)) return 'conflict'
    throw error
  }
}

function optional(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal ? { signal } : {}
}
