// A cluster and an AWS account for tests: Services, pods and nodes in memory, the fake at the other end of the real SDK.
import type { LoadBalancerClass } from '../../../src/api/load-balancer-class.ts'
import { buildLoadBalancer } from '../../../src/model/build.ts'
import { buildMembership } from '../../../src/model/endpoints.ts'
import type { Endpoint, EndpointSlice, Node, Service, ServiceSpec } from '../../../src/model/kubernetes-objects.ts'
import type { LoadBalancerOwner } from '../../../src/model/load-balancer-owner.ts'
import type { ServiceId } from '../../../src/model/load-balancer.ts'
import type { Goal, Outcome } from '../../../src/provider.ts'
import type { FakeAws } from '../../../test/fake-aws/fake-aws.ts'
import type { AwsAction } from '../actions.ts'
import type { Ledger, LedgerRecord } from '../model/ledger.ts'
import { createAwsProvider } from '../provider.ts'
import type { AwsProvider } from '../provider.ts'
import type { AwsDependencies } from './dependencies.ts'
import { sdkTransports } from '../calls/clients.ts'

export const clusterUid = '6f1c1f2e-0000-4000-8000-000000000001'
const prefix = 'service.beta.kubernetes.io/aws-load-balancer-'

export interface TestService {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly ports?: ServiceSpec['ports']
  readonly annotations?: Readonly<Record<string, string>>
  /** Without the long prefix. */
  readonly aws?: Readonly<Record<string, string>>
  readonly spec?: Partial<ServiceSpec>
  readonly createdAt?: string
}

export interface World {
  readonly aws: FakeAws
  readonly provider: AwsProvider
  readonly ledger: MemoryLedger
  readonly className: string
  readonly nodes: Map<string, Node>
  readonly slices: Map<string, readonly EndpointSlice[]>
  /** Services that others forward to. */
  readonly services: Map<string, Service>
  /** Those that were looked at and not removed, by uid: what members of groups see of each other. */
  readonly members: Map<string, TestService>
  /** Woken ids, in order. */
  readonly woken: LoadBalancerOwner[]
  class: LoadBalancerClass
  goal(service: TestService): Goal
  /** One look: observe, plan, apply. */
  look(service: TestService): Promise<Outcome & { readonly actions: readonly AwsAction[] }>
  /** Looks until nothing is waited for; moves the fake's time. */
  settle(service: TestService, options?: { readonly limit?: number }): Promise<Outcome>
  /** One look for nothing: the Service is there and says how to part, or is gone without a word. */
  remove(service: TestService, how?: 'deleted' | 'vanished'): Promise<Outcome>
  /** Until everything is gone. */
  settleRemoval(service: TestService, how?: 'deleted' | 'vanished'): Promise<Outcome>
  /** Looks at all in rounds, until nothing is waited for (or, for removal, everything is gone); time moves once per round. */
  settleAll(services: readonly TestService[], what?: 'serve' | 'remove'): Promise<void>
  /** Ready pods behind a Service, at addresses of the fake's instances. */
  pods(service: TestService, endpoints: readonly (string | Endpoint)[], port?: number): void
  /** A controller that has just started: nothing but the ledger is remembered. */
  restart(): void
}

export interface MemoryLedger extends Ledger {
  readonly records: Map<string, { readonly id: LoadBalancerOwner; readonly record: LedgerRecord }>
  writes: number
  /** Writes fail from now on, as those of a process that has died. */
  dead: boolean
}

export function memoryLedger(): MemoryLedger {
  const records: MemoryLedger['records'] = new Map()
  return {
    records,
    writes: 0,
    dead: false,
    read: ({ uid }) => records.get(uid)?.record,
    async write(id, record) {
      if (this.dead) throw new Error('the process is dead')
      this.writes++
      // What is kept has passed through JSON, as in an API server.
      const kept: LedgerRecord = JSON.parse(JSON.stringify(record))
      records.set(id.uid, { id, record: kept })
    },
    async remove({ uid }) {
      if (this.dead) throw new Error('the process is dead')
      records.delete(uid)
    },
    entries: () => [...records.values()].map(({ id, record }) => [id, record] as const),
  }
}

