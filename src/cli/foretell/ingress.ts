// What would be done for one Ingress: for the group that it is served in, by the same steps as the controller takes.
import { decideIngress } from '../../controllers/ingress-decision.ts'
import { buildGoal } from '../../controllers/ingress-goal.ts'
import { createIngressRegistry, type IngressRegistry } from '../../controllers/ingress-registry.ts'
import type { IngressProvider } from '../../ingress-provider.ts'
import { keyOf } from '../../kubernetes/objects.ts'
import { groupKey, type SecretState } from '../../model/ingress-group.ts'
import type { Ingress } from '../../model/ingress-objects.ts'
import { memberKey } from '../../model/routing/model.ts'
import { whyIngressNotOurs } from '../explain/not-ours.ts'
import { failed } from './failed.ts'
import type { Foreteller, Foretellers } from './foreteller.ts'
import { type Foretold, type ForetoldAction, tellingActions, told, toldOnce } from './foretold.ts'
import type { ImaginedCluster } from './imagined.ts'
import { secretStates } from './secrets.ts'
import { foretellService } from './service.ts'

export interface Foretelling {
  readonly imagined: ImaginedCluster
  readonly foretellers: Foretellers
}

/** The Ingress, and after it the Services that are made or changed for it (a gateway's) with what follows for these. */
export async function foretellIngress(ingress: Ingress, around: Foretelling, signal: AbortSignal): Promise<readonly Foretold[]> {
  const { imagined, foretellers } = around
  const { stores } = imagined
  const who = { object: 'ingress', namespace: ingress.metadata.namespace ?? '', name: ingress.metadata.name } as const
  const registry = decideAll(around)
  const entry = registry.get(keyOf(ingress))
  const decision = entry?.decision
  if (!entry || !decision || decision.kind === 'none')
    return [
      { ...who, verdict: 'not-ours', why: whyIngressNotOurs(ingress, { ingressClasses: [...stores.ingressClasses.values()] }) },
    ]
  if (decision.kind === 'refused') {
    const { problem } = decision
    return [{ ...who, verdict: 'refused', class: '', reason: problem.reason, problems: [told(problem)] }]
  }
  if (decision.kind === 'released')
    return [{ ...who, verdict: 'released', class: '', provider: '', gives: '', actions: [], warnings: [] }]
  const { place } = decision
  const lbClass = place.class.metadata.name
  const foreteller = foretellers.get(place.provider.name)
  const group = registry.group(groupKey(place.group))
  if (!foreteller || !group) throw new TypeError(`nobody foretells for the provider ${place.provider.name}`)
  const named = [...group.members].flatMap(key => registry.get(key)?.secrets ?? [])
  const states: ReadonlyMap<string, SecretState> = await secretStates(named, imagined, signal)
  const goal = buildGoal({ stores, entry: key => registry.get(key), secret: key => states.get(key), models: new Map() }, group)
  const problems = goal?.members.find(({ id }) => memberKey(id) === keyOf(ingress))?.problems ?? []
  const blocking = problems.filter(({ severity }) => severity === 'blocks')
  if (!goal || blocking.length > 0)
    return [{ ...who, verdict: 'refused', class: lbClass, reason: blocking[0]?.reason ?? '', problems: blocking.map(told) }]
  try {
    const { actions, changed, findings } = await carryOut(foreteller, { provider: place.provider, goal }, imagined, signal)
    const together = goal.members.map(({ id }) => memberKey(id)).filter(key => key !== keyOf(ingress))
    const own = findings.get(keyOf(ingress)) ?? []
    const itself: Foretold = {
      ...who,
      verdict: 'served',
      class: lbClass,
      provider: place.provider.name,
      gives: foreteller.gives(place.class, 'ingress'),
      actions,
      warnings: toldOnce([...decision.warnings, ...problems, ...own]),
      ...(together.length > 0 ? { together } : {}),
    }
    const services: Foretold[] = []
    for (const key of changed) {
      const service = stores.services.get(key)
      if (service) services.push({ ...(await foretellService(service, around, signal)), for: keyOf(ingress) })
    }
    return [itself, ...services]
  } catch (error) {
    return [{ ...who, class: lbClass, ...failed(error, signal) }]
  }
}

/** Every Ingress, because those of a group are planned for together. */
function decideAll({ imagined: { stores }, foretellers }: Foretelling): IngressRegistry {
  const registry = createIngressRegistry(key => stores.services.get(key))
  const classes = [...stores.classes.values()]
  const providers = new Map<string, IngressProvider>(
    [...foretellers].flatMap(([name, { ingress }]) => (ingress ? [[name, ingress] as const] : [])),
  )
  const facts = {
    ingressClasses: [...stores.ingressClasses.values()],
    classes,
    activeAliases: new Set(classes.flatMap(({ spec }) => spec.aliases ?? [])),
    providers,
    configured: new Set(providers.keys()),
  }
  for (const ingress of stores.ingresses.values()) {
    const key = keyOf(ingress)
    registry.decide(ingress, key, decideIngress(ingress, stores.ingressReports.get(key), facts))
  }
  return registry
}

async function carryOut(
  foreteller: Foreteller,
  { provider, goal }: { readonly provider: IngressProvider; readonly goal: NonNullable<ReturnType<typeof buildGoal>> },
  { stores }: ImaginedCluster,
  signal: AbortSignal,
) {
  const observed = await provider.observe(goal.id, signal, goal)
  const planned = provider.plan(goal, observed)
  const telling = tellingActions(planned, foreteller)
  const actions: readonly ForetoldAction[] = [...telling, ...((await foreteller.besides?.(observed, signal)) ?? [])]
  const changed = new Set<string>()
  if (!foreteller.announcing) return { actions, changed, findings: new Map<string, never>() }
  const unwatch = stores.services.subscribe(({ key }) => changed.add(key))
  try {
    const { members } = await provider.apply({ id: goal.id, goal, observed, actions: planned }, signal)
    const findings = new Map([...members].map(([key, { problems }]) => [key, problems]))
    return { actions, changed, findings }
  } finally {
    unwatch()
  }
}
