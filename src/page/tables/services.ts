// Services: class, listeners, addresses with who announces them, targets, and whether each is ready.
import { readyCondition } from '../../api/reasons.ts'
import { emptySnapshot, type Snapshot } from '../../cli/snapshot.ts'
import { announcerText, isConcerned, type ServedAddress, type ServedService, servedService } from '../../cli/served.ts'
import { keyOf } from '../../kubernetes/objects.ts'
import { announcementName, parseAddress } from '../../model/address.ts'
import type { Service } from '../../model/kubernetes-objects.ts'
import type { Cell, Table, TableRow } from '../model.ts'
import type { PageQuery } from '../query.ts'
import type { PageSources } from '../sources.ts'
import { makeTable } from '../table.ts'
import { none, standingCell, textCell } from './conditions.ts'

type Sources = Pick<PageSources, 'services' | 'slices' | 'announcements'>

/** Those that Weir serves or was asked to serve, by namespace and name. */
export function concernedServices({ services }: Sources, snapshot: Snapshot): readonly Service[] {
  const found = [...services.values()].filter(service => isConcerned(service, snapshot))
  return found
    .map(service => [keyOf(service), service] as const)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([, service]) => service)
}

export function isServiceReady({ status }: Service): boolean {
  return status?.conditions?.some(({ type, status }) => type === readyCondition && status === 'True') === true
}

export function servicesTable(
  sources: Sources,
  found: readonly Service[],
  classes: Snapshot['classes'],
  query: PageQuery,
): Table {
  return makeTable(
    {
      id: 'services',
      title: 'Services',
      empty: 'No Service is Weir’s. Services name a class: spec.loadBalancerClass: weir.dev/NAME',
      columns: [
        { label: 'Service' },
        { label: 'State', tell: true },
        { label: 'Address' },
        { label: 'Announced by' },
        { label: 'Listeners' },
        { label: 'Targets' },
        { label: 'Class' },
      ],
      items: found,
      row: service => serviceRow(servedFrom(service, sources, classes)),
      isBad: service => !isServiceReady(service),
    },
    query,
  )
}

/** As the command line sees it, but from what belongs to this one only: there may be thousands. */
function servedFrom(service: Service, { slices, announcements }: Sources, classes: Snapshot['classes']): ServedService {
  const own = (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => {
    const address = ip === undefined ? undefined : parseAddress(ip)
    return (address && announcements.get(announcementName(address))) ?? []
  })
  return servedService(service, {
    ...emptySnapshot,
    classes,
    announcements: own,
    slices: slices.byIndex('service', keyOf(service)),
  })
}

function serviceRow(served: ServedService): TableRow {
  const { namespace, name, service, addresses, readyEndpoints, totalEndpoints } = served
  const key = `${namespace}/${name}`
  return {
    key,
    bad: !served.ready,
    cells: [
      { text: key, open: `service/${key}` },
      standingCell(served),
      textCell(addresses.map(({ address }) => address).join('\n'), { mono: true }),
      announcedCell(addresses),
      textCell(listenersText(service)),
      {
        text: `${readyEndpoints}/${totalEndpoints} ready`,
        tone: readyEndpoints === 0 ? 'bad' : readyEndpoints < totalEndpoints ? 'quiet' : 'good',
      },
      textCell(served.class, {
        more: [served.provider, served.targets && `targets ${served.targets}`].filter(Boolean).join(', '),
      }),
    ],
  }
}

function announcedCell(addresses: readonly ServedAddress[]): Cell {
  const announced = addresses.flatMap(({ announcement }) => announcement ?? [])
  if (announced.length === 0) return none
  const next = [...new Set(announced.flatMap(({ status }) => status?.next ?? []))]
  return {
    text: announced.map(each => announcerText(each).split(' ').slice(0, 2).join(' ') || 'nobody').join('\n'),
    ...(announced.some(({ status }) => !status?.node) ? { tone: 'bad' as const } : {}),
    ...(next.length > 0 ? { more: `next ${next.join(', ')}` } : {}),
  }
}

function listenersText({ spec }: Service): string {
  return (spec.ports ?? []).map(({ port, protocol = 'TCP' }) => `${port}/${protocol}`).join(', ')
}
