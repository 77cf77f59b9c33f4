// Changes of Ingresses at the fake AWS that must leave nobody without an answer, and leave nothing behind.
import { expect, test } from 'vitest'
import { selfSigned } from '../../../test/fake-aws/certificate-files.ts'
import type { AwsAction } from '../actions.ts'
import { albIngress } from '../ingress/world-under-test.ts'
import { ingressWorld } from './ingress-under-test.ts'
import type { IngressWorld } from './ingress-under-test.ts'

const host = 'shop.example.com'

async function withCertificate(): Promise<IngressWorld> {
  const world = await ingressWorld()
  world.pods('default/web', world.podIps.slice(0, 1))
  const pem = await selfSigned(host)
  const ref = { kind: 'tls', namespace: 'default', name: 'shop-tls' } as const
  const content = {
    kind: 'tls',
    fingerprint: 'one',
    chain: Buffer.from(pem.certificate).toString(),
    key: Buffer.from(pem.key).toString(),
  } as const
  const certificate = { names: [host], notBefore: '2026-01-01T00:00:00Z', notAfter: '2027-01-01T00:00:00Z' }
  world.secrets.set('tls/default/shop-tls', {
    ref,
    good: { fingerprint: 'one', certificate },
    content: () => Promise.resolve(content),
  })
  return world
}

const secure = albIngress({ rules: { [host]: { 'Prefix /': 'web' } }, tls: [{ hosts: [host], secretName: 'shop-tls' }] })

const ofListener = (actions: readonly AwsAction[]) =>
  actions.map(({ kind }) => kind).filter(kind => kind.endsWith('-rule') || kind.endsWith('-listener'))

test('a rule that takes over from what the listener did is there before that goes', async () => {
  await using world = await ingressWorld()
  world.pods('default/web', world.podIps.slice(0, 1))
  await world.settle([albIngress({ rules: { '': { 'Prefix /': 'web' } } })])
  expect(await world.answer({ host, target: '/' })).toBe('default/web:80')
  const { actions } = await world.look([albIngress({ rules: { [host]: { 'Prefix /': 'web' } } })])
  expect(ofListener(actions)).toEqual(['create-rule', 'modify-http-listener'])
  // And back: what the listener does by itself is there before the rule goes.
  const back = await world.look([albIngress({ rules: { '': { 'Prefix /': 'web' } } })])
  expect(ofListener(back.actions)).toEqual(['modify-http-listener', 'delete-rule'])
})

test('a certificate that was imported for a Secret is found for nobody, and goes when the Secret is not named any more', async () => {
  await using world = await withCertificate()
  await world.settle([secure])
  expect(world.aws.world.certificates.values()).toHaveLength(1)
  const outcome = await world.settle([albIngress({ rules: { [host]: { 'Prefix /': 'web' } }, tls: [{ hosts: [host] }] })])
  expect(world.aws.world.certificates.values()).toEqual([])
  expect(outcome.members.get('default/shop')?.problems.map(({ reason }) => reason)).toContain('CertificateNotFound')
})

test('a sweep leaves Ingresses with certificates of Secrets in peace', async () => {
  await using world = await withCertificate()
  await world.settle([secure])
  const woken: string[] = []
  world.cluster.provider.ingress.watch(({ uid }) => woken.push(uid))
  const signal = AbortSignal.timeout(60_000)
  await world.cluster.provider.sweep(signal)
  await world.cluster.provider.sweep(signal)
  expect(woken).toEqual([])
})

