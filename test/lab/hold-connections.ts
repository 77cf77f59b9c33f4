// Opens connections to an address, keeps them all busy, and tells at SIGTERM as JSON what became of each.
// node hold-connections.ts ADDRESS PORT COUNT; prints "holding" when all of them have been answered.
import { get } from 'node:http'

/** One connection. */
type Held = {
  /** Who serves it. */
  readonly pod: string
  readonly node: string
  /** Whose address that Pod sees. */
  readonly client: string
  /** The longest time without a word; the Pod says one every 100 ms. */
  gapMs: number
  /** Why it ended; absent while it lives. */
  ended?: string
}

function hold(host: string, port: number): Promise<Held> {
  return new Promise((resolve, reject) => {
    const request = get({ host, port, path: '/stream', agent: false }, response => {
      let held: Held | undefined
      let heardMs = performance.now()
      response.setEncoding('utf8')
      response.on('data', (line: string) => {
        const now = performance.now()
        if (held) held.gapMs = Math.max(held.gapMs, now - heardMs)
        heardMs = now
        if (held) return
        const { pod, node, client }: Held = JSON.parse(line)
        held = { pod, node, client, gapMs: 0 }
        resolve(held)
      })
      const end = (words: string) => {
        if (held) held.ended ??= words
        else reject(new Error(words))
      }
      response.on('error', error => end(error.message))
      response.on('end', () => end('the server ended it'))
    })
    request.on('error', reject)
  })
}

const [host = '', port, count] = process.argv.slice(2)
const connections = await Promise.all(Array.from({ length: Number(count) }, () => hold(host, Number(port))))
process.once('SIGTERM', () => {
  console.log(JSON.stringify(connections))
  process.exit()
})
// Without a connection left there would be nothing to wait for.
setInterval(() => undefined, 60_000)
console.log('holding')
