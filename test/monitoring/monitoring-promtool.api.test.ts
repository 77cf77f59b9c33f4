// What Prometheus' own tool says: of true scrapes, of the alert rules, and whether samples make each alert fire.
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { createAgentMetrics } from '../../src/observability/agent-metrics.ts'
import { startCluster } from '../contract/cluster.ts'
import type { Cluster } from '../contract/cluster.ts'
import { runController } from '../contract/controller.ts'
import { binaries } from '../lab/binaries.ts'
import { silent } from '../lab/progress.ts'
import { freePort } from '../contract/free-port.ts'

const monitoring = join(import.meta.dirname, '..', '..', 'deploy', 'monitoring')
const resources = new AsyncDisposableStack()
let promtool: string
let cluster: Cluster
let port: number

/** Its exit code and all that it says. */
async function run(words: readonly string[], input = '') {
  const child = spawn(promtool, words, { stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.end(input)
  const exited = new Promise<number | null>(resolve => child.once('close', resolve))
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await exited, said: `${out}${errors}` }
}

const get = async (path: string, options: RequestInit = {}) => {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, options)
  return { status: answer.status, body: await answer.text() }
}
const scrape = async () => (await get('/metrics')).body

beforeAll(async () => {
  const programs = await binaries(['promtool'], { progress: silent })
  promtool = programs.path('promtool')
  cluster = resources.use(await startCluster())
  port = await freePort()
  const controller = resources.use(runController({ cluster, healthPort: port }))
  await controller.working
})
afterAll(async () => {
  await resources.disposeAsync()
})

test('rules, the configuration for scraping, and the samples of every alert are in order', async () => {
  for (const words of [
    ['check', 'rules', join(monitoring, 'alerts.yaml')],
    ['check', 'config', join(monitoring, 'prometheus.yaml')],
    ['test', 'rules', join(monitoring, 'alerts.test.yaml')],
  ])
    expect(await run(words)).toMatchObject({ code: 0 })
})

test('an alert that does not fire when it should is found', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-alerts-'))
  using _ = { [Symbol.dispose]: () => rmSync(folder, { recursive: true }) }
  cpSync(join(monitoring, 'alerts.test.yaml'), join(folder, 'alerts.test.yaml'))
  const rules = readFileSync(join(monitoring, 'alerts.yaml'), 'utf8')
  writeFileSync(join(folder, 'alerts.yaml'), rules.replace('weir_pool_addresses_free == 0', 'weir_pool_addresses_free < 0'))
  const { code, said } = await run(['test', 'rules', join(folder, 'alerts.test.yaml')])
  expect(code).not.toBe(0)
  expect(said).toContain('WeirPoolExhausted')
})

test('a scrape of a controller at work is clean, and what happens in the cluster moves its figures', async () => {
  await cluster.pool('office', ['192.0.2.0/28'])
  await cluster.lbClass('lan')
  await cluster.service('web', { class: 'weir.dev/lan' })
  await cluster.service('wrong', { class: 'weir.dev/lan', annotations: { 'weir.dev/load-balancer-ips': '198.51.100.1' } })
  await cluster.untilReason('wrong', 'RequestedAddressOutsidePools')
  const expected = [
    /^weir_leading 1$/m,
    /^weir_build_info\{program="controller",version="\S+",node_version="v26\S+"\} 1$/m,
    /^weir_reconcile_duration_seconds_count\{controller="service",reason="RequestedAddressOutsidePools"\} [1-9]/m,
    /^weir_services\{ready="false",reason="RequestedAddressOutsidePools"\} 1$/m,
    /^weir_pool_addresses\{pool="office"\} 16$/m,
    /^weir_pool_addresses_used\{pool="office"\} 1$/m,
    /^weir_targets\{provider="local",health="healthy"\} 2$/m,
    /^weir_api_calls_total\{service="kubernetes",operation="patch services\/status",outcome="ok"\} [1-9]/m,
    /^weir_api_call_duration_seconds_count\{service="kubernetes",operation="list services"\} [1-9]/m,
    /^weir_queue_oldest_seconds\{queue="service"\} \d/m,
    /^weir_watch_age_seconds\{resource="services"\} \d/m,
    /^weir_objects\{kind="services"\} \d/m,
  ]
  for (const line of expected) await expect.poll(scrape, { timeout: 60_000 }).toMatch(line)
  expect(await run(['check', 'metrics'], await scrape())).toEqual({ code: 0, said: '' })
})

