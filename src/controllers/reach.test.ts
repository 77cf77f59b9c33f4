// An API server that is away at start.
import { expect, test } from 'vitest'
import { ApiError, UnreachableError } from '../kubernetes/errors.ts'
import { simulatedClock } from '../kubernetes/simulated-clock.ts'
import { createLog } from '../observability/log.ts'
import { awaitApiServer } from './reach.ts'

const log = createLog({ level: 'silent', program: 'test' })
const refused = () => new UnreachableError('https://10.96.0.1:443', 'connection refused', { unsent: true })

function answers(...results: (Error | object)[]) {
  const request = async (): Promise<any> => {
    const next = results.length > 1 ? results.shift() : results[0]
    if (next instanceof Error) throw next
    return next
  }
  return { request }
}

test('it says who is away and when it tries again, waits longer each time, and goes on once there is an answer', async () => {
  const clock = simulatedClock()
  const said: string[] = []
  const { signal } = new AbortController()
  const transport = answers(refused(), refused(), { gitVersion: 'v1.36.3' })
  const reached = awaitApiServer({ transport, clock, log, say: text => said.push(text), signal })
  await clock.advance(10_000)
  expect(await reached).toBe(true)
  expect(said).toEqual([
    'weir: cannot reach the API server https://10.96.0.1:443 (connection refused); trying again in 2 s.',
    'weir: cannot reach the API server https://10.96.0.1:443 (connection refused); trying again in 4 s.',
  ])
})

test('a refusal is an answer: rights may come later', async () => {
  const { signal } = new AbortController()
  const transport = answers(new ApiError('GET /version', 403))
  expect(await awaitApiServer({ transport, clock: simulatedClock(), log, say: () => {}, signal })).toBe(true)
})

test('SIGTERM ends the wait', async () => {
  const clock = simulatedClock()
  const stopping = new AbortController()
  const reached = awaitApiServer({ transport: answers(refused()), clock, log, say: () => {}, signal: stopping.signal })
  await clock.advance(1000)
  stopping.abort(new Error('SIGTERM'))
  expect(await reached).toBe(false)
})
