// What routes do at one listener: forward to target groups, redirect, answer, and before that ask who it is. Pure.
import type { BackendService } from '../../../src/model/ingress-group.ts'
import type { Service, ServicePort } from '../../../src/model/kubernetes-objects.ts'
import type { Problem } from '../../../src/model/load-balancer.ts'
import { resolveBackend } from '../../../src/model/routing/backend.ts'
import type { Route } from '../../../src/model/routing/model.ts'
import type { ActionTarget, ActionWish } from '../annotations/ingress/action.ts'
import type { ListenPort } from '../annotations/ingress/listen-ports.ts'
import type {
  FinalAction,
  ForwardAction,
  RedirectAction,
  RuleAction,
  RuleCondition,
  TargetGroupRef,
} from '../model/application.ts'
import { blocks } from '../model/problems.ts'
import { authenticate, authProblems } from './authenticate.ts'
import type { SecretHash } from './authenticate.ts'
import { leadsToItself } from './redirect-loop.ts'
import type { RouteWay } from './rules/programs.ts'
import type { HostMatch, PathMatch, Way } from './rules/item.ts'
import { ofService } from './target-group.ts'
import type { TargetGroups } from './target-groups.ts'
import { patternOf } from './ways.ts'
import { hasWildcards } from './rules/glob.ts'
import type { Served } from './asked.ts'

/** What is told of a route, beside what the routing model tells. */
export type Tell = (route: Route, problem: Problem) => void

export interface Ways {
  /** What a route does at a listener; undefined when it has no part there. */
  of(route: Route, listener: ListenPort): RouteWay | undefined
}

export const notFound = wayTo([{ kind: 'fixed-response', status: '404', contentType: 'text/plain' }])
const unavailable: FinalAction = { kind: 'fixed-response', status: '503', contentType: 'text/plain' }

export function wayTo(actions: readonly RuleAction[], transforms: Way['transforms'] = []): Way {
  return { actions, transforms, key: JSON.stringify([actions, transforms]) }
}

export function createWays(options: {
  readonly members: ReadonlyMap<string, Served>
  /** For routes of the class. */
  readonly ofClass: Served['settings']
  readonly services: ReadonlyMap<string, BackendService>
  readonly groups: TargetGroups
  readonly secretHash: SecretHash
  readonly tell: Tell
}): Ways {
  const { members, ofClass, services, groups, secretHash, tell } = options
  const serviceOf = (namespace: string, name: string): Service | undefined => services.get(`${namespace}/${name}`)?.service
  const ownerOf = ({ origin }: Route) =>
    'ingress' in origin ? members.get(`${origin.ingress.namespace}/${origin.ingress.name}`) : undefined

  return {
    of(route, listener) {
      const owner = ownerOf(route)
      const settings = owner?.settings ?? ofClass
      const name = nameOf(route)
      const found = endOf(route, owner)
      if (found.action.kind === 'redirect' && leadsToItself(found.action, route, listener)) return undefined
      const { values, closing } = found.service
        ? ofService(settings.values, found.service)
        : { values: settings.values, closing: [] }
      // What a Service says goes before what the Ingress says, and may leave out what that needs: then nobody is let in.
      const lacking = [...closing, ...authProblems(values)]
      for (const problem of lacking) tell(route, problem)
      const end = lacking.length > 0 ? { ...found, action: unavailable } : found
      const before =
        listener.protocol === 'HTTPS' && end.action !== unavailable
          ? authenticate(values, end.service?.metadata.namespace ?? owner?.id.namespace ?? '', secretHash)
          : []
      const { further, hosts, paths } = split(settings.suffixed.conditions.get(name) ?? [])
      const path = narrowedPath(route, owner)
      return {
        way: wayTo([...before, end.action], settings.suffixed.transforms.get(name) ?? []),
        further,
        hosts,
        paths,
        ...(path ? { path } : {}),
      }
    },
  }

  function endOf(route: Route, owner: Served | undefined): { readonly action: FinalAction; readonly service?: Service } {
    const { backend } = route
    if (backend.kind === 'service') {
      const service = serviceOf(backend.namespace, backend.name)
      const ref = service && groupFor(route, owner, service, backend.port)
      return service && ref ? { action: forwardTo([{ ...ref, weight: 1 }]), service } : { action: unavailable }
    }
    if (backend.kind === 'external-name') {
      const message = `Service ${backend.namespace}/${backend.name} is of type ExternalName, which no target of AWS can be; requests are answered with 503.`
      tell(route, blocks('UnsupportedBackend', message))
    }
    const wish = backend.kind === 'action' ? owner?.settings.suffixed.actions.get(backend.name) : undefined
    return wish ? actionOf(wish, route, owner) : { action: unavailable }
  }

  function actionOf(
    wish: ActionWish,
    route: Route,
    owner: Served | undefined,
  ): { readonly action: FinalAction; readonly service?: Service } {
    if (wish.kind !== 'forward') return { action: wish }
    const found = wish.targets.map(each => placeOf(each, route, owner))
    const to = found.flatMap(({ ref, weight }) => (ref ? [{ ...ref, weight }] : []))
    if (to.length === 0) return { action: unavailable }
    const [only] = found
    const action = forwardTo(to, wish.stickySeconds)
    // Who may come in is said by a Service only where everything goes to it.
    return found.length === 1 && only?.service ? { action, service: only.service } : { action }
  }

  function placeOf(
    target: ActionTarget,
    route: Route,
    owner: Served | undefined,
  ): { readonly ref?: TargetGroupRef; readonly weight: number; readonly service?: Service } {
    const { weight } = target
    if ('arn' in target) return { ref: { arn: target.arn }, weight }
    const namespace = owner?.id.namespace ?? ''
    const port = typeof target.port === 'number' ? { number: target.port } : portWritten(target.port)
    const backend = resolveBackend({ service: { name: target.service, port } }, namespace, { service: serviceOf })
    if (backend.kind === 'unavailable') {
      tell(route, backend.problem)
      return { weight }
    }
    const service = serviceOf(namespace, target.service)
    const ref = service && backend.kind === 'service' ? groupFor(route, owner, service, backend.port) : undefined
    return { weight, ...(ref ? { ref } : {}), ...(service ? { service } : {}) }
  }

  function groupFor(route: Route, owner: Served | undefined, service: Service, port: ServicePort): TargetGroupRef | undefined {
    const { key, problems } = groups.take(owner, owner?.settings.values ?? ofClass.values, service, port)
    for (const problem of problems) tell(route, problem)
    return key === undefined ? undefined : { own: key }
  }
}

