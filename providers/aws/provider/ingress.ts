// Ingresses at AWS: an Application Load Balancer for each group of them, by the same calls, pictures and ledger as those of Services.
import type { LoadBalancerClass } from '../../../src/api/load-balancer-class.ts'
import type { IngressProvider } from '../../../src/ingress-provider.ts'
import type { IngressGroupId } from '../../../src/model/ingress-group.ts'
import type { Ingress } from '../../../src/model/ingress-objects.ts'
import type { AwsAction } from '../actions.ts'
import { applyApplication } from '../apply/application.ts'
import type { IngressSettings } from '../ingress/asked.ts'
import { servicesAskedFor } from '../ingress/members.ts'
import { healthOfIngressTargets } from '../membership/ingress-gates.ts'
import { ingressGroupOf, readIngressSettings, serviceSecrets } from '../ingress/settings.ts'
import { resolveAction } from '../ingress/ways.ts'
import type { Look } from '../model/seen.ts'
import { observeApplication } from '../observe/application.ts'
import type { Context } from '../observe/context.ts'
import { plan } from '../plan.ts'
import type { Turns } from './turns.ts'

export type AwsIngressProvider = IngressProvider<Look, AwsAction, IngressSettings>

export function createIngress(
  context: Context,
  { turns, wakers }: { readonly turns: Turns; readonly wakers: Set<(id: IngressGroupId) => void> },
): AwsIngressProvider {
  const { ledger } = context
  const inTurn = <T>(id: IngressGroupId, work: () => Promise<T>) => turns.take(id.uid, work)
  return {
    name: 'aws',
    groupOf: ingressGroupOf,
    read(ingress, lbClass) {
      const reading = readIngressSettings(ingress, lbClass)
      const services = [...reading.services, ...servicesBefore(context, ingress, lbClass)]
      return { ...reading, services: [...new Set(services)] }
    },
    secretsOfService: serviceSecrets,
    resolve: resolveAction,
    holding: ({ uid }) =>
      groupsOf(context).filter(id => ledger.read(id)?.ingresses?.some(ingress => ingress.uid === uid) === true),
    observe: (id, signal, goal) => observeApplication(context, id, goal, signal),
    plan: (goal, observed) => plan(goal, observed),
    apply: (work, signal) => inTurn(work.id, () => applyApplication(context, work, signal)),
    syncTargets: (id, goal, signal) =>
      inTurn(id, async () => {
        const record = ledger.read(id)
        // Without a target group there is nothing to fill; the shape comes first.
        if (!record || !Object.keys(record.ids).some(resource => resource.startsWith('target-group/'))) return undefined
        return applyApplication(context, { id, goal, observed: { kind: 'settled', record }, actions: [] }, signal)
      }),
    healthOfTargets: (id, at, signal) => healthOfIngressTargets(context, { id, ...at }, signal),
    list(signal) {
      signal.throwIfAborted()
      return Promise.resolve(groupsOf(context))
    },
    watch(wake) {
      wakers.add(wake)
      return () => wakers.delete(wake)
    },
  }
}

function servicesBefore({ ledger }: Context, { metadata }: Ingress, lbClass: LoadBalancerClass): readonly string[] {
  const recorded = [...ledger.entries()].flatMap(([, { ingresses = [] }]) => ingresses.filter(({ uid }) => uid === metadata.uid))
  return recorded.flatMap(({ asked }) => servicesAskedFor(asked, lbClass))
}

function groupsOf({ ledger }: Context): readonly IngressGroupId[] {
  return [...ledger.entries()].flatMap(([id]) => (id.kind === 'IngressGroup' ? [id] : []))
}
