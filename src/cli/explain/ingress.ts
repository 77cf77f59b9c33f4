// `weir explain ingress/NAME`: whose it is, where it is served, what became of each route, and which one takes a request.
import type { IngressReport } from '../../api/ingress-report.ts'
import { reasons } from '../../api/reasons.ts'
import type { LoadBalancerClass } from '../../api/load-balancer-class.ts'
import type { IngressProvider } from '../../ingress-provider.ts'
import { keyOf, makeKey } from '../../kubernetes/objects.ts'
import { claimIngress } from '../../model/ingress-class.ts'
import type { Ingress } from '../../model/ingress-objects.ts'
import { resolveBackend } from '../../model/routing/backend.ts'
import { routingModel } from '../../model/routing/build.ts'
import { type Certificate, type IngressId, memberKey, type RoutingModel } from '../../model/routing/model.ts'
import { classDefault } from '../../model/routing/class-default.ts'
import { type BackendResolver, readIngress } from '../../model/routing/read.ts'
import { reportOf } from '../../model/routing/report.ts'
import type { Snapshot } from '../snapshot.ts'
import { type Block, fact, type Fact, line, type View } from '../view.ts'
import { backendFacts, backendStates } from './backends.ts'
import { loadBalancersOf, madeData, madeFacts } from './made.ts'
import { whyIngressNotOurs } from './not-ours.ts'
import { type Asking, type CanaryVerdict, explainRequest } from './request.ts'

/** How a provider reads Ingresses: the pure part of its IngressProvider. */
export type IngressReader = Pick<IngressProvider, 'read' | 'resolve' | 'refine'> & {
  /** What happens to a request besides routing, by the Ingress whose route takes it; in order, a line each. */
  readonly words?: (
    ingress: Ingress,
    request: { readonly https: boolean; readonly certificate: boolean; readonly path: string },
  ) => readonly string[]
  /** Whether a request with these headers (names in lower case) goes to `ingress`, a canary, instead of to its main Ingress. */
  readonly canary?: (ingress: Ingress, headers: RequestHeaders) => CanaryVerdict | undefined
}

export type RequestHeaders = Readonly<Record<string, string | undefined>>

export interface IngressQuestion {
  /** An absolute URL: which route takes it. */
  readonly request?: URL
  /** Of that request, names in lower case. */
  readonly headers?: RequestHeaders
  /** By provider; without one the annotations are not looked at. */
  readonly readers?: Partial<Readonly<Record<IngressProvider['name'], IngressReader>>>
}

/** Pure. Healthy when the Ingress is ready, or the request finds a route that is served. */
export function explainIngress(
  ingress: Ingress,
  snapshot: Snapshot,
  { request, headers = {}, readers = {} }: IngressQuestion = {},
): View {
  const id = { namespace: ingress.metadata.namespace ?? '', name: ingress.metadata.name }
  const report = reportFor(ingress, snapshot.ingressReports)
  const why = report?.spec.group === undefined && !isClaimed(ingress, snapshot) ? whyIngressNotOurs(ingress, snapshot) : undefined
  if (why !== undefined) {
    return {
      healthy: false,
      blocks: [line(`${memberKey(id)} is not Weir's`, 'bad'), { kind: 'facts', rows: [fact('why', why)] }],
      data: { ...id, ours: false, why },
    }
  }
  const members = membersOf(ingress, report, snapshot)
  const lbClass = classOf(ingress, report, snapshot)
  const model = modelOf(members, snapshot, { lbClass, readers })
  const condition = report?.status?.conditions?.find(({ type }) => type === 'Ready')
  const addresses = (ingress.status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip ?? hostname ?? [])
  const ready = condition?.status === 'True'
  const routes = reportOf(ingress, model)?.routes ?? []
  const reader = lbClass && readers[lbClass.spec.provider]
  const member = (wanted: IngressId) =>
    members.find(({ metadata }) => metadata.namespace === wanted.namespace && metadata.name === wanted.name)
  const wordsFor = (winner: IngressId, asking: Asking) => {
    const found = member(winner)
    return (found && reader?.words?.(found, asking)) ?? []
  }
  const canaryOf = (canary: IngressId) => {
    const found = member(canary)
    return found && reader?.canary?.(found, headers)
  }
  const answered =
    request &&
    explainRequest(model, request, {
      asked: id,
      wordsFor,
      canaryOf,
      isUnusable: certificate => isUnusable(certificate, snapshot.ingressReports),
      closesWithout: lbClass?.spec.provider === 'local',
    })
  const made = loadBalancersOf(id, 'Ingress', snapshot)
  const backends = backendStates(ingress, snapshot)
  const rows: readonly Fact[] = [
    ...(ready ? [] : whyFacts(condition)),
    ...classFacts(report),
    ...madeFacts(made),
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
      ...(answered || backends.length === 0
        ? []
        : [line(''), line('  Targets'), { kind: 'facts', indent: 4, rows: backendFacts(backends) } as const]),
    ],
    data: {
      ...id,
      ours: true,
      ready,
      reason: condition?.reason ?? '',
      message: condition?.message ?? '',
      ...report?.spec,
      addresses,
      ...madeData(made),
      routes,
      backends,
      ...(answered ? { request: answered.data } : {}),
    },
  }
}

