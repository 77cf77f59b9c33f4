// As whom the controller works: a role of the class, keys that end, endpoints of every service; and what it asks before making anything.
import { expect, test } from 'vitest'
import { ProviderError } from '../../../src/provider.ts'
import { fakeAws } from '../../../test/fake-aws/fake-aws.ts'
import { testWorld } from './world-under-test.ts'
import type { WorldOptions } from './world-under-test.ts'

const web = { name: 'web' }
const neighbour = { name: 'neighbour' }

async function world(settings: (aws: Awaited<ReturnType<typeof fakeAws>>) => WorldOptions['settings'] = () => ({})) {
  const aws = await fakeAws()
  const vpc = aws.createVpc()
  const node = aws.createInstance({ subnet: vpc.privateSubnets[0]!, pods: 10 })
  const asked = settings(aws)
  const cluster = testWorld(aws, { vpcId: vpc.id, ...(asked ? { settings: asked } : {}) })
  cluster.pods(web, node.podIps.slice(0, 2))
  cluster.pods(neighbour, node.podIps.slice(3, 4))
  return { aws, vpc, cluster, [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose]() }
}

async function failureOf(work: Promise<unknown>): Promise<ProviderError> {
  const error = await work.then(
    () => undefined,
    (failure: unknown) => failure,
  )
  if (error instanceof ProviderError) return error
  throw new Error(`it did not fail as it should: ${String(error)}`)
}

const inRole = (externalId?: string) => (aws: Awaited<ReturnType<typeof fakeAws>>) => ({
  assumeRole: {
    arn: aws.createRole({ name: 'network', externalId: 'weir-1' }),
    sessionName: 'shop-cluster',
    ...(externalId === undefined ? {} : { externalId }),
  },
})

test('with a role in the class every call is made in that role, taken on once', async () => {
  await using at = await world(inRole('weir-1'))
  expect((await at.cluster.settle(web)).readiness.reason).toBe('Serving')
  const { entries } = at.aws.calls
  expect(entries.filter(({ operation }) => operation === 'AssumeRole').map(({ input }) => input)).toMatchObject([
    { ExternalId: 'weir-1', RoleSessionName: 'shop-cluster' },
  ])
  const others = entries.filter(({ operation }) => operation !== 'AssumeRole')
  expect(others.every(({ caller }) => caller.startsWith('ASIA'))).toBe(true)
})

test('a role that does not trust the controller is told with the role and what to allow', async () => {
  await using at = await world(inRole())
  const { code, message, remedy } = await failureOf(at.cluster.look(web))
  expect(code).toBe('AccessDenied')
  expect(message).toContain('role/network')
  expect(remedy).toContain('sts:AssumeRole')
  expect(remedy).toContain('external id')
})

test('when the class gets another role of the account, what stands is served and taken away in that role', async () => {
  await using at = await world(aws => ({ assumeRole: { arn: aws.createRole({ name: 'network' }) } }))
  const { aws, cluster } = at
  await cluster.settle(web)
  const assumeRole = { arn: aws.createRole({ name: 'network-2' }) }
  cluster.class = { ...cluster.class, spec: { ...cluster.class.spec, aws: { assumeRole } } }
  const mark = aws.calls.mark()
  await cluster.settle(web)
  await cluster.settleRemoval(web)
  const roles = aws.calls.since(mark).entries.flatMap(({ operation, input }) => (operation === 'AssumeRole' ? [input] : []))
  expect(roles).toMatchObject([{ RoleArn: assumeRole.arn }])
  const keys = new Set(
    aws.calls
      .since(mark)
      .entries.filter(({ operation }) => operation !== 'AssumeRole')
      .map(({ caller }) => caller),
  )
  expect(keys.size).toBe(1)
  expect(aws.world.loadBalancers.values()).toEqual([])
})

