// The process dies, or a call fails, at each call of making a group and of a member's going: whoever comes after finishes the same.
import { expect, test } from 'vitest'
import { fakeAws } from '../../../test/fake-aws/fake-aws.ts'
import type { FakeAws } from '../../../test/fake-aws/fake-aws.ts'
import { idOf, testWorld } from './world-under-test.ts'
import type { TestService, World } from './world-under-test.ts'

const member = (name: string, port: number): TestService => ({
  name,
  ports: [{ name: 'p', port, targetPort: 8080, protocol: 'TCP' }],
  annotations: { 'weir.dev/load-balancer-group': 'edge' },
})
const [shop, blog, rival] = [member('a-shop', 80), member('b-blog', 9000), member('c-rival', 80)]
const all = [shop, blog, rival]

async function world() {
  const aws = await fakeAws()
  const vpc = aws.createVpc()
  const [subnet] = vpc.privateSubnets
  if (!subnet) throw new Error('the VPC has no private subnet')
  const node = aws.createInstance({ subnet, pods: 8 })
  const cluster = testWorld(aws, { vpcId: vpc.id })
  all.forEach((service, index) => cluster.pods(service, node.podIps.slice(2 * index, 2 * index + 2)))
  return { aws, cluster, [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose]() }
}

function standing(aws: FakeAws) {
  const { loadBalancers, targetGroups, listeners, securityGroups } = aws.world
  const groups = new Map(targetGroups.values().map(({ arn, name, targets }) => [arn, { name, targets: [...targets.keys()] }]))
  return {
    balancers: loadBalancers.values().map(({ name, securityGroups: front }) => [name, front.length]),
    groups: [...groups.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1)),
    listeners: listeners
      .values()
      .map(({ port, actions }) => [
        port,
        [...groups].filter(([arn]) => JSON.stringify(actions).includes(arn)).map(([, { name }]) => name),
      ])
      .toSorted(([one], [other]) => Number(one) - Number(other)),
    rules: securityGroups
      .values()
      .map(({ name, rules }) => [name, rules.map(({ protocol, from, to }) => `${protocol} ${from} ${to}`).toSorted()])
      .toSorted(([one], [other]) => (String(one) < String(other) ? -1 : 1)),
  }
}

/** Each member is looked at until nothing is waited for; what fails is tried again, by a new process if it died. */
async function settle(cluster: World, services: readonly TestService[], onFailure: () => void): Promise<void> {
  for (const service of services) cluster.members.set(idOf(service).uid, service)
  for (let round = 0; round < 3; round++) {
    for (const service of services) {
      for (let turn = 0; turn < 5; turn++) {
        try {
          await cluster.settle(service)
          break
        } catch {
          onFailure()
        }
      }
    }
  }
}

async function settleRemoval(cluster: World, service: TestService, onFailure: () => void): Promise<void> {
  for (let turn = 0; turn < 5; turn++) {
    try {
      await cluster.settleRemoval(service)
      return
    } catch {
      onFailure()
    }
  }
  await cluster.settleRemoval(service)
}

/** With `dies`, nothing is written to the ledger after the call that failed, until the next process begins. */
function failing(
  { aws, cluster }: Awaited<ReturnType<typeof world>>,
  dies: boolean,
  cut: { readonly when: 'before' | 'after'; readonly nth: number },
) {
  const fault = aws.fail({ operation: '*', error: 'reset', ...cut })
  const { ledger } = cluster
  const write = ledger.write.bind(ledger)
  let isOver = false
  ledger.write = async (...call) => {
    if (dies && fault.hits > 0 && !isOver) ledger.dead = true
    return write(...call)
  }
  const onFailure = () => {
    if (dies) {
      isOver = true
      cluster.restart()
    }
    aws.advance(5000)
  }
  return { fault, onFailure, [Symbol.dispose]: () => fault[Symbol.dispose]() }
}

for (const when of ['before', 'after'] as const) {
  for (const dies of [true, false]) {
    const what = dies ? 'the process dies' : 'a call fails'
    test(`${what} ${when} each call of making a group`, { timeout: 300_000 }, async () => {
      await using whole = await world()
      await settle(whole.cluster, all, () => {})
      const wanted = standing(whole.aws)
      expect(wanted.listeners.map(([port]) => port)).toEqual([80, 9000])
      let cut = 0
      for (let nth = 1; ; nth++) {
        await using at = await world()
        using fails = failing(at, dies, { when, nth })
        await settle(at.cluster, all, fails.onFailure)
        if (fails.fault.hits === 0) break
        cut++
        expect(standing(at.aws), `cut at call ${nth}`).toEqual(wanted)
      }
      expect(cut).toBeGreaterThan(15)
    })

    test(`${what} ${when} each call of a member's going, whose port passes to another`, { timeout: 300_000 }, async () => {
      await using whole = await world()
      await settle(whole.cluster, all, () => {})
      await whole.cluster.settleRemoval(shop)
      await settle(whole.cluster, [blog, rival], () => {})
      const wanted = standing(whole.aws)
      let cut = 0
      for (let nth = 1; ; nth++) {
        await using at = await world()
        await settle(at.cluster, all, () => {})
        using fails = failing(at, dies, { when, nth })
        await settleRemoval(at.cluster, shop, fails.onFailure)
        await settle(at.cluster, [blog, rival], fails.onFailure)
        if (fails.fault.hits === 0) break
        cut++
        expect(standing(at.aws), `cut at call ${nth}`).toEqual(wanted)
      }
      expect(cut).toBeGreaterThan(5)
    })
  }
}

test('a member that comes, and goes while the process that served it is dead, leaves nothing', { timeout: 300_000 }, async () => {
  const late: TestService = member('d-late', 9100)
  await using whole = await world()
  await settle(whole.cluster, [shop, blog], () => {})
  const wanted = standing(whole.aws)
  let cut = 0
  for (let nth = 1; ; nth++) {
    await using at = await world()
    await settle(at.cluster, [shop, blog], () => {})
    using fails = failing(at, true, { when: 'after', nth })
    at.cluster.members.set(idOf(late).uid, late)
    await at.cluster.look(late).catch(fails.onFailure)
    if (fails.fault.hits === 0) break
    cut++
    await settleRemoval(at.cluster, late, () => {})
    await settle(at.cluster, [shop, blog], () => {})
    expect(standing(at.aws), `cut at call ${nth}`).toEqual(wanted)
  }
  expect(cut).toBeGreaterThan(3)
})