/** By the report of the Ingress that names it: commands read no Secrets. */
function isUnusable({ host, secret, origin }: Certificate, reports: readonly IngressReport[]): boolean {
  const { namespace, name } = origin.ingress
  const report = reports.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name)
  const told = report?.status?.certificates?.find(each => each.host === host && each.secret === secret.name)
  return told?.state === 'Unavailable'
}

function whyFacts(condition: { readonly reason: string; readonly message: string } | undefined): readonly Fact[] {
  if (!condition) return [fact('why', 'there is no IngressReport of it yet: does the controller run?')]
  const known = Object.entries(reasons).find(([key]) => key === condition.reason)?.[1]
  return [
    fact('why', condition.message),
    ...(known && !condition.message.includes(known.remedy) ? [fact('do', known.remedy)] : []),
  ]
}

/** The Ingresses that are served with it; itself alone while nobody has decided yet. */
function membersOf(ingress: Ingress, report: IngressReport | undefined, snapshot: Snapshot): readonly Ingress[] {
  const { group, class: lbClass } = report?.spec ?? {}
  if (group === undefined) return [ingress]
  const together = snapshot.ingressReports.filter(({ spec }) => spec.group === group && spec.class === lbClass)
  return snapshot.ingresses.filter(other => together.some(each => isOf(each, other)))
}

interface Served {
  readonly lbClass: LoadBalancerClass | undefined
  readonly readers: NonNullable<IngressQuestion['readers']>
}

/** The routing model as the controller and the gateways make it. */
function modelOf(members: readonly Ingress[], { services }: Snapshot, { lbClass, readers }: Served): RoutingModel {
  const byName = new Map(services.map(service => [keyOf(service), service]))
  const facts = {
    service: (namespace: string, name: string) => byName.get(makeKey(namespace, name)),
    externalNames: lbClass?.spec.ingress?.externalNames === true,
  }
  const reader = lbClass && readers[lbClass.spec.provider]
  const resolve: BackendResolver = (backend, owner) =>
    reader?.resolve?.(backend, owner) ?? resolveBackend(backend, owner.metadata.namespace ?? '', facts)
  const fallback = lbClass && classDefault(lbClass, facts)
  return routingModel(
    members.map(member => {
      const routing = readIngress(member, resolve, lbClass && reader?.read(member, lbClass).ways)
      return reader?.refine?.(routing, member) ?? routing
    }),
    fallback ? { classDefault: fallback } : {},
  )
}

/** As it was decided, or as it would be. */
function classOf(ingress: Ingress, report: IngressReport | undefined, snapshot: Snapshot): LoadBalancerClass | undefined {
  const decided = snapshot.classes.find(({ metadata }) => metadata.name === report?.spec.class)
  if (decided) return decided
  const claimed = claimIngress(ingress, snapshot)
  return claimed.kind === 'ours' ? claimed.class : undefined
}

function classFacts(report: IngressReport | undefined): readonly Fact[] {
  const { ingressClass, class: lbClass, provider, group } = report?.spec ?? {}
  if (ingressClass === undefined) return []
  return [
    fact(
      'class',
      `IngressClass ${ingressClass} → LoadBalancerClass ${lbClass ?? 'none'}${provider ? ` → provider ${provider}` : ''}`,
    ),
    ...(group === undefined
      ? []
      : [fact('served by', provider === 'local' ? `${group}; its addresses: weir explain service/weir-system/${group}` : group)]),
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

function reportFor(ingress: Ingress, reports: readonly IngressReport[]): IngressReport | undefined {
  return reports.find(report => isOf(report, ingress))
}

function isOf({ metadata }: IngressReport, ingress: Ingress): boolean {
  return metadata.namespace === ingress.metadata.namespace && metadata.name === ingress.metadata.name
}