export interface WorldOptions {
  readonly vpcId: string
  readonly targets?: 'Node' | 'Pod'
  readonly settings?: LoadBalancerClass['spec']['aws']
  readonly dependencies?: Partial<AwsDependencies>
  readonly maxAttempts?: number
}

export function testWorld(aws: FakeAws, options: WorldOptions): World {
  const ledger = memoryLedger()
  const nodes = new Map<string, Node>()
  const slices = new Map<string, readonly EndpointSlice[]>()
  const services = new Map<string, Service>()
  const woken: LoadBalancerOwner[] = []
  const members = new Map<string, TestService>()
  const ending = new AbortController()
  const start = (): AwsProvider => {
    const provider = createAwsProvider({
      cluster: clusterUid,
      ledger,
      classes: () => [world.class],
      slicesOf: ({ namespace, name }) => slices.get(`${namespace}/${name}`) ?? [],
      serviceOf: (namespace, name) => services.get(`${namespace}/${name}`),
      nodes: () => nodes.values(),
      neighbours: {
        ofGroup: (namespace, group) =>
          [...members.values()]
            .filter(each => idOf(each).namespace === namespace && each.annotations?.['weir.dev/load-balancer-group'] === group)
            .map(neighbour),
        find: ({ uid }) => [...members.values()].filter(each => idOf(each).uid === uid).map(neighbour)[0],
      },
      whereabouts: () => ({ region: aws.region, vpcId: options.vpcId }),
      clock: {
        now: () => aws.now(),
        monotonic: () => aws.now(),
        schedule: (ms, run) => {
          const timer = setTimeout(run, ms)
          return () => clearTimeout(timer)
        },
      },
      log: { debug: () => {}, info: () => {}, warn: () => {} },
      signal: ending.signal,
      transports: ({ region, assumeRole }) =>
        sdkTransports({
          region,
          endpoints: {
            elasticLoadBalancingV2: aws.endpoint,
            ec2: aws.endpoint,
            acm: aws.endpoint,
            wafv2: aws.endpoint,
            sts: aws.endpoint,
          },
          ...(assumeRole === undefined ? {} : { assumeRole }),
          credentials: { accessKeyId: 'AKIAFAKE', secretAccessKey: 'fake' },
          maxAttempts: options.maxAttempts ?? 1,
        }),
      ...options.dependencies,
    })
    provider.watch(id => woken.push(id))
    return provider
  }
  const { signal } = ending
  const neighbour = (service: TestService) => {
    const { desired, problems } = buildLoadBalancer(serviceObject(service), world.class)
    const isBad = [...problems, ...world.provider.check(desired)].some(({ severity }) => severity === 'blocks')
    return { id: idOf(service), ...(isBad ? {} : { desired }) }
  }
  let provider: AwsProvider | undefined
  const world: World = {
    aws,
    get provider() {
      return (provider ??= start())
    },
    ledger,
    className: 'aws',
    nodes,
    slices,
    services,
    members,
    woken,
    class: {
      apiVersion: 'weir.dev/v1alpha1',
      kind: 'LoadBalancerClass',
      metadata: { name: 'aws', uid: 'class-uid' },
      spec: {
        provider: 'aws',
        targets: options.targets ?? 'Pod',
        default: false,
        ...(options.settings ? { aws: options.settings } : {}),
      },
    },
    goal(service) {
      const object = serviceObject(service)
      const key = `${object.metadata.namespace}/${object.metadata.name}`
      const { desired, problems } = buildLoadBalancer(object, world.class)
      const blocking = [...problems, ...world.provider.check(desired)].filter(({ severity }) => severity === 'blocks')
      if (blocking.length > 0) throw new Error(blocking.map(({ reason, message }) => `${reason}: ${message}`).join(' '))
      return { desired, membership: buildMembership(slices.get(key) ?? [], desired.families, desired.listeners) }
    },
    async look(service) {
      members.set(idOf(service).uid, service)
      const goal = world.goal(service)
      const { id } = goal.desired
      const observed = await world.provider.observe(id, signal, goal)
      const actions = world.provider.plan(goal, observed)
      const outcome = await world.provider.apply({ id, goal, observed, actions }, signal)
      return { ...outcome, actions }
    },
    async settle(service, { limit = 200 } = {}) {
      for (let turn = 0; turn < limit; turn++) {
        const outcome = await world.look(service)
        if (outcome.again === 'on-change') return outcome
        aws.advance(outcome.again.afterMs)
      }
      throw new Error(`${service.name} does not settle`)
    },
    async remove(service, how = 'deleted') {
      const id = idOf(service)
      members.delete(id.uid)
      const { desired } = buildLoadBalancer(serviceObject(service), world.class)
      const observed = await world.provider.observe(id, signal, undefined, how === 'deleted' ? desired : undefined)
      const actions = world.provider.plan(undefined, observed)
      return world.provider.apply({ id, goal: undefined, observed, actions }, signal)
    },
    async settleRemoval(service, how) {
      for (let turn = 0; turn < 200; turn++) {
        const outcome = await world.remove(service, how)
        if (outcome.gone) return outcome
        aws.advance(outcome.again === 'on-change' ? 1000 : outcome.again.afterMs)
      }
      throw new Error(`${service.name} does not go`)
    },
    async settleAll(services, what = 'serve') {
      let waiting = services
      for (let round = 0; round < 200 && waiting.length > 0; round++) {
        const outcomes = await Promise.all(waiting.map(each => (what === 'serve' ? world.look(each) : world.remove(each))))
        const isDone = (outcome: Outcome | undefined) => (what === 'serve' ? outcome?.again === 'on-change' : outcome?.gone)
        waiting = waiting.filter((_, index) => isDone(outcomes[index]) !== true)
        if (waiting.length > 0) aws.advance(5000)
      }
      if (waiting.length > 0) throw new Error(`${waiting.map(({ name }) => name).join(', ')} do not settle`)
    },
    pods(service, endpoints, port = 8080) {
      const { metadata, spec } = serviceObject(service)
      const ports = (spec.ports ?? []).map(each => ({
        name: each.name ?? '',
        protocol: each.protocol ?? 'TCP',
        port: Number(each.targetPort ?? port),
      }))
      slices.set(`${metadata.namespace}/${metadata.name}`, [
        {
          metadata: { name: `${metadata.name}-1`, namespace: metadata.namespace ?? '', labels: {} },
          addressType: 'IPv4',
          endpoints: endpoints.map(each =>
            typeof each === 'string' ? { addresses: [each], conditions: { ready: true } } : each,
          ),
          ports,
        },
      ])
    },
    restart() {
      ledger.dead = false
      provider = undefined
    },
  }
  return world
}

export function idOf({ name, namespace = 'default', uid = `uid-${namespace}-${name}` }: TestService): ServiceId {
  return { kind: 'Service', namespace, name, uid }
}

function serviceObject(service: TestService): Service {
  const { name, namespace, uid } = idOf(service)
  const aws = Object.entries(service.aws ?? {}).map(([key, value]) => [`${prefix}${key}`, value])
  return {
    metadata: {
      name,
      namespace,
      uid,
      creationTimestamp: service.createdAt ?? '2026-01-01T00:00:00Z',
      annotations: { ...Object.fromEntries(aws), ...service.annotations },
    },
    spec: {
      type: 'LoadBalancer',
      loadBalancerClass: 'weir.dev/aws',
      clusterIP: '10.96.0.10',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      ports: service.ports ?? [{ port: 80, targetPort: 8080, protocol: 'TCP', nodePort: 30_080 }],
      ...service.spec,
    },
  }
}

/** A node whose instance is `providerId`. */
export function nodeObject(name: string, providerId: string | undefined, labels: Readonly<Record<string, string>> = {}): Node {
  return { metadata: { name, labels }, spec: providerId === undefined ? {} : { providerID: providerId } }
}
