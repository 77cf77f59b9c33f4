// `weir drain NODE` and `weir undrain NODE`: the label that lets a node announce nothing while another one can.
import type { Announcement } from '../api/announcement.ts'
import { drainLabel } from '../api/group.ts'
import type { MergePatch } from '../kubernetes/writes.ts'
import type { Node } from '../model/kubernetes-objects.ts'
import { isDrained } from '../model/nodes.ts'
import { line, type View } from './view.ts'

/** The change of the node; undefined when it is as wanted already. Pure. */
export function drainPatch(node: Node, wanted: boolean): MergePatch | undefined {
  return isDrained(node) === wanted ? undefined : { metadata: { labels: { [drainLabel]: wanted ? 'true' : null } } }
}

export interface Drained {
  readonly name: string
  readonly wanted: boolean
  readonly changed: boolean
  readonly announcements: readonly Announcement[]
}

/** Pure. Says what the node announces now, which moves away (or stays) by itself. */
export function drainView({ name, wanted, changed, announcements }: Drained): View {
  const own = announcements.flatMap(({ spec, status }) => (status?.node === name ? spec.address : []))
  const now = own.length === 0 ? 'It announces nothing now.' : `It announces ${own.join(', ')} now`
  const then = wanted
    ? own.length === 0
      ? ''
      : '; each moves to the next node in line. Follow with: weir announcements --watch'
    : own.length === 0
      ? ' Addresses do not come back by themselves: weir.dev/rebalance on the pool moves them.'
      : '.'
  const done = changed ? (wanted ? 'is drained' : 'is a candidate again') : wanted ? 'was drained already' : 'was not drained'
  return {
    healthy: true,
    data: { node: name, drained: wanted, changed, announcing: own },
    blocks: [line(`Node ${name} ${done}. ${now}${then}`)],
  }
}
