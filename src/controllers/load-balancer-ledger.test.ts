// What is remembered passes through the API server and back; who else writes is not written over.
import { expect, test } from 'vitest'
import type { LoadBalancer } from '../api/load-balancer.ts'
import { ApiError } from '../kubernetes/errors.ts'
import type { Writer } from '../kubernetes/writes.ts'
import { ingressAlone, namedIngressGroup } from '../model/ingress-group-ids.ts'
import { createLoadBalancerLedger } from './load-balancer-ledger.ts'
import type { LoadBalancerRecord } from './load-balancer-ledger.ts'

const id = { kind: 'Service', namespace: 'shop', name: 'web', uid: '0a1b2c3d-0000-4000-8000-000000000001' } as const
const { signal } = new AbortController()
const record: LoadBalancerRecord = {
  class: 'aws',
  place: { region: 'us-east-1', vpcId: 'vpc-1' },
  applied: { hash: 'h', planner: 1, at: '2026-01-01T00:00:00Z' },
  ids: { 'load-balancer': 'arn:lb', 'target-group/80': 'arn:tg' },
  attributes: { 'load-balancer': ['a=b'] },
  scheme: 'internal',
  dnsName: 'web.elb.example.com',
  retiring: [{ kind: 'target-group', id: 'arn:old', since: '2026-01-01T00:00:00Z' }],
  targets: { 'arn:tg': 'hash' },
  openings: { 'sg-1': ['tcp:8080'] },
  readiness: { ready: true, reason: 'Serving', message: 'web serves.' },
}

/** The objects of an API server that only knows this kind. */
function server() {
  const objects = new Map<string, LoadBalancer>()
  let version = 0
  const stored = (object: LoadBalancer): LoadBalancer => {
    const { name } = object.metadata
    const uid = objects.get(name)?.metadata.uid ?? `uid-${name}`
    const next: LoadBalancer = JSON.parse(
      JSON.stringify({ ...object, metadata: { ...object.metadata, uid, resourceVersion: String(++version) } }),
    )
    objects.set(name, next)
    return next
  }
  const refuse = (code: number) => {
    throw new ApiError('writing', code, { status: { reason: code === 404 ? 'NotFound' : 'Conflict' } })
  }
  // Only what the ledger calls.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const writer = {
    get: async (_resource: unknown, name: string) => objects.get(name) ?? refuse(404),
    create: async (_resource: unknown, object: LoadBalancer) => stored(object),
    update: async (_resource: unknown, object: LoadBalancer) => {
      const present = objects.get(object.metadata.name)
      if (!present) return refuse(404)
      return present.metadata.resourceVersion === object.metadata.resourceVersion ? stored(object) : refuse(409)
    },
    remove: async (_resource: unknown, { metadata }: LoadBalancer) => void objects.delete(metadata.name),
  } as unknown as Writer
  const open = () => createLoadBalancerLedger({ objects: objects.values(), writer, namespace: 'weir-system', now: () => 0 })
  return { objects, stored, open }
}

test('a record is the same after it was written, read back by another process, and written again', async () => {
  const api = server()
  await api.open().write(id, record, signal)
  const next = api.open()
  expect(next.read(id)).toEqual(record)
  await next.write(id, { ...record, dnsName: 'other.elb.example.com' }, signal)
  expect([...api.open().entries()]).toEqual([[id, { ...record, dnsName: 'other.elb.example.com' }]])
})

test('a record that somebody else has changed is taken over, not written over', async () => {
  const api = server()
  const paused = api.open()
  await paused.write(id, record, signal)
  await api.open().write(id, { ...record, scheme: 'internet-facing' }, signal)
  await expect(paused.write(id, record, signal)).rejects.toThrow(ApiError)
  expect(paused.read(id)?.scheme).toBe('internet-facing')
})

test('an object that was deleted by hand is made again', async () => {
  const api = server()
  const ledger = api.open()
  await ledger.write(id, record, signal)
  api.objects.clear()
  await ledger.write(id, record, signal)
  expect(api.open().read(id)).toEqual(record)
})

test('two Services of one name, of which one is on its way out, have an object each', async () => {
  const api = server()
  const ledger = api.open()
  await ledger.write(id, record, signal)
  await ledger.write({ ...id, uid: '9f9f9f9f-0000-4000-8000-000000000002' }, record, signal)
  expect(api.objects.size).toBe(2)
  await ledger.remove(id, signal)
  expect([...ledger.entries()].map(([{ uid }]) => uid)).toEqual(['9f9f9f9f-0000-4000-8000-000000000002'])
})

test('kubectl shows all members in one column', async () => {
  const api = server()
  await api.open().write(id, record, signal)
  const group = { kind: 'Group', namespace: 'shop', name: 'edge', class: 'aws', uid: 'group/shop/aws/edge' } as const
  const members = ['api', 'web'].map(name => ({ id: { ...id, name, uid: name }, ports: [], asked: '{}' }))
  await api.open().write(group, { ...record, members }, signal)
  expect([...api.objects.values()].map(({ spec }) => spec.memberNames)).toEqual(['shop/web', 'shop/api, shop/web'])
})

test('Ingresses that share a load balancer are told from a Service of the same name, and from one another, dots or not', async () => {
  const api = server()
  const { readiness: _readiness, ...plain } = record
  const ingresses = [{ namespace: 'shop', name: 'web', uid: 'u-1', asked: '{}' }]
  const alone = ingressAlone('aws', { namespace: 'shop', name: 'web' })
  const [dotted, other] = [namedIngressGroup('c', 'a.b'), namedIngressGroup('b.c', 'a')]
  const ledger = api.open()
  await ledger.write(id, plain, signal)
  await ledger.write(alone, { ...plain, ingresses }, signal)
  await ledger.write(dotted, { ...plain, class: 'c', ingresses: [] }, signal)
  await ledger.write(other, { ...plain, class: 'b.c', ingresses: [] }, signal)
  expect(new Map([...api.open().entries()].map(([each, { ingresses: parts }]) => [each, parts]))).toEqual(
    new Map<unknown, unknown>([
      [id, undefined],
      [alone, ingresses],
      [dotted, []],
      [other, []],
    ]),
  )
})
