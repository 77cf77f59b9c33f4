// Pods that wait for their load balancer: the gate comes from the policy of deploy/aws, and opens when the target is healthy.
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startFakeWorld } from '../../test/contract/aws.ts'
import type { FakeWorld } from '../../test/contract/aws.ts'
import { albClass, albIngress, backend, hostnameOf, ingressPath } from '../../test/contract/aws-ingress.ts'
import type { Json } from '../../test/contract/cluster.ts'
import { runController } from '../../test/contract/controller.ts'
import type { RunningController } from '../../test/contract/controller.ts'

let world: FakeWorld
let weir: RunningController

const podsPath = (namespace: string) => `/api/v1/namespaces/${namespace}/pods`
const gateOf = (pod: Json) => pod.status?.conditions?.find((each: Json) => each.type === 'weir.dev/targets-healthy')

beforeAll(async () => {
  world = await startFakeWorld()
  const { plane } = world.cluster
  await plane.kubectl(['apply', '-k', join(import.meta.dirname, '..', '..', 'deploy', 'policies', 'readiness-gate')])
  await plane.kubectl(['label', 'namespace', 'default', 'weir.dev/readiness-gate=enabled'])
  await world.cluster.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } })
  for (const namespace of ['default', 'other']) {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts`
    if (!(await world.cluster.find(`${path}/default`)))
      await world.cluster
        .create(path, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } })
        .catch(() => undefined)
  }
  weir = runController({ cluster: world.cluster, providers: ['aws'] })
  await weir.working
})

afterAll(async () => {
  await weir?.[Symbol.asyncDispose]()
  await world?.[Symbol.asyncDispose]()
})

async function makePod(
  name: string,
  options: { readonly namespace?: string; readonly labels?: object; readonly spec?: object } = {},
) {
  const { namespace = 'default', labels, spec } = options
  return world.cluster.create(podsPath(namespace), {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...(labels ? { labels } : {}) },
    spec: { containers: [{ name: 'main', image: 'none' }], ...spec },
  })
}

/** As a kubelet would once all containers are up. */
const containersReady = (name: string) =>
  world.cluster.patch(`${podsPath('default')}/${name}/status`, {
    status: { conditions: [{ type: 'ContainersReady', status: 'True' }] },
  })

async function endpointOf(service: string, pod: Json, address: string, ready: boolean) {
  await world.cluster.patch(`/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/${service}`, {
    endpoints: [
      {
        addresses: [address],
        conditions: { ready, serving: ready, terminating: false },
        targetRef: { kind: 'Pod', namespace: 'default', name: pod.metadata.name, uid: pod.metadata.uid },
      },
    ],
  })
}

/** The policy is compiled some time after it was made. */
async function gated(name: string): Promise<Json> {
  for (let turn = 0; ; turn++) {
    const pod = await makePod(`${name}-${turn}`)
    if (pod.spec.readinessGates?.length > 0 || turn === 100) return pod
    await world.cluster.remove(`${podsPath('default')}/${pod.metadata.name}`)
    await sleep(200)
  }
}

test('the policy gives new pods of a labelled namespace the gate and the label, and no others', async () => {
  const pod = await gated('first')
  expect(pod.spec.readinessGates).toEqual([{ conditionType: 'weir.dev/targets-healthy' }])
  expect(pod.metadata.labels).toEqual({ 'weir.dev/readiness-gate': 'enabled' })
  const both = await makePod('both', {
    labels: { app: 'web' },
    spec: { readinessGates: [{ conditionType: 'example.com/other' }] },
  })
  expect(both.spec.readinessGates.map((gate: Json) => gate.conditionType)).toEqual([
    'example.com/other',
    'weir.dev/targets-healthy',
  ])
  expect(both.metadata.labels).toEqual({ app: 'web', 'weir.dev/readiness-gate': 'enabled' })
  const own = await makePod('own', { spec: { readinessGates: [{ conditionType: 'weir.dev/targets-healthy' }] } })
  expect(own.spec.readinessGates).toHaveLength(1)
  const elsewhere = await makePod('elsewhere', { namespace: 'other' })
  expect(elsewhere.spec.readinessGates).toBeUndefined()
  expect(elsewhere.metadata.labels).toBeUndefined()
  const onNode = await makePod('on-node', { spec: { hostNetwork: true } })
  expect(onNode.spec.readinessGates).toBeUndefined()
})

test('a pod behind no load balancer is let in at once', async () => {
  await makePod('alone')
  await containersReady('alone')
  await world.cluster.until(`${podsPath('default')}/alone`, pod => gateOf(pod)?.status === 'True')
})

test('a pod is registered although it is not ready, and is let in when its target is healthy', async () => {
  const [, , , address = ''] = world.site.podIps
  world.aws.setHealth(address, 'unhealthy')
  await world.service('web', { pods: [] })
  const pod = await makePod('waiting')
  await endpointOf('web', pod, address, false)
  await containersReady('waiting')
  const path = `${podsPath('default')}/waiting`
  const waiting = await world.cluster.until(path, found => gateOf(found)?.message.includes('unhealthy'))
  expect(gateOf(waiting)).toMatchObject({ status: 'False', reason: 'TargetsNotHealthy' })
  world.aws.setHealth(address, undefined)
  const letIn = await world.cluster.until(path, found => gateOf(found)?.status === 'True')
  expect(letIn.status.conditions.some((each: Json) => each.type === 'ContainersReady')).toBe(true)
  const mark = world.aws.calls.mark()
  await endpointOf('web', pod, address, true)
  await world.cluster.untilReason('web', 'Serving')
  await sleep(500)
  expect(world.aws.calls.since(mark).count('RegisterTargets')).toBe(0)
})

test('a pod waits for the target group that a binding fills, with no load balancer of ours in front', async () => {
  const { elbv2 } = world.aws.clients({ accessKeyId: 'AKIAOTHER' })
  const made = await elbv2.send(
    new CreateTargetGroupCommand({ Name: 'bound', Protocol: 'TCP', Port: 80, TargetType: 'ip', VpcId: world.vpc.id }),
  )
  const group = made.TargetGroups?.[0]?.TargetGroupArn ?? ''
  const Subnets = world.vpc.privateSubnets.map(({ id }) => id)
  const balancers = await elbv2.send(
    new CreateLoadBalancerCommand({ Name: 'bound', Type: 'network', Scheme: 'internal', Subnets }),
  )
  await elbv2.send(
    new CreateListenerCommand({
      LoadBalancerArn: balancers.LoadBalancers?.[0]?.LoadBalancerArn,
      Protocol: 'TCP',
      Port: 80,
      DefaultActions: [{ Type: 'forward', TargetGroupArn: group }],
    }),
  )
  const [, , , , address = ''] = world.site.podIps
  world.aws.setHealth(address, 'unhealthy')
  await world.service('bound', { pods: [], spec: { type: 'ClusterIP', loadBalancerClass: null } })
  await world.cluster.create('/apis/weir.dev/v1alpha1/namespaces/default/targetgroupbindings', {
    apiVersion: 'weir.dev/v1alpha1',
    kind: 'TargetGroupBinding',
    metadata: { name: 'bound' },
    spec: { targetGroupARN: group, serviceRef: { name: 'bound', port: 80 } },
  })
  const pod = await makePod('bound')
  await endpointOf('bound', pod, address, false)
  await containersReady('bound')
  const path = `${podsPath('default')}/bound`
  await world.cluster.until(path, found => gateOf(found)?.message.includes('unhealthy'))
  world.aws.setHealth(address, undefined)
  await world.cluster.until(path, found => gateOf(found)?.status === 'True')
})

test('a pod behind an Ingress alone waits for the target groups of its load balancer', async () => {
  await albClass(world)
  await backend(world, 'shop', [])
  await albIngress(world, 'shop', { '/': 'shop' })
  await world.cluster.until(ingressPath('shop'), each => hostnameOf(each) !== undefined, 'the Ingress to be served')
  const [, , , , , address = ''] = world.site.podIps
  world.aws.setHealth(address, 'unhealthy')
  const pod = await makePod('shop')
  await endpointOf('shop', pod, address, false)
  await containersReady('shop')
  const path = `${podsPath('default')}/shop`
  const waiting = await world.cluster.until(path, found => gateOf(found)?.message.includes('unhealthy'))
  expect(gateOf(waiting)).toMatchObject({ status: 'False', reason: 'TargetsNotHealthy' })
  world.aws.setHealth(address, undefined)
  await world.cluster.until(path, found => gateOf(found)?.status === 'True')
})

test('a pod waits for no Ingress that can have no load balancer', async () => {
  await backend(world, 'lost', [])
  await albIngress(world, 'lost', { '/': 'lost' }, { subnets: 'subnet-00000000000000000' })
  const [, , , , , , address = ''] = world.site.podIps
  const pod = await makePod('lost')
  await endpointOf('lost', pod, address, false)
  await containersReady('lost')
  await world.cluster.until(`${podsPath('default')}/lost`, found => gateOf(found)?.status === 'True')
})
