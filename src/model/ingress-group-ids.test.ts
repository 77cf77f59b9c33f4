// Ids of groups of Ingresses: told by names alone, and found again from their uid.
import { expect, test } from 'vitest'
import { ingressAlone, ingressGroupOfUid, namedIngressGroup } from './ingress-group-ids.ts'

test('a uid says which group it is, and no other text does', () => {
  const [named, alone] = [namedIngressGroup('aws.public', 'my.edge'), ingressAlone('aws', { namespace: 'shop', name: 'web' })]
  expect(ingressGroupOfUid(named.uid)).toEqual(named)
  expect(ingressGroupOfUid(alone.uid)).toEqual(alone)
  for (const other of ['shop/web', 'group/shop/aws/edge', 'ingress/aws/shop', 'ingress-group/aws/a/b', 'ingress/aws/shop/web/x'])
    expect(ingressGroupOfUid(other)).toBeUndefined()
})

test('an Ingress alone is never the group of its name', () => {
  expect(ingressAlone('aws', { namespace: 'edge', name: 'edge' }).uid).not.toBe(namedIngressGroup('aws', 'edge').uid)
})
