// `weir diff`: where what is there is not what it should be. Nothing that would be done means that nothing differs.
import type { Announcement } from '../api/announcement.ts'
import type { ForetoldEverything } from './foretell/everything.ts'
import type { Foretold } from './foretell/foretold.ts'
import type { Snapshot } from './snapshot.ts'
import { line, type View } from './view.ts'

export interface Difference {
  /** `service default/web`, `announcement 10.201.200.2`. */
  readonly object: string
  /** Each in one line, as it would be done or as it is. */
  readonly lines: readonly string[]
}

export interface DiffQuestion {
  readonly foretold: ForetoldEverything
  readonly snapshot: Pick<Snapshot, 'services' | 'ingresses' | 'announcements'>
  /** Nodes whose agents live. */
  readonly living: ReadonlySet<string>
  /** Which objects are asked about. */
  readonly isAsked: (object: { readonly kind: Foretold['object']; readonly namespace: string; readonly name: string }) => boolean
}

/** Pure. Healthy when nothing differs. */
export function diffView({ foretold, snapshot, living, isAsked }: DiffQuestion): View {
  const asked = foretold.objects.filter(each => isAsked({ ...each, kind: each.object }))
  const differences = asked.flatMap(each => {
    const lines = [
      ...('actions' in each ? each.actions.flatMap(({ text, routine }) => (routine ? [] : text)) : []),
      ...statusLines(each, snapshot),
    ]
    return lines.length === 0 ? [] : [{ object: nameOf(each), lines }]
  })
  const announcements = snapshot.announcements
    .filter(({ spec }) => spec.services.some(service => isAsked({ kind: 'service', ...service })))
    .flatMap(each => {
      const lines = announcementLines(each, living)
      return lines.length === 0 ? [] : [{ object: `announcement ${each.spec.address}`, lines }]
    })
  const leftover = foretold.leftover.map(({ text }) => ({ object: 'announcements without a Service', lines: [text] }))
  const isAll = asked.length === foretold.objects.length
  const all: readonly Difference[] = [...differences, ...announcements, ...(isAll ? leftover : [])]
  const notCompared = asked.filter(({ verdict }) => verdict === 'refused' || verdict === 'unknown')
  const unknown = notCompared.filter(({ verdict }) => verdict === 'unknown')
  const compared = asked.length - notCompared.length
  return {
    healthy: all.length === 0 && unknown.length === 0,
    data: {
      compared,
      differences: all,
      notCompared: notCompared.flatMap(each => ('reason' in each ? [{ object: nameOf(each), reason: each.reason }] : [])),
    },
    blocks: [
      ...all.flatMap(({ object, lines }) => [line(object, 'bad'), ...lines.map(text => line(`  ${text}`))]),
      ...notCompared.flatMap(each => ('problems' in each ? [line(notComparedText(each), 'quiet')] : [])),
      line(
        all.length === 0
          ? `${counted(compared)} compared: what is there is what should be.`
          : `${counted(compared)} compared, ${all.length === 1 ? '1 differs' : `${all.length} differ`}. + is missing, ~ is different, - should not be there.`,
        all.length === 0 ? 'good' : 'quiet',
      ),
    ],
  }
}

function notComparedText(each: Extract<Foretold, { readonly verdict: 'refused' | 'unknown' }>): string {
  return `${nameOf(each)} is not compared: ${each.reason}. ${each.problems.map(({ message }) => message).join(' ')}`
}

/** What the status shows beside what it should. */
function statusLines(each: Foretold, { services }: Pick<Snapshot, 'services'>): readonly string[] {
  if (each.object !== 'service' || each.verdict !== 'served' || !each.outcome) return []
  const service = services.find(({ metadata }) => metadata.namespace === each.namespace && metadata.name === each.name)
  const shown = (service?.status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip ?? hostname ?? [])
  const { addresses } = each.outcome
  if (shown.toSorted().join() === addresses.toSorted().join()) return []
  return [`~ status        shows ${shown.join(', ') || 'no address'}; it should show ${addresses.join(', ') || 'none'}`]
}

/** What the agents do beside what they are to do. */
function announcementLines({ spec, status }: Announcement, living: ReadonlySet<string>): readonly string[] {
  const node = status?.node ?? ''
  const candidates = spec.nodes.join(', ') || 'no node'
  return [
    ...(node === '' ? [`+ announced     by nobody; it should be by one of ${candidates}`] : []),
    ...(node !== '' && !living.has(node) ? [`~ announced     by ${node}, whose agent does not renew its Lease`] : []),
    ...(node !== '' && !spec.nodes.includes(node) ? [`~ announced     by ${node}; it should be by one of ${candidates}`] : []),
    ...(status?.conflict ? [`- conflict      the station ${status.conflict.mac}, none of ours, uses the address`] : []),
  ]
}

function nameOf({ object, namespace, name }: Foretold): string {
  return `${object} ${namespace}/${name}`
}

function counted(count: number): string {
  return `${count} ${count === 1 ? 'object' : 'objects'}`
}
