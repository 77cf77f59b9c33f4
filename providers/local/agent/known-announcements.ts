// The Announcements as this process knows them: as the watch brought them, or as its own write made them if that is newer.
import type { Announcement } from '../../../src/api/announcement.ts'
import type { Watched } from './ports.ts'

export interface KnownAnnouncements {
  get(name: string): Announcement | undefined
  /** What the watch brought last; to be asked before a write, and given to `wrote` after it. */
  version(name: string): string | undefined
  /** A write that was decided on `basedOn` made this of the object. */
  wrote(object: Announcement, basedOn: string | undefined): void
  forget(name: string): void
}

export function knownAnnouncements(watched: Pick<Watched<Announcement>, 'get'>): KnownAnnouncements {
  const written = new Map<string, { readonly basedOn: string | undefined; readonly object: Announcement }>()
  const version = (name: string) => watched.get(name)?.metadata.resourceVersion
  return {
    version,
    get(name) {
      const seen = watched.get(name)
      const ours = written.get(name)
      if (!ours) return seen
      if (seen && seen.metadata.resourceVersion === ours.basedOn) return ours.object
      written.delete(name)
      return seen
    },
    wrote(object, basedOn) {
      // The watch was faster: what it brought is this or something newer.
      if (version(object.metadata.name) === basedOn) written.set(object.metadata.name, { basedOn, object })
    },
    forget: name => void written.delete(name),
  }
}
