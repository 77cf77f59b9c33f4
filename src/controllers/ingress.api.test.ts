// The walk of an Ingress against a true API server, with the rights of deploy/base: claimed, put behind a gateway, merged with others, told, released.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { selfSigned } from '../../test/fake-aws/certificate-files.ts'
import { fakeAgents } from '../../test/contract/agents.ts'
import type { FakeAgents } from '../../test/contract/agents.ts'
import { readyOf, servicePath, startCluster, weirPath } from '../../test/contract/cluster.ts'
import type { Cluster } from '../../test/contract/cluster.ts'
import { runController } from '../../test/contract/controller.ts'
import type { RunningController } from '../../test/contract/controller.ts'
import { waitFor } from '../../test/lab/waiting.ts'

let cluster: Cluster
let agents: FakeAgents
let weir: RunningController

beforeAll(async () => {
  cluster = await startCluster()
  agents = await fakeAgents(cluster, ['n0', 'n1'])
  agents.claim()
  await cluster.lbClass('lan')
  await cluster.pool('office', ['10.201.200.0/24'])
  for (const [name, lbClass] of [
    ['web', 'lan'],
    ['broken', 'nowhere'],
  ] as const)
    await ingressClass(name, lbClass)
  await ingressClass('foreign', undefined, 'example.com/other')
  await cluster.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } })
  await cluster.service('web', { spec: { type: 'ClusterIP' }, class: undefined })
  await cluster.service('web', { namespace: 'team', spec: { type: 'ClusterIP' }, class: undefined })
  weir = runController({ cluster })
  await weir.working
})
afterAll(async () => {
  await weir?.[Symbol.asyncDispose]()
  await agents?.[Symbol.asyncDispose]()
  await cluster?.[Symbol.asyncDispose]()
})

const networking = '/apis/networking.k8s.io/v1'
const ingressPath = (name: string, namespace = 'default') => `${networking}/namespaces/${namespace}/ingresses/${name}`
const reportPath = (name: string, namespace = 'default') =>
  `/apis/weir.dev/v1alpha1/namespaces/${namespace}/ingressreports/${name}`
const gateway = servicePath('weir-gateway-lan', 'weir-system')

function ingressClass(name: string, lbClass?: string, controller = 'weir.dev/ingress') {
  const parameters = lbClass && { apiGroup: 'weir.dev', kind: 'LoadBalancerClass', name: lbClass, scope: 'Cluster' }
  return cluster.create(`${networking}/ingressclasses`, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name },
    spec: { controller, ...(parameters && { parameters }) },
  })
}

interface Wanted {
  readonly namespace?: string
  readonly class?: string
  readonly host?: string
  readonly path?: string
  readonly secret?: string
}

function ingress(
  name: string,
  { namespace = 'default', class: ingressClassName = 'web', host, path = '/', secret }: Wanted = {},
) {
  const backend = { service: { name: 'web', port: { number: 80 } } }
  return cluster.create(`${networking}/namespaces/${namespace}/ingresses`, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name },
    spec: {
      ingressClassName,
      rules: [{ host: host ?? `${name}.example.com`, http: { paths: [{ path, pathType: 'Prefix', backend }] } }],
      ...(secret ? { tls: [{ hosts: [host ?? `${name}.example.com`], secretName: secret }] } : {}),
    },
  })
}

/** Waits much longer than it should take: machines differ. */
async function until(path: string, holds: (object: any) => unknown, what: string): Promise<any> {
  let last: unknown
  return waitFor(
    async () => {
      last = await cluster.find(path)
      return last && holds(last) ? last : undefined
    },
    { what, timeoutMs: 60_000, explain: () => JSON.stringify(last) },
  )
}
const untilGone = (path: string) =>
  waitFor(async () => (await cluster.find(path)) === undefined, { what: `${path} to be gone`, timeoutMs: 60_000 })
const conditionOf = (report: any) => report.status?.conditions?.find(({ type }: any) => type === 'Ready')
const untilTold = (name: string, reason: string, namespace?: string) =>
  until(reportPath(name, namespace), report => conditionOf(report)?.reason === reason, `${name} to be ${reason}`)

/** Stands for pods of Envoy: the controller of EndpointSlices does not run here. */
async function envoy(ready: boolean): Promise<void> {
  const endpoints = [{ addresses: ['10.244.0.20'], nodeName: 'n0', conditions: { ready } }]
  const path = '/apis/discovery.k8s.io/v1/namespaces/weir-system/endpointslices'
  if (await cluster.find(`${path}/gateway`)) {
    await cluster.patch(`${path}/gateway`, { endpoints })
    return
  }
  await cluster.create(path, {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'gateway', labels: { 'kubernetes.io/service-name': 'weir-gateway-lan' } },
    addressType: 'IPv4',
    endpoints,
    ports: [
      { name: 'http', port: 20_000 },
      { name: 'https', port: 20_001 },
    ],
  })
}

