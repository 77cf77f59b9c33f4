// Load balancers in AWS: whom each serves, its name, listeners, and whether a target of each member is healthy.
import type { LoadBalancer } from '../../api/load-balancer.ts'
import type { Cell, Table, TableRow } from '../model.ts'
import type { PageQuery } from '../query.ts'
import type { PageSources } from '../sources.ts'
import { makeTable } from '../table.ts'
import { none, standingCell, standingOf, textCell } from './conditions.ts'

export function loadBalancersTable({ loadBalancers }: Pick<PageSources, 'loadBalancers'>, query: PageQuery): Table {
  return makeTable(
    {
      id: 'load-balancers',
      title: 'Load balancers in AWS',
      empty: 'There is none.',
      columns: [
        { label: 'Serves' },
        { label: 'State', tell: true },
        { label: 'DNS name' },
        { label: 'Listeners' },
        { label: 'Targets' },
        { label: 'Class' },
        { label: 'Applied' },
      ],
      items: [...loadBalancers.values()].toSorted((one, other) => (one.metadata.name < other.metadata.name ? -1 : 1)),
      row: loadBalancerRow,
    },
    query,
  )
}

function loadBalancerRow({ metadata, spec, status }: LoadBalancer): TableRow {
  const standing = standingOf(status)
  // The condition is written when something is in the way; without one the last plan was applied in full, or never was.
  const ready = standing.reason === '' ? status?.applied !== undefined : standing.ready
  const [first] = spec.members
  const kind = first?.kind === 'Ingress' ? 'ingress' : 'service'
  return {
    key: metadata.name,
    bad: !ready,
    cells: [
      first
        ? {
            text:
              spec.members.length === 1
                ? `${first.kind} ${first.namespace}/${first.name}`
                : `${spec.members.length} of ${spec.group ?? spec.ingressGroup?.name ?? 'a group'}`,
            ...(first.kind === 'TargetGroupBinding' ? {} : { open: `${kind}/${first.namespace}/${first.name}` }),
            ...(spec.members.length > 1 && spec.memberNames ? { more: spec.memberNames } : {}),
          }
        : none,
      standingCell({ ...standing, ready }),
      textCell(status?.dnsName ?? '', { mono: true, more: [status?.scheme, status?.place?.region].filter(Boolean).join(', ') }),
      textCell(
        Object.keys(status?.ids ?? {})
          .flatMap(id => (id.startsWith('listener/') ? id.slice('listener/'.length) : []))
          .join(', '),
      ),
      targetsCell(spec.members),
      { text: spec.class },
      status?.applied ? { text: '', since: status.applied.at } : { text: 'never in full', tone: 'bad' },
    ],
  }
}

function targetsCell(members: LoadBalancer['spec']['members']): Cell {
  const known = members.filter(({ serving }) => serving !== undefined)
  if (known.length === 0) return { text: 'not looked at yet', tone: 'quiet' }
  const healthy = known.filter(({ serving }) => serving).length
  if (members.length === 1) return healthy === 1 ? { text: 'healthy', tone: 'good' } : { text: 'none healthy', tone: 'bad' }
  return { text: `healthy for ${healthy} of ${members.length}`, tone: healthy < members.length ? 'bad' : 'good' }
}
