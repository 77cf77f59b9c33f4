// `weir status`: one row for each Service and Ingress of Weir.
import type { IngressReport } from '../api/ingress-report.ts'
import { announcerText, servedServices } from './served.ts'
import type { ServedService } from './served.ts'
import type { Snapshot } from './snapshot.ts'
import { type Block, line, type Row, type View } from './view.ts'

export interface StatusOptions {
  /** Absent: all. */
  readonly namespace?: string
  readonly wide: boolean
}

/** Pure. Healthy when everything of Weir is ready. */
export function statusView(snapshot: Snapshot, { namespace, wide }: StatusOptions): View {
  const services = servedServices(snapshot, namespace)
  const ingresses = snapshot.ingressReports
    .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
    .toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1))
    .map(report => servedIngress(report, snapshot))
  const pending = [...services, ...ingresses].filter(({ ready }) => !ready).length
  return {
    healthy: pending === 0,
    data: { services: services.map(serviceData), ingresses },
    blocks: [
      ...(services.length > 0 ? [serviceTable(services, wide)] : []),
      ...(services.length > 0 && ingresses.length > 0 ? [line('')] : []),
      ...(ingresses.length > 0 ? [ingressTable(ingresses)] : []),
      line(
        services.length + ingresses.length === 0
          ? 'No Service and no Ingress is Weir’s. Services name a class: spec.loadBalancerClass: weir.dev/NAME'
          : `${counted(services.length, 'Service')}, ${counted(ingresses.length, 'Ingress')}: ${pending === 0 ? 'all ready' : `${pending} not ready`}.`,
        'quiet',
      ),
    ],
  }
}

function serviceTable(services: readonly ServedService[], wide: boolean): Block {
  const head = ['SERVICE', 'CLASS', 'TARGETS', 'ADDRESS', 'ANNOUNCED BY', 'ENDPOINTS', 'READY', ...(wide ? ['MESSAGE'] : [])]
  return { kind: 'table', head, rows: services.flatMap(service => serviceRows(service, wide)) }
}

/** A row for each address; what is the same for all stands in the first. */
function serviceRows(served: ServedService, wide: boolean): readonly Row[] {
  const { namespace, name, addresses, ready, reason } = served
  const [first, ...others] = addresses
  const announced = (at: (typeof addresses)[number] | undefined) =>
    at?.announcement ? announcerText(at.announcement) || '–' : '–'
  return [
    [
      `${namespace}/${name}`,
      served.class || '–',
      served.targets || '–',
      first?.address ?? '–',
      announced(first),
      `${served.readyEndpoints}/${served.totalEndpoints}`,
      ready ? 'yes' : `no: ${reason || 'not looked at yet'}`,
      ...(wide ? [served.message] : []),
    ],
    ...others.map(other => ['', '', '', other.address, announced(other), '', '']),
  ]
}

function serviceData({ addresses, ...served }: ServedService) {
  const { namespace, name, class: lbClass, provider, targets, readyEndpoints, totalEndpoints, ready, reason, message } = served
  return {
    namespace,
    name,
    class: lbClass,
    provider,
    targets,
    readyEndpoints,
    totalEndpoints,
    ready,
    reason,
    message,
    addresses: addresses.map(({ address, announcement }) => ({
      address,
      ...(announcement?.status?.node ? { node: announcement.status.node } : {}),
      ...(announcement?.status?.interface ? { interface: announcement.status.interface } : {}),
      ...(announcement?.status?.mac ? { mac: announcement.status.mac } : {}),
    })),
  }
}

interface ServedIngress {
  readonly namespace: string
  readonly name: string
  readonly class: string
  readonly group: string
  readonly addresses: readonly string[]
  readonly routes: number
  readonly notInEffect: number
  readonly ready: boolean
  readonly reason: string
  readonly message: string
}

export function servedIngress(report: IngressReport, { ingresses }: Snapshot): ServedIngress {
  const { metadata, spec, status } = report
  const ingress = ingresses.find(
    other => other.metadata.namespace === metadata.namespace && other.metadata.name === metadata.name,
  )
  const condition = status?.conditions?.find(({ type }) => type === 'Ready')
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    class: spec.class ?? '',
    group: spec.group ?? '',
    addresses: (ingress?.status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip ?? hostname ?? []),
    routes: status?.inEffect ?? 0,
    notInEffect: status?.notInEffect ?? 0,
    ready: condition?.status === 'True',
    reason: condition?.reason ?? '',
    message: condition?.message ?? '',
  }
}

function ingressTable(ingresses: readonly ServedIngress[]): Block {
  return {
    kind: 'table',
    head: ['INGRESS', 'CLASS', 'SERVED WITH', 'ADDRESS', 'ROUTES', 'READY'],
    rows: ingresses.map(({ namespace, name, class: lbClass, group, addresses, routes, notInEffect, ready, reason }) => [
      `${namespace}/${name}`,
      lbClass || '–',
      group || '–',
      addresses.join(', ') || '–',
      notInEffect === 0 ? String(routes) : `${routes} of ${routes + notInEffect}`,
      ready ? 'yes' : `no: ${reason || 'not looked at yet'}`,
    ]),
  }
}

function nameOf({ metadata }: IngressReport): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : noun.endsWith('s') ? 'es' : 's'}`
}
