// Nodes with an agent: whether it lives, what the node announces and would take over, its interfaces, its gateway.
import type { Announcement } from '../../api/announcement.ts'
import type { NodeReport } from '../../api/node-report.ts'
import type { Node } from '../../model/kubernetes-objects.ts'
import { isDrained } from '../../model/nodes.ts'
import type { Cell, Table, TableRow } from '../model.ts'
import type { PageQuery } from '../query.ts'
import type { PageSources } from '../sources.ts'
import { makeTable } from '../table.ts'
import { none } from './conditions.ts'

type Sources = Pick<PageSources, 'nodes' | 'reports' | 'announcements' | 'isAlive'>

const mostInterfaces = 4

export function nodesTable(sources: Sources, query: PageQuery): Table {
  const load = loadOf(sources.announcements.values())
  return makeTable(
    {
      id: 'nodes',
      title: 'Nodes',
      empty: 'No agent has told of its node yet.',
      columns: [
        { label: 'Node' },
        { label: 'Agent', tell: true },
        { label: 'Announces' },
        { label: 'Next in line for' },
        { label: 'Interfaces' },
        { label: 'Gateway' },
      ],
      items: [...sources.reports.values()].toSorted((one, other) => (one.metadata.name < other.metadata.name ? -1 : 1)),
      row: report => {
        const { name } = report.metadata
        return nodeRow(report, { node: sources.nodes.get(name), alive: sources.isAlive(name), load: load.get(name) ?? nothing })
      },
    },
    query,
  )
}

interface Load {
  announces: number
  nextFor: number
}

const nothing: Load = { announces: 0, nextFor: 0 }

function loadOf(announcements: Iterable<Announcement>): ReadonlyMap<string, Load> {
  const loads = new Map<string, Load>()
  const of = (node: string): Load => {
    const load = loads.get(node) ?? { announces: 0, nextFor: 0 }
    loads.set(node, load)
    return load
  }
  for (const { status } of announcements) {
    if (status?.node) of(status.node).announces++
    if (status?.next) of(status.next).nextFor++
  }
  return loads
}

interface Around {
  readonly node: Node | undefined
  readonly alive: boolean
  readonly load: Load
}

function nodeRow({ metadata, spec }: NodeReport, { node, alive, load }: Around): TableRow {
  // What else it tells is in the way of some addresses only, and stands with these.
  const trouble = spec.conditions?.find(({ type, status }) => type === 'Ready' && status !== 'True')
  const drained = node !== undefined && isDrained(node)
  const address = (node?.status?.addresses ?? []).find(({ type }) => type === 'InternalIP')?.address ?? ''
  const agent: Cell = !alive
    ? { text: 'gone', tone: 'bad', more: node ? 'its Lease is not renewed' : 'there is no such Node any more' }
    : trouble
      ? { text: trouble.reason, tone: 'bad', more: trouble.message }
      : drained
        ? { text: 'drained', tone: 'quiet', more: 'announces nothing while another can' }
        : { text: 'alive', tone: 'good', more: spec.version }
  return {
    key: metadata.name,
    bad: !alive || trouble !== undefined,
    cells: [
      { text: metadata.name, ...(address ? { more: address } : {}) },
      agent,
      { text: addressesText(load.announces) },
      { text: addressesText(load.nextFor) },
      interfacesCell(spec.interfaces),
      gatewayCell(spec.gateway),
    ],
  }
}

function addressesText(count: number): string {
  return count === 1 ? '1 address' : `${count} addresses`
}

function interfacesCell(interfaces: NodeReport['spec']['interfaces']): Cell {
  const useful = interfaces.filter(({ addresses }) => addresses.length > 0)
  if (useful.length === 0) return none
  const lines = useful.slice(0, mostInterfaces).map(({ name, mac, carrier }) => `${name} ${mac}${carrier ? '' : ' no carrier'}`)
  const others = useful.length - mostInterfaces
  return { text: lines.join('\n'), mono: true, ...(others > 0 ? { more: `and ${others} more` } : {}) }
}

function gatewayCell(gateway: NodeReport['spec']['gateway']): Cell {
  if (!gateway) return none
  const text = gateway.envoys === 1 ? '1 Envoy' : `${gateway.envoys} Envoys`
  if (gateway.trouble) return { text, tone: 'bad', more: gateway.trouble }
  if (gateway.held.length > 0)
    return {
      text,
      tone: 'bad',
      more: `refused the last change of ${gateway.held.map(each => `${each.namespace}/${each.name}`).join(', ')}`,
    }
  return { text }
}
