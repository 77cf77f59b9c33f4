// Whatever Services that share ask for, those at one address get on with each other.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DesiredLoadBalancer } from '../../../src/model/load-balancer.ts'
import { simulatedLan } from '../simulation/simulated-lan.ts'
import { poolNamed } from '../simulation/simulation.ts'
import { discordBetween, termsOf } from './sharing.ts'
import { sharer, shown } from './sharing-under-test.ts'

const wishes = fc.record({
  key: fc.constantFrom('', 'k', 'l'),
  port: fc.constantFrom('53/UDP', '53/TCP', '80/TCP'),
  namespace: fc.constantFrom('a', 'b'),
  shareWith: fc.constantFrom('a', 'b', 'c'),
  externalTrafficPolicy: fc.constantFrom('Cluster' as const, 'Local' as const),
  ip: fc.option(fc.constantFrom('10.201.200.1', '10.201.200.2'), { nil: undefined }),
})

test('whatever Services ask for in whatever order, those at one address get on with each other, and each has one that it shows', async () => {
  const step = fc.record({ who: fc.nat({ max: 5 }), what: fc.constantFrom('change' as const, 'remove' as const), wish: wishes })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.scheduler(), async (steps, s) => {
      const lan = await simulatedLan({
        pools: [poolNamed('office', ['10.201.200.1-10.201.200.4'])],
        write: () => s.schedule(Promise.resolve()),
      })
      const present = new Map<number, DesiredLoadBalancer>()
      const waiting = new Set<string>()
      const removed: DesiredLoadBalancer['id'][] = []
      let count = 0
      const work: Promise<unknown>[] = []
      for (const { who, what, wish } of steps) {
        const old = present.get(who)
        if (what === 'remove' && old) {
          present.delete(who)
          removed.push(old.id)
          work.push(lan.remove(old.id))
        } else {
          const { ip, ...rest } = wish
          const fresh = sharer(`s${who}`, {
            ...rest,
            namespace: old?.id.namespace ?? rest.namespace,
            ...(ip !== undefined && { ip }),
            day: 1 + (count % 9),
          })
          const id = old?.id ?? { ...fresh.id, uid: `u${count++}` }
          const service = {
            ...fresh,
            id,
            createdAt: old?.createdAt ?? fresh.createdAt,
            statusAddresses: old?.statusAddresses ?? [],
          }
          present.set(who, service)
          const look = async () => {
            const outcome = await lan.bring(service)
            if (present.get(who) === service) present.set(who, shown(service, outcome))
          }
          work.push(look())
        }
        if (work.length % 2 === 0) await s.waitFor(Promise.all(work.splice(0)))
      }
      await s.waitFor(Promise.all(work))
      // Until nothing changes any more; each is looked at as the loop does.
      for (let round = 0; round < 12; round++) {
        for (const id of removed) await s.waitFor(lan.remove(id))
        for (const [who, service] of present) {
          const outcome = await s.waitFor(lan.bring(service))
          present.set(who, shown(service, outcome))
          if (outcome.readiness.ready) waiting.delete(service.id.uid)
          else waiting.add(service.id.uid)
        }
      }
      for (const { allocations } of [...lan.blocks.objects.values()].map(({ spec }) => spec)) {
        for (const [offset, { owners }] of Object.entries(allocations)) {
          const here = owners.flatMap(({ uid }) => lan.services.get(uid) ?? [])
          expect(here.length, `owners of ${offset}`).toBe(owners.length)
          const terms = here.map(termsOf)
          // Who wants to share no more stays where it is while it waits for another address.
          const isWaiting = owners.some(({ uid }) => waiting.has(uid))
          for (const one of terms)
            for (const other of terms) {
              const kind = one === other ? undefined : discordBetween(one, other)?.kind
              if (!isWaiting || (kind !== 'key' && kind !== 'namespace')) expect(kind).toBeUndefined()
            }
          for (const { id, statusAddresses } of present.values())
            if (owners.some(({ uid }) => uid === id.uid)) expect(statusAddresses).toEqual([`10.201.200.${offset}`])
        }
      }
    }),
    { numRuns: 100 },
  )
})