async function tlsSecret(name: string, domain: string) {
  const { certificate, key } = await selfSigned(domain)
  const encode = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
  return { name, data: { 'tls.crt': encode(certificate), 'tls.key': encode(key) } }
}

async function copiesOf(source: string): Promise<readonly any[]> {
  const all = await cluster.list('/api/v1/namespaces/weir-system/secrets')
  return all.filter(({ metadata }) => metadata.annotations?.['weir.dev/copied-from'] === source)
}

test('an Ingress gets the address of the gateway of its class, and its report says what is still missing', async () => {
  await ingress('shop')
  const waiting = await untilTold('shop', 'GatewayMissing')
  expect(waiting.spec).toEqual({ ingressClass: 'web', class: 'lan', provider: 'local', group: 'weir-gateway-lan' })
  expect(waiting.metadata.ownerReferences).toMatchObject([{ kind: 'Ingress', name: 'shop' }])
  expect(conditionOf(waiting).message).toContain('DaemonSet weir-gateway')
  const service = await cluster.get(gateway)
  expect(service.spec).toMatchObject({
    loadBalancerClass: 'weir.dev/lan',
    externalTrafficPolicy: 'Local',
    selector: { 'app.kubernetes.io/name': 'weir-gateway' },
    ports: [
      { name: 'http', port: 80, targetPort: 20_000 },
      { name: 'https', port: 443, targetPort: 20_001 },
    ],
  })
  await envoy(true)
  const served = await untilTold('shop', 'Routed')
  expect(served.status).toMatchObject({ inEffect: 1, notInEffect: 0, routes: [{ host: 'shop.example.com', state: 'InEffect' }] })
  const [point] = (await cluster.get(gateway)).status.loadBalancer.ingress
  const shop = await until(ingressPath('shop'), one => one.status.loadBalancer.ingress, 'shop to have an address')
  expect(shop.status.loadBalancer.ingress).toEqual([{ ip: point.ip }])
  expect(served.status.addresses).toEqual([point.ip])
  await expect
    .poll(async () => (await cluster.events('shop')).map(({ reason }) => reason), { timeout: 30_000 })
    .toContain('Routed')
})

test('Ingresses of one host are put together; who comes later is told who has the path, and gets it when that one goes', async () => {
  await ingress('first', { host: 'both.example.com' })
  await untilTold('first', 'Routed')
  // Creation times are whole seconds; of the same age the namespace decides, and default comes before team.
  await ingress('second', { namespace: 'team', host: 'both.example.com' })
  const told = await untilTold('second', 'RouteShadowed', 'team')
  expect(conditionOf(told).message).toContain('Ingress default/first')
  expect(told.status.routes).toMatchObject([{ state: 'Shadowed', shadowedBy: { namespace: 'default', name: 'first' } }])
  await cluster.remove(ingressPath('first'))
  await untilTold('second', 'Routed', 'team')
  await untilGone(reportPath('first'))
})

test('a missing Service is told of its route alone, and put right without a word', async () => {
  const backend = (name: string) => ({ service: { name, port: { number: 80 } } })
  await ingress('half')
  await cluster.patch(ingressPath('half'), {
    spec: {
      rules: [
        {
          host: 'half.example.com',
          http: {
            paths: [
              { path: '/', pathType: 'Prefix', backend: backend('web') },
              { path: '/late', pathType: 'Prefix', backend: backend('late') },
            ],
          },
        },
      ],
    },
  })
  const told = await untilTold('half', 'ServiceNotFound')
  expect(told.status).toMatchObject({ inEffect: 1, notInEffect: 1 })
  await cluster.service('late', { spec: { type: 'ClusterIP' }, class: undefined })
  await untilTold('half', 'Routed')
})

