import { expect, test } from 'vitest'
import { simulatedClock } from '../../../../src/kubernetes/simulated-clock.ts'
import type { HeartbeatKeys } from '../../../../src/model/heartbeat-keys.ts'
import type { Change } from '../ports.ts'
import { followKeys, formerKeysMs } from './follow-keys.ts'
import type { SecretView } from './follow-keys.ts'

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const ring = (...ids: readonly number[]) =>
  JSON.stringify({
    version: 1,
    current: ids[0],
    keys: ids.map(id => ({ id, secret: Buffer.alloc(32, id).toString('base64'), made: '2026-01-01T00:00:00Z' })),
  })

function follower() {
  const clock = simulatedClock()
  const used: string[] = []
  let tell: (event: Change<SecretView>) => void = () => {}
  followKeys({
    clock,
    logger: silent,
    heartbeats: {
      useKeys: (keys: HeartbeatKeys | undefined) =>
        void used.push(`${keys?.keys.map(({ id }) => id).join()} sign ${keys?.current}`),
    },
    secrets: {
      subscribe(listener) {
        tell = listener
        return () => {}
      },
    },
  })
  const arrive = (text: string) =>
    tell({
      type: 'updated',
      object: { metadata: { name: 'weir-heartbeat' }, data: { 'keys.json': Buffer.from(text).toString('base64') } },
    })
  return { clock, used, arrive, vanish: () => tell({ type: 'deleted' }) }
}

test('a key that is taken away is accepted for ten seconds more, for those who do not know yet', async () => {
  const { clock, used, arrive } = follower()
  arrive(ring(1))
  arrive(ring(7))
  await clock.advance(formerKeysMs)
  expect(used).toEqual(['1 sign 1', '7,1 sign 7', '7 sign 7'])
})

test('a Secret that is gone or damaged changes nothing', () => {
  const { used, arrive, vanish } = follower()
  arrive(ring(1))
  arrive('{}')
  vanish()
  expect(used).toEqual(['1 sign 1'])
})
