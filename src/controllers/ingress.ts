// The loop of Ingresses: what happens anywhere that can concern one leads to its group, and each group is looked at whole.
import { isDeepStrictEqual } from 'node:util'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import type { IngressProvider } from '../ingress-provider.ts'
import { createLimiter } from '../kubernetes/limiter.ts'
import { keyOf, makeKey } from '../kubernetes/objects.ts'
import type { ObjectKey } from '../kubernetes/objects.ts'
import { createQueue } from '../kubernetes/queue.ts'
import type { StoreEvent } from '../kubernetes/store.ts'
import { groupKey } from '../model/ingress-group.ts'
import type { IngressGroupId } from '../model/ingress-group.ts'
import type { Ingress } from '../model/ingress-objects.ts'
import type { TakeOvers } from '../model/take-over.ts'
import { serviceNameLabel } from '../model/kubernetes-objects.ts'
import type { Controller, Surroundings } from './controller.ts'
import type { IngressContext } from './ingress-context.ts'
import { latestReport } from './ingress-context.ts'
import { decideIngress } from './ingress-decision.ts'
import { createIngressGates, isDefaultBackend } from './ingress-gates.ts'
import type { IngressGates } from './ingress-gates.ts'
import type { GoalSources } from './ingress-goal.ts'
import { reconcileGroup } from './ingress-group-reconcile.ts'
import { startIngressMembership } from './ingress-membership.ts'
import { createIngressRegistry } from './ingress-registry.ts'
import type { IngressEntry } from './ingress-registry.ts'
import { startIngressSecrets } from './ingress-secret-keeping.ts'
import { reconcileSingle } from './ingress-single.ts'
import { portsMark } from './references.ts'
import { startTurns } from './turns.ts'

export interface IngressControllerOptions {
  readonly surroundings: Surroundings
  /** Providers that serve Ingresses and run now; those that start late come later. */
  readonly providers: () => Iterable<IngressProvider>
  /** Names of all that this installation is to run. */
  readonly configured: ReadonlySet<string>
  /** Told when other Ingresses use a class than before. */
  readonly onUse?: (lbClass: string) => void
  /** Whether the controllers behind aliases are gone. Absent: it is as if none was ever there. */
  readonly takeOvers?: () => TakeOvers
}

export interface IngressController extends Controller {
  /** Looks at every Ingress: a provider has started, or has other things to say. */
  lookAtAll(): void
  /** The Ingresses (namespace/name) that a class serves, sorted. */
  usersOf(lbClass: string): readonly ObjectKey[]
  /** Resolves when nothing is waiting and nothing is in work. */
  idle(): Promise<void>
  /** What pods behind Ingresses wait for. */
  readonly gates: IngressGates
}

/** Groups in work at once; each has its own writes at once besides. */
const concurrency = 16
const writesAtOnce = 32

/** What changes together is looked at together: a rollout of many Ingresses, the Services beside them. */
const gatherMs = 50

/** Mean time between two looks for groups that nobody is in any more. */
const sweepMs = 300_000

const groupPrefix = 'group '
const singlePrefix = 'ingress '

