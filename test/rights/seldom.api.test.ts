// What controllers do seldom, done once with exactly the rights of deploy/: it works, and these rights are used.
import { readdirSync } from 'node:fs'
import { get } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { fakeAgents } from '../contract/agents.ts'
import type { FakeAgents } from '../contract/agents.ts'
import { servicePath, startCluster, weirPath } from '../contract/cluster.ts'
import type { Cluster } from '../contract/cluster.ts'
import { runController } from '../contract/controller.ts'
import type { RunningController } from '../contract/controller.ts'
import { namespaceOf, workload } from '../contract/others.ts'
import { selfSigned } from '../fake-aws/certificate-files.ts'

const deploy = join(import.meta.dirname, '..', '..', 'deploy')
const networking = '/apis/networking.k8s.io/v1'
const ingresses = `${networking}/namespaces/default/ingresses`
const gateway = servicePath('weir-gateway-lan', 'weir-system')

let cluster: Cluster
let agents: FakeAgents
let weir: RunningController
let pagePort: number

beforeAll(async () => {
  vi.stubEnv('WEIR_UNUSED_COPY_SECONDS', '0')
  cluster = await startCluster()
  agents = await fakeAgents(cluster, ['n0'])
  agents.claim()
  await cluster.lbClass('lan')
  await cluster.pool('office', ['10.201.200.0/28'])
  await cluster.create(`${networking}/ingressclasses`, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name: 'lan' },
    spec: {
      controller: 'weir.dev/ingress',
      parameters: { apiGroup: 'weir.dev', kind: 'LoadBalancerClass', name: 'lan', scope: 'Cluster' },
    },
  })
  await cluster.service('web')
  pagePort = await freePort()
  weir = runController({ cluster, pagePort })
  await weir.working
})
afterAll(async () => {
  await weir?.[Symbol.asyncDispose]()
  await agents?.[Symbol.asyncDispose]()
  await cluster?.[Symbol.asyncDispose]()
  vi.unstubAllEnvs()
})

function freePort(): Promise<number> {
  const server = createServer()
  return new Promise(resolve =>
    server.listen(0, '127.0.0.1', () => {
      const bound = server.address()
      server.close(() => resolve(typeof bound === 'object' ? (bound?.port ?? 0) : 0))
    }),
  )
}

async function ingress(name: string, secretName?: string): Promise<void> {
  const host = `${name}.example.com`
  const backend = { service: { name: 'web', port: { number: 80 } } }
  await cluster.create(ingresses, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name },
    spec: {
      ingressClassName: 'lan',
      rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
      ...(secretName === undefined ? {} : { tls: [{ hosts: [host], secretName }] }),
    },
  })
}

const copies = async () =>
  (await cluster.list('/api/v1/namespaces/weir-system/secrets')).filter(
    ({ metadata }) => metadata.labels?.['weir.dev/copied-secret'] !== undefined,
  )

test('the gateway follows the settings of its class', async () => {
  await ingress('stays')
  await cluster.until(gateway, service => service.status?.loadBalancer?.ingress)
  await cluster.patch(weirPath('loadbalancerclasses', 'lan'), {
    spec: { local: { gateway: { sourceRanges: ['10.99.0.0/24'] } } },
  })
  await cluster.until(gateway, ({ spec }) => spec.loadBalancerSourceRanges?.[0] === '10.99.0.0/24')
})

test('a copy of a certificate goes when no Ingress names it any more', async () => {
  const { certificate, key } = await selfSigned('secure.example.com')
  const encoded = (pem: string | Uint8Array) => Buffer.from(pem).toString('base64')
  await cluster.create('/api/v1/namespaces/default/secrets', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'secure' },
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': encoded(certificate), 'tls.key': encoded(key) },
  })
  await ingress('secure', 'secure')
  await expect.poll(copies).toHaveLength(1)
  await cluster.remove(`${ingresses}/secure`)
  await expect.poll(copies).toEqual([])
})

test('the page tells why a target is not ready', async () => {
  await cluster.create('/api/v1/namespaces/default/pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web-0' },
    spec: { nodeName: 'n0', containers: [{ name: 'main', image: 'none' }] },
  })
  const slice = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/web'
  const { endpoints } = await cluster.get(slice)
  const conditions = { ready: false, serving: false, terminating: false }
  await cluster.patch(slice, {
    endpoints: [{ ...endpoints[0], conditions, targetRef: { kind: 'Pod', namespace: 'default', name: 'web-0' } }],
  })
  await expect.poll(() => page('/state')).toContain('default/web')
  await expect.poll(() => page('/story?of=service/default/web')).toContain('web-0')
})

async function page(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port: pagePort, path }, answer => resolve(text(answer))).on('error', reject)
  })
}

test('it is looked whether the controllers that aliases stand for still run', async () => {
  for (const namespace of ['metallb-system', 'ingress-nginx']) await namespaceOf(cluster, namespace)
  const folder = join(deploy, 'take-over')
  for (const file of readdirSync(folder)) await cluster.plane.kubectl(['apply', '-f', join(folder, file)])
  for (const [namespace, name, kind] of [
    ['kube-system', 'aws-load-balancer-controller', 'Deployment'],
    ['ingress-nginx', 'ingress-nginx-controller', 'Deployment'],
    ['metallb-system', 'speaker', 'DaemonSet'],
  ] as const)
    await (await workload(cluster, { kind, namespace, name, image: 'other' })).runs(1)
  await cluster.lbClass('former', { aliases: ['service.k8s.aws/nlb', 'k8s.io/ingress-nginx', 'metallb.io/metallb'] })
  const told = await cluster.until(weirPath('loadbalancerclasses', 'former'), ({ status }) =>
    ['AWS Load Balancer Controller', 'ingress-nginx', 'MetalLB'].every(name =>
      String(status?.conditions?.[0]?.message).includes(`${name} still runs`),
    ),
  )
  expect(told.status.conditions[0].message).not.toContain('deploy/take-over')
})

test('a block of addresses that somebody else writes all the time is read anew, and addresses are given', async () => {
  const [block] = await cluster.list(weirPath('addressblocks'))
  const ending = new AbortController()
  const writing = (async () => {
    for (let count = 0; !ending.signal.aborted; count++)
      await cluster.patch(weirPath('addressblocks', block?.metadata.name ?? ''), {
        metadata: { annotations: { count: String(count) } },
      })
  })()
  try {
    for (let count = 0; count < 10; count++) {
      await cluster.service(`beside-${count}`)
      await cluster.until(servicePath(`beside-${count}`), ({ status }) => status?.loadBalancer?.ingress?.[0]?.ip)
    }
  } finally {
    ending.abort()
    await writing
  }
})
