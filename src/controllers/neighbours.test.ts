// Who may share a load balancer: Services of ours that stay, found by the name of their group.
import { expect, test } from 'vitest'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import { createLog } from '../observability/log.ts'
import { buildLoadBalancer } from '../model/build.ts'
import type { Service } from '../model/kubernetes-objects.ts'
import { neighboursIn } from './neighbours.ts'
import { idOf } from '../model/service-id.ts'
import { createStores } from './stores.ts'

const aws: LoadBalancerClass = {
  apiVersion: 'weir.dev/v1alpha1',
  kind: 'LoadBalancerClass',
  metadata: { name: 'aws' },
  spec: { provider: 'aws', targets: 'Pod', default: false },
}

function service(
  name: string,
  more: { readonly metadata?: object; readonly spec?: object; readonly namespace?: string } = {},
): Service {
  return {
    metadata: {
      name,
      namespace: more.namespace ?? 'shop',
      uid: `uid-${name}`,
      annotations: { 'weir.dev/load-balancer-group': ' edge ' },
      ...more.metadata,
    },
    spec: { type: 'LoadBalancer', loadBalancerClass: 'weir.dev/aws', ports: [{ port: 80 }], ...more.spec },
  }
}

function neighbours(...all: readonly Service[]) {
  const stores = createStores(createLog({ level: 'silent', program: 'test' }))
  stores.classes.put(aws)
  for (const each of all) stores.services.put(each)
  const isBad = ({ metadata }: Service) => metadata.name === 'bad'
  return neighboursIn({ stores }, each => (isBad(each) ? undefined : buildLoadBalancer(each, aws).desired))
}

test('members of a group are of one namespace, and one with a mistake is told without what it asks for', () => {
  const found = neighbours(service('web'), service('bad'), service('other', { namespace: 'blog' }))
  expect([...found.ofGroup('shop', 'edge')].map(({ id, desired }) => [id.name, desired?.listeners.length])).toEqual([
    ['web', 1],
    ['bad', undefined],
  ])
  expect([...found.ofGroup('shop', 'else')]).toEqual([])
})

test('who goes is not among them: deleted, of another type, or of a class that is not ours', () => {
  const going = service('going', {
    metadata: { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['weir.dev/load-balancer-cleanup'] },
  })
  const changed = service('changed', { spec: { type: 'ClusterIP' } })
  const foreign = service('foreign', { spec: { loadBalancerClass: 'example.com/other' } })
  const found = neighbours(going, changed, foreign)
  expect([...found.ofGroup('shop', 'edge')]).toEqual([])
  for (const each of [going, changed, foreign]) expect(found.find(idOf(each))).toBeUndefined()
})

test('a Service that was deleted and made again is another one', () => {
  const web = service('web')
  const found = neighbours(web)
  expect(found.find(idOf(web))?.id).toEqual(idOf(web))
  expect(found.find({ ...idOf(web), uid: 'uid-before' })).toBeUndefined()
})
