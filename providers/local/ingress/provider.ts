// Ingresses of the local provider, the controller's side: a gateway's Service for each group, and copies of what Envoy needs.
import { isDeepStrictEqual } from 'node:util'
import { gatewayLabel, systemNamespace } from '../../../src/api/group.ts'
import type { NodeReport } from '../../../src/api/node-report.ts'
import type { IngressProvider, MemberOutcome } from '../../../src/ingress-provider.ts'
import type { Service } from '../../../src/model/kubernetes-objects.ts'
import { readSettings } from '../gateway/annotations/read.ts'
import type { IngressSettings } from '../gateway/settings.ts'
import { readingOptions } from '../gateway/tuning.ts'
import type { Conflict, View } from '../views.ts'
import type { CopyParts } from './copies.ts'
import { createSecretCopies } from './copies.ts'
import { gatewayId, groupOf, groupWarnings } from './group.ts'
import { heldBack } from './held-back.ts'
import { outcomeOf } from './outcome.ts'
import type { GatewayAction, GatewayObserved } from './plan.ts'
import { plan, portsOverlap } from './plan.ts'
import { withoutAuthority } from './without-authority.ts'

/** Writes of gateways' Services, decided on the uid and resourceVersion of the object handed in. */
export interface GatewayServiceStore {
  create(service: Service, signal?: AbortSignal): Promise<Service | Conflict>
  /** A merge patch (RFC 7386) of `seen`. */
  patch(seen: Service, patch: object, signal?: AbortSignal): Promise<Service | Conflict>
  remove(seen: Service, signal?: AbortSignal): Promise<'done' | Conflict>
}

export interface LocalIngressParts {
  /** Every Service, by `namespace/name`. */
  readonly services: View<Service>
  readonly serviceStore: GatewayServiceStore
  /** What the agents tell of the Envoys of their nodes. */
  readonly nodeReports: View<NodeReport>
  readonly copying: CopyParts
  /** Ends what it follows. */
  readonly signal: AbortSignal
}

export type LocalIngressProvider = IngressProvider<GatewayObserved, GatewayAction, IngressSettings>

/** Somebody else was first; what they did is on its way. */
const afterConflictMs = 300

export function createLocalIngressProvider({
  services,
  nodeReports,
  serviceStore,
  copying,
  signal: term,
}: LocalIngressParts): LocalIngressProvider {
  const copies = createSecretCopies(copying)
  // Kept in step with the view: a look must not go through every Service of the cluster.
  const gateways = new Map<string, Service>()
  // Made, or being made, and not in the view yet: groups are in work side by side, and none may take the ports of another.
  const coming = new Map<string, Service>()
  const listeners = new Set<(service: Service) => void>()
  const unsubscribe = services.subscribe(
    ({ key, object, old }) => {
      const service = object ?? old
      if (service === undefined || service.metadata.namespace !== systemNamespace) return
      coming.delete(service.metadata.name)
      if (object && isGateway(object)) gateways.set(key, object)
      else gateways.delete(key)
      if (isGateway(service) || (old && isGateway(old))) for (const listener of listeners) listener(old ?? service)
    },
    { replay: true },
  )
  const unwatch = nodeReports.subscribe(({ object, old }) => {
    if (isDeepStrictEqual(object?.spec.gateway?.held ?? [], old?.spec.gateway?.held ?? [])) return
    for (const listener of listeners) for (const service of gateways.values()) listener(service)
  })
  /** Makes a gateway unless its ports were taken since it was planned. */
  const alone = async (action: GatewayAction, work: () => ReturnType<typeof carryOut>) => {
    if (action.kind !== 'create-gateway') return work()
    const { service } = action
    if ([...gateways.values(), ...coming.values()].some(other => portsOverlap(other, service))) return 'conflict'
    coming.set(service.metadata.name, service)
    try {
      const answer = await work()
      // One that somebody else has made is in the view soon, if it is not already.
      if (answer === 'conflict' || gateways.has(`${systemNamespace}/${service.metadata.name}`))
        coming.delete(service.metadata.name)
      return answer
    } catch (error) {
      coming.delete(service.metadata.name)
      throw error
    }
  }
  for (const end of [unsubscribe, unwatch]) term.addEventListener('abort', end, { once: true })
  return {
    name: 'local',
    groupOf,
    read(ingress, lbClass) {
      const { settings, problems, secrets, services } = readSettings(ingress, readingOptions(lbClass))
      return { settings, ways: settings.ways, problems: [...problems, ...groupWarnings(ingress, lbClass)], secrets, services }
    },
    observe: async id => {
      const service = services.get(`${systemNamespace}/${id.name}`)
      return { id, ...(service ? { service } : {}), gateways: [...gateways.values(), ...coming.values()] }
    },
    plan,
    async apply({ goal, observed, actions }, signal) {
      let { service } = observed
      let isOvertaken = false
      for (const action of actions) {
        const answer = await alone(action, () => carryOut(action, serviceStore, signal))
        if (answer === 'conflict') isOvertaken = true
        else if (answer !== 'done') service = answer
      }
      return outcomeOf(observed, service, {
        wanted: goal !== undefined,
        members: goal ? together(heldBack(nodeReports.values(), goal.members), withoutAuthority(goal)) : new Map(),
        ...(isOvertaken ? { again: { afterMs: afterConflictMs } } : {}),
      })
    },
    keepSecrets: (named, states, signal) => copies.keep(named, states, signal),
    list: async () => [...gateways.values()].map(idOf),
    watch(wake) {
      const listener = (service: Service) => wake(idOf(service))
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** What is told of each member by both. */
function together(...all: readonly ReadonlyMap<string, MemberOutcome>[]): ReadonlyMap<string, MemberOutcome> {
  const keys = new Set(all.flatMap(each => [...each.keys()]))
  return new Map([...keys].map(key => [key, { problems: all.flatMap(each => each.get(key)?.problems ?? []) }]))
}

function isGateway({ metadata }: Service): boolean {
  return metadata.labels?.[gatewayLabel] !== undefined
}

function idOf({ metadata }: Service) {
  return gatewayId(metadata.labels?.[gatewayLabel] ?? '', metadata.name)
}

async function carryOut(
  action: GatewayAction,
  store: GatewayServiceStore,
  signal: AbortSignal,
): Promise<Service | Conflict | 'done'> {
  switch (action.kind) {
    case 'create-gateway':
      return store.create(action.service, signal)
    case 'change-gateway':
      return store.patch(action.seen, action.patch, signal)
    case 'delete-gateway':
      return store.remove(action.seen, signal)
    default:
      return action satisfies never
  }
}
