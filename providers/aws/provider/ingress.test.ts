// Groups of Ingresses at the fake AWS: what is made, how many calls that takes, and what becomes of requests.
import { expect, test } from 'vitest'
import { selfSigned } from '../../../test/fake-aws/certificate-files.ts'
import type { FakeAws } from '../../../test/fake-aws/fake-aws.ts'
import type { Ingress } from '../../../src/model/ingress-objects.ts'
import { albIngress } from '../ingress/world-under-test.ts'
import { defaultRates } from '../calls/limiter.ts'
import { ingressWorld, standing } from './ingress-under-test.ts'
import type { IngressWorld } from './ingress-under-test.ts'

const shop = albIngress({ rules: { 'shop.example.com': { 'Prefix /': 'web', 'Prefix /cart': 'cart' } } })

/** Readiness polls: targets' health, and load balancers by their ARNs. */
function counted(aws: FakeAws, mark: number): readonly string[] {
  return aws.calls
    .since(mark)
    .entries.filter(
      ({ operation, input }) =>
        operation !== 'DescribeTargetHealth' &&
        !(operation === 'DescribeLoadBalancers' && input['LoadBalancerArns'] !== undefined),
    )
    .map(({ operation }) => operation)
}

async function served(ingresses: readonly Ingress[], services = ['web', 'cart']): Promise<IngressWorld> {
  const world = await ingressWorld()
  services.forEach((name, index) => world.pods(`default/${name}`, world.podIps.slice(index, index + 1)))
  await world.settle(ingresses)
  return world
}

test('an Ingress with two paths to two Services takes at most 17 calls to traffic, and none while nothing changes', async () => {
  await using world = await served([shop])
  const calls = counted(world.aws, 0)
  expect(calls.length, calls.join()).toBeLessThanOrEqual(17)
  expect(await world.answer({ host: 'shop.example.com', target: '/' })).toBe('default/web:80')
  expect(await world.answer({ host: 'shop.example.com', target: '/cart/1' })).toBe('default/cart:80')
  expect(await world.answer({ host: 'shop.example.com', target: '/cartoon' })).toBe('default/web:80')
  expect(await world.answer({ host: 'other.example.com', target: '/' })).toBe('404')
  const mark = world.aws.calls.mark()
  const outcome = await world.look([shop])
  expect(world.aws.calls.since(mark).text()).toBe('')
  expect(outcome).toMatchObject({ readiness: { ready: true, reason: 'Serving' }, again: 'on-change', gone: false })
  expect(outcome.ingress).toEqual([{ hostname: world.aws.world.loadBalancers.values()[0]?.dnsName.toLowerCase() }])
  world.cluster.restart()
  expect(await world.look([shop])).toMatchObject({ readiness: { ready: true } })
  // Whether addresses of pods are of the VPC is asked once for all.
  expect(world.aws.calls.since(mark).counts()).toEqual({ DescribeSubnets: 1 })
})

test('one more rule to a known Service takes at most 3 calls', async () => {
  await using world = await served([shop])
  const more = albIngress({
    rules: { 'shop.example.com': { 'Prefix /': 'web', 'Prefix /cart': 'cart' }, 'api.example.com': { 'Exact /v1': 'cart' } },
  })
  const mark = world.aws.calls.mark()
  await world.settle([more])
  const calls = counted(world.aws, mark)
  expect(calls.length, calls.join()).toBeLessThanOrEqual(3)
  expect(await world.answer({ host: 'api.example.com', target: '/v1' })).toBe('default/cart:80')
})

test('one more path to where many lead takes one call, wherever it is written: those that share rules stay together', async () => {
  const paths = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`Exact /p${index}`, 'web']))
  const host = (own: Readonly<Record<string, string>>) => albIngress({ rules: { 'shop.example.com': own } })
  await using world = await served([host(paths)])
  const mark = world.aws.calls.mark()
  await world.settle([host({ 'Exact /first': 'web', ...paths })])
  expect(counted(world.aws, mark).filter(operation => !operation.startsWith('Describe'))).toHaveLength(1)
  expect(await world.answer({ host: 'shop.example.com', target: '/first' })).toBe('default/web:80')
})

test('in a group of 60 calls grow with what changed', { timeout: 120_000 }, async () => {
  const many = Array.from({ length: 60 }, (_, index) =>
    albIngress({ name: `app-${index}`, rules: { [`app-${index}.example.com`]: { 'Prefix /': 'web' } } }),
  )
  const fast = { burst: 10_000, perSecond: 10_000 }
  const rates = { ...defaultRates, 'elb-read': fast, 'elb-write': fast }
  await using world = await ingressWorld({ dependencies: { rates } })
  world.pods('default/web', world.podIps.slice(0, 2))
  await world.settle(many)
  const mark = world.aws.calls.mark()
  await world.settle([
    ...many.slice(0, -1),
    albIngress({ name: 'app-59', rules: { 'app-59.example.com': { 'Prefix /': 'web', 'Exact /x': 'missing' } } }),
  ])
  const calls = counted(world.aws, mark)
  expect(calls.length, calls.join()).toBeLessThanOrEqual(3)
  expect(await world.answer({ host: 'app-59.example.com', target: '/x' })).toBe('503')
  expect(await world.answer({ host: 'app-7.example.com', target: '/y' })).toBe('default/web:80')
})

