// Ingresses at AWS, from the objects in a true API server to the rules of a load balancer in the fake account.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startFakeWorld } from '../../test/contract/aws.ts'
import type { FakeWorld } from '../../test/contract/aws.ts'
import {
  albClass,
  albIngress,
  answerAt,
  backend,
  hostnameOf,
  ingressPath,
  readyOfReport,
  reportPath,
  servedAt,
} from '../../test/contract/aws-ingress.ts'
import { runController } from '../../test/contract/controller.ts'
import type { RunningController } from '../../test/contract/controller.ts'
import { waitFor } from '../../test/lab/waiting.ts'

let world: FakeWorld
let weir: RunningController

beforeAll(async () => {
  world = await startFakeWorld()
  await albClass(world)
  await backend(world, 'web', world.site.podIps.slice(0, 2))
  await backend(world, 'cart', world.site.podIps.slice(2, 3))
  weir = runController({ cluster: world.cluster, providers: ['aws'] })
  await weir.working
})
afterAll(async () => {
  await weir?.[Symbol.asyncDispose]()
  await world?.[Symbol.asyncDispose]()
})

const answer = (hostname: string, host: string, target: string) => answerAt(world, hostname, { host, target })

test('an Ingress with two paths gets a load balancer, its rules and its pods, and leaves nothing when it goes', async () => {
  await albIngress(world, 'shop', { '/': 'web', '/cart': 'cart' })
  const hostname = await servedAt(world, 'shop')
  expect(await answer(hostname, 'shop.example.com', '/x')).toBe('default/web:80')
  expect(await answer(hostname, 'shop.example.com', '/cart/1')).toBe('default/cart:80')
  expect(await answer(hostname, 'other.example.com', '/')).toBe('404')
  const targets = world.aws.world.targetGroups.values().flatMap(group => [...group.targets.keys()])
  const pods = world.site.podIps.slice(0, 3).map(address => `${address}:8080`)
  expect(targets.toSorted()).toEqual(pods.toSorted())
  await world.cluster.remove(ingressPath('shop'))
  await world.cluster.untilGone(ingressPath('shop'))
  expect(world.aws.world.loadBalancers.values()).toEqual([])
  expect(world.aws.world.targetGroups.values()).toEqual([])
})

test('two Ingresses of a group share a load balancer; a bad third one is told, and the others stay as they are', async () => {
  const group = { 'group.name': 'edge' }
  await albIngress(world, 'one', { '/': 'web' }, group)
  await albIngress(world, 'two', { '/': 'cart' }, group)
  const hostname = await servedAt(world, 'one')
  expect(await servedAt(world, 'two')).toBe(hostname)
  await albIngress(world, 'bad', { '/': 'web' }, { ...group, 'actions.away': '{"type": "redirect"' })
  await world.cluster.until(reportPath('bad'), report => readyOfReport(report)?.status === 'False', 'the bad one to be told')
  expect(await answer(hostname, 'one.example.com', '/')).toBe('default/web:80')
  expect(await answer(hostname, 'two.example.com', '/')).toBe('default/cart:80')
  expect(readyOfReport(await world.cluster.get(reportPath('one')))?.status).toBe('True')
  await world.cluster.remove(ingressPath('two'))
  await world.cluster.untilGone(ingressPath('two'))
  expect(await answer(hostname, 'two.example.com', '/')).toBe('404')
  expect(await answer(hostname, 'one.example.com', '/')).toBe('default/web:80')
})

test('a Service that comes late is served, and was answered with 503 until then', async () => {
  await albIngress(world, 'late', { '/': 'web', '/new': 'later' })
  const found = await world.cluster.until(ingressPath('late'), each => hostnameOf(each) !== undefined, 'late to be served')
  const hostname = hostnameOf(found) ?? ''
  expect(await answer(hostname, 'late.example.com', '/new')).toBe('503')
  await backend(world, 'later', world.site.podIps.slice(5, 6))
  await waitFor(async () => (await answer(hostname, 'late.example.com', '/new')) === 'default/later:80' || undefined, {
    what: 'the new Service to be served',
  })
})

test('a client of a provider of identities that only a Service names is sent, and sent again when its Secret changes', async () => {
  const secrets = '/api/v1/namespaces/default/secrets'
  const content = (clientSecret: string) => ({ stringData: { clientID: 'weir', clientSecret } })
  await world.cluster.create(secrets, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'login' }, ...content('first') })
  await backend(world, 'inside', world.site.podIps.slice(6, 7))
  await albIngress(
    world,
    'inside',
    { '/': 'inside' },
    { 'listen-ports': '[{"HTTPS":443}]', 'certificate-arn': world.aws.createCertificate({ domain: 'inside.example.com' }) },
  )
  await servedAt(world, 'inside')
  const idp = {
    issuer: 'https://id.test',
    authorizationEndpoint: 'https://id.test/a',
    tokenEndpoint: 'https://id.test/t',
    userInfoEndpoint: 'https://id.test/u',
    secretName: 'login',
  }
  await world.cluster.patch('/api/v1/namespaces/default/services/inside', {
    metadata: {
      annotations: {
        'alb.ingress.kubernetes.io/auth-type': 'oidc',
        'alb.ingress.kubernetes.io/auth-idp-oidc': JSON.stringify(idp),
      },
    },
  })
  const isSent = (secret: string) =>
    world.aws.world.rules
      .values()
      .some(({ actions }) => actions.some(({ AuthenticateOidcConfig: sent }) => sent?.ClientSecret === secret))
  await waitFor(async () => isSent('first') || undefined, { what: 'the client to be sent' })
  await world.cluster.patch(`${secrets}/login`, content('second'))
  await waitFor(async () => isSent('second') || undefined, { what: 'the changed client to be sent' })
})
