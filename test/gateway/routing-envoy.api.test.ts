// The true Envoy sends every request where the routing model does.
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:tls'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clusterName } from '../../providers/local/gateway/cluster-book.ts'
import type { Gateway } from '../../providers/local/gateway/gateway.ts'
import { xds } from '../../providers/local/gateway/xds.ts'
import { ingress, modelOf } from '../../src/model/routing/examples-under-test.ts'
import { certificatesFor, routeRequest } from '../../src/model/routing/match.ts'
import { anyIngresses, anyRequest } from '../../src/model/routing/random-ingresses-under-test.ts'
import { selfSigned } from '../fake-aws/certificate-files.ts'
import { missingForEnvoy } from './envoy-program.ts'
import { startFixedEnvoy } from './fixed-envoy.ts'

const missing = await missingForEnvoy()
if (missing !== undefined) console.log(`routing through the true Envoy is skipped: ${missing}`)

/** The first run on a machine installs Envoy. */
const installMs = 10 * 60 * 1000

/** How many random sets of Ingresses are served at once, each as a gateway, and how many requests each gets. */
const sets = 40
const requests = 40

/** An address of loopback that no other test run listens at. */
const bind = `127.${64 + (process.pid >> 16)}.${(process.pid >> 8) & 255}.${process.pid & 255}`

const host = 'shop.example.com'
const chosen = modelOf([
  ingress({ rules: { [host]: { 'Prefix /': 'web0', 'Exact /api': 'web1' } }, tls: [{ hosts: [host], secretName: 'one' }] }),
  ingress({ name: 'wild', rules: { '*.example.com': { 'Prefix /a': 'web2', 'Prefix /gone': 'missing' } } }),
  ingress({ name: 'any', rules: { '': { 'Prefix /': 'web3' } }, tls: [{ secretName: 'two' }] }),
])

/** Hosts and paths that the API server takes or took, and that hold whatever a text can: what is not refused, Envoy must take. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ maxLength: 60 }),
  fc.constantFrom(
    '(a+)+$',
    '"},"x":{"',
    '%',
    '%zz',
    '/../x',
    '/./',
    '//',
    '{{.x}}',
    '%REQ(:AUTHORITY)%',
    'x'.repeat(8000),
    '\r\nHost: evil',
  ),
)
const hostile = modelOf([
  {
    metadata: { namespace: 'n1', name: 'hostile' },
    spec: {
      rules: fc
        .sample(fc.tuple(anyText, anyText, fc.constantFrom('Exact', 'Prefix', 'ImplementationSpecific')), 500)
        .map(([name, path, pathType], index) => ({
          host: index % 2 === 0 ? `h${index}.test` : name,
          http: { paths: [{ path: `/${path}`, pathType, backend: { service: { name: 'web0', port: { number: 80 } } } }] },
        })),
    },
  },
])
const random = fc.sample(anyIngresses, sets).map(ingresses => modelOf(ingresses))
const gateways = [chosen, ...random, hostile].map(
  (model, index): Gateway => ({
    name: `g${index}`,
    model,
    http: { port: 20_000 + index, publicPort: 80 },
    https: { port: 21_000 + index, publicPort: 443 },
  }),
)

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  /** What the backend saw. */
  readonly seen: { readonly headers: Readonly<Record<string, string>>; readonly url: string } | undefined
  readonly backend: unknown
}

/** Each backend has a port of its own, by which it knows its name. */
async function startBackends(): Promise<AsyncDisposable & { readonly port: (name: string) => number }> {
  const namespaces = ['default', 'n1', 'n2']
  const names = namespaces.flatMap(namespace => [0, 1, 2, 3].map(number => `${namespace}/web${number}:80`))
  const servers = await Promise.all(
    names.map(async name => {
      const server = createServer(({ headers, url }, response) => {
        response.setHeader('x-backend', name)
        response.end(JSON.stringify({ headers, url }))
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  return {
    port: name => {
      const address = servers[names.indexOf(name)]?.address()
      return typeof address === 'object' && address ? (address satisfies AddressInfo).port : 0
    },
    async [Symbol.asyncDispose]() {
      for (const server of servers) server.close()
      for (const server of servers) server.closeAllConnections()
    },
  }
}

function get(gateway: number, host: string, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: bind, port: 20_000 + gateway, path, headers: { host, ...headers }, setHost: false, agent: false }
    const sent = request(options, response => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => {
        const { statusCode: status = 0, headers } = response
        resolve({ status, headers, backend: headers['x-backend'], seen: status === 200 ? JSON.parse(text) : undefined })
      })
    })
    sent.on('error', reject)
    sent.end()
  })
}

/** The name in the certificate that a client is shown; undefined when it is refused. */
function shownTo(gateway: number, servername: string): Promise<string | undefined> {
  return new Promise(resolve => {
    const socket = connect(
      { host: bind, port: 21_000 + gateway, servername, rejectUnauthorized: false, minVersion: 'TLSv1.2' },
      () => {
        resolve(String(socket.getPeerCertificate().subject.CN))
        socket.destroy()
      },
    )
    socket.on('error', () => resolve(undefined))
  })
}

