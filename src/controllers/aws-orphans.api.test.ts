// An orphan through the true API server, on the fake AWS: told where people look, doubted, and then deleted.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startFakeWorld, useEnvironment } from '../../test/contract/aws.ts'
import type { FakeWorld } from '../../test/contract/aws.ts'
import { servicePath } from '../../test/contract/cluster.ts'
import { runController } from '../../test/contract/controller.ts'
import type { RunningController } from '../../test/contract/controller.ts'
import { waitFor } from '../../test/lab/waiting.ts'

let world: FakeWorld
let weir: RunningController
let environment: Disposable

const objects = '/apis/weir.dev/v1alpha1/namespaces/weir-system/loadbalancers'
const start = () => runController({ cluster: world.cluster, providers: ['aws'] })

beforeAll(async () => {
  environment = useEnvironment({ WEIR_AWS_SWEEP_SECONDS: '0.3', WEIR_AWS_ORPHAN_SECONDS: '8' })
  world = await startFakeWorld()
  weir = start()
  await weir.working
})

afterAll(async () => {
  await weir?.[Symbol.asyncDispose]()
  await world?.[Symbol.asyncDispose]()
  environment?.[Symbol.dispose]()
})

test('a load balancer whose Service and memory are gone is told by an object and one event, and deleted after its time', async () => {
  await world.service('kept')
  await world.service('lost')
  await world.cluster.untilReason('kept', 'Serving')
  const { metadata } = await world.cluster.untilReason('lost', 'Serving')
  await weir.stop()
  const memory = (await world.cluster.list(objects)).find(({ spec }) => spec.members[0].name === 'lost')
  await world.cluster.remove(`${objects}/${memory.metadata.name}`)
  await world.cluster.patch(servicePath('lost'), { metadata: { finalizers: null } })
  await world.cluster.remove(servicePath('lost'))
  weir = start()
  const name = `orphan.default.lost.${metadata.uid?.slice(0, 8)}`
  const report = await world.cluster.until(`${objects}/${name}`, ({ status }) => status?.conditions?.[0])
  // In whole seconds, rounded down.
  const foundAt = Date.parse(report.status.conditions[0].lastTransitionTime)
  expect(report.status.conditions[0]).toMatchObject({ type: 'Ready', status: 'False', reason: 'Orphaned' })
  expect(report.status.conditions[0].message).toContain(report.status.ids['load-balancer'])
  expect(world.aws.world.loadBalancers.values()).toHaveLength(2)
  await world.cluster.untilGone(`${objects}/${name}`)
  expect(Date.now() - foundAt).toBeGreaterThan(5000)
  const owners = world.aws.world.loadBalancers.values().map(({ tags }) => tags['weir.dev/owner'])
  expect(owners).toEqual(['default/kept'])
  await waitFor(async () => world.aws.world.targetGroups.values().length === 1, {
    what: 'its target group to go',
  })
  expect((await world.cluster.events(name)).map(({ type, reason }) => [type, reason])).toEqual([['Warning', 'Orphaned']])
})