test('a scrape of an agent is clean', async () => {
  const counted = ['requests', 'replies', 'announcements', 'conflicts', 'sent', 'missed'] as const
  const totals = new Map(counted.map(name => [name, 1]))
  const metrics = createAgentMetrics({
    frames: () => [['eth0', totals]],
    heartbeats: () => [['eth0', totals]],
    announced: () => 1,
    leaseAgeMs: () => 1000,
    interfaces: () => [{ name: 'eth0', isUp: true, listening: true }],
    gateway: () => ({ envoys: 1, held: 0 }),
  })
  metrics.tookOver(300)
  metrics.moved('here')
  expect(await run(['check', 'metrics'], (await metrics.render()).text)).toEqual({ code: 0, said: '' })
})

test('health and readiness answer, and the level of the log is changed from beside the controller', async () => {
  await expect.poll(() => get('/readyz'), { timeout: 60_000 }).toEqual({ status: 200, body: 'ok\n' })
  expect(await get('/healthz')).toEqual({ status: 200, body: 'ok\n' })
  expect(await get('/debug/log-level', { method: 'PUT', body: 'warn' })).toEqual({ status: 200, body: 'warn\n' })
})

test('the model of one object is told: what it asks for, what is there, what was planned and decided', async () => {
  const { body } = await get('/debug/state?object=service/default/wrong')
  expect(JSON.parse(body)).toMatchObject({
    object: { metadata: { name: 'wrong' } },
    leading: true,
    claim: { kind: 'ours', class: 'lan' },
    desired: { id: { kind: 'Service', namespace: 'default', name: 'wrong' } },
    membership: { readyEndpoints: 1 },
    observed: { status: { conditions: [{ type: 'weir.dev/Ready', reason: 'RequestedAddressOutsidePools' }] } },
    lastDecision: { reason: 'RequestedAddressOutsidePools', durationMs: expect.any(Number) },
  })
  expect(JSON.parse((await get('/debug/state?object=pool/office')).body)).toMatchObject({
    object: { spec: { addresses: ['192.0.2.0/28'] } },
    blocks: [{ spec: { base: '192.0.2.0' } }],
  })
  expect((await get('/debug/state?object=service/default/nobody')).status).toBe(404)
})

test('one line in an overlay adds what the operator scrapes, its rules, the dashboard, and agents that are reached from elsewhere', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-overlay-'))
  using _ = { [Symbol.dispose]: () => rmSync(folder, { recursive: true }) }
  // kustomize takes relative paths only.
  const deploy = relative(folder, join(monitoring, '..'))
  const overlay = { kind: 'Kustomization', resources: [`${deploy}/local`], components: [`${deploy}/monitoring`] }
  writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify({ apiVersion: 'kustomize.config.k8s.io/v1beta1', ...overlay }))
  const rendered = await cluster.plane.kubectl(['kustomize', folder])
  const objects = parseAllDocuments(rendered).map(document => document.toJS())
  const named = (kind: string, name: string) => objects.find(object => object.kind === kind && object.metadata.name === name)
  for (const name of ['weir-controller', 'weir-agent', 'weir-gateway']) expect(named('PodMonitor', name)).toBeDefined()
  expect(named('PrometheusRule', 'weir').spec.groups).toEqual(parse(readFileSync(join(monitoring, 'alerts.yaml'), 'utf8')).groups)
  expect(JSON.parse(named('ConfigMap', 'weir-dashboard').data['weir.json'])).toMatchObject({ uid: 'weir', title: 'Weir' })
  const [agent] = named('DaemonSet', 'weir-agent').spec.template.spec.containers
  expect(agent.args).toContain('--metrics-listen=$(HOST_IP):9464')
  expect(agent.env.map(({ name }: { readonly name: string }) => name)).toContain('HOST_IP')
  expect(agent.ports).toEqual([{ name: 'metrics', containerPort: 9464, hostPort: 9464 }])
})
