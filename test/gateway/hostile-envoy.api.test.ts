// Whatever stands in annotations, hosts and paths, the true Envoy takes what is made of it, and others are served as if nothing were.
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anyAnnotations, hostileText } from '../../providers/local/gateway/annotations/hostile-under-test.ts'
import { readMember } from '../../providers/local/gateway/member.ts'
import { xds } from '../../providers/local/gateway/xds.ts'
import { routingModel } from '../../src/model/routing/build.ts'
import { resolve } from '../../src/model/routing/examples-under-test.ts'
import { routeRequest } from '../../src/model/routing/match.ts'
import { memberKey } from '../../src/model/routing/model.ts'
import { selfSigned } from '../fake-aws/certificate-files.ts'
import { ask } from './asking.ts'
import { type Backends, startBackends } from './backends.ts'
import { missingForEnvoy } from './envoy-program.ts'
import { startFixedEnvoy } from './fixed-envoy.ts'

const missing = await missingForEnvoy()
if (missing !== undefined) console.log(`hostile Ingresses through the true Envoy are skipped: ${missing}`)

const bind = `127.${64 + (process.pid >> 16)}.${(process.pid >> 8) & 255}.${process.pid & 255}`
const [http, https] = [
  { port: 24_080, publicPort: 80 },
  { port: 24_443, publicPort: 443 },
]
/** The same ones each time; others by hand: `HOSTILE=3000 HOSTILE_SEED=$RANDOM`. */
const numRuns = Number(process.env['HOSTILE'] ?? 600)
const seed = Number(process.env['HOSTILE_SEED'] ?? 7)

const anyPath = fc.oneof(
  hostileText,
  fc.constantFrom('a(b|c)*', 'v[0-9]+(/|$)(.*)', '[^/]+/x', String.raw`\d+`, '.*', 'a{1,300}', '((a|b){2}){3}'),
)
const anyIngress = fc.tuple(
  anyAnnotations,
  anyPath,
  fc.constantFrom('Exact', 'Prefix', 'ImplementationSpecific'),
  fc.nat({ max: 4 }),
)

const member = (
  name: string,
  annotations: Readonly<Record<string, string>>,
  host: string,
  path: string,
  pathType: 'Exact' | 'Prefix' | 'ImplementationSpecific',
) =>
  readMember(
    {
      metadata: { namespace: 'default', name, annotations, creationTimestamp: '2026-01-01T00:00:00Z' },
      spec: {
        rules: [{ host, http: { paths: [{ path, pathType, backend: { service: { name: 'web', port: { number: 80 } } } }] } }],
        tls: [{ hosts: [host], secretName: 'cert' }],
      },
    },
    resolve,
  )

const hostile = fc.sample(anyIngress, { numRuns, seed }).map(([annotations, path, pathType, kind], index) => {
  const host = kind === 0 ? `*.h${index}.test` : `h${Math.floor(index / 2)}.test`
  return member(`i${index}`, annotations, host, `/${path}`, pathType)
})
const witness = member('witness', {}, 'witness.test', '/', 'Prefix')
const members = [...hostile, witness]
const model = routingModel(members.map(({ routing }) => routing))

describe.skipIf(missing !== undefined)('Envoy', () => {
  let envoy: AsyncDisposable
  let backends: Backends

  beforeAll(async () => {
    const { certificate, key } = await selfSigned('witness.test')
    const [chain, secret] = [Buffer.from(certificate).toString(), Buffer.from(key).toString()]
    backends = await startBackends(['web'])
    const settings = new Map(members.map(({ routing, settings }) => [memberKey(routing.id), settings]))
    const resources = xds([{ name: 'g', model, settings, http, https }], {
      bind,
      targets: ({ name }) =>
        name === 'web' ? [{ address: '127.0.0.1', port: backends.port('web') ?? 0, terminating: false }] : [],
      certificate: () => ({ chain, key: secret }),
      authorities: () => chain,
      users: () => 'ann:{SHA}AAAAAAAAAAAAAAAAAAAAAAAAAAA=\n:{SHA}\nx:y\n\u0000:{SHA}AAAAAAAAAAAAAAAAAAAAAAAAAAA=',
      firstPort: () => 80,
    })
    envoy = await startFixedEnvoy(resources)
  }, 600_000)

  afterAll(async () => {
    await envoy?.[Symbol.asyncDispose]()
    await backends?.[Symbol.asyncDispose]()
  })

  test('takes them all, and the one without a fault among them is served', async () => {
    expect(hostile.some(({ settings }) => settings.closed !== undefined)).toBe(true)
    expect(hostile.some(({ settings, problems }) => settings.closed === undefined && problems.length === 0)).toBe(true)
    const asked = { tls: { servername: 'witness.test' } }
    expect((await ask({ address: bind, port: https.port }, 'witness.test', '/x', asked)).seen?.backend).toBe('web')
  })

  test('an Ingress that asks for something it cannot have answers 503 on every route it has', async () => {
    let asked = 0
    for (const { routing, settings } of hostile) {
      const [route] = routing.routes
      if (settings.closed === undefined || !route || route.match === 'default' || route.match.type === 'Regex') continue
      const [host, path] = [route.host.replace('*', 'a'), route.match.path]
      const { route: taken } = routeRequest(model, host, path)
      if (path === '/' || !taken || !('ingress' in taken.origin) || taken.origin.ingress.name !== routing.id.name) continue
      // Neither very long ones nor zero bytes get as far as a route.
      if (path.length > 4000 || path.includes('%00') || asked++ > 60) continue
      const { status, seen } = await ask({ address: bind, port: http.port }, host, path, {})
      expect([settings.closed, path, status, seen]).toEqual([settings.closed, path, 503, undefined])
    }
    expect(asked).toBeGreaterThan(10)
  })
})
