// aws: what Services of class aws cost, in calls counted at the fake AWS and in time against moto; the controller as it is deployed.
import { setTimeout as sleep } from 'node:timers/promises'
import { join } from 'node:path'
import { bundle, root } from '../../deploy/bundle/bundle.ts'
import { readyCondition } from '../../src/api/reasons.ts'
import { startFakeWorld } from '../contract/aws.ts'
import type { AwsCluster } from '../contract/aws.ts'
import { startMotoWorld } from '../contract/aws-moto.ts'
import { servicePath } from '../contract/cluster.ts'
import type { Json } from '../contract/cluster.ts'
import { missingForMoto } from '../fake-aws/moto.ts'
import { waitFor } from '../lab/waiting.ts'
import { lines } from '../lab/progress.ts'
import { countsOf, isCounted, quiet } from './aws-calls.ts'
import { ingressBudget, ingressCalls } from './aws-ingress.ts'
import { bareCalls } from './aws-bare.ts'
import type { BareTimes } from './aws-bare.ts'
import { memoryOf, rounded, table } from './figures.ts'
import type { BenchOptions } from './options.ts'
import { forEach } from './population.ts'
import { deployed, startProcess } from './program.ts'
import { judged } from './verdict.ts'

const allServices = '/api/v1/namespaces/default/services'
const batch = 100

/** Budgets as printed beside what was counted. */
const budget = { firstService: 13, nextService: 7, podReady: 1, noChange: 0, restart100: 20, delete: 5 } as const
/** Of a hundred Services against moto, on a machine that does nothing else; megabytes of 10^6 bytes. */
const mostOf100 = { createdS: 8, deletedS: 6, rssMb: 120 } as const
type Counts = { -readonly [Key in keyof typeof budget]: number }

interface Times {
  readonly wall100Ms: number
  readonly ready100Ms: number
  readonly delete100Ms: number
  readonly rssMb: number
}

export async function aws({ services = batch, signal }: BenchOptions): Promise<Readonly<Record<string, unknown>>> {
  const progress = lines(process.stderr)
  await progress.step('bundle', () => bundle())
  const counted = await progress.step(`calls of ${services} Services at the fake AWS`, () => atFake(services, signal))
  const ingresses = await progress.step('calls of Ingresses at the fake AWS', () => ingressCalls(startController, signal))
  const missing = await missingForMoto()
  const timed =
    missing === undefined ? await progress.step(`${services} Services at moto`, () => atMoto(services, signal)) : undefined
  if (missing !== undefined) progress.warn(missing)

  console.log(
    `aws: ${services} Services, ip targets; looks at health and state, and deletions that AWS refused for now, left out`,
  )
  const rows = Object.entries(counted.counts).map(([name, calls]) => [name, judged(calls, Reflect.get(budget, name), 2)])
  console.log(`${table(['calls', 'counted and budget'], rows)}\n`)
  console.log(ledger(counted.operations, services))
  const ofIngresses = Object.entries(ingresses.counts).map(([name, calls]) => [
    name,
    judged(calls, Reflect.get(ingressBudget, name)),
  ])
  console.log(`\n${table(['calls for Ingresses', 'counted and budget'], ofIngresses)}\n`)
  console.log(ledger(ingresses.operations, services))
  const times = [['fake', counted.times] as const, ...(timed ? [['moto', timed] as const] : [])]
  const timeRows = times.map(([name, { wall100Ms, ready100Ms, delete100Ms, rssMb }]) => [
    name,
    ...[wall100Ms, ready100Ms, delete100Ms, rssMb].map(value => value.toFixed(0)),
  ])
  console.log(`\n${table(['target', 'created ms', 'ready ms', 'deleted ms', 'RSS MB'], timeRows)}`)
  if (timed) console.log(`\n${atMotoInWords(timed, services)}`)
  return {
    target: timed ? 'moto' : 'fake',
    services,
    // Counted at the fake, which is as strict as AWS; the times are of the target.
    ...Object.fromEntries(Object.entries(counted.counts).map(([name, calls]) => [name, rounded(calls, 2)])),
    ...ingresses.counts,
    noChange: counted.counts.noChange + ingresses.counts.noChange,
    ...(timed ?? counted.times),
    runs: times.map(([target, each]) => ({ target, ...each })),
    operations: counted.operations,
  }
}

type Operations = Readonly<Record<string, Readonly<Record<string, number>>>>

async function atFake(services: number, signal: AbortSignal) {
  await using world = await startFakeWorld()
  const counts: Counts = { firstService: 0, nextService: 0, podReady: 0, noChange: 0, restart100: 0, delete: 0 }
  const operations: Record<string, Readonly<Record<string, number>>> = {}
  /** Runs `work` until AWS is left alone; `per` is what the calls are divided by. */
  const phase = async <T>(name: keyof Counts, per: number, work: () => Promise<T>): Promise<T> => {
    const mark = world.aws.calls.mark()
    const result = await work()
    await quiet(world, signal)
    const entries = world.aws.calls.since(mark).entries.filter(isCounted)
    counts[name] = entries.length / per
    operations[name] = countsOf(entries)
    return result
  }
  const first = startController(world)
  await using controller = first
  // With what is looked at when the controller starts.
  await phase('firstService', 1, async () => {
    await controller.begin()
    await world.service('first')
    await world.cluster.untilReason('first', 'Serving')
  })
  const made = await phase('nextService', services, () => makeAll(world, services, signal))
  const [one = '', two = '', three = ''] = world.site.podIps
  await phase('podReady', 1, async () => {
    await world.pods('first', [one, two, three])
    await sleep(1500, undefined, { signal })
  })
  await phase('noChange', 1, async () => {
    await world.cluster.patch(servicePath('first'), {
      metadata: { labels: { team: 'shop' }, annotations: { 'example.com/note': 'x' } },
    })
    await sleep(1500, undefined, { signal })
  })
  const { rssMb } = memoryOf(controller.pid())
  await controller[Symbol.asyncDispose]()
  const second = startController(world)
  await using restarted = second
  await phase('restart100', 1, async () => {
    await restarted.begin()
    await sleep(5000, undefined, { signal })
  })
  const delete100Ms = await phase('delete', services, () => deleteAll(world, services, signal))
  return { counts, operations, times: { ...made, delete100Ms, rssMb } }
}