test('a client of a provider of identities that changed is sent, also for what the listener does by itself', async () => {
  await using world = await ingressWorld()
  world.pods('default/web', world.podIps.slice(0, 1))
  const arn = world.aws.createCertificate({ domain: host })
  const idp = {
    issuer: 'https://id.test',
    authorizationEndpoint: 'https://id.test/a',
    tokenEndpoint: 'https://id.test/t',
    userInfoEndpoint: 'https://id.test/u',
    secretName: 'oidc',
  }
  const asks = albIngress({
    rules: { '': { 'Prefix /': 'web' } },
    annotations: {
      'listen-ports': '[{"HTTPS":443}]',
      'certificate-arn': arn,
      'auth-type': 'oidc',
      'auth-idp-oidc': JSON.stringify(idp),
    },
  })
  const keep = (clientSecret: string) =>
    world.secrets.set('oidc/default/oidc', {
      ref: { kind: 'oidc', namespace: 'default', name: 'oidc' },
      good: { fingerprint: `of ${clientSecret}` },
      content: () => Promise.resolve({ kind: 'oidc', fingerprint: `of ${clientSecret}`, clientId: 'weir', clientSecret }),
    })
  const sent = () => world.aws.world.listeners.values()[0]?.actions[0]?.AuthenticateOidcConfig?.ClientSecret
  keep('first')
  await world.settle([asks])
  expect(sent()).toBe('first')
  keep('second')
  await world.settle([asks])
  expect(sent()).toBe('second')
  const mark = world.aws.calls.mark()
  await world.look([asks])
  expect(world.aws.calls.since(mark).text()).toBe('')
})

test('an Ingress that was served is read with the Services that it led to then', async () => {
  await using world = await ingressWorld()
  world.pods('default/web', world.podIps.slice(0, 1))
  await world.settle([albIngress({ rules: { [host]: { 'Prefix /': 'web' } } })])
  const { ingress } = world.cluster.provider
  const changed = albIngress({ rules: { [host]: { 'Prefix /': 'api' } }, annotations: { 'actions.go': '{' } })
  expect(ingress.read(changed, world.cluster.class).services).toContain('web')
})

test('a certificate that ACM does not have is the trouble of the Ingress that names it', async () => {
  await using world = await ingressWorld()
  world.pods('default/web', world.podIps.slice(0, 1))
  const good = world.aws.createCertificate({ domain: host })
  const ports = { 'listen-ports': '[{"HTTPS":443}]' }
  const shop = albIngress({ rules: { [host]: { 'Prefix /': 'web' } }, annotations: { ...ports, 'certificate-arn': good } })
  await world.settle([shop])
  const bad = albIngress({
    name: 'bad',
    day: 2,
    rules: { 'bad.example.com': { 'Prefix /': 'web' } },
    annotations: { ...ports, 'certificate-arn': `${good.slice(0, -4)}0000` },
  })
  const late = albIngress({
    name: 'late',
    day: 3,
    rules: { 'late.example.com': { 'Prefix /': 'web' } },
    annotations: { ...ports, 'certificate-arn': good },
  })
  const { members } = await world.settle([shop, bad, late])
  expect(await world.answer({ host: 'late.example.com', target: '/' }, 443)).toBe('default/web:80')
  expect(members.get('default/bad')?.problems.map(({ reason }) => reason)).toEqual(['CertificateNotFound'])
  expect(members.get('default/late')?.problems ?? []).toEqual([])
})

test('a target group of somebody else that is not there is the trouble of the Ingress that names it', async () => {
  await using world = await ingressWorld()
  world.pods('default/web', world.podIps.slice(0, 1))
  const arn = 'arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/gone/0123456789abcdef'
  const bad = albIngress({
    name: 'bad',
    rules: { 'bad.example.com': { 'Prefix /': 'go:use-annotation' } },
    annotations: { 'actions.go': JSON.stringify({ type: 'forward', targetGroupARN: arn }) },
  })
  const late = albIngress({ name: 'late', day: 2, rules: { 'late.example.com': { 'Prefix /': 'web' } } })
  const { members } = await world.settle([bad, late])
  expect(await world.answer({ host: 'late.example.com', target: '/' })).toBe('default/web:80')
  expect(
    members
      .get('default/bad')
      ?.problems.map(({ message }) => message)
      .join(),
  ).toContain(arn)
  expect(members.get('default/late')?.problems ?? []).toEqual([])
})

