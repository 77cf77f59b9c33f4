// `weir announcements`: for each address who announces it, since when, and who would be next.
import type { Announcement } from '../api/announcement.ts'
import { parseAddress } from '../model/address.ts'
import type { Snapshot } from './snapshot.ts'
import { line, type View } from './view.ts'

/** Pure. Healthy when somebody announces each address. */
export function announcementsView(
  { announcements }: Pick<Snapshot, 'announcements'>,
  { wide, now }: { readonly wide: boolean; readonly now: number },
): View {
  const told = announcements.toSorted(byAddress).map(announcementData)
  const head = [
    'ADDRESS',
    'SERVICES',
    'NODE',
    'INTERFACE',
    'MAC',
    'SINCE',
    'NEXT',
    'PATH',
    ...(wide ? ['CANDIDATES', 'MOVES'] : []),
  ]
  const rows = told.map(each => [
    each.address,
    each.services.join(', '),
    each.node || '– nobody',
    each.interface || '–',
    each.mac || '–',
    each.since ? ageText(now - Date.parse(each.since)) : '–',
    each.next || '–',
    each.path || 'kube-proxy',
    ...(wide ? [each.candidates.join(', '), String(each.moves)] : []),
  ])
  return {
    healthy: told.every(({ node, conflict }) => node !== '' && conflict === undefined),
    data: told,
    blocks: [
      ...(told.length === 0 ? [line('No address is announced.')] : [{ kind: 'table', head, rows } as const]),
      ...told.flatMap(({ address, conflict }) =>
        conflict === undefined ? [] : line(`${address} is in use by the station ${conflict}, which is none of ours.`, 'bad'),
      ),
    ],
  }
}

export function announcementData({ spec, status }: Announcement) {
  return {
    address: spec.address,
    pool: spec.pool,
    services: spec.services.map(({ namespace, name }) => `${namespace}/${name}`),
    node: status?.node ?? '',
    interface: status?.interface ?? '',
    mac: status?.mac ?? '',
    since: status?.since ?? '',
    next: status?.next ?? '',
    path: status?.path?.mode ?? '',
    candidates: spec.nodes,
    moves: movesOf(status?.epoch),
    reason: status?.reason ?? '',
    ...(status?.conflict ? { conflict: status.conflict.mac } : {}),
  }
}

/** The first claim has epoch 1, and each takeover one more. */
export function movesOf(epoch = 0): number {
  return Math.max(0, epoch - 1)
}

/** `12s`, `3m`, `5h`, `8d`: as kubectl tells ages, in one unit. */
export function ageText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 120) return `${seconds}s`
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)}h`
  return `${Math.floor(seconds / 86_400)}d`
}

/** IPv4 first, each family in its order. */
export function byAddress({ spec: one }: Announcement, { spec: other }: Announcement): number {
  const [first, second] = [parseAddress(one.address), parseAddress(other.address)]
  if (!first || !second) return one.address < other.address ? -1 : 1
  if (first.family !== second.family) return first.family < second.family ? -1 : 1
  return first.value < second.value ? -1 : first.value > second.value ? 1 : 0
}