test('keys of a role that AWS believes no more are fetched anew at the next look', async () => {
  await using at = await world(inRole('weir-1'))
  const { aws, cluster } = at
  await cluster.settle(web)
  // For AWS the hour has passed; the clock of this machine does not say so.
  aws.advance(3_700_000)
  const changed = { ...web, aws: { 'healthcheck-interval': '20' } }
  expect((await failureOf(cluster.look(changed))).code).toBe('CredentialsInvalid')
  expect((await cluster.settle(changed)).readiness.reason).toBe('Serving')
  expect(aws.world.targetGroups.values()[0]?.healthCheck.intervalSeconds).toBe(20)
})

test('keys that ended and were replaced where they came from are used without a restart', async () => {
  await using at = await world()
  const { aws, cluster } = at
  await cluster.settle(web)
  const expired = aws.expireCredentials('AKIAFAKE')
  const changed = { ...web, aws: { 'healthcheck-interval': '20' } }
  expect((await failureOf(cluster.look(changed))).code).toBe('CredentialsInvalid')
  // What stands is still served, and said to be.
  expect((await cluster.look(web)).readiness.reason).toBe('Serving')
  expired[Symbol.dispose]()
  expect((await cluster.settle(changed)).readiness.reason).toBe('Serving')
})

const certificate = (region: string) => `arn:aws:acm:${region}:111122223333:certificate/00000000-0000-4000-8000-000000000000`

test.each([
  ['does not exist', certificate('us-east-1'), 'There is no certificate'],
  ['is of another region', certificate('eu-west-1'), 'is of eu-west-1, and the load balancer of us-east-1'],
])('a certificate that %s: nothing is made, and the neighbour is', async (_what, arn, says) => {
  await using at = await world()
  const { aws, cluster } = at
  const results = await Promise.allSettled([
    failureOf(cluster.look({ ...web, aws: { 'ssl-cert': arn } })),
    cluster.settle(neighbour),
  ])
  expect(results).toMatchObject([
    { value: { code: 'CertificateNotFound', message: expect.stringContaining(says) } },
    { value: { readiness: { reason: 'Serving' } } },
  ])
  expect(aws.world.loadBalancers.values()).toHaveLength(1)
  expect(aws.world.targetGroups.values()).toHaveLength(1)
})

test('a certificate that is not issued yet is waited for; once it is, everything is made', async () => {
  await using at = await world()
  const { aws, cluster } = at
  const arn = aws.createCertificate({ domain: 'shop.example', status: 'PENDING_VALIDATION' })
  const tls = { ...web, aws: { 'ssl-cert': arn } }
  expect((await failureOf(cluster.look(tls))).message).toContain('PENDING_VALIDATION')
  expect(aws.world.loadBalancers.values()).toEqual([])
  const pending = aws.world.certificates.get(arn)!
  aws.world.certificates.put(arn, { ...pending, status: 'ISSUED' })
  expect((await cluster.settle(tls)).readiness.reason).toBe('Serving')
})

test('a certificate is asked about once for all Services that name it, and not again when listeners have it', async () => {
  await using at = await world()
  const { aws, cluster } = at
  const arn = aws.createCertificate({ domain: 'shop.example' })
  for (const service of [web, neighbour]) await cluster.settle({ ...service, aws: { 'ssl-cert': arn } })
  expect(aws.calls.entries.filter(({ operation }) => operation === 'DescribeCertificate')).toHaveLength(1)
  cluster.restart()
  await cluster.settle({ ...web, aws: { 'ssl-cert': arn, 'healthcheck-interval': '20' } })
  expect(aws.calls.entries.filter(({ operation }) => operation === 'DescribeCertificate')).toHaveLength(1)
})

test('a certificate that comes to a load balancer that serves and is not there leaves everything as it is', async () => {
  await using at = await world()
  const { aws, cluster } = at
  const arn = aws.createCertificate({ domain: 'shop.example' })
  await cluster.settle({ ...web, aws: { 'ssl-cert': arn } })
  const before = JSON.stringify(aws.world.listeners.values())
  const wrong = { ...web, aws: { 'ssl-cert': `${certificate('us-east-1')},${arn}` } }
  expect((await failureOf(cluster.look(wrong))).code).toBe('CertificateNotFound')
  expect(JSON.stringify(aws.world.listeners.values())).toBe(before)
})
