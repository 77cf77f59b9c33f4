// `weir explain ingress/NAME`: whose it is, where it is served, what became of each route, and which one takes a request.
import type { IngressReport } from '../../api/ingress-report.ts'
import { claimIngress, defaultIngressClass, isOurs, legacyClassAnnotation } from '../../model/ingress-class.ts'
import type { Ingress } from '../../model/ingress-objects.ts'
import { resolveBackend } from '../../model/routing/backend.ts'
import { routingModel } from '../../model/routing/build.ts'
import { memberKey, type RoutingModel } from '../../model/routing/model.ts'
import { readIngress } from '../../model/routing/read.ts'
import { reportOf } from '../../model/routing/report.ts'
import type { Snapshot } from '../snapshot.ts'
import { type Block, fact, type Fact, line, type View } from '../view.ts'
import { explainRequest } from './request.ts'

/** Pure. Healthy when the Ingress is ready, or the request finds a route that is served. `request` is an absolute URL. */
export function explainIngress(ingress: Ingress, snapshot: Snapshot, request?: URL): View {
  const id = { namespace: ingress.metadata.namespace ?? '', name: ingress.metadata.name }
  const report = reportFor(ingress, snapshot.ingressReports)
  const why = report?.spec.group === undefined && !isClaimed(ingress, snapshot) ? whyNotOurs(ingress, snapshot) : undefined
  if (why !== undefined) {
    return {
      healthy: false,
      blocks: [line(`${memberKey(id)} is not Weir's`, 'bad'), { kind: 'facts', rows: [fact('why', why)] }],
      data: { ...id, ours: false, why },
    }
  }
  const members = membersOf(ingress, report, snapshot)
  const model = modelOf(members, snapshot)
  const condition = report?.status?.conditions?.find(({ type }) => type === 'Ready')
  const addresses = (ingress.status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip ?? hostname ?? [])
  const ready = condition?.status === 'True'
  const routes = reportOf(ingress, model)?.routes ?? []
  const answered = request && explainRequest(model, request, id)
  const rows: readonly Fact[] = [
    ...(ready ? [] : [fact('why', condition?.message ?? 'there is no IngressReport of it yet: does the controller run?')]),
    ...classFacts(report),
    ...(members.length > 1
      ? [fact('together', `with ${members.length - 1} other Ingress${members.length === 2 ? '' : 'es'}`)]
      : []),
  ]
  return {
    healthy: answered ? answered.served : ready,
    blocks: [
      line(
        ready
          ? `${memberKey(id)} is served at ${addresses.join(', ') || '(no address yet)'}`
          : `${memberKey(id)} is not ready: ${condition?.reason ?? 'not looked at yet'}`,
        ready ? 'good' : 'bad',
      ),
      ...(rows.length > 0 ? [{ kind: 'facts', rows } as const] : []),
      ...(answered ? [line(''), ...answered.blocks] : routeTable(routes)),
    ],
    data: {
      ...id,
      ours: true,
      ready,
      reason: condition?.reason ?? '',
      message: condition?.message ?? '',
      ...report?.spec,
      addresses,
      routes,
      ...(answered ? { request: answered.data } : {}),
    },
  }
}

/** The Ingresses that are served with it; itself alone while nobody has decided yet. */
function membersOf(ingress: Ingress, report: IngressReport | undefined, snapshot: Snapshot): readonly Ingress[] {
  const { group, class: lbClass } = report?.spec ?? {}
  if (group === undefined) return [ingress]
  const together = snapshot.ingressReports.filter(({ spec }) => spec.group === group && spec.class === lbClass)
  return snapshot.ingresses.filter(other => together.some(each => isOf(each, other)))
}

function modelOf(members: readonly Ingress[], { services }: Snapshot): RoutingModel {
  const byName = new Map(
    services.map(service => [memberKey({ namespace: service.metadata.namespace ?? '', name: service.metadata.name }), service]),
  )
  const facts = { service: (namespace: string, name: string) => byName.get(memberKey({ namespace, name })) }
  return routingModel(
    members.map(member =>
      readIngress(member, (backend, { metadata }) => resolveBackend(backend, metadata.namespace ?? '', facts)),
    ),
  )
}

function classFacts(report: IngressReport | undefined): readonly Fact[] {
  const { ingressClass, class: lbClass, provider, group } = report?.spec ?? {}
  if (ingressClass === undefined) return []
  return [
    fact(
      'class',
      `IngressClass ${ingressClass} → LoadBalancerClass ${lbClass ?? 'none'}${provider ? ` → provider ${provider}` : ''}`,
    ),
    ...(group === undefined ? [] : [fact('served by', group)]),
  ]
}

function routeTable(routes: NonNullable<ReturnType<typeof reportOf>>['routes']): readonly Block[] {
  if (routes.length === 0) return []
  const rows = routes.map(({ host, path, pathType, backend, state, shadowedBy, reason }) => [
    host || '(any)',
    path || '(default)',
    pathType,
    backend || '–',
    state === 'InEffect'
      ? 'in effect'
      : state === 'Shadowed'
        ? `shadowed by ${shadowedBy ? memberKey(shadowedBy) : 'an earlier route'}`
        : state === 'Unavailable'
          ? `answers 503: ${reason ?? ''}`
          : `left out: ${reason ?? ''}`,
  ])
  return [line(''), { kind: 'table', indent: 2, head: ['HOST', 'PATH', 'TYPE', 'BACKEND', 'ROUTE'], rows }]
}

function isClaimed(ingress: Ingress, { ingressClasses, classes }: Snapshot): boolean {
  const { kind } = claimIngress(ingress, { ingressClasses, classes })
  return kind === 'ours' || kind === 'blocked'
}

function whyNotOurs(ingress: Ingress, { ingressClasses }: Snapshot): string {
  const name = ingress.metadata.annotations?.[legacyClassAnnotation] ?? ingress.spec?.ingressClassName
  if (name === undefined) {
    const fallback = defaultIngressClass(ingressClasses)?.metadata.name
    const since =
      fallback === undefined ? 'no IngressClass is marked default' : `IngressClass ${fallback} is given only to new Ingresses`
    return `it names no IngressClass, and ${since}`
  }
  const found = ingressClasses.find(({ metadata }) => metadata.name === name)
  if (!found) return `there is no IngressClass ${name}`
  if (isOurs(found, {})) return 'the controller has not decided about it yet'
  return `its IngressClass ${name} has the controller ${found.spec?.controller ?? ''}, not weir.dev/ingress`
}

function reportFor(ingress: Ingress, reports: readonly IngressReport[]): IngressReport | undefined {
  return reports.find(report => isOf(report, ingress))
}

function isOf({ metadata }: IngressReport, ingress: Ingress): boolean {
  return metadata.namespace === ingress.metadata.namespace && metadata.name === ingress.metadata.name
}
