// What AWS Load Balancer Controller left in the cluster and in AWS is taken over in place: same load balancers, same names, nothing made anew.
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startFakeWorld } from '../../test/contract/aws.ts'
import type { FakeWorld } from '../../test/contract/aws.ts'
import { backend, hostnameOf, ingressPath, pathsOf, readyOfReport, reportPath } from '../../test/contract/aws-ingress.ts'
import { leftByLbc } from '../../test/contract/aws-lbc.ts'
import type { Left } from '../../test/contract/aws-lbc.ts'
import { readyOf, servicePath } from '../../test/contract/cluster.ts'
import { runController } from '../../test/contract/controller.ts'
import type { RunningController } from '../../test/contract/controller.ts'
import { lease, workload } from '../../test/contract/others.ts'
import type { OtherWorkload } from '../../test/contract/others.ts'

let world: FakeWorld
let weir: RunningController
let lbc: OtherWorkload
let nlb: Left
let alb: Left

const leaseName = 'aws-load-balancer-controller-leader'
const leasePath = `/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/${leaseName}`
const finalizers = { service: 'service.k8s.aws/resources', ingress: 'group.ingress.k8s.aws/edge' }

beforeAll(async () => {
  world = await startFakeWorld()
  const { cluster, aws, vpc, site } = world
  const [first = '', second = '', third = ''] = site.podIps
  const inSystem = { namespace: 'kube-system', name: 'aws-load-balancer-controller' }
  lbc = await workload(cluster, {
    ...inSystem,
    kind: 'Deployment',
    image: 'public.ecr.aws/eks/aws-load-balancer-controller:v3.5.0',
  })
  await lbc.runs(2)
  await lease(cluster, { namespace: 'kube-system', name: leaseName, holder: 'aws-load-balancer-controller-7d4f_1' })

  nlb = await leftByLbc(aws, vpc, {
    cluster: 'blue',
    of: 'service',
    stack: 'default/web',
    name: 'k8s-default-web-0a1b2c3d4e',
    pods: [first, second],
  })
  await world.service('web', { class: 'service.k8s.aws/nlb' })
  await cluster.patch(servicePath('web'), { metadata: { finalizers: [finalizers.service] } })
  await cluster.patch(`${servicePath('web')}/status`, {
    status: { loadBalancer: { ingress: [{ hostname: nlb.dnsName.toLowerCase(), ports: [{ port: 80, protocol: 'TCP' }] }] } },
  })

  alb = await leftByLbc(aws, vpc, {
    cluster: 'blue',
    of: 'ingress',
    stack: 'edge',
    name: 'k8s-edge-5f6a7b8c9d',
    host: 'shop.example.com',
    paths: [
      { path: '/cart', resource: 'default/shop-cart:80', pods: [third] },
      { path: '/', resource: 'default/shop-front:80', pods: [first] },
    ],
  })
  await backend(world, 'front', [first])
  await backend(world, 'cart', [third])
  await cluster.create('/apis/networking.k8s.io/v1/ingressclasses', {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name: 'alb' },
    spec: {
      controller: 'ingress.k8s.aws/alb',
      parameters: { apiGroup: 'elbv2.k8s.aws', kind: 'IngressClassParams', name: 'alb', scope: 'Cluster' },
    },
  })
  await cluster.create('/apis/networking.k8s.io/v1/namespaces/default/ingresses', {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      name: 'shop',
      finalizers: [finalizers.ingress],
      annotations: { 'alb.ingress.kubernetes.io/group.name': 'edge', 'alb.ingress.kubernetes.io/target-type': 'ip' },
    },
    spec: {
      ingressClassName: 'alb',
      rules: [{ host: 'shop.example.com', http: { paths: pathsOf({ '/cart': 'cart', '/': 'front' }) } }],
    },
  })
  await cluster.patch(`${ingressPath('shop')}/status`, { status: { loadBalancer: { ingress: [{ hostname: alb.dnsName }] } } })
  aws.advance(300_000)

  await cluster.plane.kubectl([
    'apply',
    '-f',
    join(import.meta.dirname, '../../deploy/take-over/aws-load-balancer-controller.yaml'),
  ])
  await world.lbClass('legacy', {
    aliases: ['service.k8s.aws/nlb', 'ingress.k8s.aws/alb'],
    aws: { clusterName: 'blue' },
  })
  weir = runController({ kubeconfig: cluster.plane.kubeconfig, providers: ['aws'] })
  await weir.working
})
afterAll(async () => {
  await weir?.[Symbol.asyncDispose]()
  await world?.[Symbol.asyncDispose]()
})

