// The watch over other controllers: reads by name again and again, and tells when one comes or goes.
import { expect, test } from 'vitest'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import { ApiError } from '../kubernetes/errors.ts'
import { simulatedClock } from '../kubernetes/simulated-clock.ts'
import type { Writer } from '../kubernetes/writes.ts'
import { createLog } from '../observability/log.ts'
import { createStores } from './stores.ts'
import { watchTakeOvers } from './take-over.ts'

const nlb = 'service.k8s.aws/nlb'
const leaseName = 'aws-load-balancer-controller-leader'

const lbClass = (spec: Partial<LoadBalancerClass['spec']>): LoadBalancerClass => ({
  apiVersion: 'weir.dev/v1alpha1',
  kind: 'LoadBalancerClass',
  metadata: { name: 'aws', uid: 'aws', resourceVersion: '1' },
  spec: { provider: 'aws', targets: 'Pod', default: false, ...spec },
})

/** Objects by plural and name; what is not there is NotFound. */
function world(spec: Partial<LoadBalancerClass['spec']> = { aliases: [nlb] }) {
  const log = createLog({ level: 'silent', program: 'test' })
  const stores = createStores(log)
  stores.classes.put(lbClass(spec))
  const clock = simulatedClock()
  const objects = new Map<string, unknown>()
  const asked: string[] = []
  const get = async (resource: { plural: string }, name: string) => {
    const key = `${resource.plural} ${name}`
    asked.push(key)
    // As a request: what the test sets up in the same turn is there.
    await Promise.resolve()
    const object = objects.get(key)
    if (object instanceof Error) throw object
    if (object === undefined) throw new ApiError(`GET ${key}`, 404)
    return object
  }
  let changes = 0
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- answers of several kinds come through one door
  const writer = { get } as unknown as Pick<Writer, 'get'>
  const watch = watchTakeOvers({ stores, writer, clock, log, onChange: () => void changes++ })
  const renew = (renewTime: string, holderIdentity = 'lbc-1') =>
    objects.set(`leases ${leaseName}`, {
      metadata: { namespace: 'kube-system', name: leaseName, uid: 'u' },
      spec: { holderIdentity, leaseDurationSeconds: 15, renewTime },
    })
  const deploy = (replicas: number, readyReplicas: number, generation = 1, observedGeneration = generation) =>
    objects.set('deployments aws-load-balancer-controller', {
      metadata: { namespace: 'kube-system', name: 'aws-load-balancer-controller', generation },
      spec: { replicas },
      status: { observedGeneration, ...(readyReplicas > 0 ? { readyReplicas } : {}) },
    })
  return {
    stores,
    clock,
    objects,
    asked,
    watch,
    renew,
    deploy,
    changes: () => changes,
    state: (alias = nlb) => {
      const found = watch.current().get(alias)
      return found?.kind === 'waiting' ? found.problem.reason : found?.kind
    },
  }
}

test('a controller that runs is seen, and seen to go: the alias is active when its Lease was not renewed for its duration', async () => {
  const at = world()
  at.deploy(2, 2)
  at.renew('1')
  await at.watch.first
  expect(at.state()).toBe('OtherControllerRuns')
  at.renew('2')
  at.deploy(0, 0, 2)
  await at.clock.advance(5000)
  expect(at.state()).toBe('OtherControllerRuns')
  await at.clock.advance(12_000)
  expect(at.state()).toBe('OtherControllerRuns')
  await at.clock.advance(8000)
  expect(at.state()).toBe('active')
  at.deploy(1, 1, 3)
  await at.clock.advance(25_000)
  expect(at.state()).toBe('OtherControllerRuns')
  await at.watch.stop(0)
})

test('a Lease that its holder gave up is enough at once, one that was not watched yet is not', async () => {
  const given = world()
  given.renew('1', '')
  await given.watch.first
  expect(given.state()).toBe('active')
  await given.watch.stop(0)
  const old = world()
  // Whatever the clock of its holder said: whether it lives shows only by what changes.
  old.renew('2020-01-01T00:00:00.000000Z')
  await old.watch.first
  expect(old.state()).toBe('TakeOverUnproven')
  await old.clock.advance(20_000)
  expect(old.state()).toBe('active')
  await old.watch.stop(0)
})

test('a Deployment in trouble, or whose status is not up to date, is no proof for a minute', async () => {
  for (const [replicas, generation] of [
    [2, 1],
    [0, 2],
  ] as const) {
    const at = world()
    at.deploy(replicas, 0, generation, 1)
    await at.watch.first
    expect(at.state()).toBe('TakeOverUnproven')
    await at.clock.advance(70_000)
    expect(at.state()).toBe('active')
    await at.watch.stop(0)
  }
})

test('without aliases nothing is read; what may not be read says so and is tried again', async () => {
  const at = world({})
  await at.watch.first
  await at.clock.advance(60_000)
  expect(at.asked).toEqual([])
  at.objects.set('deployments aws-load-balancer-controller', new ApiError('GET', 403))
  at.objects.set(`leases ${leaseName}`, new ApiError('GET', 403))
  at.stores.classes.put({ ...lbClass({ aliases: [nlb] }), metadata: { name: 'aws', uid: 'aws', resourceVersion: '2' } })
  await at.clock.advance(1)
  expect(at.state()).toBe('TakeOverUnproven')
  const before = at.changes()
  at.deploy(0, 0)
  await at.clock.advance(6000)
  expect(at.state()).toBe('active')
  expect(at.changes()).toBeGreaterThan(before)
  await at.watch.stop(0)
})
