// The true Envoy under an agent that changes what it serves, goes and comes back, and meets what Envoy refuses: nobody notices.
import { connect } from 'node:tls'
import { beforeAll, describe, expect, test } from 'vitest'
import { ingress } from '../../src/model/routing/examples-under-test.ts'
import type { MetricDefinition } from '../../src/observability/definitions/definition.ts'
import { gatewayMetrics } from '../../src/observability/definitions/gateway.ts'
import { selfSigned } from '../fake-aws/certificate-files.ts'
import { waitFor } from '../lab/waiting.ts'
import { envoyProgram, missingForEnvoy } from './envoy-program.ts'
import { handCluster, refusedPath, socketFolder, startBackend, startPart } from './gateway-part.ts'
import { ask, startServedEnvoy } from './served-envoy.ts'
import { askSteadily } from './steady-requests.ts'

const missing = await missingForEnvoy()
if (missing !== undefined) console.log(`serving through the true Envoy is skipped: ${missing}`)

/** Addresses of loopback that no other test run listens at. */
let last = 0
const ownAddress = () => `127.${128 + (process.pid >> 16)}.${(process.pid >> 8) & 255}.${((process.pid & 31) << 3) + last++}`

/** Gateways of these tests listen on all addresses, so each test has ports of its own. */
const portsOf = (number: number) => {
  const first = 30_000 + ((process.pid * 7 + number) % 500) * 2
  return { http: first, https: first + 1 }
}
const host = 'shop.example.com'
const serves = (to: string) => ingress({ rules: { [host]: { 'Prefix /': to } } })
const patience = { timeoutMs: 60_000, everyMs: 20 }

