// Services: class, listeners, addresses with who announces them, targets, and whether each is ready.
import type { Announcement } from '../../api/announcement.ts'
import { readyCondition } from '../../api/reasons.ts'
import { emptySnapshot, type Snapshot } from '../../cli/snapshot.ts'
import { announcerText, isConcerned, type ServedAddress, type ServedService, servedService } from '../../cli/served.ts'
import { keyOf } from '../../kubernetes/objects.ts'
import { announcementName, parseAddress } from '../../model/address.ts'
import type { Service } from '../../model/kubernetes-objects.ts'
import type { Cell, Table, TableRow } from '../model.ts'
import type { PageQuery } from '../query.ts'
import type { PageSources } from '../sources.ts'
import { makeTable, once } from '../table.ts'
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

/** What of the row stands in the Service itself. */
const ownText = once((service: Service) => {
  const { spec, status } = service
  const condition = status?.conditions?.find(({ type }) => type === readyCondition)
  const state = condition?.status === 'True' ? 'ready' : `${condition?.reason ?? ''}\n${condition?.message ?? ''}`
  const parts = [keyOf(service), state, spec.loadBalancerClass ?? '', listenersText(service), ...addressesIn(service)]
  return parts.join('\n').toLowerCase()
})

/** With the class that serves it and the names of those who announce it; how many targets it has is nothing to search for. */
function textOf(service: Service, { announcements }: Sources, classes: Snapshot['classes']): string {
  const asked = service.spec.loadBalancerClass
  const served = classes.flatMap(({ metadata, spec }) =>
    (asked === undefined ? spec.default : spec.aliases?.includes(asked)) ? metadata.name.toLowerCase() : [],
  )
  const nodes = announcementsOf(service, announcements).map(({ status }) =>
    `${status?.node || 'nobody'} ${status?.interface ?? ''} next ${status?.next ?? ''}`.toLowerCase(),
  )
  return [ownText(service), ...served, ...nodes].join('\n')
}

function addressesIn({ status }: Service): readonly string[] {
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip ?? hostname ?? [])
}

function announcementsOf(service: Service, announcements: Sources['announcements']): readonly Announcement[] {
  return announcementNames(service).flatMap(name => announcements.get(name) ?? [])
}

/** Parsing addresses is most of the work of a row. */
const announcementNames = once((service: Service) =>
  addressesIn(service).flatMap(text => {
    const address = parseAddress(text)
    return address ? announcementName(address) : []
  }),
)

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
      text: service => textOf(service, sources, classes),
    },
    query,
  )
}

/** As the command line sees it, but from what belongs to this one only: there may be thousands. */
function servedFrom(service: Service, { slices, announcements }: Sources, classes: Snapshot['classes']): ServedService {
  return servedService(service, {
    ...emptySnapshot,
    classes,
    announcements: announcementsOf(service, announcements),
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
