// Who is told that nobody answers who may come in.
import { expect, test } from 'vitest'
import { routingModel } from '../../../src/model/routing/build.ts'
import { ingress, resolve, type Written } from '../../../src/model/routing/examples-under-test.ts'
import { readMember } from '../gateway/member.ts'
import { withoutAuthority } from './without-authority.ts'

function told(written: readonly Written[], otherNamespaces = false) {
  const members = written.map(each => {
    const made = ingress(each)
    const asking = { ...made, metadata: { ...made.metadata, annotations: { 'weir.dev/auth-url': 'https://$host/oauth2/check' } } }
    const { routing, settings } = readMember(asking, resolve, { otherNamespaces })
    return { id: routing.id, ingress: asking, ingressClass: 'web', routing, settings, problems: [] }
  })
  const model = routingModel(members.map(({ routing }) => routing))
  return [...withoutAuthority({ members, model })].map(([key, { problems }]) => [key, problems.map(({ reason }) => reason)])
}

const shop = { name: 'shop/web', rules: { 'shop.test': { 'Prefix /': 'web' } } }
const theirs = { name: 'login/web', rules: { 'shop.test': { 'Prefix /oauth2': 'auth' } } }

test('an Ingress that asks a path of its own host is told when somebody else has it, or nobody', () => {
  expect(told([shop])).toEqual([])
  expect(told([shop, theirs])).toEqual([['shop/web', ['RoutesClosed']]])
  expect(told([shop, theirs], true)).toEqual([])
  expect(told([{ name: 'shop/web', rules: { 'shop.test': { 'Prefix /app': 'web' } } }])).toEqual([['shop/web', ['RoutesClosed']]])
})
