// What a group of Ingresses is to become: each member read alone, their routes put together, and what these lead to.
import type { IngressReading } from '../ingress-provider.ts'
import type { ObjectKey } from '../kubernetes/objects.ts'
import { makeKey } from '../kubernetes/objects.ts'
import type { BackendService, IngressGroupGoal, IngressMember, SecretState } from '../model/ingress-group.ts'
import { groupKey, secretKey } from '../model/ingress-group.ts'
import { ingressController } from '../model/ingress-class.ts'
import { type Backend, resolveBackend } from '../model/routing/backend.ts'
import { routingModel } from '../model/routing/build.ts'
import { classDefault } from '../model/routing/class-default.ts'
import type { RoutingModel } from '../model/routing/model.ts'
import { type BackendResolver, type IngressRouting, readIngress } from '../model/routing/read.ts'
import type { Place } from './ingress-decision.ts'
import type { IngressEntry, IngressGroup } from './ingress-registry.ts'
import type { Stores } from './stores.ts'

export interface GoalSources {
  readonly stores: Pick<Stores, 'services' | 'slices' | 'ingressClasses'>
  readonly entry: (key: ObjectKey) => IngressEntry | undefined
  readonly secret: (key: string) => SecretState | undefined
  /** The last model of each group with what it was made of: nothing is merged anew while all of that is the same. */
  readonly models: Map<string, { readonly of: readonly unknown[]; readonly model: RoutingModel }>
}

/** Undefined when the group has no members. */
export function buildGoal(sources: GoalSources, group: IngressGroup): IngressGroupGoal | undefined {
  const read = [...group.members].flatMap(key => {
    const entry = sources.entry(key)
    return entry ? readMember(sources, group, entry) : []
  })
  const members = read.map(({ member }) => member).toSorted(byAge)
  // Of several states of the class the one that most lately made somebody a member.
  const lbClass = read.find(({ isHere }) => isHere)?.place.class ?? read[0]?.place.class
  if (!lbClass) return undefined
  const routings = members.map(({ routing }) => routing)
  const service = serviceOf(sources)
  const fallback = classDefault(lbClass, { service, externalNames: lbClass.spec.ingress?.externalNames === true })
  const model = mergeOnce(sources, group.key, routings, fallback)
  const named = new Set<ObjectKey>()
  for (const key of group.members) for (const each of sources.entry(key)?.services ?? []) named.add(each)
  if (fallback?.backend.kind === 'service') named.add(makeKey(fallback.backend.namespace, fallback.backend.name))
  return {
    id: group.id,
    class: lbClass,
    ...(members.some(member => isTakenOver(sources, member)) ? { takesOver: true } : {}),
    members,
    model,
    services: new Map([...named].flatMap(key => backendOf(sources, key))),
    secrets: secretsOf(sources, group),
  }
}

/** Its class is one of another controller, and served here by an alias. */
function isTakenOver({ stores }: GoalSources, { ingressClass }: IngressMember): boolean {
  const controller = stores.ingressClasses.get(ingressClass)?.spec?.controller
  return controller !== undefined && controller !== ingressController
}

interface ReadMember {
  readonly member: IngressMember
  readonly place: Place
  /** It is to be in this group, and not only on its way out. */
  readonly isHere: boolean
}

function readMember(sources: GoalSources, group: IngressGroup, entry: IngressEntry): readonly ReadMember[] {
  const { ingress, decision, servedAt } = entry
  if (decision.kind !== 'served') return []
  const isHere = groupKey(decision.place.group) === group.key
  const place = isHere ? decision.place : servedAt
  if (!place) return []
  const { metadata } = ingress
  const id = { namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid ?? '' }
  // On its way out it is read as the old place has it, which nobody keeps.
  const reading: IngressReading = (isHere ? entry.reading : undefined) ?? place.provider.read(ingress, place.class)
  const routing = isHere ? (entry.routing ??= route(sources, entry, place, reading)) : route(sources, entry, place, reading)
  const problems = [...(decision.problem && isHere ? [decision.problem] : []), ...reading.problems]
  return [
    { member: { id, ingress, ingressClass: place.ingressClass, routing, settings: reading.settings, problems }, place, isHere },
  ]
}

function route(
  sources: GoalSources,
  { ingress }: IngressEntry,
  { provider, class: lbClass }: Place,
  { ways }: IngressReading,
): IngressRouting {
  const service = serviceOf(sources)
  const externalNames = lbClass.spec.ingress?.externalNames === true
  const resolve: BackendResolver = (backend, owner): Backend =>
    provider.resolve?.(backend, owner) ?? resolveBackend(backend, owner.metadata.namespace ?? '', { service, externalNames })
  const routing = readIngress(ingress, resolve, ways)
  return provider.refine?.(routing, ingress) ?? routing
}

function mergeOnce(
  { models }: GoalSources,
  key: string,
  routings: readonly IngressRouting[],
  fallback: ReturnType<typeof classDefault>,
): RoutingModel {
  const of = [...routings, JSON.stringify(fallback ?? null)]
  const known = models.get(key)
  if (known?.of.length === of.length && known.of.every((each, index) => each === of[index])) return known.model
  const model = routingModel(routings, fallback ? { classDefault: fallback } : {})
  models.set(key, { of, model })
  return model
}

function serviceOf({ stores }: GoalSources) {
  return (namespace: string, name: string) => stores.services.get(makeKey(namespace, name))
}

function backendOf({ stores }: GoalSources, key: ObjectKey): readonly (readonly [ObjectKey, BackendService])[] {
  const service = stores.services.get(key)
  return service ? [[key, { service, slices: stores.slices.byIndex('service', key) }]] : []
}

function secretsOf({ entry, secret }: GoalSources, { members }: IngressGroup): ReadonlyMap<string, SecretState> {
  const states = new Map<string, SecretState>()
  for (const key of members) {
    for (const use of entry(key)?.secrets ?? []) {
      const state = secret(secretKey(use))
      if (state) states.set(secretKey(use), state)
    }
  }
  return states
}

function byAge({ routing: one, id: first }: IngressMember, { routing: other, id: second }: IngressMember): number {
  const [a, b] = [`${one.createdAt} ${first.namespace} ${first.name}`, `${other.createdAt} ${second.namespace} ${second.name}`]
  return a < b ? -1 : a > b ? 1 : 0
}