export function startIngressController(options: IngressControllerOptions): IngressController {
  const { surroundings, onUse } = options
  const { stores, clock, random, metrics } = surroundings
  const log = surroundings.log.child({ controller: 'ingress' })
  const registry = createIngressRegistry(key => stores.services.get(key))
  const providers = (): ReadonlyMap<string, IngressProvider> =>
    new Map([...options.providers()].map(provider => [provider.name, provider]))
  const sources: GoalSources = {
    stores,
    entry: key => registry.get(key),
    secret: key => secrets.state(key),
    models: new Map(),
  }
  const context: IngressContext = {
    surroundings: { ...surroundings, log },
    registry,
    sources,
    providers,
    aheadReports: new Map(),
    readiness: new Map(),
    limit: createLimiter(writesAtOnce),
    lookAtGroup: key => queue.addAfter(groupPrefix + key, gatherMs),
    lookAtIngress: key => queue.add(singlePrefix + key),
  }
  const queue = createQueue({
    name: 'ingress',
    work: (key, signal) =>
      key.startsWith(groupPrefix)
        ? reconcileGroup(context, key.slice(groupPrefix.length), signal)
        : reconcileSingle(context, key.slice(singlePrefix.length), signal),
    clock,
    random,
    logger: log,
    concurrency,
    firstDelayMs: 500,
    longestDelayMs: 60_000,
    metrics: metrics.queue('ingress'),
  })
  const secrets = startIngressSecrets({
    surroundings: { ...surroundings, log },
    registry,
    providers,
    onChange: key => {
      for (const group of registry.groupsWithSecret(key)) context.lookAtGroup(group)
    },
  })
  const membership = startIngressMembership({
    surroundings: { ...surroundings, log },
    registry,
    sources,
    readiness: context.readiness,
    look: context.lookAtGroup,
  })

  const gates = createIngressGates(registry, sources, group => membership.syncTargets(group))

  /** Watched by the providers that run; one that starts late is found at the next look at everything. */
  const watched = new Map<IngressProvider, () => void>()
  const watchProviders = () => {
    for (const provider of providers().values()) {
      if (watched.has(provider)) continue
      const wake = (id: IngressGroupId) => context.lookAtGroup(registry.addGroup(id, provider))
      watched.set(provider, provider.watch(wake))
    }
  }
  const facts = factsFrom(surroundings, providers, options)
  /** Decides anew about an Ingress; gives whether that led anywhere. */
  const refresh = (key: ObjectKey, isNews = true) => {
    const ingress = stores.ingresses.get(key)
    const entry = registry.get(key)
    const usedBefore = classOf(entry)
    const before = entry?.decision.kind === 'served' ? entry.decision.place : undefined
    const groups = ingress
      ? registry.decide(ingress, key, decideIngress(ingress, latestReport(context, key), facts(), before))
      : registry.forget(key)
    if (isNews) for (const group of groups) context.lookAtGroup(group)
    const next = registry.get(key)
    if (isNews && next?.decision.kind !== 'served' && (next || stores.ingressReports.has(key))) context.lookAtIngress(key)
    if (isNews) secrets.namesChanged(next?.secrets ?? [])
    const usedNow = classOf(next)
    if (usedBefore !== usedNow) for (const name of [usedBefore, usedNow]) if (name !== undefined) onUse?.(name)
  }
  const refreshAll = () => {
    facts.forget()
    for (const key of stores.ingresses.keys()) refresh(key)
  }
  const lookAtAll = () => {
    watchProviders()
    refreshAll()
  }
  watchProviders()
  const subscriptions = [
    stores.ingresses.subscribe(
      event => {
        const entry = registry.get(event.key)
        const isEcho =
          entry?.ahead !== undefined && event.object?.metadata.resourceVersion === entry.ahead.ingress.metadata.resourceVersion
        refresh(event.key, !isEcho && isNewsOfIngress(event))
        if (isEcho) entry.ahead = undefined
      },
      { replay: true },
    ),
    stores.ingressReports.subscribe(
      ({ key, object }) => {
        const ahead = context.aheadReports.get(key)
        const isEcho = ahead !== undefined && object?.metadata.resourceVersion === ahead.report.metadata.resourceVersion
        if (isEcho) context.aheadReports.delete(key)
        else refresh(key)
      },
      { replay: true },
    ),
    stores.ingressClasses.subscribe(({ object, old }) => {
      if (!object || !old || !isDeepStrictEqual(object.spec, old.spec)) refreshAll()
    }),
    stores.classes.subscribe(({ object, old }) => {
      if (!object || !old || !isDeepStrictEqual(object.spec, old.spec) || isLeaving(object) !== isLeaving(old)) refreshAll()
    }),
    stores.namespaces.subscribe(({ key, object, old }) => {
      if (!object || !old || isDeepStrictEqual(object.metadata.labels, old.metadata.labels)) return
      for (const ingress of stores.ingresses.values()) if (ingress.metadata.namespace === key) refresh(keyOf(ingress))
    }),
    stores.services.subscribe(({ key, object, old }) => {
      if (backendMark(object) === backendMark(old)) return
      const { groups, renamed } = registry.serviceChanged(key)
      for (const entry of renamed) secrets.namesChanged(entry.secrets)
      for (const group of groups) context.lookAtGroup(group)
      for (const group of registry.groups()) if (isDefaultBackend(registry, group.members, key)) context.lookAtGroup(group.key)
    }),
    stores.slices.subscribe(({ object, old }) => {
      const { metadata } = object ?? old
      const name = metadata.labels?.[serviceNameLabel]
      if (name !== undefined) membership.endpointsChanged(makeKey(metadata.namespace, name))
    }),
  ]
  const sweep = async (signal: AbortSignal) => {
    for (const provider of providers().values()) {
      for (const id of await provider.list(signal)) {
        if (registry.group(groupKey(id))) continue
        log.info({ group: groupKey(id) }, 'sweep found a group without members')
        context.lookAtGroup(registry.addGroup(id, provider))
      }
    }
  }
  let isFirst = true
  const sweeps = startTurns({
    name: 'ingress-sweep',
    intervalMs: () => (isFirst ? 1000 : sweepMs),
    turn: signal => {
      isFirst = false
      return sweep(signal)
    },
    clock,
    random,
    log,
  })
  return {
    name: 'ingress',
    lookAtAll,
    usersOf: lbClass =>
      [...registry.entries()]
        .filter(entry => classOf(entry) === lbClass)
        .map(({ key }) => key)
        .toSorted(),
    idle: () => queue.idle(),
    gates,
    stop: async graceMs => {
      for (const unsubscribe of [...subscriptions, ...watched.values()]) unsubscribe()
      await Promise.all([queue.drain(graceMs), ...[membership, secrets, sweeps].map(controller => controller.stop(graceMs))])
    },
  }
}

