// The second half of the walk: the node that announces a Service is drained, the next one dies, while a client calls all the time.
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Lab, Node } from './lab.ts'
import { LabError } from './errors.ts'
import { columns, rows } from './rows.ts'
import type { Announced } from './rows.ts'
import { askWhoHas } from './walk.ts'
import { waitFor } from './waiting.ts'

const seenBy = z.record(
  z.string(),
  z.object({
    calls: z.number(),
    unanswered: z.number(),
    gapMs: z.number(),
    nodes: z.array(z.string()),
    errors: z.array(z.string()),
  }),
)

/** What clients who call all the time saw of each address. */
export type Seen = z.infer<typeof seenBy>

/** As `poll-calls.ts` does it. */
const everyMs = 20

/** Below the second after which a kernel sends a lost first packet again, so that a call is lost with its first packet. */
const impatienceMs = 900

/**
 * Calls the addresses (`HOST@ADDRESS` for one with virtual hosts) from the client, fifty times a second each, while `work` goes on and
 * a moment before and after. A call that is not answered within `patienceMs` counts as unanswered.
 */
export async function whileCalling(
  lab: Pick<Lab, 'client'>,
  addresses: readonly string[],
  work: () => Promise<unknown>,
  { patienceMs = impatienceMs, keepAlive = false }: { readonly patienceMs?: number; readonly keepAlive?: boolean } = {},
): Promise<Seen> {
  const program = join(import.meta.dirname, 'poll-calls.ts')
  const name = `poll-calls-${randomUUID().slice(0, 8)}`
  const words = [process.execPath, program, '80', String(patienceMs), ...addresses]
  await using calling = await lab.client.start(name, words, keepAlive ? { KEEP_ALIVE: '1' } : {})
  await calling.untilLine(/calling/)
  await sleep(200)
  await work()
  await sleep(500)
  await calling.kill('SIGTERM')
  return seenBy.parse(JSON.parse(calling.output().trim().split('\n').at(-1) ?? ''))
}

/** What happens to a node that announces, in words, and how it is brought about and undone. */
export type Trouble = {
  readonly words: string
  readonly begin: (lab: Lab, node: Node) => Promise<unknown>
  readonly end: (lab: Lab, node: Node) => Promise<unknown>
}

export const troubles = {
  drain: {
    words: 'is drained (kubectl label node NODE weir.dev/drain=true)',
    begin: (lab, { name }) => lab.kubectl(['label', 'node', name, 'weir.dev/drain=true']),
    end: (lab, { name }) => lab.kubectl(['label', 'node', name, 'weir.dev/drain-']),
  },
  death: { words: 'dies', begin: (_lab, node) => node.crash(), end: bringBack },
} as const satisfies Readonly<Record<string, Trouble>>

const nodeObject = z.object({
  status: z.object({
    conditions: z.array(z.object({ type: z.string(), status: z.string(), lastHeartbeatTime: z.string().nullish() })).optional(),
  }),
})

/** Boots a node that died and waits until its kubelet says itself that it is ready: until then Ready may be what was true before. */
async function bringBack(lab: Lab, node: Node): Promise<void> {
  // Heartbeats are told in whole seconds.
  const since = Math.floor(Date.now() / 1000) * 1000
  await node.boot()
  await waitFor(
    async () => {
      const { status } = nodeObject.parse(await lab.api.call('GET', `/api/v1/nodes/${node.name}`))
      const ready = status.conditions?.find(({ type }) => type === 'Ready')
      return ready?.status === 'True' && Date.parse(ready.lastHeartbeatTime ?? '') >= since
    },
    { what: `${node.name} to be ready again`, timeoutMs: 60_000, everyMs: 200 },
  )
}

/**
 * Brings trouble to the node that announces the last address of a Service, and prints who has its addresses then and what clients
 * noticed. Answers how to undo it. Throws LabError when another station than the announced one answers for an address.
 */
export async function showMove(
  lab: Lab,
  service: string,
  trouble: Trouble,
  print: (text: string) => void,
  signal?: AbortSignal,
): Promise<() => Promise<unknown>> {
  const before = await announcedOf(lab, service)
  const node = lab.nodes.find(({ name }) => name === before.at(-1)?.node)
  if (!node) throw new LabError('not-ready', `nobody announces ${service}`)
  const addresses = before.map(({ address }) => address)
  const seen = await whileCalling(lab, addresses, async () => {
    await trouble.begin(lab, node)
    await untilElsewhere(lab, service, node.name, signal)
  })
  const often = `While the client calls ${1000 / everyMs} times a second`
  print(`\n${often}, ${node.name}, which announces ${service}, ${trouble.words.replace('NODE', node.name)}:`)
  for (const line of await story(lab, before, await announcedOf(lab, service), seen)) print(`  ${line}`)
  return () => trouble.end(lab, node)
}

async function announcedOf(lab: Lab, service: string): Promise<readonly Announced[]> {
  return (await rows(lab)).find(row => row.service === service)?.addresses ?? []
}

/** Every address of the Service is announced, and none by that node. */
async function untilElsewhere(lab: Lab, service: string, node: string, signal?: AbortSignal): Promise<void> {
  await waitFor(
    async () => {
      const now = await announcedOf(lab, service)
      return now.length > 0 && now.every(announced => announced.announcedBy !== '' && announced.node !== node)
    },
    { what: `another node than ${node} to announce ${service}`, timeoutMs: 30_000, signal },
  )
}

/** A line for each address: where it went and what clients noticed. */
async function story(
  lab: Lab,
  before: readonly Announced[],
  after: readonly Announced[],
  seen: Seen,
): Promise<readonly string[]> {
  const lines = await Promise.all(
    after.map(async ({ address, node, announcedBy }) => {
      const owner = await askWhoHas(lab, address)
      if (!owner || !announcedBy.endsWith(owner.mac))
        throw new LabError('not-ready', `${address} is announced by ${announcedBy}, and ${owner?.mac ?? 'nobody'} answers for it`)
      const first = before.find(announced => announced.address === address)?.node ?? 'nobody'
      const { calls = 0, unanswered = 0, gapMs = 0 } = seen[address] ?? {}
      const failed = unanswered === 0 ? `none of ${calls} calls failed` : `${unanswered} of ${calls} calls failed`
      const way = `${first === node ? 'stays with' : `${first} →`} ${announcedBy}`
      return [address, way, `longest gap between answers ${(gapMs / 1000).toFixed(2)} s, ${failed}`]
    }),
  )
  return columns(lines)
}