test('subnets or security groups that are not there are the trouble of the Ingress that names them, even of the oldest', async () => {
  await using world = await ingressWorld()
  world.pods('default/web', world.podIps.slice(0, 1))
  const rules = { [host]: { 'Prefix /': 'web' } }
  await world.settle([albIngress({ rules })])
  for (const [key, value, reason] of [
    ['subnets', 'subnet-00000000,subnet-11111111', 'SubnetsNotFound'],
    ['security-groups', 'sg-00000000', 'SecurityGroupsInvalid'],
  ] as const) {
    const named = `${key}.example.com`
    const late = albIngress({ name: `late-${key}`, day: 3, rules: { [named]: { 'Prefix /': 'web' } } })
    const { members, again } = await world.settle([albIngress({ rules, annotations: { [key]: value } }), late])
    // Somebody may make it.
    expect(again).toEqual({ afterMs: 60_000 })
    expect(await world.answer({ host: named, target: '/' })).toBe('default/web:80')
    // It keeps what it had.
    expect(await world.answer({ host, target: '/' })).toBe('default/web:80')
    expect(members.get('default/shop')?.problems.map(problem => problem.reason)).toEqual([reason])
    expect(members.get(`default/late-${key}`)?.problems ?? []).toEqual([])
    expect(world.aws.world.loadBalancers.values()).toHaveLength(1)
  }
})

test('who joins a group and alone asks for another load balancer changes nothing for the others', async () => {
  await using world = await ingressWorld()
  world.pods('default/web', world.podIps.slice(0, 1))
  const shop = albIngress({ rules: { [host]: { 'Prefix /': 'web' } } })
  await world.settle([shop])
  const stood = world.aws.world.loadBalancers.values().map(({ arn }) => arn)
  for (const annotations of [{ scheme: 'internet-facing' }, { 'load-balancer-name': 'other' }]) {
    const joins = albIngress({ name: 'joins', day: 2, rules: { 'b.example.com': { 'Prefix /': 'web' } }, annotations })
    const { members } = await world.settle([shop, joins])
    expect(world.aws.world.loadBalancers.values().map(({ arn }) => arn)).toEqual(stood)
    expect(members.get('default/joins')?.problems[0]?.message).toContain('default/shop')
    expect(members.get('default/shop')?.problems ?? []).toEqual([])
  }
})

test('a TLS policy or web ACL that is not there is told of the Ingress that asks for it, and the group goes on', async () => {
  await using world = await ingressWorld()
  world.pods('default/web', world.podIps.slice(0, 1))
  const arn = world.aws.createCertificate({ domain: host })
  const secure = { 'listen-ports': '[{"HTTPS":443}]', 'certificate-arn': arn }
  const rules = { [host]: { 'Prefix /': 'web' } }
  const shop = albIngress({ rules, annotations: secure })
  await world.settle([shop])
  for (const [key, value] of [
    ['ssl-policy', 'ELBSecurityPolicy-Nowhere'],
    ['wafv2-acl-arn', 'arn:aws:wafv2:us-east-1:111122223333:regional/webacl/gone/00000000-0000-0000-0000-000000000000'],
  ] as const) {
    const annotations = { ...secure, [key]: value }
    const bad = albIngress({ name: `bad-${key}`, day: 2, rules: { 'bad.example.com': { 'Prefix /': 'web' } }, annotations })
    const named = `${key}.example.com`
    const late = albIngress({ name: `late-${key}`, day: 3, rules: { [named]: { 'Prefix /': 'web' } }, annotations: secure })
    const { members } = await world.settle([shop, bad, late])
    expect(await world.answer({ host: named, target: '/' }, 443)).toBe('default/web:80')
    expect(members.get(`default/bad-${key}`)?.problems.map(({ severity }) => severity)).toEqual(['blocks'])
    expect(members.get(`default/late-${key}`)?.problems ?? []).toEqual([])
    expect(members.get('default/shop')?.problems ?? []).toEqual([])
  }
})
