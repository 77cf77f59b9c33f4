// Services that need both families while pools are nearly full: whatever comes first, they get both or take none, and it has an end.
import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import type { DesiredLoadBalancer, IpFamily } from '../../src/model/load-balancer.ts'
import { simulatedLan } from './simulation/simulated-lan.ts'
import type { SimulatedLan } from './simulation/simulated-lan.ts'
import { poolNamed, reportOf, serviceNamed } from './simulation/simulation.ts'

/** A LAN with so many addresses of each family, whose API server answers after so many turns of the event loop. */
async function lanWith(most: Readonly<Record<IpFamily, number>>, turns: () => number = () => 0): Promise<SimulatedLan> {
  const ranges = [`10.201.200.1-10.201.200.${most.IPv4}`, `fd00:201::101-fd00:201::10${most.IPv6}`]
  const write = async () => {
    for (let left = turns(); left > 0; left--) await new Promise(setImmediate)
  }
  const lan = await simulatedLan({ pools: [poolNamed('office', ranges)], write })
  for (const node of ['n0', 'n1', 'n2']) lan.reports.put(reportOf(node, ['10.201.0.11/16', 'fd00:201::11/64']))
  await Promise.resolve()
  return lan
}

/** Looks at Services as the loop does: whoever was woken, many at once, until nobody is. */
function loopOf(lan: SimulatedLan) {
  const services = new Map<string, DesiredLoadBalancer>()
  const removed = new Set<string>()
  const waiting = new Set<string>()
  const working = new Set<string>()
  const look = async (name: string, service: DesiredLoadBalancer) => {
    working.add(name)
    const { ingress, again } = removed.has(name) ? await lan.remove(service.id) : await lan.bring(service)
    services.set(name, { ...service, statusAddresses: ingress.flatMap(point => ('ip' in point ? point.ip : [])) })
    working.delete(name)
    if (again !== 'on-change') waiting.add(name)
  }
  return {
    services,
    removed,
    add(name: string, service: DesiredLoadBalancer) {
      services.set(name, service)
      waiting.add(name)
    },
    remove(name: string) {
      removed.add(name)
      waiting.add(name)
    },
    /** Gives the number of looks; stops after too many. */
    async settle(): Promise<number> {
      let looks = 0
      while ((waiting.size > 0 || working.size > 0) && looks < 500) {
        for (const name of lan.woken()) waiting.add(name)
        for (const name of [...waiting].filter(each => !working.has(each))) {
          const service = services.get(name)
          waiting.delete(name)
          looks++
          if (service) void look(name, service)
        }
        await new Promise(setImmediate)
        for (const name of lan.woken()) waiting.add(name)
      }
      return looks
    },
  }
}

const required = { families: ['IPv4', 'IPv6'], familyPolicy: 'RequireDualStack' } as const
const given = (lan: SimulatedLan, family: IpFamily) =>
  [...lan.blocks.objects.values()]
    .filter(({ metadata }) => metadata.name.startsWith(family.toLowerCase()))
    .flatMap(({ spec }) => Object.values(spec.allocations).map(({ owners }) => owners[0]?.name ?? ''))

test('a Service that lacks one family writes nothing, and wakes nobody, itself least of all', async () => {
  const lan = await lanWith({ IPv4: 1, IPv6: 1 })
  const loop = loopOf(lan)
  loop.add('holder', serviceNamed('holder', { families: ['IPv6'] }))
  await loop.settle()
  loop.add('web', serviceNamed('web', required))
  expect(await loop.settle()).toBe(1)
  expect(given(lan, 'IPv4')).toEqual([])
  loop.remove('holder')
  await loop.settle()
  expect(loop.services.get('web')?.statusAddresses).toHaveLength(2)
})

test('what its status names it keeps while the other family cannot be had, also when no block knows of it', async () => {
  const lan = await lanWith({ IPv4: 1, IPv6: 1 })
  await lan.bring(serviceNamed('holder', { families: ['IPv6'] }))
  const web = await lan.bring(serviceNamed('web', { ...required, statusAddresses: ['10.201.200.1'] }))
  expect(web).toMatchObject({ ingress: [{ ip: '10.201.200.1' }], readiness: { ready: false, reason: 'PoolsExhausted' } })
  expect(given(lan, 'IPv4')).toEqual(['web'])
})

test('of three that need the last address of each family, in whatever order, one gets both', async () => {
  const loop = loopOf(await lanWith({ IPv4: 1, IPv6: 1 }, () => 1))
  loop.add('a', serviceNamed('a', required))
  loop.add('b', serviceNamed('b', { ...required, families: ['IPv6', 'IPv4'] }))
  loop.add('c', serviceNamed('c', required))
  expect(await loop.settle()).toBeLessThan(10)
  expect([...loop.services.values()].filter(({ statusAddresses }) => statusAddresses.length === 2)).toHaveLength(1)
})

const kind = fc.record({
  familyPolicy: fc.constantFrom('RequireDualStack', 'PreferDualStack', 'SingleStack'),
  families: fc.constantFrom<readonly IpFamily[]>(['IPv4', 'IPv6'], ['IPv6', 'IPv4']),
})

property.prop(
  [
    fc.array(kind, { minLength: 2, maxLength: 7 }),
    fc.record({ IPv4: fc.integer({ min: 1, max: 3 }), IPv6: fc.integer({ min: 1, max: 3 }) }),
    fc.array(fc.nat(6), { maxLength: 4 }),
    fc.infiniteStream(fc.nat(2)),
  ],
  { numRuns: Number(process.env['WEIR_RUNS'] ?? 60) },
)(
  'nobody has half of what it needs, nobody waits for what is free, and every change comes to rest',
  async (kinds, most, gone, turns) => {
    const lan = await lanWith(most, () => turns.next().value ?? 0)
    const loop = loopOf(lan)
    const check = async () => {
      expect(await loop.settle()).toBeLessThan(150)
      for (const [name, { families, familyPolicy, statusAddresses }] of loop.services) {
        const has = families.filter(family => given(lan, family).includes(name))
        const free = families.filter(family => given(lan, family).length < most[family])
        if (loop.removed.has(name)) expect(has).toEqual([])
        else if (familyPolicy !== 'RequireDualStack') expect(free.filter(family => !has.includes(family))).toEqual([])
        else if (has.length === 0) expect(free.length).toBeLessThan(2)
        expect(statusAddresses).toHaveLength(has.length)
        if (familyPolicy === 'RequireDualStack') expect([0, 2]).toContain(has.length)
      }
    }
    for (const [at, { families, familyPolicy }] of kinds.entries()) {
      const createdAt = `2026-01-01T00:00:0${at}Z`
      const own = familyPolicy === 'SingleStack' ? families.slice(0, 1) : families
      loop.add(`s${at}`, serviceNamed(`s${at}`, { families: own, familyPolicy, createdAt }))
    }
    await check()
    for (const at of new Set(gone.filter(each => each < kinds.length))) {
      lan.services.delete(loop.services.get(`s${at}`)?.id.uid ?? '')
      loop.remove(`s${at}`)
      await check()
    }
  },
)
