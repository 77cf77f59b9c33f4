// A provider that cannot start at first.
import { expect, test } from 'vitest'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import { simulatedClock } from '../kubernetes/simulated-clock.ts'
import type { Service } from '../model/kubernetes-objects.ts'
import type { LoadBalancerId } from '../model/load-balancer.ts'
import { createLog } from '../observability/log.ts'
import { ProviderError } from '../provider.ts'
import type { Provider } from '../provider.ts'
import type { ClassController } from './class.ts'
import { startProvider } from './late-provider.ts'
import type { IngressController } from './ingress.ts'
import type { ServiceController } from './service.ts'
import { createStores } from './stores.ts'

const forbidden = new ProviderError({
  code: 'NotConfigured',
  message: 'The provider aws cannot start: namespaces "kube-system" is forbidden.',
  remedy: 'Apply deploy/aws/provider/rbac.yaml.',
  retry: 'later',
})
const classOf = (name: string, provider: 'local' | 'aws'): LoadBalancerClass => ({
  apiVersion: 'weir.dev/v1alpha1',
  kind: 'LoadBalancerClass',
  metadata: { name, uid: name },
  spec: { provider, targets: 'Node', default: false },
})
const serviceOf = (name: string, loadBalancerClass: string | undefined): Service => ({
  metadata: { name, namespace: 'default', uid: `uid-${name}` },
  spec: {
    type: loadBalancerClass === undefined ? 'ClusterIP' : 'LoadBalancer',
    ports: [{ port: 80 }],
    ...(loadBalancerClass === undefined ? {} : { loadBalancerClass }),
  },
})
const idOf = (name: string): LoadBalancerId => ({ kind: 'Service', namespace: 'default', name, uid: `uid-${name}` })

const aws: Provider = {
  name: 'aws',
  capabilities: {
    protocols: new Set(['TCP']),
    targetTypes: new Set(['Pod']),
    families: new Set(['IPv4']),
    mixedProtocols: false,
    sharedAddresses: false,
    withoutNodePorts: true,
  },
  check: () => [],
  observe: async () => 'observed',
  plan: () => [],
  apply: async () => {
    throw new Error('not asked here')
  },
  list: async () => [],
  watch: () => () => {},
}

async function world() {
  const clock = simulatedClock()
  const log = createLog({ level: 'silent', program: 'test' })
  const stores = createStores(log)
  stores.classes.replace([classOf('lan', 'local'), classOf('cloud', 'aws')])
  stores.services.replace([
    serviceOf('at-home', 'weir.dev/lan'),
    serviceOf('away', 'weir.dev/cloud'),
    serviceOf('no-more', undefined),
  ])
  const told: string[] = []
  const services: ServiceController = {
    name: 'service',
    releaseOrphan: () => {},
    look: key => void told.push(key),
    lookAtAll: () => {},
    modelOf: () => ({ lastPlan: undefined, lastDecision: undefined }),
    isBusy: () => false,
    idle: async () => {},
    stop: async () => {},
  }
  const classes: ClassController = {
    name: 'class',
    look: () => void told.push('classes'),
    lookAt: () => {},
    stop: async () => {},
  }
  const ingresses: IngressController = {
    name: 'ingress',
    lookAtAll: () => void told.push('ingresses'),
    gates: { leadsTo: () => false, groupsOf: async () => [], lookAtTargets: () => {} },
    usersOf: () => [],
    idle: async () => {},
    stop: async () => {},
  }
  let isAllowed = false
  const ended: string[] = []
  const parts = await startProvider({
    name: 'aws',
    make: async () => {
      if (!isAllowed) throw forbidden
      const start = () => [{ name: 'drift', stop: async () => void ended.push('drift') }]
      return { provider: aws, holds: () => true, start }
    },
    stores,
    clock,
    log,
    signal: new AbortController().signal,
  })
  const [trying] = parts.start?.(services, classes, ingresses) ?? []
  return { clock, parts, told, ended, trying, allow: () => void (isAllowed = true) }
}

test('its classes say why it cannot start and what to do, and again when it has started they do not', async () => {
  const { clock, parts, told, trying, allow } = await world()
  const subject = classOf('cloud', 'aws')
  expect(parts.classTrouble?.(subject)).toEqual({ reason: 'NotConfigured', message: `${forbidden.message} ${forbidden.remedy}` })
  allow()
  await clock.advance(2000)
  expect(parts.classTrouble?.(subject)).toBeUndefined()
  expect(told).toEqual(['classes', 'ingresses', 'default/at-home', 'default/away'])
  expect(parts.provider.capabilities).toBe(aws.capabilities)
  await trying?.stop(0)
})

test('its Services wait for it; those of other providers are released without it', async () => {
  const { parts, trying } = await world()
  const { signal } = new AbortController()
  const release = async (name: string) => {
    const id = idOf(name)
    const observed = await parts.provider.observe(id, signal)
    const actions = parts.provider.plan(undefined, observed)
    return (await parts.provider.apply({ id, goal: undefined, observed, actions }, signal)).gone
  }
  await expect(release('away')).rejects.toBe(forbidden)
  expect(await release('at-home')).toBe(true)
  expect(await release('no-more')).toBe(true)
  expect(await release('never-seen')).toBe(true)
  await trying?.stop(0)
})

test('what it started ends with the controller, also when it started late', async () => {
  const { clock, ended, trying, allow } = await world()
  await clock.advance(2000)
  allow()
  await clock.advance(60_000)
  await trying?.stop(0)
  expect(ended).toEqual(['drift'])
  expect(clock.pending).toBe(0)
})
