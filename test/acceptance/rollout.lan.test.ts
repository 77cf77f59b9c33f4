// What a client notices of an upgrade: agents, Envoys and controllers are replaced one after the other while it calls all the time.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { whileCalling } from '../lab/failover.ts'
import type { Seen } from '../lab/failover.ts'
import { routeRows } from '../lab/routes.ts'
import { sharedLab } from '../lab/shared-lab.ts'
import type { SharedLab } from '../lab/shared-lab.ts'
import { waitFor } from '../lab/waiting.ts'
import { openCaller, openUser, ownerOf } from './user.ts'
import type { User } from './user.ts'

let lab: SharedLab
let user: User
/** By the targets of its class. */
let direct: string
let byProxy: string
/** Of an Ingress. */
let host: string

beforeAll(async () => {
  lab = await sharedLab()
  user = await openUser(lab, 'acceptance-rollout')
  await user.echo('echo', 3, { spread: true })
  await user.service('direct', { class: 'weir.dev/lan-pods' })
  await user.service('by-proxy')
  const caller = openCaller(lab)
  direct = await user.served('direct')
  byProxy = await user.served('by-proxy')
  for (const address of [direct, byProxy]) await caller.answered(address)
  host = `shop.example.com@${(await routeRows(lab))[0]?.address ?? ''}`
})
afterAll(async () => {
  await user?.[Symbol.asyncDispose]()
  await lab?.[Symbol.asyncDispose]()
})

const inSystem = (...args: readonly string[]) => lab.kubectl(['-n', 'weir-system', ...args])

async function podsOf(workload: string): Promise<readonly string[]> {
  const all = await inSystem('get', 'pods', '-l', `app.kubernetes.io/name=${workload}`, '-o', 'jsonpath={.items[*].metadata.uid}')
  return all.split(' ')
}

/** Replaces every Pod of a workload as an upgrade does, and waits until the last of the old ones is gone. */
async function replace(kind: string, workload: string): Promise<void> {
  const before = new Set(await podsOf(workload))
  await inSystem('rollout', 'restart', `${kind}/${workload}`)
  await inSystem('rollout', 'status', `${kind}/${workload}`, '--timeout=300s')
  await waitFor(async () => (await podsOf(workload)).every(pod => !before.has(pod)), {
    what: `the last old pod of ${workload} to be gone`,
    timeoutMs: 120_000,
    everyMs: 500,
  })
}

/** Long enough for a packet that is sent again; who is not served at all or is cut off in mid-answer fails. */
const patient = { patienceMs: 15_000 }

function expectNoneFailed(seen: Seen): void {
  for (const [address, { calls, unanswered, errors }] of Object.entries(seen)) {
    expect(calls).toBeGreaterThan(50)
    expect({ address, unanswered, errors }).toEqual({ address, unanswered: 0, errors: [] })
  }
}

test('while every agent is replaced its addresses are handed over, and no call fails', async () => {
  const first = await ownerOf(lab, direct)
  const seen = await whileCalling(lab, [direct, host], () => replace('daemonset', 'weir-agent'), patient)
  expectNoneFailed(seen)
  const last = await ownerOf(lab, direct)
  expect(last?.epoch).toBeGreaterThan(first?.epoch ?? 0)
})

test('while every Envoy is replaced no call through the gateway fails, over new connections or kept ones', async () => {
  const replaced = replace('daemonset', 'weir-gateway')
  const [fresh, kept] = await Promise.all([
    whileCalling(lab, [host, byProxy], () => replaced, patient),
    whileCalling(lab, [host], () => replaced, { ...patient, keepAlive: true }),
  ])
  expectNoneFailed(fresh)
  expectNoneFailed(kept)
})

test('while the controllers are replaced no call fails, and a Service that is made meanwhile is served', async () => {
  const seen = await whileCalling(
    lab,
    [direct, byProxy],
    async () => {
      await Promise.all([replace('deployment', 'weir-controller'), user.service('meanwhile')])
      await user.served('meanwhile')
    },
    patient,
  )
  expectNoneFailed(seen)
})
