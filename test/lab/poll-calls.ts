// Calls addresses over fresh connections all the time, as clients do who know of nothing, and tells at SIGTERM what they saw, as JSON.
// node poll-calls.ts PORT PATIENCE_MS ADDRESS…
import { get } from 'node:http'

const everyMs = 20
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
}

type Caller = { readonly seen: Seen; lastMs: number | undefined }

function hear(caller: Caller, node: string): void {
  const { seen } = caller
  const now = performance.now()
  seen.gapMs = Math.max(seen.gapMs, now - (caller.lastMs ?? now))
  caller.lastMs = now
  if (!seen.nodes.includes(node)) seen.nodes.push(node)
}

/** The node that answered; undefined when none did in time. */
function call(host: string): Promise<string | undefined> {
  const signal = AbortSignal.timeout(Number(patienceMs))
  return new Promise(resolve => {
    const failed = () => resolve(undefined)
    const request = get({ host, port: Number(port), agent: false, signal }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('error', failed)
      response.on('end', () => {
        const { node }: { readonly node: string } = JSON.parse(text)
        resolve(node)
      })
    })
    request.on('error', failed)
  })
}

const callers = new Map(
  addresses.map((address): [string, Caller] => [
    address,
    { seen: { calls: 0, unanswered: 0, gapMs: 0, nodes: [] }, lastMs: undefined },
  ]),
)
const underWay = new Set<Promise<void>>()
const callOnce = async (address: string, caller: Caller) => {
  caller.seen.calls++
  const node = await call(address)
  if (node === undefined) caller.seen.unanswered++
  else hear(caller, node)
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
