import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { decodeFrame, encodeFrame, longestFrame, mostEntries, nodeId, sourceOf } from './frame.ts'
import type { Frame } from './frame.ts'

const mac = Uint8Array.of(2, 0, 0, 0, 0, 1)
const destination = Uint8Array.of(2, 0, 0, 0, 0, 2)
const secret = new Uint8Array(32).fill(7)
const keys = { current: 3, keys: [{ id: 3, secret }] }
const word = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const half = fc.nat(0xffff_ffff)
const entry = fc.record({
  address: fc.constantFrom('10.201.200.1', '2001:db8::1', '::1', '255.255.255.255', '::fffe:0:1'),
  term: fc.nat(Number.MAX_SAFE_INTEGER),
  epoch: half,
  rank: fc.nat(255),
  state: fc.constantFrom('owned' as const, 'released' as const, 'ready' as const),
})
const anyFrame: fc.Arbitrary<Frame> = fc.record({
  kind: fc.constantFrom('beat' as const, 'goodbye' as const),
  sender: fc.constant(nodeId('n0')),
  target: fc.constant(nodeId('n1')),
  intervalMs: fc.nat(65_535),
  boot: word,
  sequence: fc.nat(Number.MAX_SAFE_INTEGER),
  challengeFor: word,
  challenge: word,
  echo: word,
  ack: half,
  base: half,
  upTo: half,
  version: half,
  digest: half,
  entries: fc.array(entry, { maxLength: mostEntries }),
})

property.prop([anyFrame, fc.uint8Array({ maxLength: 46 })])(
  'a frame says after its way what was said, padded or not',
  (frame, padding) => {
    const bytes = encodeFrame(frame, { destination, source: mac, keys })
    const room = Math.max(longestFrame - bytes.length, 0)
    expect(decodeFrame(new Uint8Array([...bytes, ...padding.slice(0, room)]), keys)).toEqual(frame)
    expect(sourceOf(bytes)).toEqual(mac)
    expect(bytes.length).toBeLessThanOrEqual(1514)
  },
)

property.prop([anyFrame, fc.nat(), fc.integer({ min: 1, max: 255 })])(
  'a frame that was changed anywhere behind its destination is not taken in, nor one that was cut short',
  (frame, position, change) => {
    const bytes = encodeFrame(frame, { destination, source: mac, keys })
    const offset = 6 + (position % (bytes.length - 6))
    const changed = bytes.slice()
    changed[offset] = (changed[offset] ?? 0) ^ change
    expect(decodeFrame(changed, keys)).toHaveProperty('drop')
    expect(decodeFrame(bytes.slice(0, offset), keys)).toHaveProperty('drop')
  },
)

test('a frame of a stranger, who has no key of ours, is told from a malformed one', () => {
  const [frame] = fc.sample(anyFrame, 1)
  if (!frame) throw new Error('no frame')
  const foreign = { current: 3, keys: [{ id: 3, secret: new Uint8Array(32) }] }
  expect(decodeFrame(encodeFrame(frame, { destination, source: mac, keys: foreign }), keys)).toEqual({ drop: 'unauthenticated' })
  expect(decodeFrame(new Uint8Array(60), keys)).toEqual({ drop: 'malformed' })
  expect(() => encodeFrame(frame, { destination, source: mac, keys: { current: 4, keys: keys.keys } })).toThrow('no current key')
})
