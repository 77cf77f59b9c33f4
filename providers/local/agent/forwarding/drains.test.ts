import { expect, test } from 'vitest'
import { simulatedClock } from '../../../../src/kubernetes/simulated-clock.ts'
import { parseAddress } from '../../../../src/model/address.ts'
import type { DesiredService } from '../datapath/desired.ts'
import type { Flow, FlowChoice } from '../datapath/flows.ts'
import { createDrains } from './drains.ts'

const parsed = (text: string) => {
  const address = parseAddress(text)
  if (!address) throw new Error(text)
  return address
}
const key = '10.201.200.1 6 80'

function web(pods: readonly string[], changes: Partial<DesiredService> = {}): ReadonlyMap<string, DesiredService> {
  const endpoints = pods.map(pod => ({ address: parsed(pod), port: 8080, local: true }))
  const service: DesiredService = {
    address: parsed('10.201.200.1'),
    protocol: 'TCP',
    port: 80,
    path: 'direct',
    endpoints,
    sources: [],
    ...changes,
  }
  return new Map([[key, service]])
}

/** Connections of clients to pods through the address, as the kernel knows them. */
function node(open: readonly string[]) {
  const clock = simulatedClock()
  let flows: readonly Flow[] = open.map(pod => ({ address: '10.201.200.1', port: 80, pod }))
  const forget = (isGone: (flow: Flow) => boolean, { to, protocol }: FlowChoice = {}) => {
    if (protocol !== 'TCP') throw new Error('UDP does not drain')
    const before = flows
    flows = flows.filter(flow => (to && flow.pod !== to.text) || !isGone(flow))
    return before.length - flows.length
  }
  const logger = { debug() {}, info() {}, warn() {}, error() {} }
  const drains = createDrains({ flows: { forget }, clock, logger })
  return { clock, drains, open: () => flows.map(({ pod }) => pod) }
}

test('connections to a removed pod go on for as long as its Service says, and those to others for good', async () => {
  const { clock, drains, open } = node(['10.244.1.2', '10.244.1.3'])
  const before = web(['10.244.1.2', '10.244.1.3'], { drainSeconds: 60 })
  drains.follow(undefined, before)
  drains.follow(before, web(['10.244.1.3'], { drainSeconds: 60 }))
  await clock.advance(59_000)
  expect(open()).toEqual(['10.244.1.2', '10.244.1.3'])
  await clock.advance(2000)
  expect(open()).toEqual(['10.244.1.3'])
  expect(clock.pending).toBe(0)
})

test('an hour without a word of it, and not longer because other pods come and go', async () => {
  const { clock, drains, open } = node(['10.244.1.2'])
  let services = web(['10.244.1.2'])
  drains.follow(undefined, services)
  for (let minute = 0; minute < 60; minute++) {
    expect(open()).toEqual(['10.244.1.2'])
    const next = web([`10.244.1.${minute + 3}`])
    drains.follow(services, next)
    services = next
    await clock.advance(60_000)
  }
  expect(open()).toEqual([])
})

test('a pod that comes back keeps its connections; a time that is changed counts from when the pod went', async () => {
  const { clock, drains, open } = node(['10.244.1.2'])
  const both = web(['10.244.1.2', '10.244.1.3'], { drainSeconds: 60 })
  const one = web(['10.244.1.3'], { drainSeconds: 60 })
  drains.follow(undefined, both)
  drains.follow(both, one)
  await clock.advance(50_000)
  drains.follow(one, both)
  await clock.advance(50_000)
  expect(open()).toEqual(['10.244.1.2'])
  drains.follow(both, one)
  await clock.advance(50_000)
  const patient = web(['10.244.1.3'], { drainSeconds: 90 })
  drains.follow(one, patient)
  await clock.advance(35_000)
  expect(open()).toEqual(['10.244.1.2'])
  drains.follow(patient, one)
  await clock.advance(0)
  expect(open()).toEqual([])
})

test('at the start of an agent connections to pods that went meanwhile are found, and have all of their time', async () => {
  const { clock, drains, open } = node(['10.244.1.2', '10.244.1.3'])
  drains.follow(undefined, web(['10.244.1.3'], { drainSeconds: 60 }))
  await clock.advance(59_000)
  expect(open()).toEqual(['10.244.1.2', '10.244.1.3'])
  await clock.advance(1000)
  expect(open()).toEqual(['10.244.1.3'])
})

test('nothing is cut where kube-proxy carries again, where the Service is gone, or because pods of other nodes are sent to straight', async () => {
  const before = web(['10.244.1.2'], { drainSeconds: 1 })
  for (const now of [web([], { path: 'elsewhere' }), new Map()]) {
    const { clock, drains, open } = node(['10.244.1.2'])
    drains.follow(before, now)
    await clock.advance(10_000)
    expect(open()).toEqual(['10.244.1.2'])
  }
  const { clock, drains, open } = node(['10.244.2.2'])
  const remote = { address: parsed('10.244.2.2'), port: 8080, local: false }
  drains.follow(web([], { path: 'masquerade', endpoints: [remote], drainSeconds: 1 }), web(['10.244.1.2'], { drainSeconds: 1 }))
  await clock.advance(10_000)
  expect(open()).toEqual(['10.244.2.2'])
})

test('0 cuts at once, and the end of an agent cuts nothing', async () => {
  const { clock, drains, open } = node(['10.244.1.2', '10.244.1.3'])
  const before = web(['10.244.1.2', '10.244.1.3'], { drainSeconds: 0 })
  const now = web(['10.244.1.3'], { drainSeconds: 0 })
  drains.follow(before, now)
  await clock.advance(0)
  expect(open()).toEqual(['10.244.1.3'])
  drains.follow(now, web([], { drainSeconds: 60 }))
  drains[Symbol.dispose]()
  await clock.advance(100_000)
  expect(open()).toEqual(['10.244.1.3'])
})
