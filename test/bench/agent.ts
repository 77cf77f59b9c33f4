// agent: the memory of an agent that announces the addresses of N Services, with another one as next in line for all of them.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { missingForLan } from '../../providers/local/agent/announcer/lan-under-test.ts'
import { bundle, root } from '../../deploy/bundle/bundle.ts'
import type { Announcement } from '../../src/api/announcement.ts'
import { agentsOnLan } from '../contract/agents-on-lan.ts'
import { weirPath } from '../contract/cluster.ts'
import { lines } from '../lab/progress.ts'
import { waitFor } from '../lab/waiting.ts'
import { memoryOf, rounded, table, verdict } from './figures.ts'
import type { Memory } from './figures.ts'
import type { BenchOptions } from './options.ts'
import { forEach } from './population.ts'

const nodes = ['n0', 'n1']
/** An agent may have so much in memory, with 1,000 Services. */
const limitMb = 80
/** The agent gives back what claims needed for a moment when it looks at its memory, four times a minute. */
const restMs = 20_000

/** On namespaces of this machine, the agents as they are deployed: bundled. `rounds` says nothing here. */
export async function agent({ services = 1000, signal }: BenchOptions) {
  const missing = missingForLan()
  if (missing) throw new Error(`the agent cannot be measured here: ${missing}`)
  const progress = lines(process.stderr)
  await progress.step('bundle', () => bundle())
  const program = join(root, 'dist', 'agent.mjs')
  await using world = await progress.step('agents on a LAN', () => agentsOnLan({ name: 'agm', nodes, program }))
  const memories = () => nodes.map(node => memoryOf(world.agent(node).pid))
  await sleep(restMs, undefined, { signal })
  const empty = memories()
  // Of either: on a slow machine the second passes over the first for some of them.
  const owned = async (): Promise<number> => {
    const { items } = await world.cluster.get(weirPath('announcements'))
    return items.filter((each: Announcement) => each.status?.node).length
  }
  await progress.step(`${services} addresses`, async () => {
    await forEach(services, index => world.announce(`10.201.${128 + (index >> 8)}.${index & 255}`, nodes))
    await waitFor(async () => (await owned()) === services, {
      what: `${services} addresses to be announced`,
      timeoutMs: 300_000,
      everyMs: 1000,
      signal,
      explain: async () => `${await owned()} are`,
    })
  })
  const busy = memories()
  await progress.step('rest', () => sleep(restMs, undefined, { signal }))
  const rest = memories()

  const row = (index: number, name: string, limit: string) => [
    name,
    ...[empty, busy, rest].map(each => mb(each[index])),
    limit,
    (rest[index]?.peakMb ?? Number.NaN).toFixed(0),
  ]
  const header = ['agent', 'without, RSS MB', 'at once after', 'at rest', 'limit', 'peak']
  console.log(`agent: ${services} Services\n${table(header, [row(0, 'first', `${limitMb}`), row(1, 'second', `${limitMb}`)])}`)
  const worst = Math.max(...rest.map(({ rssMb }) => rssMb))
  console.log(`${verdict(worst <= limitMb)}: at rest the agent has ${rounded(worst)} MB in memory, at most ${limitMb}.`)
  return { services, rssMb: rounded(worst), limitMb, isWithin: worst <= limitMb, peakMb: rounded(rest[0]?.peakMb ?? Number.NaN) }
}

function mb(memory: Memory | undefined): string {
  return (memory?.rssMb ?? Number.NaN).toFixed(0)
}
