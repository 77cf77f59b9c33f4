// What an Ingress is told about its routes, and the finding that its condition Ready is made of as far as routing goes.
import type { Finding } from '../../api/conditions.ts'
import type { ReportedCertificate, ReportedRoute } from '../../api/ingress-report.ts'
import { mostReportedRoutes } from '../../api/kind-names.ts'
import { reasons } from '../../api/reasons.ts'
import type { Ingress } from '../ingress-objects.ts'
import type { Problem } from '../load-balancer.ts'
import {
  type Certificate,
  type MemberRouting,
  memberKey,
  type Origin,
  type Refused,
  type Route,
  type RoutingModel,
} from './model.ts'
import { cut, refusal } from './refusal.ts'

/** So many problems are told in the condition; the list of routes tells of all. */
const toldInFull = 3

export interface RoutingReport {
  /** In the order the Ingress has them; those not in effect are kept when there are too many. */
  readonly routes: readonly ReportedRoute[]
  readonly certificates: readonly ReportedCertificate[]
  readonly inEffect: number
  readonly notInEffect: number
  /** Everything that is not as the Ingress asks, those that block first. */
  readonly problems: readonly Problem[]
  /** Ready when every route is in effect. */
  readonly finding: Finding
}

/**
 * The report of an Ingress that is a member of the model; undefined for any other. Pure. `unserved`, by `origin.at`: routes that
 * the provider leaves out, and why. `isUnusable`: whether nothing can be shown to clients from a Secret of a certificate.
 */
export function reportOf(
  { metadata }: Ingress,
  model: RoutingModel,
  unserved: ReadonlyMap<string, Problem> = nothingUnserved,
  isUnusable: IsUnusable = () => false,
): RoutingReport | undefined {
  const member = model.members.get(memberKey({ namespace: metadata.namespace ?? '', name: metadata.name }))
  return member && reportOfMember(member, unserved, isUnusable)
}

type IsUnusable = (secret: Certificate['secret']) => boolean

const nothingUnserved: ReadonlyMap<string, Problem> = new Map()

interface Row {
  readonly row: ReportedRoute
  readonly problem?: Problem
}

function reportOfMember(
  { routes, certificates, refused }: MemberRouting,
  unserved: ReadonlyMap<string, Problem>,
  isUnusable: IsUnusable,
): RoutingReport {
  const rows = [...routes.map(row => routeRow(row, unserved.get(row.route.origin.at))), ...refused.map(refusedRow)]
  const lost = certificates.flatMap(({ certificate, shadowedBy }) =>
    shadowedBy ? certificateProblem(certificate, shadowedBy) : [],
  )
  const blocking = rows.flatMap(({ problem }) => problem ?? [])
  const inEffect = rows.filter(({ row }) => row.state === 'InEffect').length
  return {
    routes: mostTelling(rows).map(({ row }) => row),
    certificates: certificates.slice(0, mostReportedRoutes).map(each => certificateRow(each, isUnusable)),
    inEffect,
    notInEffect: rows.length - inEffect,
    problems: [...blocking, ...lost],
    finding: findingOf(blocking, inEffect),
  }
}

function routeRow({ route, shadowedBy }: MemberRouting['routes'][number], unserved: Problem | undefined): Row {
  const { host, match, backend, asked, narrowed } = route
  const place = {
    host: cut(host),
    path: match === 'default' ? '' : cut(narrowed?.path ?? match.path),
    pathType: match === 'default' ? ('Default' as const) : match.type,
    backend: cut(asked),
  }
  if (shadowedBy) {
    const winner = 'ingress' in shadowedBy.origin ? shadowedBy.origin.ingress : undefined
    return {
      row: {
        ...place,
        state: 'Shadowed',
        ...(winner ? { shadowedBy: { namespace: winner.namespace, name: winner.name } } : {}),
        reason: 'RouteShadowed',
      },
      problem: refusal('RouteShadowed', `${routeText(route)} is served by ${originText(shadowedBy.origin, route.origin)}.`),
    }
  }
  if (unserved) {
    const problem = { ...unserved, message: `${routeText(route)}: ${unserved.message}` }
    return { row: { ...place, state: 'Refused', reason: unserved.reason }, problem }
  }
  if (backend.kind !== 'unavailable') return { row: { ...place, state: 'InEffect' } }
  const { problem } = backend
  return {
    row: { ...place, state: 'Unavailable', reason: problem.reason },
    problem: { ...problem, message: `${routeText(route)}: ${problem.message}` },
  }
}

function refusedRow({ host, path, asked, problem }: Refused): Row {
  const row = { host, path, pathType: 'Invalid', backend: cut(asked), state: 'Refused', reason: problem.reason } as const
  return { row, problem }
}

function certificateRow(
  { certificate, shadowedBy }: MemberRouting['certificates'][number],
  isUnusable: IsUnusable,
): ReportedCertificate {
  const { host, secret } = certificate
  if (!shadowedBy) return { host, secret: secret.name, state: isUnusable(secret) ? 'Unavailable' : 'InEffect' }
  const { namespace, name } = shadowedBy.origin.ingress
  return { host, secret: secret.name, state: 'Shadowed', shadowedBy: { namespace, name } }
}

function certificateProblem({ host, secret, origin }: Certificate, winner: Certificate): Problem {
  const served = host === '' ? 'Clients that ask for no known host' : host
  const message = `${served} ${host === '' ? 'get' : 'gets'} the certificate of ${originText(winner.origin, origin)}, not that in Secret ${secret.name}.`
  return { reason: 'CertificateShadowed', message, remedy: reasons.CertificateShadowed.remedy, severity: 'warns' }
}

/** `shop.example.com/cart (Exact)`, `the default backend of any host`. */
export function routeText({ host, match, narrowed }: Pick<Route, 'host' | 'match' | 'narrowed'>): string {
  if (match === 'default') return host === '' ? 'The default backend' : `The default backend at ${host}`
  return `${host === '' ? 'any host, ' : host}${cut(narrowed?.path ?? match.path)} (${match.type})`
}

/** Who has it, seen by one who has not. */
function originText(winner: Origin, loser: Origin): string {
  if (!('ingress' in winner)) return `LoadBalancerClass ${winner.class}`
  const own = 'ingress' in loser && memberKey(loser.ingress) === memberKey(winner.ingress)
  return own ? `${winner.at} of the same Ingress` : `Ingress ${memberKey(winner.ingress)}`
}

/** Of too many rows the ones that are not in effect, then as many of the others as there is room for, in their order. */
function mostTelling(rows: readonly Row[]): readonly Row[] {
  if (rows.length <= mostReportedRoutes) return rows
  const ranked = rows.map(({ row }, index) => ({ index, rank: row.state === 'InEffect' ? 1 : 0 }))
  const kept = new Set(
    ranked
      .toSorted((one, other) => one.rank - other.rank || one.index - other.index)
      .slice(0, mostReportedRoutes)
      .map(({ index }) => index),
  )
  return rows.filter((_, index) => kept.has(index))
}

function findingOf(problems: readonly Problem[], inEffect: number): Finding {
  const [first] = problems
  if (!first)
    return { ready: true, reason: 'Routed', message: `${inEffect} ${inEffect === 1 ? 'route is' : 'routes are'} in effect.` }
  const told = problems.slice(0, toldInFull).map(({ message }) => message)
  const more = problems.length - told.length
  const message = [...told, ...(more > 0 ? [`And ${more} more.`] : [])].join(' ')
  return { reason: first.reason, message, remedy: first.remedy }
}
