// failover: how long nobody answers for an address when its node or agent dies, and what a client notices when it is moved.
import { setTimeout as sleep } from 'node:timers/promises'
import { missingForLan } from '../../providers/local/agent/announcer/lan-under-test.ts'
import { acquainted, agentsOnLan } from '../contract/agents-on-lan.ts'
import type { AgentsOnLan } from '../contract/agents-on-lan.ts'
import { connectAllTheTime, serveOnAllNodes } from '../contract/tcp-through-address.ts'
import { lines } from '../lab/progress.ts'
import { median, rounded, table, verdict } from './figures.ts'
import type { BenchOptions } from './options.ts'
import { watchAnswers } from './outage.ts'
import type { Outage, Watch } from './outage.ts'

const address = '10.201.200.1'
const port = 8080
const nodes = ['n0', 'n1', 'n2']
const times = 10
const minutes = 4
/** The worst of ten may take so long, without the API server's help. */
const limitMs = 500

type Kind = 'node death' | 'agent kill' | 'drain' | 'agent end'

interface Move extends Outage {
  readonly failed: number
  readonly cut: number
}

/** On namespaces of this machine, with agents as programs and a true API server; `rounds` says nothing here, it is always ten of each. */
export async function failover({ signal }: BenchOptions) {
  const missing = missingForLan()
  if (missing) throw new Error(`failover cannot be measured here: ${missing}`)
  const progress = lines(process.stderr)
  console.error(`failover: ${times} each of four ways in which an address moves; about ${minutes} minutes`)
  await using world = await progress.step('agents on a LAN', () => agentsOnLan({ name: 'fov', nodes }))
  using resources = new DisposableStack()
  resources.use(serveOnAllNodes(world, address, port))
  await world.announce(address, nodes)
  await world.untilOwned(address, 'n0')
  await acquainted()
  await using watch = await watchAnswers(world, address)

  const several = async (kind: Kind): Promise<readonly Move[]> => {
    const moves: Move[] = []
    for (let i = 0; i < times; i++) {
      signal.throwIfAborted()
      const move = () => measure(kind, world, watch)
      moves.push(
        await progress.step(`${kind} ${i + 1} of ${times}`, move, ({ gapMs }) => `nobody answered for ${rounded(gapMs)} ms`),
      )
    }
    return moves
  }
  const deaths = await several('node death')
  const kills = await several('agent kill')
  const drains = await several('drain')
  const ends = await several('agent end')

  const all = { 'node death': deaths, 'agent kill': kills, drain: drains, 'agent end': ends }
  const gapsOf = (moves: readonly Move[]) => moves.map(({ gapMs }) => rounded(gapMs))
  const sum = (moves: readonly Move[], of: 'failed' | 'cut' | 'duplicates') => moves.reduce((total, move) => total + move[of], 0)
  const rows = Object.entries(all).map(([kind, moves]) => {
    const gaps = gapsOf(moves)
    const isPlanned = kind === 'drain' || kind === 'agent end'
    const figures = [Math.min(...gaps), median(gaps), Math.max(...gaps), isPlanned ? '-' : limitMs, sum(moves, 'duplicates')]
    return [kind, ...figures.map(String), ...(isPlanned ? [sum(moves, 'failed'), sum(moves, 'cut')].map(String) : ['-', '-'])]
  })
  const header = ['ten of each', 'best ms', 'median ms', 'worst ms', 'limit ms', 'duplicates', 'failed', 'cut']
  console.log(`failover: nobody answers for so long\n${table(header, rows)}`)
  const worst = Math.max(...gapsOf([...deaths, ...kills]))
  console.log(`${verdict(worst <= limitMs)}: at worst nobody answers for ${worst} ms after a death, at most ${limitMs}.`)
  return {
    nodeDeathMs: gapsOf(deaths),
    agentKillMs: gapsOf(kills),
    drainMs: gapsOf(drains),
    agentEndMs: gapsOf(ends),
    limitMs,
    drainFailed: sum(drains, 'failed') + sum(ends, 'failed'),
    drainCut: sum(drains, 'cut') + sum(ends, 'cut'),
    duplicates: Object.values(all).reduce((total, moves) => total + sum(moves, 'duplicates'), 0),
  }
}

async function measure(kind: Kind, world: AgentsOnLan, watch: Watch): Promise<Move> {
  const before = (await world.status(address))?.node ?? ''
  const others = nodes.filter(node => node !== before)
  if (kind === 'node death' || kind === 'agent kill') {
    const isNode = kind === 'node death'
    const found = await watch.during(() => {
      if (isNode) world.lan.plug(world.station(before), false)
      return world.agent(before).end('SIGKILL')
    })
    if (isNode) world.lan.plug(world.station(before), true)
    await world.start(before)
    await recovered(world, found.owner)
    return { ...found, failed: 0, cut: 0 }
  }
  await using client = connectAllTheTime(world.lan, address, port)
  await client.begun
  const found = await watch.during(() =>
    kind === 'drain' ? world.announce(address, others) : world.agent(before).end('SIGTERM'),
  )
  const made = await client.end()
  if (Object.keys(made.failed).length > 0) console.error(`${kind} of ${before}: ${JSON.stringify(made)}`)
  if (kind === 'drain') await world.announce(address, [...others, before])
  else await world.start(before)
  await recovered(world, found.owner)
  return { ...found, failed: Object.values(made.failed).reduce((sum, count) => sum + count, 0), cut: made.cut }
}

/** All know each other again, and the status says who has the address. */
async function recovered(world: AgentsOnLan, owner: string): Promise<void> {
  await world.untilOwned(address, owner)
  await acquainted()
  // The announcements of a claim go on for some seconds; the next move does not wait for them in practice either.
  await sleep(500)
}
