// What concerns an Ingress is found through the Services that it names, also the Secrets that only these name.
import { expect, test } from 'vitest'
import type { IngressProvider } from '../ingress-provider.ts'
import { createIngressRegistry } from './ingress-registry.ts'
import { ingressWorld, lan, service, shop } from './ingress-under-test.ts'
import type { Service } from '../model/kubernetes-objects.ts'

const naming = (secret: string): Service => {
  const plain = service('web')
  return { ...plain, metadata: { ...plain.metadata, annotations: { secret } } }
}

test('a Secret that a Service names leads to the group of its Ingress, as soon and as long as it does', () => {
  const { provider: plain, idOf } = ingressWorld()
  const provider: IngressProvider = {
    ...plain,
    secretsOfService: ({ metadata }) => {
      const name = metadata.annotations?.['secret']
      return name === undefined ? [] : [{ kind: 'oidc', namespace: 'default', name, at: 'Service default/web' }]
    },
  }
  const services = new Map([['default/web', naming('first')]])
  const registry = createIngressRegistry(key => services.get(key))
  const [group] = registry.decide(shop('shop'), 'default/shop', {
    kind: 'served',
    warnings: [],
    place: { group: idOf('all'), provider, class: lan, ingressClass: 'web' },
  })
  expect(registry.groupsWithSecret('oidc/default/first')).toEqual([group])
  services.set('default/web', naming('second'))
  expect(registry.serviceChanged('default/web').renamed.map(({ secrets }) => secrets)).toMatchObject([[{ name: 'second' }]])
  expect(registry.groupsWithSecret('oidc/default/first')).toEqual([])
  expect(registry.groupsWithSecret('oidc/default/second')).toEqual([group])
  expect(registry.serviceChanged('default/web').renamed).toEqual([])
})