/** What decisions are made by; listed anew only after a class has changed. */
function factsFrom(
  { stores }: Surroundings,
  providers: () => ReadonlyMap<string, IngressProvider>,
  { configured, takeOvers }: Pick<IngressControllerOptions, 'configured' | 'takeOvers'>,
) {
  const list = () => {
    const classes = [...stores.classes.values()]
    const found = takeOvers?.()
    const activeAliases = new Set(
      classes.flatMap(({ spec }) => spec.aliases ?? []).filter(alias => found?.get(alias)?.kind !== 'waiting'),
    )
    return { ingressClasses: [...stores.ingressClasses.values()], classes, activeAliases, ...(found ? { takeOvers: found } : {}) }
  }
  let known: ReturnType<typeof list> | undefined
  return Object.assign(() => ({ ...(known ??= list()), providers: providers(), configured }), {
    forget: () => {
      known = undefined
    },
  })
}

function placeOf(entry: IngressEntry | undefined) {
  return entry?.decision.kind === 'served' ? entry.decision.place : undefined
}

function classOf(entry: IngressEntry | undefined): string | undefined {
  return placeOf(entry)?.class.metadata.name
}

function isNewsOfIngress({ object, old }: StoreEvent<Ingress>): boolean {
  return (
    !object ||
    !old ||
    object.metadata.uid !== old.metadata.uid ||
    isLeaving(object) !== isLeaving(old) ||
    !isDeepStrictEqual(object.metadata.annotations, old.metadata.annotations) ||
    !isDeepStrictEqual(object.metadata.labels, old.metadata.labels) ||
    !isDeepStrictEqual(object.metadata.finalizers, old.metadata.finalizers) ||
    !isDeepStrictEqual(object.spec, old.spec) ||
    !isDeepStrictEqual(object.status, old.status)
  )
}

function isLeaving({ metadata }: Ingress | LoadBalancerClass): boolean {
  return metadata.deletionTimestamp !== undefined
}

/** What of a Service decides where routes lead, and how: its annotations go before those of the Ingress. */
function backendMark(service: Parameters<typeof portsMark>[0]): string {
  if (!service) return ''
  const { metadata, spec } = service
  return `${portsMark(service)} ${spec.type ?? ''} ${spec.externalName ?? ''} ${JSON.stringify(metadata.annotations ?? {})}`
}
