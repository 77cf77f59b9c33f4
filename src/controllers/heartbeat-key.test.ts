import { expect, test } from 'vitest'
import { silentLogger } from '../kubernetes/logger.ts'
import { simulatedApi } from '../kubernetes/simulated-api.ts'
import { simulatedClock } from '../kubernetes/simulated-clock.ts'
import { createWriter } from '../kubernetes/writes.ts'
import { rotateAfterMs, spreadMs } from '../model/heartbeat-keys.ts'
import { keepHeartbeatKey, ringIn } from './heartbeat-key.ts'
import type { HeartbeatSecret } from './heartbeat-key.ts'

const secrets = '/api/v1/namespaces/weir-system/secrets'

function cluster() {
  const clock = simulatedClock()
  const api = simulatedApi()
  let drawn = 0
  const options = {
    writer: createWriter(api.connect(clock)),
    namespace: 'weir-system',
    clock,
    random: (bytes: number) => new Uint8Array(bytes).fill(++drawn),
    logger: silentLogger,
  }
  const stop = new AbortController()
  const ring = () => {
    const secret: HeartbeatSecret | undefined = api.get(secrets, 'weir-heartbeat')
    const found = ringIn(secret)
    const told = (id: number) => id - Math.floor(clock.now() / 1000 - clock.monotonic() / 1000)
    return found && `${found.keys.map(({ id }) => told(id)).join()} sign ${told(found.current)}`
  }
  return { clock, api, ring, stop, start: () => void keepHeartbeatKey(options, stop.signal) }
}

test('the Secret is made at once, and the key changes in steps that nobody misses', async () => {
  const { clock, ring, stop, start } = cluster()
  start()
  await clock.advance(1000)
  expect(ring()).toBe('1 sign 1')
  await clock.advance(rotateAfterMs)
  expect(ring()).toBe('1,2 sign 1')
  await clock.advance(spreadMs)
  expect(ring()).toBe('1,2 sign 2')
  await clock.advance(spreadMs)
  expect(ring()).toBe('2 sign 2')
  stop.abort()
})

test('a Secret that was deleted or damaged is made anew within a minute', async () => {
  const { clock, api, ring, stop, start } = cluster()
  start()
  await clock.advance(1000)
  api.remove(secrets, 'weir-heartbeat')
  await clock.advance(60_000)
  expect(ring()).toMatch(/^(\d+) sign \1$/)
  api.put(secrets, 'weir-heartbeat', { data: { 'keys.json': Buffer.from('{"version":1').toString('base64') } })
  expect(ring()).toBeUndefined()
  await clock.advance(60_000)
  expect(ring()).toMatch(/^(\d+) sign \1$/)
  stop.abort()
})

test('two controllers at once agree on one key', async () => {
  const { clock, ring, stop, start } = cluster()
  start()
  start()
  await clock.advance(10_000)
  expect(ring()).toBe('1 sign 1')
  stop.abort()
})
