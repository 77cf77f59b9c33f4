// Which routes the canaries share: those of an older way for the same requests in their own namespace.
import { memberKey, type MemberRouting, type Route } from './model.ts'
import type { IngressRouting } from './read.ts'
import { cut, quoted, refusal } from './refusal.ts'

interface Canary {
  readonly member: IngressRouting
  /** Every route it asks for. */
  readonly wishes: readonly Route[]
}

export interface CanaryRoutes {
  /** The route with its canary, if it has one. */
  shared(route: Route): Route
  readonly members: ReadonlyMap<IngressRouting, MemberRouting>
}

/**
 * Gives each route at most one canary: the first of those given that asks. A route has none whose backend is the same, and none
 * of another namespace, which would take requests away from somebody else.
 */
export function settleCanaries(canaries: readonly Canary[], mainFor: (route: Route) => Route | undefined): CanaryRoutes {
  const taken = new Map<Route, Route>()
  const members = new Map<IngressRouting, MemberRouting>()
  for (const { member, wishes } of canaries) {
    const routes: MemberRouting['routes'][number][] = []
    const refused = [...member.refused]
    for (const route of wishes) {
      const main = mainFor(route)
      const isOwn = main && 'ingress' in main.origin && main.origin.ingress.namespace === member.id.namespace
      const present = main && taken.get(main)
      if (!main || !isOwn) {
        // Its default backend is wished for once for each host, and need not be there for each.
        if (route.match !== 'default' || route.host === '') refused.push(withoutMain(route, member))
      } else if (present) routes.push({ route, shadowedBy: present })
      else {
        routes.push({ route })
        taken.set(main, route)
      }
    }
    members.set(member, { routes, certificates: [], refused })
  }
  return {
    members,
    shared: route => {
      const canary = taken.get(route)
      return canary && canary.asked !== route.asked ? { ...route, canary } : route
    },
  }
}

function withoutMain({ host, match, asked, origin }: Route, { id }: IngressRouting): MemberRouting['refused'][number] {
  const path = match === 'default' ? '' : match.path
  const place = match === 'default' ? 'a default backend' : `the ${match.type} path ${quoted(path)} of ${host || 'any host'}`
  const message = `${memberKey(id)} is a canary, and no other Ingress of its namespace serves ${place}.`
  return { at: origin.at, host: cut(host), path: cut(path), asked, problem: refusal('CanaryWithoutMain', message) }
}