function portWritten(port: string): { readonly number: number } | { readonly name: string } {
  return /^[0-9]+$/.test(port) ? { number: Number(port) } : { name: port }
}

function forwardTo(to: ForwardAction['to'], stickySeconds?: number): ForwardAction {
  return { kind: 'forward', to, ...(stickySeconds === undefined ? {} : { stickySeconds }) }
}

/** The name of a backend, by which annotations speak of it. */
function nameOf({ backend, asked }: Route): string {
  if (backend.kind === 'service' || backend.kind === 'external-name' || backend.kind === 'action') return backend.name
  return asked.slice(0, asked.lastIndexOf(':'))
}

/** Hosts and paths among the conditions are further ones; everything else must hold besides. */
function split(conditions: readonly RuleCondition[]): {
  readonly further: readonly RuleCondition[]
  readonly hosts: readonly HostMatch[]
  readonly paths: readonly PathMatch[]
} {
  const hosts: HostMatch[] = []
  const paths: PathMatch[] = []
  const further: RuleCondition[] = []
  for (const condition of conditions) {
    if (condition.field === 'host-header')
      for (const value of condition.values)
        hosts.push(
          condition.isRegex
            ? { kind: 'regex', source: value }
            : hasWildcards(value)
              ? { kind: 'pattern', glob: value.toLowerCase() }
              : { kind: 'name', name: value.toLowerCase() },
        )
    else if (condition.field === 'path-pattern')
      for (const value of condition.values)
        paths.push(
          condition.isRegex
            ? { kind: 'regex', source: value }
            : hasWildcards(value)
              ? { kind: 'pattern', glob: value }
              : { kind: 'exact', path: value },
        )
    else further.push(condition)
  }
  return { further, hosts, paths }
}

/** The pattern that a narrowed route was made of. */
function narrowedPath({ narrowed, origin }: Route, owner: Served | undefined): PathMatch | undefined {
  if (narrowed?.path === undefined || !owner) return undefined
  const [, rule, place] = /^spec\.rules\[(\d+)\]\.http\.paths\[(\d+)\]$/.exec(origin.at) ?? []
  const written = owner.ingress.spec?.rules?.[Number(rule)]?.http?.paths?.[Number(place)]
  const pattern = written && patternOf(written, owner.settings.values.regexPaths)
  if (!pattern || 'error' in pattern) return undefined
  return pattern
}

/** A redirect that leads to itself wherever the route stands. */
export function loopsEverywhere(action: RedirectAction, route: Route, listeners: readonly ListenPort[]): boolean {
  return listeners.length > 0 && listeners.every(listener => leadsToItself(action, route, listener))
}
