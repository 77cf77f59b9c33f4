// The oldest Kubernetes that Weir supports: everything of deploy/ can be applied, a Service and an Ingress get an address.
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fakeAgents } from '../contract/agents.ts'
import type { FakeAgents } from '../contract/agents.ts'
import { servicePath, startCluster, weirPath } from '../contract/cluster.ts'
import type { Cluster } from '../contract/cluster.ts'
import { runController } from '../contract/controller.ts'
import type { RunningController } from '../contract/controller.ts'
import { tokensOfAgents } from '../contract/rights.ts'
import { openApi } from '../lab/api.ts'
import { oldestKubernetesVersion } from '../lab/go-modules.ts'
import { waitFor } from '../lab/waiting.ts'

const deploy = join(import.meta.dirname, '..', '..', 'deploy')
const networking = '/apis/networking.k8s.io/v1'

let cluster: Cluster
let agents: FakeAgents
let weir: RunningController

// startCluster applies the kinds and waits until the API server serves them.
beforeAll(async () => {
  cluster = await startCluster({ apiServer: 'kube-apiserver-oldest' })
  agents = await fakeAgents(cluster, ['n0', 'n1'])
  agents.claim()
  await cluster.lbClass('lan')
  await cluster.pool('office', ['10.201.200.0/28'])
  weir = runController({ cluster })
  await weir.working
})
afterAll(async () => {
  await weir?.[Symbol.asyncDispose]()
  await agents?.[Symbol.asyncDispose]()
  await cluster?.[Symbol.asyncDispose]()
})

test('it is the version that the documentation names', async () => {
  const { gitVersion } = await cluster.get('/version')
  expect(gitVersion).toBe(oldestKubernetesVersion())
  expect(gitVersion).toMatch(/^v1\.32\./)
})

test('it keeps the rules of the kinds', async () => {
  const made = cluster.pool('broken', ['10.201.200.0/28', '10.0.0.300'])
  await expect(made).rejects.toThrow(/: 422 .*10\.0\.0\.300|: 422 .*spec\.addresses/s)
})

test('a Service gets an address, which kube-proxies handle as that of a load balancer in front of them', async () => {
  await cluster.service('web')
  const { status } = await cluster.untilReason('web', 'Serving')
  expect(status?.loadBalancer?.ingress).toEqual([{ ip: '10.201.200.1', ipMode: 'VIP' }])
})

test('an Ingress gets the address of a gateway', async () => {
  await cluster.create(`${networking}/ingressclasses`, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name: 'lan' },
    spec: {
      controller: 'weir.dev/ingress',
      parameters: { apiGroup: 'weir.dev', kind: 'LoadBalancerClass', name: 'lan', scope: 'Cluster' },
    },
  })
  const backend = { service: { name: 'web', port: { number: 80 } } }
  await cluster.create(`${networking}/namespaces/default/ingresses`, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'site' },
    spec: { ingressClassName: 'lan', rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }] },
  })
  const gateway = await cluster.until(
    servicePath('weir-gateway-lan', 'weir-system'),
    service => service.status?.loadBalancer?.ingress?.length,
  )
  const [{ ip }] = gateway.status.loadBalancer.ingress
  await cluster.until(
    `${networking}/namespaces/default/ingresses/site`,
    ({ status }) => status?.loadBalancer?.ingress?.[0]?.ip === ip,
  )
})

test('tokens of Pods name their node, and the policy holds each agent to it', async () => {
  const tokens = await tokensOfAgents(cluster, ['n2'])
  await cluster.plane.kubectl(['apply', '-k', join(deploy, 'policies', 'agents')])
  const { plane } = cluster
  const agent = openApi(plane.server, plane.ca, tokens.get('n2') ?? '')
  const report = (name: string) => ({
    apiVersion: 'weir.dev/v1alpha1',
    kind: 'NodeReport',
    metadata: { name },
    spec: { version: 'test', interfaces: [] },
  })
  const ask = (name: string, query = '') =>
    agent.call('POST', `${weirPath('nodereports')}${query}`, report(name)).then(() => 'done', String)
  await waitFor(async () => /weir-agent-own-node/.test(await ask('n3', '?dryRun=All')), { what: 'the policy to be in force' })
  expect(await ask('n3')).toContain('The agent of node n2 writes only the NodeReport of this name')
  expect(await ask('n2')).toBe('done')
  await agent.close()
})

test.each(['local', 'aws', 'both', 'policies/internal-kinds', 'policies/service-annotations'])(
  'deploy/%s can be applied',
  async overlay => {
    const applied = await cluster.plane.tryKubectl(['apply', '--server-side', '--force-conflicts', '-k', join(deploy, overlay)])
    expect(applied).toMatchObject({ code: 0 })
  },
)
