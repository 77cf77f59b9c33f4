// What is done to an Announcement, as a person reads it.
import type { AnnouncementAction } from './placement.ts'

export function printAnnouncementAction(action: AnnouncementAction): string {
  switch (action.kind) {
    case 'put-announcement': {
      const { address, nodes } = action.announcement.spec
      return `+ announcement  ${address} ${nodesText(nodes)}`
    }
    case 'update-announcement': {
      const { seen, spec } = action
      const before = seen.spec.nodes.join(', ') === spec.nodes.join(', ') ? '' : `; before ${nodesText(seen.spec.nodes)}`
      return `~ announcement  ${spec.address} ${nodesText(spec.nodes)}${before}`
    }
    case 'withdraw-announcement':
      return `- announcement  ${action.seen.spec.address}`
    case 'confirm-withdrawal':
      return `- announcement  ${action.seen.spec.address}, which nobody announces any more`
    default:
      return action satisfies never
  }
}

function nodesText(nodes: readonly string[]): string {
  const [first, ...others] = nodes
  if (first === undefined) return 'by no node'
  return `by ${first}${others.length === 0 ? '' : `, after it ${others.join(', ')}`}`
}