/** Calls of ours that change something. */
const changes = (mark: number) =>
  world.aws.calls.since(mark).entries.flatMap(({ operation }) => (/^(Describe|List|Get)/.test(operation) ? [] : operation))
const balancers = () => world.aws.world.loadBalancers.values()

test('while that controller runs, both say so, and nothing is changed in AWS', async () => {
  const mark = world.aws.calls.mark()
  const service = await world.cluster.untilReason('web', 'OtherControllerRuns')
  expect(readyOf(service)?.message).toContain('Deployment kube-system/aws-load-balancer-controller has 2 ready pods')
  expect(readyOf(service)?.message).toContain('kubectl -n kube-system scale deployment aws-load-balancer-controller --replicas=0')
  const report = await world.cluster.until(
    reportPath('shop'),
    found => readyOfReport(found)?.reason === 'OtherControllerRuns',
    'shop to wait',
  )
  expect(readyOfReport(report).message).toContain('ingress.k8s.aws/alb is not taken over yet')
  expect(service.metadata.finalizers).toEqual([finalizers.service])
  expect((await world.cluster.get(ingressPath('shop'))).metadata.finalizers).toEqual([finalizers.ingress])
  expect(changes(mark)).toEqual([])
})

test('once it is gone its load balancers serve on with our tags, under their names, and its finalizers are off', async () => {
  const { aws, cluster } = world
  const mark = aws.calls.mark()
  const watch = aws.watch(nlb.listener)
  await lbc.runs(0)
  await cluster.patch(leasePath, { spec: { holderIdentity: '', leaseDurationSeconds: 1 } })
  const shown = new Set<string | undefined>()
  const service = await cluster.until(servicePath('web'), found => {
    shown.add(found.status?.loadBalancer?.ingress?.[0]?.hostname)
    return readyOf(found)?.reason === 'Serving'
  })
  expect([...shown]).toEqual([nlb.dnsName.toLowerCase()])
  await cluster.until(reportPath('shop'), report => readyOfReport(report)?.status === 'True', 'shop to be served')
  const ingress = await cluster.until(
    ingressPath('shop'),
    ({ metadata }) => metadata.finalizers?.includes(finalizers.ingress) === false,
    'shop to be rid of its finalizer',
  )
  expect(service.metadata.finalizers).toEqual(['weir.dev/load-balancer-cleanup'])
  expect(ingress.metadata.finalizers).toEqual(['weir.dev/ingress-cleanup'])
  expect(service.status?.loadBalancer?.ingress?.[0]?.hostname).toBe(nlb.dnsName.toLowerCase())
  expect(hostnameOf(ingress)).toBe(alb.dnsName.toLowerCase())

  expect(
    balancers()
      .map(({ arn }) => arn)
      .toSorted(),
  ).toEqual([nlb.balancer, alb.balancer].toSorted())
  const made = changes(mark)
  for (const never of ['CreateLoadBalancer', 'DeleteLoadBalancer', 'CreateListener', 'DeleteListener'])
    expect(made).not.toContain(never)
  expect(watch.lowest.healthy).toBeGreaterThan(0)
  for (const { tags } of balancers()) {
    expect(tags).toMatchObject({ 'weir.dev/resource': 'load-balancer', 'weir.dev/adopted': 'true' })
    expect(Object.keys(tags).filter(key => key.includes('k8s.aws'))).toEqual([])
  }
  for (const arn of [...nlb.targetGroups, ...alb.targetGroups]) {
    const tags = aws.world.targetGroups.get(arn)?.tags ?? {}
    expect(tags['weir.dev/resource']).toMatch(/^target-group\/left\//)
    expect(Object.keys(tags).filter(key => key.includes('k8s.aws'))).toEqual([])
  }
})
