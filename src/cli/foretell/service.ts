// What would be done for one Service, by the same steps as the controller takes: claim, build, check, observe, plan.
import { missingCapabilities } from '../../controllers/capabilities.ts'
import { namespaceLabels } from '../../controllers/stores.ts'
import { keyOf } from '../../kubernetes/objects.ts'
import { buildLoadBalancer } from '../../model/build.ts'
import { claim, type Claim } from '../../model/claim.ts'
import { buildMembership } from '../../model/endpoints.ts'
import type { Service } from '../../model/kubernetes-objects.ts'
import type { Problem } from '../../model/load-balancer.ts'
import { idOf } from '../../model/service-id.ts'
import type { Action, Goal, Outcome } from '../../provider.ts'
import { whyNotOurs } from '../explain/not-ours.ts'
import { toldTakeOvers } from '../take-overs.ts'
import type { Foreteller, Foretellers } from './foreteller.ts'
import type { Foretold, ForetoldAction } from './foretold.ts'
import { cameAbout, tellingActions, told, toldOnce } from './foretold.ts'
import { failed } from './failed.ts'
import type { ImaginedCluster } from './imagined.ts'

/** An address is taken away in a few steps, each seen to be done before the next. */
const mostRounds = 8

export async function foretellService(
  service: Service,
  { imagined, foretellers }: { readonly imagined: ImaginedCluster; readonly foretellers: Foretellers },
  signal: AbortSignal,
): Promise<Foretold> {
  const { stores } = imagined
  const who = { object: 'service', namespace: service.metadata.namespace ?? '', name: service.metadata.name } as const
  const classes = [...stores.classes.values()]
  const holders = [...foretellers.values()].filter(({ holds }) => holds(idOf(service)))
  const takeOvers = toldTakeOvers(service, stores.services.values())
  const claimed = claim(service, classes, { allocated: holders.length > 0, ...(takeOvers ? { takeOvers } : {}) })
  const refused = (problems: readonly Problem[], lbClass = '') =>
    ({ ...who, verdict: 'refused', class: lbClass, reason: problems[0]?.reason ?? '', problems: problems.map(told) }) as const
  switch (claimed.kind) {
    case 'none':
      return { ...who, verdict: 'not-ours', why: whyNotOurs(service, { classes }) }
    case 'foreign':
    case 'blocked':
    case 'kept':
      return refused([claimed.problem])
    case 'release': {
      const actions: ForetoldAction[] = []
      for (const foreteller of holders)
        actions.push(...(await carryOut(foreteller, { service, goal: undefined }, signal)).actions)
      const names = holders.map(({ provider }) => provider.name).join(', ')
      return { ...who, verdict: 'released', class: '', provider: names, gives: '', actions, warnings: [] }
    }
    case 'ours':
      break
    default:
      return claimed satisfies never
  }
  const lbClass = claimed.class.metadata.name
  const foreteller = foretellers.get(claimed.class.spec.provider)
  if (!foreteller) throw new TypeError(`nobody foretells for the provider ${claimed.class.spec.provider}`)
  const { goal, problems } = goalFor(service, claimed, { imagined, foreteller })
  const blocking = problems.filter(({ severity }) => severity === 'blocks')
  if (blocking.length > 0) return refused(blocking, lbClass)
  try {
    const { actions, outcome } = await carryOut(foreteller, { service, goal }, signal)
    const warnings = toldOnce([...problems, ...(outcome?.warnings ?? [])])
    if (outcome && actions.length === 0 && isDenied(service, outcome, foreteller)) {
      const { reason, message } = outcome.readiness
      return {
        ...refused([], lbClass),
        reason,
        problems: [{ reason, message, remedy: '' }],
        provider: foreteller.provider.name,
        warnings,
      }
    }
    return {
      ...who,
      verdict: 'served',
      class: lbClass,
      provider: foreteller.provider.name,
      gives: foreteller.gives(claimed.class, 'service'),
      actions,
      warnings,
      ...(outcome ? { outcome: outcomeOf(outcome) } : {}),
    }
  } catch (error) {
    return { ...who, class: lbClass, ...failed(error, signal) }
  }
}

/** It has nothing, shows nothing, and gets nothing. */
function isDenied(service: Service, { ingress, readiness }: Outcome, { holds }: Foreteller): boolean {
  const shows = (service.status?.loadBalancer?.ingress ?? []).length > 0
  return ingress.length === 0 && !readiness.ready && !shows && !holds(idOf(service))
}

function goalFor(
  service: Service,
  { class: lbClass }: Extract<Claim, { readonly kind: 'ours' }>,
  { imagined: { stores }, foreteller: { provider } }: { readonly imagined: ImaginedCluster; readonly foreteller: Foreteller },
): { readonly goal: Goal; readonly problems: readonly Problem[] } {
  const { desired, problems } = buildLoadBalancer(service, lbClass, namespaceLabels(stores, service))
  const membership = buildMembership(stores.slices.byIndex('service', keyOf(service)), desired.families, desired.listeners)
  return {
    goal: { desired, membership },
    problems: [...problems, ...missingCapabilities(desired, provider), ...provider.check(desired)],
  }
}

interface CarriedOut {
  readonly actions: readonly ForetoldAction[]
  readonly outcome?: Outcome
}

/** What comes about until there is nothing to do any more, where it can be done in the imagined cluster; else the actions of now. */
async function carryOut(
  foreteller: Foreteller,
  { service, goal }: { readonly service: Service; readonly goal: Goal | undefined },
  signal: AbortSignal,
): Promise<CarriedOut> {
  const { provider, announcing, besides } = foreteller
  const id = idOf(service)
  const tried: Action[] = []
  const woken = new Set<string>()
  const unwatch = announcing?.watch(name => woken.add(name))
  try {
    let outcome: Outcome | undefined
    let open: readonly Action[] = []
    for (let round = 0; ; round++) {
      const observed = await provider.observe(id, signal, goal)
      const planned = provider.plan(goal, observed)
      if (!announcing)
        return { actions: [...tellingActions(planned, foreteller), ...((await besides?.(observed, signal)) ?? [])] }
      open = planned
      if (round === mostRounds || (planned.length === 0 && outcome)) break
      tried.push(...planned)
      outcome = await provider.apply({ id, goal, observed, actions: planned }, signal)
    }
    const actions = [...tellingActions(cameAbout({ tried, open }, foreteller), foreteller)]
    for (const name of woken) {
      const action = announcing?.plan(name)
      if (!announcing || !action) continue
      actions.push({ kind: action.kind, text: announcing.print(action) })
      await announcing.apply(action, signal)
    }
    return { actions, ...(outcome ? { outcome } : {}) }
  } finally {
    unwatch?.()
  }
}

function outcomeOf({ ingress, readiness }: Outcome) {
  return {
    addresses: ingress.map(point => ('ip' in point ? point.ip : point.hostname)),
    ready: readiness.ready,
    reason: readiness.reason,
    message: readiness.message,
  }
}
