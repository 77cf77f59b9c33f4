// A listener that shares connections with other Services of the namespace: target groups of theirs, filled before they get any.
import { expect, test } from 'vitest'
import { fakeAws } from '../../../test/fake-aws/fake-aws.ts'
import type { Service } from '../../../src/model/kubernetes-objects.ts'
import { testWorld } from './world-under-test.ts'
import type { TestService } from './world-under-test.ts'

const web: TestService = { name: 'web' }
const canary: TestService = { name: 'canary', ports: [{ name: 'http', port: 8000, targetPort: 9090, nodePort: 31_000 }] }

function sharing(weights: { readonly own: number; readonly canary: number }, port: number | string = 8000): TestService {
  const targetGroups = [{ serviceName: 'canary', servicePort: port, weight: weights.canary }]
  const action = { type: 'forward', forwardConfig: { baseServiceWeight: weights.own, targetGroups } }
  return { ...web, annotations: { 'service.beta.kubernetes.io/actions.TCP-80': JSON.stringify(action) } }
}

async function world(targets: 'Pod' | 'Node' = 'Pod') {
  const aws = await fakeAws()
  const vpc = aws.createVpc()
  const [subnet] = vpc.privateSubnets
  if (!subnet) throw new Error('the VPC has no private subnet')
  const node = aws.createInstance({ subnet, pods: 8 })
  const cluster = testWorld(aws, { vpcId: vpc.id, targets })
  cluster.nodes.set('n0', { metadata: { name: 'n0' }, spec: { providerID: node.providerId } })
  cluster.pods(web, node.podIps.slice(0, 2))
  cluster.pods(canary, node.podIps.slice(2, 3))
  const object: Service = {
    metadata: { name: 'canary', namespace: 'default', uid: 'u-canary' },
    spec: { ports: canary.ports ?? [] },
  }
  cluster.services.set('default/canary', object)
  const weights = () => {
    const [listener] = aws.world.listeners.values()
    const [action] = listener?.actions ?? []
    const groups = new Map(aws.world.targetGroups.values().map(({ arn, targets }) => [arn, [...targets.keys()].join()]))
    return (action?.ForwardConfig?.TargetGroups ?? []).map(each => [groups.get(each.TargetGroupArn ?? ''), each.Weight] as const)
  }
  return { aws, node, cluster, weights, [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose]() }
}

test('another Service gets a target group of its own at the load balancer, with its pods and its weight', async () => {
  await using at = await world()
  expect((await at.cluster.settle(sharing({ own: 90, canary: 10 }))).readiness.reason).toBe('Serving')
  const [first, second, third] = at.node.podIps
  const groups = at.aws.world.targetGroups
    .values()
    .map(({ targets, tags }) => [tags['weir.dev/resource'] ?? '', [...targets.keys()]] as const)
  expect(Object.fromEntries(groups)).toEqual({
    'target-group/80': [`${first}:8080`, `${second}:8080`],
    'target-group/80/canary:8000': [`${third}:9090`],
  })
  expect(at.weights()).toEqual([
    [`${first}:8080,${second}:8080`, 90],
    [`${third}:9090`, 10],
  ])
})

test('a pod of the other Service is one call, and its port may be said by name', async () => {
  await using at = await world()
  const service = sharing({ own: 1, canary: 1 }, 'http')
  await at.cluster.settle(service)
  const mark = at.aws.calls.mark()
  at.cluster.pods(canary, at.node.podIps.slice(2, 4))
  const goal = at.cluster.goal(service)
  await at.cluster.provider.syncTargets(goal.desired.id, goal, AbortSignal.timeout(10_000))
  expect(at.aws.calls.since(mark).entries.map(({ operation }) => operation)).toEqual(['RegisterTargets'])
})

test('a Service that is added to a listener gets connections only once it is healthy, and what served goes on', async () => {
  await using at = await world()
  await at.cluster.settle(web)
  const [arn = ''] = at.aws.world.listeners.values().map(each => each.arn)
  const watch = at.aws.watch(arn)
  await at.cluster.look(sharing({ own: 50, canary: 50 }))
  expect(at.weights().map(([, weight]) => weight)).toEqual([1, 0])
  await at.cluster.settle(sharing({ own: 50, canary: 50 }))
  expect(at.weights().map(([, weight]) => weight)).toEqual([50, 50])
  expect(watch.lowest.healthy).toBeGreaterThan(0)
})

test('a Service that is taken off the listener loses its target group', async () => {
  await using at = await world()
  await at.cluster.settle(sharing({ own: 1, canary: 1 }))
  await at.cluster.settle(web)
  expect(at.aws.world.targetGroups.values()).toHaveLength(1)
  await at.cluster.settleRemoval(web)
  expect(at.aws.world.targetGroups.values()).toEqual([])
})

test('nodes as targets are registered with the node port of the other Service', async () => {
  await using at = await world('Node')
  await at.cluster.settle(sharing({ own: 1, canary: 1 }))
  const ports = at.aws.world.targetGroups.values().flatMap(({ targets }) => [...targets.keys()])
  expect(ports.toSorted()).toEqual([`${at.node.id}:30080`, `${at.node.id}:31000`])
})

test('a Service that does not exist, or has no such port, is told, and the others are served', async () => {
  await using at = await world()
  const wrong = await at.cluster.settle(sharing({ own: 1, canary: 1 }, 'https'))
  expect(wrong.readiness).toMatchObject({
    reason: 'Serving',
    message: expect.stringMatching(/serves the Service\. ServicePortNotFound: Service default\/canary has no port https\. /),
  })
  expect(wrong.warnings).toEqual([expect.objectContaining({ reason: 'ServicePortNotFound' })])
  at.cluster.services.clear()
  const missing = await at.cluster.settle(sharing({ own: 1, canary: 1 }))
  expect(missing.readiness.message).toContain('ServiceNotFound: There is no Service default/canary to forward to')
  expect(missing.warnings).toEqual([
    expect.objectContaining({ reason: 'ServiceNotFound', message: expect.stringContaining('default/canary') }),
  ])
})

test('pods wait for the groups that have their own endpoints', async () => {
  await using at = await world()
  const service = sharing({ own: 1, canary: 1 })
  await at.cluster.settle(service)
  const goal = at.cluster.goal(service)
  const groups = await at.cluster.provider.healthOfTargets(goal.desired.id, goal, AbortSignal.timeout(5000))
  expect(groups?.map(group => [group.service, group.health.size])).toEqual([
    [undefined, 2],
    ['canary', 1],
  ])
})
