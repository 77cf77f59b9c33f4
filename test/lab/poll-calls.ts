// Calls addresses over fresh connections all the time, as clients do who know of nothing, and tells at SIGTERM what they saw, as JSON.
// node poll-calls.ts PORT PATIENCE_MS [HOST@]ADDRESS…; with KEEP_ALIVE=1 over connections that are kept as long as the server lets them.
import { Agent, get } from 'node:http'

const everyMs = 20
const agent = process.env['KEEP_ALIVE'] === '1' ? new Agent({ keepAlive: true }) : false
const mostErrors = 5
const [port, patienceMs, ...addresses] = process.argv.slice(2)

/** What the callers of one address saw. */
type Seen = {
  calls: number
  /** Calls without a good answer in time. */
  unanswered: number
  /** The longest time in which nobody was answered. */
  gapMs: number
  /** Who answered, in the order in which they came to it. */
  nodes: string[]
  /** What went wrong first, and how long after the call began. */
  errors: string[]
}

type Caller = { readonly seen: Seen; lastMs: number | undefined }

function hear(caller: Caller, node: string): void {
  const { seen } = caller
  const now = performance.now()
  seen.gapMs = Math.max(seen.gapMs, now - (caller.lastMs ?? now))
  caller.lastMs = now
  if (!seen.nodes.includes(node)) seen.nodes.push(node)
}

/** Who answers: the node; or what went wrong. */
type Answer = { readonly node: string } | { readonly error: string }

function call(target: string): Promise<Answer> {
  const [host = '', name] = target.split('@').toReversed()
  const signal = AbortSignal.timeout(Number(patienceMs))
  const begunMs = performance.now()
  return new Promise(resolve => {
    const failed = (words: string) => resolve({ error: `${words} after ${Math.round(performance.now() - begunMs)} ms` })
    const headers = name === undefined ? {} : { host: name }
    const request = get({ host, port: Number(port), agent, signal, headers }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('error', error => failed(error.message))
      response.on('end', () => {
        if (response.statusCode !== 200) return failed(`status ${response.statusCode}`)
        const { node }: { readonly node: string } = JSON.parse(text)
        resolve({ node })
      })
    })
    request.on('error', error => failed(error.message))
  })
}

const callers = new Map(
  addresses.map((address): [string, Caller] => [
    address,
    { seen: { calls: 0, unanswered: 0, gapMs: 0, nodes: [], errors: [] }, lastMs: undefined },
  ]),
)
const underWay = new Set<Promise<void>>()
const callOnce = async (address: string, caller: Caller) => {
  caller.seen.calls++
  const answer = await call(address)
  if ('node' in answer) return hear(caller, answer.node)
  caller.seen.unanswered++
  if (caller.seen.errors.length < mostErrors) caller.seen.errors.push(answer.error)
}
const calling = setInterval(() => {
  for (const [address, caller] of callers) {
    const ended = callOnce(address, caller).finally(() => underWay.delete(ended))
    underWay.add(ended)
  }
}, everyMs)
const finish = async () => {
  clearInterval(calling)
  await Promise.all(underWay)
  console.log(JSON.stringify(Object.fromEntries([...callers].map(([address, { seen }]) => [address, seen]))))
  process.exit()
}
process.once('SIGTERM', () => void finish())
console.log('calling')
