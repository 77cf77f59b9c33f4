// Both providers with the rights of deploy/base alone: the LAN is served, the class of aws says which right is missing, until it is there.
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { fakeAgents } from '../../test/contract/agents.ts'
import type { FakeAgents } from '../../test/contract/agents.ts'
import { startCluster, weirPath } from '../../test/contract/cluster.ts'
import type { Cluster } from '../../test/contract/cluster.ts'
import { runController } from '../../test/contract/controller.ts'
import type { RunningController } from '../../test/contract/controller.ts'
import { controllerRights } from '../../test/contract/rights.ts'

const deploy = join(import.meta.dirname, '..', '..', 'deploy')
const conditionOf = (object: any) => object.status?.conditions?.[0]

let cluster: Cluster
let agents: FakeAgents
let weir: RunningController

beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test').stubEnv('AWS_SECRET_ACCESS_KEY', 'test').stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
  cluster = await startCluster()
  agents = await fakeAgents(cluster, ['n0'])
  agents.claim()
  await cluster.lbClass('lan')
  // Nobody listens there, so that nothing leaves this machine whatever credentials it has.
  const [elasticLoadBalancingV2, ec2] = ['http://127.0.0.1:1', 'http://127.0.0.1:1']
  const aws = { region: 'eu-central-1', vpcId: 'vpc-0123456789abcdef0', endpoints: { elasticLoadBalancingV2, ec2 } }
  await cluster.lbClass('cloud', { provider: 'aws', aws })
  await cluster.pool('office', ['10.201.200.0/28'])
  weir = runController({ kubeconfig: await controllerRights(cluster, ['local']), providers: ['local', 'aws'] })
  await weir.working
})
afterAll(async () => {
  await weir?.[Symbol.asyncDispose]()
  await agents?.[Symbol.asyncDispose]()
  await cluster?.[Symbol.asyncDispose]()
  vi.unstubAllEnvs()
})

test('the class of the provider says which right is missing and what gives it', async () => {
  const told = await cluster.until(weirPath('loadbalancerclasses', 'cloud'), one => conditionOf(one)?.status === 'False')
  expect(conditionOf(told)).toMatchObject({ reason: 'NotConfigured' })
  expect(conditionOf(told).message).toMatch(/namespaces "kube-system" is forbidden.*deploy\/aws\/provider\/rbac\.yaml/s)
})

test('a Service on the LAN is served and goes again', async () => {
  await cluster.service('web')
  await cluster.untilReason('web', 'Serving')
  await cluster.remove('/api/v1/namespaces/default/services/web')
  await cluster.untilGone('/api/v1/namespaces/default/services/web')
})

test('once the right is there the provider starts by itself', async () => {
  await cluster.plane.kubectl(['apply', '-f', join(deploy, 'aws', 'provider', 'rbac.yaml')])
  await cluster.until(
    weirPath('loadbalancerclasses', 'cloud'),
    one => !conditionOf(one).message.includes('forbidden'),
    'the class to have no word of the right',
  )
})