describe.skipIf(missing !== undefined)('Envoy', () => {
  let envoy: AsyncDisposable
  let backends: Awaited<ReturnType<typeof startBackends>>

  beforeAll(async () => {
    backends = await startBackends()
    const files = new Map<string, { readonly chain: string; readonly key: string }>()
    for (const name of ['one', 'two']) {
      const { certificate, key } = await selfSigned(name)
      files.set(name, { chain: Buffer.from(certificate).toString(), key: Buffer.from(key).toString() })
    }
    const resources = xds(gateways, {
      bind,
      targets: ({ namespace, name, port }) => [
        { address: '127.0.0.1', port: backends.port(`${namespace}/${name}:${port}`), terminating: false },
      ],
      certificate: ({ name }) => files.get(name),
    })
    envoy = await startFixedEnvoy(resources)
  }, installMs)

  afterAll(async () => {
    await envoy?.[Symbol.asyncDispose]()
    await backends?.[Symbol.asyncDispose]()
  })

  test.each([
    [host, '/x', 'default/web0:80'],
    ['SHOP.example.com:8080', '/api?q', 'default/web1:80'],
    [`${host}.`, '/api/', 'default/web0:80'],
    ['a.EXAMPLE.com', '/a/b', 'default/web2:80'],
    ['a.example.com', '/b', 404],
    ['a.example.com', '/gone/x', 503],
    ['a.b.example.com', '/a', 'default/web3:80'],
    ['192.0.2.1', '/', 'default/web3:80'],
    ['[2001:db8::1]:80', '/', 'default/web3:80'],
  ])('sends a request for %s%s to %s', async (name, path, expected) => {
    const { status, backend } = await get(0, name, path)
    expect(status === 200 ? backend : status).toBe(expected)
  })

  test('agrees with the model on random requests for random Ingresses', async () => {
    for (const [index, { model }] of gateways.entries()) {
      for (const { host, path } of fc.sample(anyRequest, requests)) {
        if (host === '') continue
        const { route } = routeRequest(model, host, path)
        const { status, backend } = await get(index, host, path)
        const expected = route ? (clusterName(route.backend) ?? 503) : 404
        expect([host, path, status === 200 ? backend : status]).toEqual([host, path, expected])
      }
    }
  })

  test('takes whatever text an Ingress may hold, and the other gateways are served', async () => {
    expect(hostile.members.get('n1/hostile')?.routes.length).toBeGreaterThan(200)
    expect((await get(sets + 1, 'nobody.example', '/')).status).toBe(
      hostile.hosts.get('')?.routes.some(({ match }) => match !== 'default' && match.path === '/') ? 200 : 404,
    )
  })

  test('shows the certificate that the model names', async () => {
    for (const [index, { model }] of gateways.entries()) {
      if (![...model.certificates.values()].length) continue
      for (const name of [host, 'a.test', 'b.test', 'x.a.test', 'other.example']) {
        // Envoy takes a name with an open label for any number of labels.
        const deeper = [...model.certificates.keys()].some(each => each.startsWith('*.') && name.endsWith(each.slice(1)))
        if (deeper && !model.certificates.has(name)) continue
        expect([name, await shownTo(index, name)]).toEqual([name, certificatesFor(model, name)[0]?.secret.name])
      }
    }
  })

  test('lets no client forge the way it came, and leaves the path its escapes and slashes', async () => {
    const forged = {
      'x-forwarded-for': '192.0.2.66',
      'x-forwarded-host': 'evil',
      'x-forwarded-port': '1',
      'x-real-ip': '192.0.2.66',
      'x-forwarded-ssl': 'on',
      'x-forwarded-scheme': 'https',
      'x-envoy-internal': 'true',
      'x-envoy-retry-on': '5xx',
    }
    const { seen, headers } = await get(0, `${host}:8080`, '/x/../y%2Fz//q?a=b', {
      ...forged,
      'x-forwarded-proto': 'https',
      under_score: '1',
    })
    expect(seen?.url).toBe('/y%2Fz//q?a=b')
    expect(seen?.headers).toMatchObject({
      host,
      'x-forwarded-host': host,
      'x-forwarded-port': '80',
      'x-forwarded-proto': 'http',
      'x-real-ip': '127.0.0.1',
    })
    expect(seen?.headers['x-forwarded-for']).not.toContain('192.0.2.66')
    const away = ['under_score', 'x-forwarded-ssl', 'x-forwarded-scheme', 'x-envoy-internal', 'x-envoy-retry-on']
    for (const name of away) expect(seen?.headers).not.toHaveProperty(name)
    expect(headers['server']).toBe('weir')
    expect(Object.keys(headers).filter(name => name.startsWith('x-envoy-'))).toEqual([])
    // Without a name as Host there is nothing to write into it.
    const nameless = await get(0, '', '/', forged)
    expect(nameless.seen?.headers['x-forwarded-host'] ?? '').toBe('')
  })
})
