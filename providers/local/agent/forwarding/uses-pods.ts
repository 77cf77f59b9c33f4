// Whether an address is the data path's business. By itself, so that an agent without such addresses loads nothing else of it.
import type { Announcement } from '../../../../src/api/announcement.ts'

type Asking = Pick<Announcement, 'spec'>
type Fenced = Pick<Announcement, 'spec' | 'status'>

/** Whether traffic for the address, or for one of the Services that share it, goes straight to pods. */
export function usesPods({ spec }: Asking): boolean {
  return spec.targets === 'Pod' || spec.services.some(({ targets }) => targets === 'Pod')
}

/** Whether this node keeps source ranges of the address: as a candidate, or because it still announces it. */
export function keepsFence({ spec, status }: Fenced, self: string): boolean {
  return spec.fenced === true && (spec.nodes.includes(self) || status?.node === self)
}

/** Everything of an address that a node has to do with packets. */
export function isConcerned(announcement: Fenced, self: string): boolean {
  return usesPods(announcement) || keepsFence(announcement, self)
}
