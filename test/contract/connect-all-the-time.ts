// A client, as a program of its own: opens connections to an address all the time, until it is told to end, and says how that went.
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** The last line of its output; the first one says that it has begun. */
export interface ConnectionsMade {
  /** Connections that were answered, by who answered. */
  readonly answered: Readonly<Record<string, number>>
  /** Those that could not be opened, by what went wrong: the code of the error, or `timeout`. */
  readonly failed: Readonly<Record<string, number>>
  /**
   * Those that were open and got no answer. Where the nodes do not share connections, one that is open while its address moves
   * is cut, for the new node does not know it; at most as many as were open at once.
   */
  readonly cut: number
  /** The longest time that a connection took until its answer came. */
  readonly slowestMs: number
}

/** As long as a patient client waits, on a machine that is busy; after a lost SYN the kernel sends the next one in 1 s (RFC 6298 section 2.1). */
const patienceMs = 15_000
export const atOnce = 4
const pauseMs = 1

async function main([host = '', port = '0']: readonly string[]): Promise<void> {
  const answered: Record<string, number> = {}
  const failed: Record<string, number> = {}
  let cut = 0
  let slowestMs = 0
  let begun = false
  const ending = new AbortController()
  process.once('SIGTERM', () => ending.abort())
  const open = async () => {
    const started = performance.now()
    const outcome = await greetingOf(host, Number(port))
    slowestMs = Math.max(slowestMs, performance.now() - started)
    if ('from' in outcome) answered[outcome.from] = (answered[outcome.from] ?? 0) + 1
    else if (outcome.wasOpen) cut++
    else failed[outcome.error] = (failed[outcome.error] ?? 0) + 1
    if (!begun) process.stdout.write('begun\n')
    begun = true
  }
  const loop = async () => {
    while (!ending.signal.aborted) {
      await open()
      await sleep(pauseMs)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, loop))
  const made: ConnectionsMade = { answered, failed, cut, slowestMs: Math.round(slowestMs) }
  process.stdout.write(`${JSON.stringify(made)}\n`)
}

type Outcome = { readonly from: string } | { readonly error: string; readonly wasOpen: boolean }

function greetingOf(host: string, port: number): Promise<Outcome> {
  return new Promise(resolve => {
    let wasOpen = false
    const socket = connect({ host, port, noDelay: true }, () => (wasOpen = true))
    const end = (outcome: Outcome) => {
      socket.removeAllListeners()
      socket.on('error', () => {})
      // Without waiting for the other side, so that ports do not run out.
      socket.resetAndDestroy()
      resolve(outcome)
    }
    socket.setTimeout(patienceMs, () => end({ error: 'timeout', wasOpen }))
    socket.on('data', data => end({ from: data.toString() }))
    socket.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => {
      // A reset instead of a refusal: our kernel had the connection open already (RFC 9293 section 3.10.7.4), or half closed, which Linux calls EPIPE.
      end({ error: code, wasOpen: wasOpen || code === 'ECONNRESET' || code === 'EPIPE' })
    })
    socket.on('end', () => end({ error: 'closed', wasOpen }))
  })
}

if (import.meta.main) await main(process.argv.slice(2))
