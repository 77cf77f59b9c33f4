// Which rights a set of requests needed.
import { expect, test } from 'vitest'
import type { AuditedRequest } from '../lab/audit-log.ts'
import { deployedRoles, inWords, rightsIn, unusedRights } from './granted.ts'
import type { Manifest } from './granted.ts'

const user = 'system:serviceaccount:weir-system:weir-agent'

function bound(kind: 'Role' | 'ClusterRole', name: string, rules: readonly object[]): readonly Manifest[] {
  const metadata = { name, ...(kind === 'Role' && { namespace: 'weir-system' }) }
  const subjects = [{ kind: 'ServiceAccount', name: 'weir-agent', namespace: 'weir-system' }]
  return [
    { kind, metadata, rules },
    { kind: `${kind}Binding`, metadata, roleRef: { kind, name }, subjects },
  ]
}

const asked = (verb: string, objectRef: AuditedRequest['objectRef'], decision: 'allow' | 'forbid' = 'allow'): AuditedRequest => ({
  verb,
  requestURI: '',
  user: { username: user },
  objectRef,
  annotations: { 'authorization.k8s.io/decision': decision },
})

const everywhere = bound('ClusterRole', 'wide', [
  { apiGroups: [''], resources: ['secrets', 'services/status'], verbs: ['get', 'patch'] },
])
const own = bound('Role', 'own', [{ apiGroups: [''], resources: ['secrets'], resourceNames: ['keys'], verbs: ['get'] }])
const unused = (...requests: readonly AuditedRequest[]) => unusedRights(rightsIn([...everywhere, ...own]), requests).map(inWords)

const all = [
  'Role/own: get secrets keys in weir-system',
  'ClusterRole/wide: get secrets',
  'ClusterRole/wide: patch secrets',
  'ClusterRole/wide: get services/status',
  'ClusterRole/wide: patch services/status',
]
const without = (...used: readonly string[]) => all.filter(line => !used.includes(line))

test('without requests every right is unused, each verb of each resource by itself', () => {
  expect(unused()).toEqual(all)
})

test('a request uses its verb on its resource, a subresource being another one', () => {
  const status = { resource: 'services', subresource: 'status', namespace: 'default', name: 'web' }
  expect(unused(asked('patch', status))).toEqual(without('ClusterRole/wide: patch services/status'))
  expect(unused(asked('patch', { resource: 'services', namespace: 'default', name: 'web' }))).toEqual(all)
})

test('what a narrower right allows needs no wider one', () => {
  expect(unused(asked('get', { resource: 'secrets', namespace: 'weir-system', name: 'keys' }))).toEqual(
    without('Role/own: get secrets keys in weir-system'),
  )
  expect(unused(asked('get', { resource: 'secrets', namespace: 'default', name: 'keys' }))).toEqual(
    without('ClusterRole/wide: get secrets'),
  )
})

test('of two components that give the same, a request uses both', () => {
  const [first, second] = ['first', 'second'].map(name =>
    bound('ClusterRole', name, [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }]),
  )
  const given = rightsIn([...(first ?? []), ...(second ?? [])])
  expect(given).toHaveLength(2)
  expect(unusedRights(given, [asked('get', { resource: 'pods', namespace: 'default', name: 'a' })])).toEqual([])
})

test('what was refused, or asked by somebody else, uses nothing', () => {
  const secret = { resource: 'secrets', namespace: 'default', name: 'a' }
  expect(unused(asked('get', secret, 'forbid'))).toEqual(all)
  expect(unused({ ...asked('get', secret), user: { username: 'admin' } })).toEqual(all)
})

test('every role of deploy/ is bound, and only to accounts of Weir', () => {
  const objects = deployedRoles()
  const roles = objects.filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole')
  const given = rightsIn(objects)
  expect(roles.map(({ kind, metadata }) => `${kind}/${metadata.name}`).toSorted()).toEqual(
    [...new Set(given.map(({ role }) => role))].toSorted(),
  )
  expect(roles.length).toBeGreaterThan(5)
  for (const { user: holder } of given) expect(holder).toMatch(/^system:serviceaccount:weir-system:weir-(agent|controller)$/)
})
