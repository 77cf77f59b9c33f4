// Whether an address is the data path's business. By itself, so that an agent without such addresses loads nothing else of it.
import type { Announcement } from '../../../../src/api/announcement.ts'

/** Whether traffic for the address, or for one of the Services that share it, goes straight to pods. */
export function usesPods({ spec }: Pick<Announcement, 'spec'>): boolean {
  return spec.targets === 'Pod' || spec.services.some(({ targets }) => targets === 'Pod')
}