test('what goes leaves nothing behind', async () => {
  await using world = await served([shop])
  await world.settleRemoval()
  expect(standing(world.aws)).toMatchObject({ balancers: [], groups: [], listeners: [], rules: [], certificates: [] })
  expect(standing(world.aws).security.map(({ name }) => name)).toEqual(['default'])
  expect(world.cluster.ledger.records.size).toBe(0)
})

test('a member that comes and goes takes its rules with it, and the others keep theirs', async () => {
  await using world = await served([shop])
  const blog = albIngress({ name: 'blog', day: 2, rules: { 'blog.example.com': { 'Prefix /': 'blog' } } })
  world.pods('default/blog', world.podIps.slice(5, 6))
  await world.settle([shop, blog])
  expect(await world.answer({ host: 'blog.example.com', target: '/' })).toBe('default/blog:80')
  const { ingress } = world.cluster.provider
  const id = { namespace: 'default', name: 'blog', uid: 'uid-blog' }
  expect(ingress.holding?.(id)).toEqual([world.id])
  await world.settle([shop])
  expect(ingress.holding?.(id)).toEqual([])
  expect(await world.answer({ host: 'blog.example.com', target: '/' })).toBe('404')
  expect(await world.answer({ host: 'shop.example.com', target: '/cart' })).toBe('default/cart:80')
  // Its target group stays a while for requests under way.
  world.aws.advance(30 * 60_000)
  await world.settle([shop])
  expect(world.aws.world.targetGroups.values()).toHaveLength(2)
})

test('what AWS refuses of one member is told of it alone, and the others are served', async () => {
  await using world = await served([shop])
  const bad = albIngress({ name: 'bad', day: 2, rules: { 'bad.example.com': { 'Exact /z': 'other' } } })
  world.pods('default/other', world.podIps.slice(7, 8))
  using fault = world.aws.fail({ operation: 'CreateRule', when: 'before', error: 'ValidationError', times: 1000 })
  const first = await world.settle([shop, bad])
  expect(fault.hits).toBeGreaterThan(0)
  expect(first.readiness.ready).toBe(true)
  expect(first.members.get('default/bad')?.problems).toMatchObject([{ severity: 'blocks' }])
  expect(first.members.get('default/shop')?.problems ?? []).toEqual([])
  fault[Symbol.dispose]()
  world.aws.advance(60_000)
  const second = await world.settle([shop, bad])
  expect(second.members.get('default/bad')?.problems ?? []).toEqual([])
  expect(await world.answer({ host: 'bad.example.com', target: '/z' })).toBe('default/other:80')
})

test('a certificate of a Secret is imported, shown, renewed in place and taken away with its Ingress', async () => {
  const secure = albIngress({
    rules: { 'shop.example.com': { 'Prefix /': 'web' } },
    tls: [{ hosts: ['shop.example.com'], secretName: 'shop-tls' }],
  })
  await using world = await ingressWorld()
  world.pods('default/web', world.podIps.slice(0, 1))
  const pems = [await selfSigned('shop.example.com'), await selfSigned('shop.example.com')]
  const keep = (index: number) => {
    const pem = pems[index]
    if (!pem) throw new Error('there is no such certificate')
    const fingerprint = `content-${index}`
    const certificate = { names: ['shop.example.com'], notBefore: '2026-01-01T00:00:00Z', notAfter: '2027-01-01T00:00:00Z' }
    const content = {
      kind: 'tls',
      fingerprint,
      chain: Buffer.from(pem.certificate).toString(),
      key: Buffer.from(pem.key).toString(),
    } as const
    const ref = { kind: 'tls', namespace: 'default', name: 'shop-tls' } as const
    world.secrets.set('tls/default/shop-tls', {
      ref,
      good: { fingerprint, certificate },
      content: () => Promise.resolve(content),
    })
  }
  keep(0)
  await world.settle([secure])
  const [imported] = world.aws.world.certificates.values()
  const listener = () => world.aws.world.listeners.values().find(({ port }) => port === 443)
  expect(listener()?.certificate).toBe(imported?.arn)
  expect(await world.answer({ host: 'shop.example.com', target: '/' }, 443)).toBe('default/web:80')
  const mark = world.aws.calls.mark()
  keep(1)
  await world.settle([secure])
  expect(counted(world.aws, mark).filter(name => name.startsWith('Import'))).toHaveLength(1)
  expect(world.aws.world.certificates.values()).toMatchObject([
    { arn: imported?.arn, tags: { 'weir.dev/content': 'content-1', 'weir.dev/resource': 'certificate/default/shop-tls' } },
  ])
  await world.settle([albIngress({ rules: { 'shop.example.com': { 'Prefix /': 'web' } } })])
  expect(world.aws.world.certificates.values()).toEqual([])
  expect(listener()).toBeUndefined()
})

test('certificates are found in ACM by their hosts, and a web ACL by its name', async () => {
  const secure = albIngress({
    rules: { 'shop.example.com': { 'Prefix /': 'web' } },
    annotations: { 'listen-ports': '[{"HTTPS": 443}]', 'wafv2-acl-name': 'site' },
  })
  await using world = await ingressWorld()
  const acl = world.aws.createWebAcl({ name: 'site' })
  const arn = world.aws.createCertificate({ domain: '*.example.com' })
  world.pods('default/web', world.podIps.slice(0, 1))
  await world.settle([secure])
  expect(world.aws.world.listeners.values()).toMatchObject([{ port: 443, certificate: arn }])
  expect(world.aws.world.webAclsOfBalancers.values()).toEqual([acl])
  const mark = world.aws.calls.mark()
  await world.look([secure])
  expect(world.aws.calls.since(mark).text()).toBe('')
})
