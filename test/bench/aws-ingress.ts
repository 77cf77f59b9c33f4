// What Ingresses of class aws cost, in calls counted at the fake AWS: the first one, one more rule, one change in a group of a hundred.
import { setTimeout as sleep } from 'node:timers/promises'
import { startFakeWorld } from '../contract/aws.ts'
import type { FakeWorld } from '../contract/aws.ts'
import {
  albClass,
  albIngress,
  backend,
  ingressPath,
  pathsOf,
  readyOfReport,
  reportPath,
  servedAt,
} from '../contract/aws-ingress.ts'
import { waitFor } from '../lab/waiting.ts'
import { countsOf, isCounted, quiet } from './aws-calls.ts'
import { forEach } from './population.ts'

/** Budgets as printed beside what was counted. */
export const ingressBudget = { firstIngress: 17, noChange: 0, oneMoreRule: 3, oneOfMany: 3 } as const
export type IngressCounts = { -readonly [Key in keyof typeof ingressBudget]: number }
type Operations = Readonly<Record<string, Readonly<Record<string, number>>>>

/** In a group of so many, one is changed. */
const many = 60

export async function ingressCalls(
  start: (world: FakeWorld) => AsyncDisposable & { begin(): Promise<unknown> },
  signal: AbortSignal,
): Promise<{ readonly counts: IngressCounts; readonly operations: Operations }> {
  await using world = await startFakeWorld()
  await albClass(world)
  await backend(world, 'web', world.site.podIps.slice(0, 2))
  await backend(world, 'cart', world.site.podIps.slice(2, 3))
  const counts: IngressCounts = { firstIngress: 0, noChange: 0, oneMoreRule: 0, oneOfMany: 0 }
  const operations: Record<string, Readonly<Record<string, number>>> = {}
  const phase = async (name: keyof IngressCounts, work: () => Promise<unknown>): Promise<void> => {
    const mark = world.aws.calls.mark()
    await work()
    await quiet(world, signal)
    const entries = world.aws.calls.since(mark).entries.filter(isCounted)
    counts[name] = entries.length
    operations[name] = countsOf(entries)
  }
  const spec = (name: string, paths: Readonly<Record<string, string>>) => ({
    spec: { ingressClassName: 'alb', rules: [{ host: `${name}.example.com`, http: { paths: pathsOf(paths) } }] },
  })
  await using controller = start(world)
  // With what is looked at when the controller starts.
  await phase('firstIngress', async () => {
    await controller.begin()
    await albIngress(world, 'shop', { '/': 'web', '/cart': 'cart' })
    await servedAt(world, 'shop')
  })
  await phase('noChange', async () => {
    await world.cluster.patch(ingressPath('shop'), { metadata: { labels: { team: 'shop' } } })
    await sleep(1500, undefined, { signal })
  })
  const rules = () => world.aws.world.rules.values().length
  await phase('oneMoreRule', async () => {
    const before = rules()
    await world.cluster.patch(ingressPath('shop'), spec('shop', { '/': 'web', '/cart': 'cart', '/cart/new': 'web' }))
    await waitFor(() => Promise.resolve(rules() > before || undefined), { what: 'one more rule', signal })
  })
  const group = { 'group.name': 'many' }
  await forEach(many, index => albIngress(world, `app-${index}`, { '/': index === 0 ? 'cart' : 'web' }, group))
  const isReady = async (name: string) => {
    const report = await world.cluster.find(reportPath(name))
    return report && readyOfReport(report)?.status === 'True'
  }
  await waitFor(
    async () =>
      (await Promise.all(Array.from({ length: many }, (_, index) => isReady(`app-${index}`)))).every(Boolean) || undefined,
    { what: 'the group to be served', timeoutMs: 120_000, everyMs: 500, signal },
  )
  await quiet(world, signal)
  await phase('oneOfMany', async () => {
    const before = rules()
    await world.cluster.patch(ingressPath('app-7'), spec('app-7', { '/': 'web', '/cart': 'cart' }))
    await waitFor(() => Promise.resolve(rules() > before || undefined), { what: 'the change of one', signal })
  })
  return { counts, operations }
}
