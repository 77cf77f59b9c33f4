// What pods behind Ingresses wait for: the target groups that the load balancer has and keeps up, and no others.
import { expect, test } from 'vitest'
import { albIngress, anyService } from '../ingress/world-under-test.ts'
import { ingressWorld } from './ingress-under-test.ts'
import type { IngressWorld } from './ingress-under-test.ts'

const { signal } = new AbortController()
const shop = (path: string, to: string) => albIngress({ rules: { 'a.test': { [path]: to } } })

async function statesOf(world: IngressWorld, ingress: ReturnType<typeof shop>, name = 'web') {
  const service = anyService('default', name)
  if (!service) throw new Error('there is no such Service')
  const { ingress: provider } = world.cluster.provider
  const found = (await provider.healthOfTargets?.(world.id, { goal: world.goal([ingress]), service }, signal)) ?? []
  return found.map(({ health }) => [...health.values()].map(({ state }) => state))
}

test('the targets of a Service are told of, and not those of another one', async () => {
  await using world = await ingressWorld()
  const [address = ''] = world.podIps
  world.pods('default/web', [address])
  const ingress = shop('Prefix /', 'web')
  await world.settle([ingress])
  expect(await statesOf(world, ingress)).toEqual([['healthy']])
  world.aws.setHealth(address, 'unhealthy')
  expect(await statesOf(world, ingress)).toEqual([['unhealthy']])
  expect(await statesOf(world, ingress, 'cart')).toEqual([])
})

test('without a load balancer, and for a Service that it leads to no more, there is nothing to wait for', async () => {
  await using world = await ingressWorld()
  world.pods('default/web', world.podIps.slice(0, 1))
  world.pods('default/cart', world.podIps.slice(1, 2))
  expect(await statesOf(world, shop('Prefix /', 'web'))).toEqual([])
  await world.settle([shop('Prefix /', 'web')])
  expect(await statesOf(world, shop('Prefix /', 'cart'))).toEqual([])
  expect(await statesOf(world, shop('Prefix /', 'cart'), 'cart')).toEqual([])
})
