import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { announcementFrames, requestFrame } from './arp.ts'
import { parseMac } from './mac.ts'
import { advertisementFrame, solicitationFrame } from './ndp.ts'
import { claimsOf, createProbes } from './probes.ts'
import type { ProbeResult } from './probes.ts'

const self = parseMac('02:00:00:00:00:01') ?? new Uint8Array(6)
const other = parseMac('02:00:00:00:00:02') ?? new Uint8Array(6)

test('an address is asked for three times 100 ms apart, and free when nobody answered for as long again', () => {
  const probes = createProbes(Math.random)
  probes.start(1, 0)
  probes.start(1, 50)
  expect([0, 99, 100, 200, 299].map(at => probes.take(at, 9))).toEqual([[1], [], [1], [1], []].map(ask => ({ ask, results: [] })))
  expect(probes.take(300, 9)).toEqual({ ask: [], results: [{ address: 1, owner: undefined, contended: false }] })
  expect(probes.nextDue).toBeUndefined()
})

test('an answer ends it at once; the first one counts', () => {
  const probes = createProbes(Math.random)
  probes.start(1n, 0)
  probes.take(0, 9)
  probes.answer(1n, other)
  probes.answer(1n, self)
  expect(probes.take(1, 9).results).toEqual([{ address: 1n, owner: other, contended: false }])
})

property.prop([fc.nat(300), fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }))])(
  'of two that ask at the same time neither takes the other for the owner, and they part unless chance never parts them',
  (laterMs, chances) => {
    const random = () => chances.next().value ?? 0
    const sides = [createProbes(random), createProbes(random)] as const
    sides[0].start(1, 0)
    const results: (ProbeResult | undefined)[] = [undefined, undefined]
    for (let now = 0; now < 60_000; now++) {
      if (now === laterMs) sides[1].start(1, now)
      for (const [index, side] of sides.entries()) {
        const taken = side.take(now, 9)
        if (taken.ask.length > 0) sides[1 - index]?.contend(1)
        if (taken.results[0]) results[index] = taken.results[0]
        // It has the address from now on, and says so.
        if (results[index]?.contended === false && !results[index].owner) sides[1 - index]?.answer(1, index === 0 ? self : other)
      }
    }
    const free = results.filter(result => result && !result.owner && !result.contended)
    expect(free.length).toBeLessThanOrEqual(1)
    for (const result of results) expect(result).toBeDefined()
    if (free.length === 0) for (const result of results) expect(result).toMatchObject({ owner: undefined, contended: true })
  },
)

test('many are asked for in turns', () => {
  const probes = createProbes(Math.random)
  for (let address = 0; address < 10; address++) probes.start(address, 0)
  expect(probes.take(0, 6).ask).toHaveLength(6)
  expect(probes.take(0, 6).ask).toHaveLength(4)
})

test('who uses an address, and who is about to take it, claims it; we ourselves do not', () => {
  const claimed = (frame: Uint8Array) => claimsOf(frame, self).map(({ address }) => address)
  const [asRequest, asReply] = announcementFrames(other, 7)
  for (const frame of [asRequest, asReply]) expect(claimsOf(frame, self)).toEqual([{ address: 7, mac: other, asks: false }])
  for (const frame of [requestFrame({ from: other, senderIp: 0, targetIp: 7 })])
    expect(claimsOf(frame, self)).toEqual([{ address: 7, mac: other, asks: true }])
  expect(claimed(requestFrame({ from: other, senderIp: 8, targetIp: 7 }))).toEqual([8])
  expect(claimed(advertisementFrame({ self: other, address: 7n }))).toEqual([7n])
  expect(claimed(solicitationFrame({ from: other, senderIp: 0n, target: 7n }))).toEqual([7n])
  expect(claimed(solicitationFrame({ from: other, senderIp: 8n, target: 7n }))).toEqual([8n])
  expect(claimed(requestFrame({ from: self, senderIp: 0, targetIp: 7 }))).toEqual([])
  expect(claimed(advertisementFrame({ self, address: 7n }))).toEqual([])
  expect(claimed(new Uint8Array(80))).toEqual([])
})