test('a Secret is copied to weir-system, a spoilt one is reported while the last good copy stays, a renewed one is copied', async () => {
  const path = '/api/v1/namespaces/default/secrets'
  const { name, data } = await tlsSecret('shop-tls', 'tls.example.com')
  await cluster.create(path, { apiVersion: 'v1', kind: 'Secret', metadata: { name }, type: 'kubernetes.io/tls', data })
  await ingress('tls', { secret: 'shop-tls' })
  const [copy] = await waitFor(
    async () => {
      const found = await copiesOf('default/shop-tls')
      return found.length > 0 ? found : undefined
    },
    { what: 'the Secret to be copied', timeoutMs: 60_000 },
  )
  expect(copy).toMatchObject({ type: 'kubernetes.io/tls', data, metadata: { labels: { 'weir.dev/copied-secret': 'tls' } } })
  await untilTold('tls', 'Routed')

  await cluster.patch(`${path}/shop-tls`, { data: { 'tls.key': Buffer.from('no key').toString('base64') } })
  const told = await untilTold('tls', 'InvalidSecret')
  expect(conditionOf(told).message).toContain('tls.key of Secret default/shop-tls')
  expect((await copiesOf('default/shop-tls'))[0].data).toEqual(data)

  const renewed = await tlsSecret('shop-tls', 'tls.example.com')
  await cluster.patch(`${path}/shop-tls`, { data: renewed.data })
  await until(
    `/api/v1/namespaces/weir-system/secrets/${copy.metadata.name}`,
    secret => secret.data['tls.crt'] === renewed.data['tls.crt'] && secret.data['tls.key'] === renewed.data['tls.key'],
    'the copy to be renewed',
  )
  await untilTold('tls', 'Routed')
  expect(JSON.stringify(weir.lines)).not.toContain('PRIVATE KEY')
})

test('Ingresses of other controllers and of no class are never written', async () => {
  const foreign = await ingress('foreign', { class: 'foreign' })
  const unknown = await ingress('unknown', { class: 'unheard-of' })
  // Made after them, so that they were looked at when this one is told.
  await ingress('after')
  await untilTold('after', 'Routed')
  for (const { metadata } of [foreign, unknown]) {
    expect((await cluster.get(ingressPath(metadata.name))).metadata.resourceVersion).toBe(metadata.resourceVersion)
    expect(await cluster.find(reportPath(metadata.name))).toBeUndefined()
  }
})

test('a reference to a class that does not exist is a report, and ends with the class', async () => {
  await ingress('lost', { class: 'broken' })
  const told = await untilTold('lost', 'ClassMissing')
  expect(conditionOf(told).message).toContain('LoadBalancerClass nowhere')
  expect(told.spec).toEqual({ ingressClass: 'broken' })
  await cluster.lbClass('nowhere')
  await until(reportPath('lost'), report => report.spec.group === 'weir-gateway-nowhere', 'lost to be served')
  await until(
    weirPath('loadbalancerclasses', 'nowhere'),
    one => one.metadata.finalizers?.includes('weir.dev/in-use'),
    'the class to be held by its first Ingress',
  )
  await cluster.remove(weirPath('loadbalancerclasses', 'nowhere'))
  const kept = await until(
    weirPath('loadbalancerclasses', 'nowhere'),
    one => conditionOf(one)?.reason === 'InUse',
    'the class to be kept while it is used',
  )
  expect(conditionOf(kept).message).toContain('Ingress default/lost')
  await cluster.remove(ingressPath('lost'))
  await untilGone(servicePath('weir-gateway-nowhere', 'weir-system'))
  await untilGone(weirPath('loadbalancerclasses', 'nowhere'))
})

test('an Ingress that goes to another class loses status and report, and what another controller wrote stays', async () => {
  await ingress('leaving')
  await until(ingressPath('leaving'), one => one.status.loadBalancer.ingress, 'leaving to have an address')
  await cluster.patch(ingressPath('leaving'), { spec: { ingressClassName: 'foreign' } })
  await untilGone(reportPath('leaving'))
  const left = await cluster.get(ingressPath('leaving'))
  expect(left.status).toEqual({ loadBalancer: {} })
  expect(left.metadata.finalizers).toBeUndefined()
})

test('a status that somebody wiped and a report that somebody deleted come back', async () => {
  await ingress('wiped')
  await until(ingressPath('wiped'), one => one.status.loadBalancer.ingress, 'wiped to have an address')
  await cluster.patch(`${ingressPath('wiped')}/status`, { status: { loadBalancer: { ingress: null } } })
  await until(ingressPath('wiped'), one => one.status.loadBalancer.ingress, 'its address to come back')
  const { metadata } = await cluster.get(reportPath('wiped'))
  await cluster.remove(reportPath('wiped'))
  await until(reportPath('wiped'), one => one.metadata.uid !== metadata.uid, 'its report to come back')
})

test('with the last Ingress the gateway goes, and its address is free', async () => {
  for (const namespace of ['default', 'team']) {
    for (const { metadata, spec } of await cluster.list(`${networking}/namespaces/${namespace}/ingresses`)) {
      if (spec.ingressClassName === 'web') await cluster.remove(ingressPath(metadata.name, namespace))
    }
  }
  await untilGone(gateway)
  await waitFor(async () => (await cluster.list('/apis/weir.dev/v1alpha1/ingressreports')).length === 0, {
    what: 'every report to be gone',
    timeoutMs: 60_000,
  })
  expect(readyOf(await cluster.get(servicePath('web')))).toBeUndefined()
})
