// The whole controller on moto, an AWS that we did not write: a hundred Services come and go, and nothing stays behind.
import { DescribeLoadBalancersCommand, DescribeTargetGroupsCommand } from '@aws-sdk/client-elastic-load-balancing-v2'
import { DescribeSecurityGroupsCommand } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startMotoWorld } from '../../test/contract/aws-moto.ts'
import type { MotoWorld } from '../../test/contract/aws-moto.ts'
import { servicePath } from '../../test/contract/cluster.ts'
import { runController } from '../../test/contract/controller.ts'
import type { RunningController } from '../../test/contract/controller.ts'
import { waitFor } from '../../test/lab/waiting.ts'

let world: MotoWorld
let weir: RunningController
const names = Array.from({ length: 100 }, (_, index) => `web-${index}`)
const services = '/api/v1/namespaces/default/services'

beforeAll(
  async () => {
    world = await startMotoWorld()
    weir = runController({ cluster: world.cluster, providers: ['aws'] })
    await weir.working
  },
  15 * 60 * 1000,
)

afterAll(async () => {
  await weir?.[Symbol.asyncDispose]()
  await world?.[Symbol.asyncDispose]()
})

test('a hundred Services each get a load balancer with its target', async () => {
  for (const [index, name] of names.entries()) await world.service(name, { pods: [world.site.podIps[index] ?? ''] })
  const hosts = async () => {
    const all = (await world.cluster.list(services)).filter(({ metadata }) => names.includes(metadata.name))
    return all.flatMap(({ status }) => status.loadBalancer?.ingress?.[0]?.hostname ?? [])
  }
  await waitFor(async () => (await hosts()).length === names.length, { what: 'all to have hostnames', timeoutMs: 110_000 })
  expect(new Set(await hosts()).size).toBe(names.length)
  await world.cluster.untilReason('web-0', 'Serving')
  const { LoadBalancers = [] } = await world.subject.elbv2.send(new DescribeLoadBalancersCommand({ PageSize: 400 }))
  expect(LoadBalancers).toHaveLength(names.length)
}, 180_000)

test('all of them deleted leave nothing of ours', async () => {
  for (const name of names) await world.cluster.remove(servicePath(name))
  await waitFor(async () => (await world.cluster.list(services)).every(({ metadata }) => !names.includes(metadata.name)), {
    what: 'all Services to be gone',
    timeoutMs: 170_000,
  })
  const { LoadBalancers } = await world.subject.elbv2.send(new DescribeLoadBalancersCommand({}))
  const { TargetGroups } = await world.subject.elbv2.send(new DescribeTargetGroupsCommand({}))
  const { SecurityGroups = [] } = await world.subject.ec2.send(new DescribeSecurityGroupsCommand({}))
  expect([LoadBalancers, TargetGroups]).toEqual([[], []])
  expect(SecurityGroups.filter(({ GroupName }) => GroupName?.startsWith('weir-default'))).toEqual([])
}, 180_000)
