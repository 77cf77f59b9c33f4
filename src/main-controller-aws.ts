// The aws provider's part of the controller's composition root: a file of its own, loaded only where the provider is on.
import { instanceMetadata } from '../providers/aws/discovery/instance-metadata.ts'
import { discoverLocation } from '../providers/aws/discovery/location.ts'
import { createAwsProvider } from '../providers/aws/provider.ts'
import { forwardedServices } from '../providers/aws/annotations/forwarded-services.ts'
import type { AwsProvider } from '../providers/aws/provider.ts'
import { readinessGateLabel, serviceFinalizer } from './api/group.ts'
import type { LoadBalancer } from './api/load-balancer.ts'
import type { LoadBalancerClass } from './api/load-balancer-class.ts'
import type { ClassTrouble } from './controllers/class-verdicts.ts'
import type { Controller } from './controllers/controller.ts'
import { driftPeriods, startDrift } from './controllers/drift.ts'
import type { Drifting } from './controllers/drift.ts'
import { createLoadBalancerLedger } from './controllers/load-balancer-ledger.ts'
import { goalOf, startMembershipController } from './controllers/membership.ts'
import { neighboursIn } from './controllers/neighbours.ts'
import { oidcClientIn } from './controllers/oidc-client.ts'
import { createOrphanReporter } from './controllers/orphan-reports.ts'
import type { OrphanReporter } from './controllers/orphan-reports.ts'
import { startProviderAccess } from './controllers/provider-access.ts'
import { prunePod } from './controllers/prune.ts'
import { admitWaiting, startReadinessGate } from './controllers/readiness-gate.ts'
import { loadBalancers, namespaces, pods } from './controllers/resources.ts'
import type { ProviderParts, ProviderSurroundings } from './controllers/provider-parts.ts'
import type { ServiceController } from './controllers/service.ts'
import { ApiError, messageOf } from './kubernetes/errors.ts'
import { listAll } from './kubernetes/list-watch.ts'
import { keyOf, makeKey } from './kubernetes/objects.ts'
import type { ObjectKey } from './kubernetes/objects.ts'
import { startReflector } from './kubernetes/reflector.ts'
import { createStore } from './kubernetes/store.ts'
import type { Pod, Service } from './model/kubernetes-objects.ts'
import { followBindings } from './main-controller-aws-bindings.ts'
import type { LoadBalancerId } from './model/load-balancer.ts'
import { ProviderError } from './provider.ts'

type Environment = Readonly<Record<string, string | undefined>>

export async function makeAws(around: ProviderSurroundings, environment: Environment = process.env): Promise<ProviderParts> {
  const { stores, writer, clock, random, transport, signal, namespace, confirmLeading } = around
  const log = around.log.child({ provider: 'aws' })
  const { cluster, objects } = await readCluster(around)
  const ledger = createLoadBalancerLedger({ objects, writer, namespace, now: () => clock.now() })
  const periods = driftPeriods(environment)
  const orphans = createOrphanReporter({ surroundings: around, objects, namespace, apartMs: periods.orphanMs })
  const classes = () => [...stores.classes.values()].filter(({ spec }) => spec.provider === 'aws')
  const gated = createStore<Pod>({ indexers: { uid: ({ metadata }) => (metadata.uid === undefined ? [] : [metadata.uid]) } })
  const podReflector = startReflector({
    transport,
    resource: pods,
    store: gated,
    labelSelector: readinessGateLabel,
    prune: prunePod,
    clock,
    random,
    logger: log.child({ resource: 'pods' }),
  })
  const bindings = followBindings(around)
  const slicesOf = (key: ObjectKey) => admitWaiting(stores.slices.byIndex('service', key), gated)
  let whereabouts: { readonly region?: string; readonly vpcId?: string } = placeOf(environment)
  const provider = createAwsProvider({
    cluster,
    ledger,
    classes,
    slicesOf: id => slicesOf(makeKey(id.namespace, id.name)),
    serviceOf: (namespaceOf, name) => stores.services.get(makeKey(namespaceOf, name)),
    isOwned: id => mayOwn(stores, id),
    orphanApartMs: periods.orphanMs,
    bindingRecords: bindings.records,
    nodes: () => stores.nodes.values(),
    neighbours: neighboursIn(around, service => wishOf(service)?.desired),
    whereabouts: () => whereabouts,
    clock,
    log,
    signal,
    meter: call => around.metrics.called(call),
    confirmLeading,
    oidcClient: (secret, ending) => oidcClientIn(around, secret, ending),
  })
  /** What a Service asks of the provider; undefined for one that is refused. */
  const wishOf = (service: Service) => goalOf({ surroundings: around, provider }, keyOf(service), service)
  const metadata = instanceMetadata(fetch, environment['AWS_EC2_METADATA_SERVICE_ENDPOINT'])
  const locate = async (subject: LoadBalancerClass, ending: AbortSignal) => {
    const { region, vpcId } = subject.spec.aws ?? {}
    const known = { region: region ?? whereabouts.region, vpcId: vpcId ?? whereabouts.vpcId }
    if (known.region !== undefined && known.vpcId !== undefined) return
    const found = await discoverLocation({ class: {}, environment, metadata }, ending)
    whereabouts = found
  }
  const access = startProviderAccess({
    classes: stores.classes,
    provider: provider.name,
    reach: async (subject, ending) => {
      await locate(subject, ending)
      await provider.probe(subject, ending)
    },
    clock,
    log,
    signal,
  })
  return {
    provider,
    holds: id => provider.holds(id),
    targetsSeen: () => provider.targetsSeen(),
    ingress: provider.ingress,
    classTrouble: (subject): ClassTrouble | undefined => access.troubleOf(subject),
    classUsers: subject => (subject.spec.provider === 'aws' ? bindings.usersOf(subject, classes()) : []),
    start: (services, classLoop, { gates }) => {
      const binding = bindings.start({
        provider,
        classes,
        slicesOf,
        recheckMs: periods.sweepMs,
        inspectMs: periods.inspectionMs,
      })
      const unwatch = access.watch(() => {
        classLoop.look()
        binding.lookAtAll()
        for (const service of stores.services.values()) if (service.spec.type === 'LoadBalancer') services.look(keyOf(service))
      })
      const unwatchUse = bindings.watchUse(() => classes().forEach(({ metadata }) => classLoop.lookAt(metadata.name)))
      const stopping: Controller = {
        name: 'provider-access',
        stop: async () => {
          unwatch()
          unwatchUse()
          await Promise.all([access.stop(), podReflector.stop(), bindings.reflection.stop(0)])
        },
      }
      const membership = startMembershipController({
        surroundings: around,
        provider,
        services,
        othersOf: ({ metadata }) => forwardedServices(metadata.annotations),
        syncTargets: (id, goal, ending) => provider.syncTargets(id, goal, ending),
      })
      const isServed = (service: Service) => service.spec.type === 'LoadBalancer' && wishOf(service) !== undefined
      const leadingTo = (service: Service) => membership.leadingTo(keyOf(service)).filter(isServed)
      /** The groups at the load balancer of a Service that have its own endpoints, or those of another one. */
      const groupsAt = async (service: Service, other: string | undefined, ending: AbortSignal) => {
        const goal = wishOf(service)
        const all = goal && (await provider.healthOfTargets(goal.desired.id, goal, ending))
        return all?.filter(group => group.service === other)
      }
      return [
        membership,
        binding,
        startReadinessGate({
          surroundings: around,
          pods: gated,
          isOurs: service =>
            isServed(service) || leadingTo(service).length > 0 || binding.isBound(service) || gates.leadsTo(keyOf(service)),
          groupsOf: async (service, ending) => {
            const lists = await Promise.all([
              ...(isServed(service) ? [groupsAt(service, undefined, ending)] : []),
              ...leadingTo(service).map(each => groupsAt(each, service.metadata.name, ending)),
              binding.groupsOf(service, ending),
              gates.groupsOf(keyOf(service), ending),
            ])
            return lists.includes(undefined) ? undefined : lists.flatMap(list => list ?? [])
          },
          lookAtTargets: key => {
            for (const each of [key, ...membership.leadingTo(key).map(keyOf)]) membership.look(each)
            binding.lookAtService(key)
            gates.lookAtTargets(key)
          },
        }),
        ...startDrift(drifting(provider, orphans, services), {
          count: () => [...ledger.entries()].length,
          periods,
          clock,
          random,
          log,
        }),
        stopping,
      ]
    },
  }
}

