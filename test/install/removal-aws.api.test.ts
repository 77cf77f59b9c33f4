// Removing Weir from AWS: nothing it made stays, also of what was deleted while no controller ran.
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startFakeWorld } from '../contract/aws.ts'
import type { FakeWorld } from '../contract/aws.ts'
import { albClass, albIngress, backend, ingressPath, servedAt } from '../contract/aws-ingress.ts'
import { servicePath, weirPath } from '../contract/cluster.ts'
import { runController } from '../contract/controller.ts'
import type { RunningController } from '../contract/controller.ts'
import { attempt } from '../lab/command.ts'

const root = join(import.meta.dirname, '..', '..')

let world: FakeWorld
let weir: RunningController | undefined
let before: readonly unknown[]

const start = () => runController({ cluster: world.cluster, providers: ['aws'] })
const check = () => {
  const words = ['uninstall', '--check', '--kubeconfig', world.cluster.plane.kubeconfig]
  return attempt([process.execPath, join(root, 'src', 'main-cli.ts'), ...words], { cwd: root })
}
const inAws = () => {
  const { loadBalancers, targetGroups, listeners, rules, securityGroups } = world.aws.world
  return [loadBalancers, targetGroups, listeners, rules, securityGroups].map(table => [...table.values()].length)
}

beforeAll(async () => {
  world = await startFakeWorld()
  before = inAws()
  weir = start()
  await weir.working
  await albClass(world)
  await backend(world, 'shop', world.site.podIps.slice(0, 2))
  await world.service('web')
  await world.service('late')
  await albIngress(world, 'site', { '/': 'shop' })
  await world.cluster.untilReason('web', 'Serving')
  await world.cluster.untilReason('late', 'Serving')
  await servedAt(world, 'site')
})
afterAll(async () => {
  await weir?.[Symbol.asyncDispose]()
  await world?.[Symbol.asyncDispose]()
})

test('what is left is told, with the load balancers in AWS', async () => {
  const { code, stdout } = await check()
  expect(code).toBe(1)
  expect(stdout).toMatch(/1\. 2 Services that Weir serves[^]*default\/late[^]*default\/web/)
  expect(stdout).toMatch(/2\. 1 Ingresses that Weir serves[^]*default\/site/)
  expect(stdout).toMatch(/3\. 3 load balancers in AWS/)
})

test('a Service that is deleted while no controller runs waits for it, and is told', async () => {
  await weir?.stop()
  weir = undefined
  await world.cluster.remove(servicePath('late'))
  expect((await world.cluster.get(servicePath('late'))).metadata.finalizers).toEqual(['weir.dev/load-balancer-cleanup'])
  expect((await check()).stdout).toContain('default/late')
  weir = start()
  await weir.working
  await world.cluster.untilGone(servicePath('late'))
})

test('when Services, Ingresses and classes are gone, nothing is left in AWS and nothing in the cluster but kinds', async () => {
  await world.cluster.remove(servicePath('web'))
  await world.cluster.remove(ingressPath('site'))
  await world.cluster.untilGone(servicePath('web'))
  await world.cluster.untilGone(ingressPath('site'))
  for (const { metadata } of await world.cluster.list(weirPath('loadbalancerclasses'))) {
    await world.cluster.remove(weirPath('loadbalancerclasses', metadata.name))
    await world.cluster.untilGone(weirPath('loadbalancerclasses', metadata.name))
  }
  await expect.poll(inAws).toEqual(before)
  await expect.poll(async () => (await check()).stdout).toContain('Nothing of Weir is left but its programs and kinds')
})
