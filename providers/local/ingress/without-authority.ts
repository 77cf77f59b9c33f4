// Ingresses whose auth-url leads to their own host, where nobody answers who may: their routes are closed, and they are told. Pure.
import type { MemberOutcome } from '../../../src/ingress-provider.ts'
import type { IngressGroupGoal } from '../../../src/model/ingress-group.ts'
import { memberKey } from '../../../src/model/routing/model.ts'
import { cut, refusal } from '../../../src/model/routing/refusal.ts'
import { authorityOf } from '../gateway/authority.ts'
import type { IngressSettings } from '../gateway/settings.ts'

/** By `namespace/name`. */
export function withoutAuthority({
  members,
  model,
}: Pick<IngressGroupGoal<IngressSettings>, 'members' | 'model'>): ReadonlyMap<string, MemberOutcome> {
  return new Map(
    members.flatMap(({ id, settings: { externalAuth, canary } }): readonly [string, MemberOutcome][] => {
      if (!externalAuth || externalAuth.target.service || canary) return []
      const { target } = externalAuth
      const routes = (model.members.get(memberKey(id))?.routes ?? []).filter(({ shadowedBy }) => !shadowedBy)
      const closed = routes.find(({ route }) => !authorityOf(target, route, model))
      if (!closed) return []
      const host = closed.route.host || 'requests without a host of their own'
      const message = `auth-url asks ${cut(target.path)} of ${host}, which no Ingress of the namespace ${id.namespace} serves there. Routes of this host answer 503.`
      return [[memberKey(id), { problems: [refusal('RoutesClosed', message)] }]]
    }),
  )
}