/** What must be known before anything is made in AWS: by what the cluster is told from others, and what was made before. */
async function readCluster({ writer, transport, namespace, signal }: ProviderSurroundings) {
  try {
    const kubeSystem = await writer.get(namespaces, 'kube-system', undefined, { signal })
    const objects: LoadBalancer[] = []
    await listAll(transport, { resource: loadBalancers, namespace }, signal, object => objects.push(object))
    return { cluster: kubeSystem.metadata.uid ?? '', objects }
  } catch (error) {
    const remedy = remedyFor(error)
    if (remedy === undefined) throw error
    throw new ProviderError({
      code: 'NotConfigured',
      message: `The provider aws cannot start: ${messageOf(error)}.`,
      remedy: `${remedy} It is tried again.`,
      retry: 'later',
      cause: error,
    })
  }
}

/** The message of the API server names the right, or the kind, that is missing. */
function remedyFor(error: unknown): string | undefined {
  if (!(error instanceof ApiError)) return undefined
  if (error.code === 403)
    return 'Give the controller the rights of the provider: kubectl apply -f deploy/aws/provider/rbac.yaml (docs/tasks/aws.md).'
  return error.code === 404 ? 'Apply the kinds of Weir: kubectl apply --server-side -f crds/.' : undefined
}

/** A Service on its way out is released in its own time. */
function mayOwn({ services }: ProviderSurroundings['stores'], { kind, namespace, name, uid }: LoadBalancerId): boolean {
  const key = makeKey(namespace, name)
  if (kind === 'Group') return services.byIndex('group', key).length > 0
  const service = services.get(key)
  if (service?.metadata.uid !== uid) return false
  return service.spec.type === 'LoadBalancer' || service.metadata.finalizers?.includes(serviceFinalizer) === true
}

/** The sweep, and what it found that nobody owns: told, and given up when its time has come. */
function drifting(provider: AwsProvider, orphans: OrphanReporter, services: Pick<ServiceController, 'releaseOrphan'>): Drifting {
  return {
    async sweep(ending) {
      await provider.sweep(ending)
      const { all, due } = await provider.orphans(ending)
      await orphans.report(all, ending)
      for (const id of due) services.releaseOrphan(id)
    },
    inspectNext: () => provider.inspectNext(),
    inspectHealth: ending => provider.inspectHealth(ending),
  }
}

function placeOf(environment: Environment) {
  const region = environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION']
  const vpcId = environment['WEIR_AWS_VPC_ID']
  return { ...(region ? { region } : {}), ...(vpcId ? { vpcId } : {}) }
}
