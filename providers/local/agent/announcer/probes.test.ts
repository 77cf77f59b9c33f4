import { expect, test } from 'vitest'
import { announcementFrames, requestFrame } from './arp.ts'
import { parseMac } from './mac.ts'
import { advertisementFrame, solicitationFrame } from './ndp.ts'
import { claimsOf, createProbes } from './probes.ts'

const self = parseMac('02:00:00:00:00:01') ?? new Uint8Array(6)
const other = parseMac('02:00:00:00:00:02') ?? new Uint8Array(6)

test('an address is asked for three times 100 ms apart, and free when nobody answered for as long again', () => {
  const probes = createProbes()
  probes.start(1, 0)
  probes.start(1, 50)
  expect([0, 99, 100, 200, 299].map(at => probes.take(at, 9))).toEqual([[1], [], [1], [1], []].map(ask => ({ ask, results: [] })))
  expect(probes.take(300, 9)).toEqual({ ask: [], results: [{ address: 1, owner: undefined }] })
  expect(probes.nextDue).toBeUndefined()
})

test('an answer ends it at once; the first one counts', () => {
  const probes = createProbes()
  probes.start(1n, 0)
  probes.take(0, 9)
  probes.answer(1n, other)
  probes.answer(1n, self)
  expect(probes.take(1, 9).results).toEqual([{ address: 1n, owner: other }])
})

test('many are asked for in turns', () => {
  const probes = createProbes()
  for (let address = 0; address < 10; address++) probes.start(address, 0)
  expect(probes.take(0, 6).ask).toHaveLength(6)
  expect(probes.take(0, 6).ask).toHaveLength(4)
})

test('who uses an address, and who is about to take it, claims it; we ourselves do not', () => {
  const claimed = (frame: Uint8Array) => claimsOf(frame, self).map(({ address }) => address)
  const [asRequest, asReply] = announcementFrames(other, 7)
  for (const frame of [asRequest, asReply, requestFrame({ from: other, senderIp: 0, targetIp: 7 })])
    expect(claimsOf(frame, self)).toEqual([{ address: 7, mac: other }])
  expect(claimed(requestFrame({ from: other, senderIp: 8, targetIp: 7 }))).toEqual([8])
  expect(claimed(advertisementFrame({ self: other, address: 7n }))).toEqual([7n])
  expect(claimed(solicitationFrame({ from: other, senderIp: 0n, target: 7n }))).toEqual([7n])
  expect(claimed(solicitationFrame({ from: other, senderIp: 8n, target: 7n }))).toEqual([8n])
  expect(claimed(requestFrame({ from: self, senderIp: 0, targetIp: 7 }))).toEqual([])
  expect(claimed(advertisementFrame({ self, address: 7n }))).toEqual([])
  expect(claimed(new Uint8Array(80))).toEqual([])
})
