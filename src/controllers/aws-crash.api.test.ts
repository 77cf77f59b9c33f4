// The controller is killed (SIGKILL) at each AWS call that makes or deletes something, when that has had its effect; its successors finish.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startFakeWorld } from '../../test/contract/aws.ts'
import type { FakeWorld } from '../../test/contract/aws.ts'
import { readyOf, servicePath } from '../../test/contract/cluster.ts'
import { controllerRights } from '../../test/contract/rights.ts'
import { waitFor } from '../../test/lab/waiting.ts'

let world: FakeWorld
let kubeconfig: string
let life: ChildProcess | undefined

const program = join(import.meta.dirname, '..', 'main-controller.ts')
const remembered = '/apis/weir.dev/v1alpha1/namespaces/weir-system/loadbalancers'

/** A process of its own, with nothing but the API server and AWS to go by. */
function begin(): void {
  const args = ['--providers=aws', `--kubeconfig=${kubeconfig}`, '--leader-elect=false', '--health-port=0', '--log-level=error']
  life = spawn(process.execPath, [program, ...args], { stdio: 'ignore', env: process.env })
}

async function kill(): Promise<void> {
  const dying = life
  life = undefined
  if (!dying || dying.exitCode !== null || dying.signalCode !== null) return
  const ended = once(dying, 'exit')
  dying.kill('SIGKILL')
  await ended
}

const asked = { aws: { attributes: 'load_balancing.cross_zone.enabled=true' } }
const isServing = async (name: string) => readyOf(await world.cluster.get(servicePath(name)))?.reason === 'Serving'
const isGone = async (name: string) => (await world.cluster.find(servicePath(name))) === undefined
const changes = (mark: number) =>
  world.aws.calls
    .since(mark)
    .entries.map(({ operation }) => operation)
    .filter(operation => !operation.startsWith('Describe'))

/** What stands, without what differs from one making to the next. */
function standing() {
  const { loadBalancers, targetGroups, listeners, securityGroups } = world.aws.world
  return {
    balancers: loadBalancers
      .values()
      .map(({ attributes, zones, securityGroups: groups }) => [attributes, zones.length, groups.length]),
    groups: targetGroups.values().map(({ attributes, targets }) => [attributes, [...targets.keys()]]),
    listeners: listeners.values().map(({ port, protocol, attributes, actions }) => [port, protocol, attributes, actions.length]),
    rules: securityGroups
      .values()
      .map(({ rules }) =>
        rules
          .map(({ protocol, from, to, egress }) => `${protocol} ${from} ${to} ${egress}`)
          .toSorted()
          .join(),
      )
      .toSorted(),
  }
}

beforeAll(async () => {
  world = await startFakeWorld()
  kubeconfig = await controllerRights(world.cluster, ['aws'])
})

afterAll(async () => {
  await kill()
  await world?.[Symbol.asyncDispose]()
})

/**
 * Processes that die one after the other, each at the next of `calls`; the last one is left to finish. Gives how many died. The
 * death before a call is that after the one before it; each of both is tried at the provider, where it costs less.
 */
async function dieAtEach(calls: readonly string[], isDone: () => Promise<boolean>): Promise<number> {
  let deaths = 0
  for (const operation of calls) {
    using fault = world.aws.fail({ operation, when: 'after', error: 'timeout' })
    let reached = false
    void fault.reached.then(() => (reached = true))
    begin()
    await waitFor(async () => reached || (await isDone()), { what: `${operation} or the end`, everyMs: 20 })
    await kill()
    if (reached) deaths++
    if (await isDone()) return deaths
  }
  begin()
  await waitFor(isDone, { what: 'the last process to finish' })
  return deaths
}

test('killed after each call of making and of deleting, nothing is doubled, forgotten or left behind', async () => {
  const from = world.aws.calls.mark()
  begin()
  await world.service('whole', asked)
  await world.cluster.untilReason('whole', 'Serving')
  const making = changes(from)
  const wanted = standing()
  const until = world.aws.calls.mark()
  await world.cluster.remove(servicePath('whole'))
  await world.cluster.untilGone(servicePath('whole'))
  const deleting = changes(until)
  const empty = standing()
  await kill()
  await world.cluster.remove('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/whole')
  expect(making).toContain('CreateLoadBalancer')
  expect(deleting).toContain('DeleteLoadBalancer')

  await world.service('cut', asked)
  const deaths = await dieAtEach(making, () => isServing('cut'))
  expect(deaths).toBeGreaterThanOrEqual(making.length)
  expect(standing()).toEqual(wanted)
  expect(await world.cluster.list(remembered)).toHaveLength(1)
  await kill()
  await world.cluster.remove(servicePath('cut'))
  const more = await dieAtEach(deleting, () => isGone('cut'))
  expect(more).toBeGreaterThanOrEqual(deleting.length)
  await waitFor(async () => (await world.cluster.list(remembered)).length === 0, { what: 'it to be forgotten' })
  expect(standing()).toEqual(empty)
}, 180_000)
