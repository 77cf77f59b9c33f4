// Calls addresses over fresh connections all the time, as clients do who know of nothing, and tells at SIGTERM what they saw, as JSON.
// node poll-calls.ts PORT ADDRESS…
import { get } from 'node:http'

const everyMs = 20
/** Below the second after which a kernel sends a lost first packet again, so that no call waits for what came in between. */
const patienceMs = 900

/** What the callers of one address saw. */
type Seen = {
  calls: number
  /** Calls without a good answer within `patienceMs`. */
  unanswered: number
  /** The longest time in which nobody was answered. */
  gapMs: number
  /** Who answered, in the order in which they came to it. */
  nodes: string[]
}

type Caller = { readonly seen: Seen; lastMs: number | undefined }

function hear(caller: Caller, node: string): void {
  const { seen } = caller
  const now = performance.now()
  seen.gapMs = Math.max(seen.gapMs, now - (caller.lastMs ?? now))
  caller.lastMs = now
  if (!seen.nodes.includes(node)) seen.nodes.push(node)
}

function call(host: string, port: number, caller: Caller): void {
  caller.seen.calls++
  const limit = AbortSignal.timeout(patienceMs)
  const failed = () => void caller.seen.unanswered++
  const request = get({ host, port, agent: false, signal: limit }, response => {
    let text = ''
    response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    response.on('error', failed)
    response.on('end', () => {
      const { node }: { readonly node: string } = JSON.parse(text)
      hear(caller, node)
    })
  })
  request.on('error', failed)
}

const [port, ...addresses] = process.argv.slice(2)
const callers = new Map(
  addresses.map((address): [string, Caller] => [
    address,
    { seen: { calls: 0, unanswered: 0, gapMs: 0, nodes: [] }, lastMs: undefined },
  ]),
)
const calling = setInterval(() => {
  for (const [address, caller] of callers) call(address, Number(port), caller)
}, everyMs)
process.once('SIGTERM', () => {
  clearInterval(calling)
  // Those under way are heard to their end.
  setTimeout(() => {
    console.log(JSON.stringify(Object.fromEntries([...callers].map(([address, { seen }]) => [address, seen]))))
    process.exit()
  }, patienceMs + 50)
})
console.log('calling')