/** The verdicts, and how much of the time the calls alone take: moto is one thread of Python, and machines differ. */
function atMotoInWords({ wall100Ms, delete100Ms, rssMb, bare }: Times & { readonly bare: BareTimes }, services: number): string {
  const seconds = { createdS: wall100Ms / 1000, deletedS: delete100Ms / 1000 }
  const ofBare = { createdS: bare.createMs / 1000, deletedS: bare.deleteMs / 1000 }
  const rows = (['createdS', 'deletedS'] as const).map(name => [
    `${name === 'createdS' ? 'created' : 'deleted'} s`,
    services === batch ? judged(seconds[name], mostOf100[name]) : seconds[name].toFixed(1),
    ofBare[name].toFixed(1),
    (seconds[name] / ofBare[name]).toFixed(2),
  ])
  const rss = ['RSS MB', services === batch ? judged(rssMb, mostOf100.rssMb, 0) : rssMb.toFixed(0), '', '']
  return table([`${services} Services at moto`, 'controller', 'bare calls', 'ratio'], [...rows, rss])
}

async function atMoto(services: number, signal: AbortSignal): Promise<Times & { readonly bare: BareTimes }> {
  await using world = await startMotoWorld()
  await using controller = startController(world)
  await controller.begin()
  await world.service('first')
  await world.cluster.until(servicePath('first'), hasHostname)
  const made = await makeAll(world, services, signal)
  const { rssMb } = memoryOf(controller.pid())
  const delete100Ms = await deleteAll(world, services, signal)
  await controller[Symbol.asyncDispose]()
  const { createMs, deleteMs } = await bareCalls(world.subject, services)
  return { ...made, rssMb, delete100Ms, bare: { createMs: rounded(createMs), deleteMs: rounded(deleteMs) } }
}

function startController(world: AwsCluster) {
  const words = ['--providers=aws', '--leader-elect=false', '--health-port=0', '--log-level=warn']
  const { flags, env } = deployed()
  const args = [...flags, join(root, 'dist', 'controller.mjs'), ...words]
  return startProcess(process.execPath, args, { ...env, KUBECONFIG: world.cluster.plane.kubeconfig })
}

async function makeAll(
  world: AwsCluster,
  services: number,
  signal: AbortSignal,
): Promise<Pick<Times, 'wall100Ms' | 'ready100Ms'>> {
  const started = performance.now()
  const { podIps } = world.site
  await forEach(services, index => world.service(`web-${index}`, { pods: [podIps[index % podIps.length] ?? ''] }))
  await untilAll(world, services, hasHostname, signal)
  const wall100Ms = performance.now() - started
  await untilAll(world, services, isReady, signal)
  return { wall100Ms: rounded(wall100Ms), ready100Ms: rounded(performance.now() - started) }
}

async function deleteAll(world: AwsCluster, services: number, signal: AbortSignal): Promise<number> {
  const started = performance.now()
  await forEach(services, index => world.cluster.remove(servicePath(`web-${index}`)))
  await waitFor(async () => (await batchOf(world)).length === 0, {
    what: 'all to be gone',
    timeoutMs: 120_000,
    everyMs: 100,
    signal,
    explain: async () => JSON.stringify((await batchOf(world)).slice(0, 2).map(({ status }) => status)),
  })
  return rounded(performance.now() - started)
}

async function untilAll(
  world: AwsCluster,
  services: number,
  holds: (service: Json) => boolean,
  signal: AbortSignal,
): Promise<void> {
  await waitFor(async () => (await batchOf(world)).filter(holds).length === services, {
    what: 'all Services to be made',
    timeoutMs: 300_000,
    everyMs: 100,
    signal,
    explain: async () =>
      JSON.stringify(
        (await batchOf(world))
          .filter(service => !holds(service))
          .slice(0, 2)
          .map(({ status }) => status),
      ),
  })
}

async function batchOf(world: AwsCluster): Promise<readonly Json[]> {
  return (await world.cluster.list(allServices)).filter(({ metadata }) => metadata.name.startsWith('web-'))
}

function hasHostname(service: Json): boolean {
  return service.status?.loadBalancer?.ingress?.[0]?.hostname !== undefined
}

function isReady(service: Json): boolean {
  return service.status?.conditions?.some((each: Json) => each.type === readyCondition && each.status === 'True') === true
}

/** Operations by phase. */
function ledger(operations: Operations, services: number): string {
  const phases = Object.keys(operations)
  const names = [...new Set(phases.flatMap(phase => Object.keys(operations[phase] ?? {})))].toSorted()
  const rows = names.map(name => [name, ...phases.map(phase => String(operations[phase]?.[name] ?? ''))])
  const heads: Readonly<Record<string, string>> = {
    nextService: `${services} more`,
    restart100: 'restart',
    delete: `${services} deleted`,
  }
  return table(['operation', ...phases.map(phase => heads[phase] ?? phase)], rows)
}
