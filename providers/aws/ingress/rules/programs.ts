// The order in which requests are asked: for every host that anybody names, what its Ingresses say, and nobody of a less precise one. Pure.
import type { RuleCondition } from '../../model/application.ts'
import { routingModel } from '../../../../src/model/routing/build.ts'
import { compareHosts, hostsFor } from '../../../../src/model/routing/host.ts'
import { memberKey } from '../../../../src/model/routing/model.ts'
import type { Route, RoutingModel } from '../../../../src/model/routing/model.ts'
import type { IngressRouting } from '../../../../src/model/routing/read.ts'
import { hostMatch } from './item.ts'
import type { Author, HostMatch, Item, PathMatch, Way } from './item.ts'

/** A member as its rules are made of it. */
export interface RuleMember {
  readonly routing: IngressRouting
  /** `group.order`; members with a lower one are asked first, whatever they ask for. */
  readonly order: number
}

/** What a route asks and does at one listener. */
export interface RouteWay {
  readonly way: Way
  readonly further: readonly RuleCondition[]
  /** Instead of the path of the route, of which it is a part. */
  readonly path?: PathMatch
  /** Besides it. */
  readonly paths?: readonly PathMatch[]
  /** Besides the host: patterns as ALB has them. */
  readonly hosts?: readonly HostMatch[]
}

export interface Program {
  readonly items: readonly Item[]
  /** For hosts that nobody names, where no path matches. */
  readonly otherwise: Way
}

/**
 * The ways of all members of one listener in the order in which they are to be asked. Names are asked before names with an open
 * label, and those before the rest; each host has its own routes, then its default backend or `notFound`, so that no request
 * falls through to a less precise host. Where members have orders, each host asks them by these, and by precedence within one.
 */
export function programOf(
  members: readonly RuleMember[],
  options: {
    readonly classDefault?: Route
    /** What a route does at this listener; undefined when it has no part there. */
    readonly wayOf: (route: Route) => RouteWay | undefined
    readonly notFound: Way
  },
): Program {
  const { classDefault, wayOf, notFound } = options
  const whole = routingModel(
    members.map(({ routing }) => routing),
    classDefault ? { classDefault } : {},
  )
  const orders = [...new Set(members.map(({ order }) => order))].toSorted((one, other) => one - other)
  const levels = orders.map(order => routingModel(members.filter(each => each.order === order).map(({ routing }) => routing)))
  const fallbackOf = (host: string) => {
    const route = whole.hosts.get(host)?.fallback
    const found = route && wayOf(route)
    return { way: found?.way ?? notFound, author: route ? authorOf(route) : { ingress: '', at: '' } }
  }
  const items: Item[] = []
  const patterns: Item[] = []
  for (const host of [...whole.hosts.keys()].toSorted(compareHosts)) {
    if (host.startsWith('*.') && patterns.length > 0) items.push(...patterns.splice(0))
    for (const route of levels.flatMap(level => routesAt(level, host))) {
      const found = wayOf(route)
      if (!found) continue
      const all = itemsOf(route, host, found)
      items.push(...all.items)
      patterns.push(...all.patterns)
    }
    if (host === '') continue
    items.push({ host: hostMatch(host), path: { kind: 'any' }, further: [], ...fallbackOf(host) })
  }
  const last = items.findIndex(({ host }) => host.kind === 'any')
  const at = last < 0 ? items.length : last
  return { items: [...items.slice(0, at), ...patterns, ...items.slice(at)], otherwise: fallbackOf('').way }
}

/** The most precise host of the level that means it decides for the level. */
function routesAt({ hosts }: RoutingModel, host: string): readonly Route[] {
  return (
    hostsFor(host)
      .map(each => hosts.get(each))
      .find(each => each !== undefined)?.routes ?? []
  )
}

function itemsOf(
  route: Route,
  host: string,
  { way, further, path, paths = [], hosts = [] }: RouteWay,
): { readonly items: readonly Item[]; readonly patterns: readonly Item[] } {
  const author = authorOf(route)
  const asked = [path ?? pathOf(route), ...paths]
  return {
    items: asked.map(each => ({ host: hostMatch(host), path: each, further, way, author })),
    patterns: hosts.flatMap(pattern => asked.map(each => ({ host: pattern, path: each, further, way, author }))),
  }
}

function pathOf({ match }: Route): PathMatch {
  if (match === 'default' || match.path === '/') {
    return match !== 'default' && match.type === 'Exact' ? { kind: 'exact', path: '/' } : { kind: 'any' }
  }
  return match.type === 'Exact' ? { kind: 'exact', path: match.path } : { kind: 'prefix', path: match.path }
}

export function authorOf({ origin }: Pick<Route, 'origin'>): Author {
  return { ingress: 'ingress' in origin ? memberKey(origin.ingress) : '', at: origin.at }
}