async function settled(number: number) {
  const resources = new AsyncDisposableStack()
  const folder = resources.use(socketFolder())
  const xdsSocket = `${folder.path}/x/xds.sock`
  const ports = portsOf(number)
  const cluster = handCluster(ports)
  const [one, two] = await Promise.all([startBackend('one'), startBackend('two')])
  resources.use(one)
  resources.use(two)
  cluster.putService('one', [one.port])
  cluster.putService('two', [two.port])
  cluster.putIngress(serves('one'))
  const address = ownAddress()
  const envoyAt = () => startServedEnvoy({ xdsSocket, address })
  const get = (path = '/', name = host) =>
    ask({ host: '127.0.0.1', port: ports.http, path, headers: { host: name } }).catch(() => ({
      status: 0,
      body: '',
      headers: {},
    }))
  const until = (expected: string | number, path = '/', name = host) =>
    waitFor(
      async () => {
        const { status, body } = await get(path, name)
        return (typeof expected === 'number' ? status : body) === expected
      },
      { what: `${name}${path} to answer ${expected}`, ...patience },
    )
  return {
    cluster,
    ports,
    backends: { one: one.port, two: two.port },
    envoyAt,
    startPart: () => startPart(cluster.stores, xdsSocket),
    get,
    until,
    steady: () =>
      askSteadily({
        address: '127.0.0.1',
        port: ports.http,
        host,
        isGood: (status, body) => status === 200 && /one|two/.test(body),
      }),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

describe.skipIf(missing !== undefined)('Envoy', () => {
  beforeAll(async () => void (await envoyProgram()), 600_000)

  test('takes fifty changes of routes, backends, endpoints and hosts under steady requests, and none fails', async () => {
    await using at = await settled(1)
    await using part = await at.startPart()
    await using envoy = await at.envoyAt()
    await envoy.untilReady()
    await at.until('one')
    const steady = at.steady()
    for (let change = 0; change < 50; change++) {
      const name = change % 2 === 0 ? 'two' : 'one'
      const kinds = [
        () => at.cluster.putIngress(serves(name)),
        () => at.cluster.putService('one', change % 4 === 1 ? [at.backends.one, at.backends.two] : [at.backends.one]),
        () => at.cluster.putIngress(ingress({ name: `more${change}`, rules: { [`h${change}.test`]: { 'Prefix /': name } } })),
        () => at.cluster.removeIngress(`more${change - 1}`),
        () => {
          // A backend of a new name, and the old one gone with the next change.
          at.cluster.putService(`fresh${change}`, [at.backends.two])
          at.cluster.putIngress(serves(`fresh${change}`))
        },
      ]
      kinds[change % kinds.length]?.()
      await steady.more(20)
    }
    at.cluster.putIngress(ingress({ name: 'last', rules: { 'last.test': { 'Prefix /': 'two' } } }))
    await at.until('two', '/', 'last.test')
    const { requests, failures } = await steady.stop()
    expect(failures).toEqual([])
    expect(requests).toBeGreaterThan(1000)
    expect(part.report).toEqual({ envoys: 1, held: [] })
  })

  test('tells the metrics that the dashboard and the alerts read, of its traffic under the names that they look for', async () => {
    await using at = await settled(9)
    await using part = await at.startPart()
    await using envoy = await at.envoyAt()
    await envoy.untilReady()
    await at.until('one')
    const scrape = () => envoy.admin('/stats/prometheus')
    // Histograms are there from the first request on, and are brought up to date every five seconds.
    await expect.poll(scrape, { timeout: 60_000 }).toContain('# TYPE envoy_http_downstream_rq_time histogram')
    const text = await scrape()
    for (const [name, { type, ...rest }] of Object.entries<MetricDefinition<string>>(gatewayMetrics)) {
      expect(text).toContain(`# TYPE ${name} ${type}\n`)
      for (const label of rest.labels ?? []) expect(text).toMatch(new RegExp(`^${name}(_bucket)?\\{[^}]*${label}="`, 'm'))
    }
    const ofClients =
      /^envoy_http_downstream_rq_xx\{envoy_response_code_class="2",envoy_http_conn_manager_prefix="weir-gateway-[^"]+"\} [1-9]/m
    expect(text).toMatch(ofClients)
    expect(text).toMatch(/^envoy_control_plane_connected_state\{\} 1$/m)
    expect(part.report.envoys).toBe(1)
  })

  test('goes on while the agent is away, and is taken up again by the next one without losing a request', async () => {
    await using at = await settled(2)
    const first = await at.startPart()
    await using envoy = await at.envoyAt()
    await envoy.untilReady()
    await at.until('one')
    const steady = at.steady()
    await first[Symbol.asyncDispose]()
    await steady.more(100)
    // What changed meanwhile is made up for.
    at.cluster.putIngress(serves('two'))
    await using second = await at.startPart()
    await at.until('two')
    await steady.more(100)
    const { failures } = await steady.stop()
    expect(failures).toEqual([])
    expect([second.report.envoys, envoy.isRunning]).toEqual([1, true])
    // Listeners were not touched: none was made anew.
    expect(await envoy.admin('/stats?filter=listener_manager.listener_(create|modified)')).toMatch(
      /listener_create_success: 2\n.*listener_modified: 0/,
    )
  })

  test('an Envoy is ready when it knows that there is nothing to serve, and not before', async () => {
    await using at = await settled(6)
    at.cluster.removeIngress('shop')
    at.cluster.removeGateway()
    await using envoy = await at.envoyAt()
    await using _ = await at.startPart()
    await envoy.untilReady()
    expect(await envoy.admin('/listeners')).not.toContain(String(at.ports.http))
  })

  test('an Envoy that was killed gets everything again when it is back', async () => {
    await using at = await settled(3)
    await using _ = await at.startPart()
    const before = await at.envoyAt()
    await before.untilReady()
    await at.until('one')
    await before[Symbol.asyncDispose]()
    await at.until(0)
    await using after = await at.envoyAt()
    await after.untilReady()
    await at.until('one')
  })

  test('what it refuses is traced to one Ingress, which keeps its last routes, also over a restart of the agent; others go on', async () => {
    await using at = await settled(4)
    const first = await at.startPart()
    await using envoy = await at.envoyAt()
    await envoy.untilReady()
    at.cluster.putIngress(ingress({ name: 'bad', rules: { 'bad.test': { 'Prefix /': 'one' } } }))
    await at.until('one', '/', 'bad.test')
    const steady = at.steady()
    at.cluster.putIngress(
      ingress({ name: 'bad', rules: { 'bad.test': { 'Prefix /': 'one', [`Prefix ${refusedPath}`]: 'one' } } }),
    )
    at.cluster.putIngress(ingress({ name: 'good', rules: { 'good.test': { 'Prefix /': 'two' } } }))
    await at.until('two', '/', 'good.test')
    await waitFor(() => first.report.held.length === 1, { what: 'the Ingress to be held', ...patience })
    expect(first.report.held).toMatchObject([{ namespace: 'default', name: 'bad' }])
    await at.until('one', '/', 'bad.test')
    await first[Symbol.asyncDispose]()
    await using second = await at.startPart()
    at.cluster.putIngress(ingress({ name: 'later', rules: { 'later.test': { 'Prefix /': 'two' } } }))
    await at.until('two', '/', 'later.test')
    await waitFor(() => second.report.held.length === 1, { what: 'the Ingress to be held again', ...patience })
    await at.until('one', '/', 'bad.test')
    // Put right, it is served as it is now.
    at.cluster.putIngress(ingress({ name: 'bad', rules: { 'bad.test': { 'Prefix /': 'two' } } }))
    await at.until('two', '/', 'bad.test')
    await waitFor(() => second.report.held.length === 0, { what: 'nothing to be held', ...patience })
    expect((await steady.stop()).failures).toEqual([])
  })

  test('a renewed certificate is shown to new clients, and nobody is cut off; a bad one changes nothing', async () => {
    await using at = await settled(5)
    await using part = await at.startPart()
    await using envoy = await at.envoyAt()
    const put = async (name: string) => {
      const { certificate, key } = await selfSigned(name)
      at.cluster.putCertificate('cert', { certificate: Buffer.from(certificate).toString(), key: Buffer.from(key).toString() })
    }
    const shown = () => shownAt(at.ports.https)
    const untilShown = (name: string) =>
      waitFor(async () => (await shown()) === name, { what: `the certificate ${name}`, ...patience })
    at.cluster.putIngress(ingress({ rules: { [host]: { 'Prefix /': 'one' } }, tls: [{ hosts: [host], secretName: 'cert' }] }))
    await put('first')
    await envoy.untilReady()
    await untilShown('first')
    const held = connect({ host: '127.0.0.1', port: at.ports.https, servername: host, rejectUnauthorized: false })
    await new Promise<void>((resolve, reject) => held.once('secureConnect', resolve).once('error', reject))
    await put('second')
    await untilShown('second')
    at.cluster.putCertificate('cert', { certificate: 'no certificate', key: 'no key' })
    at.cluster.putIngress(ingress({ name: 'other', rules: { 'other.test': { 'Prefix /': 'two' } } }))
    await at.until('two', '/', 'other.test')
    expect(await shown()).toBe('second')
    await put('third')
    await untilShown('third')
    const answer = new Promise<string>(resolve => held.once('data', (chunk: Buffer) => resolve(chunk.toString())))
    held.write(`GET / HTTP/1.1\r\nhost: ${host}\r\n\r\n`)
    expect(await answer).toContain('200 OK')
    held.destroy()
    expect(part.report.stuck).toBeUndefined()
  })
})

function shownAt(port: number): Promise<string | undefined> {
  return new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port, servername: host, rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN))
      socket.destroy()
    })
    socket.on('error', () => resolve(undefined))
  })
}
