// Requests all the time, while something else happens: over kept connections, over new ones, with and without a body.
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import type { IncomingMessage, RequestOptions } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'

export interface SteadyResult {
  readonly requests: number
  /** What went wrong, at most twenty of it. */
  readonly failures: readonly string[]
}

export interface Steady {
  /** So far. */
  readonly result: SteadyResult
  /** Waits until so many requests more were answered. */
  more(count: number): Promise<void>
  stop(): Promise<SteadyResult>
}

export interface SteadyOptions {
  readonly address: string
  readonly port: number
  readonly host: string
  /** Whether an answer is what it is to be. */
  readonly isGood: (status: number, body: string) => boolean
  /** How many ask at once; half of them keep their connections. */
  readonly askers?: number
  readonly pauseMs?: number
}

/** A fourth of the requests are POST with a body, which no proxy may send twice. */
export function askSteadily({ address, port, host, isGood, askers = 8, pauseMs = 2 }: SteadyOptions): Steady {
  const kept = new Agent({ keepAlive: true })
  const failures: string[] = []
  const so = { requests: 0, isOver: false }
  const one = async (number: number) => {
    const options: RequestOptions = { host: address, port, path: '/x', headers: { host }, timeout: 30_000 }
    const isPost = number % 4 === 0
    const sent = request({ ...options, method: isPost ? 'POST' : 'GET', agent: number % 2 === 0 ? kept : false })
    sent.on('timeout', () => sent.destroy(new Error('no answer in 30 s')))
    sent.end(isPost ? 'x'.repeat(1000) : undefined)
    const [response]: IncomingMessage[] = await once(sent, 'response')
    if (!response) throw new Error('no response')
    const body = await text(response)
    if (!isGood(response.statusCode ?? 0, body)) throw new Error(`${response.statusCode} ${body.slice(0, 80)}`)
  }
  const asker = async (number: number) => {
    for (let count = number; !so.isOver; count += 3) {
      try {
        await one(count)
      } catch (error) {
        if (failures.length < 20) failures.push(error instanceof Error ? error.message : String(error))
      }
      so.requests++
      await sleep(pauseMs)
    }
  }
  const all = Array.from({ length: askers }, (_, number) => asker(number))
  return {
    get result() {
      return { requests: so.requests, failures }
    },
    async more(count) {
      const goal = so.requests + count
      while (so.requests < goal) await sleep(5)
    },
    async stop() {
      so.isOver = true
      await Promise.all(all)
      kept.destroy()
      return { requests: so.requests, failures }
    },
  }
}
