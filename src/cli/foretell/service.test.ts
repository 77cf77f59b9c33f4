// What is foretold of a Service whose provider plays the plan through: what came about, once; what nobody can have is refused.
import { expect, test } from 'vitest'
import { simulatedClock } from '../../kubernetes/simulated-clock.ts'
import type { Transport } from '../../kubernetes/transport.ts'
import type { IngressPoint, Outcome, Provider } from '../../provider.ts'
import { lan, service } from '../cluster-under-test.ts'
import { diffView } from '../diff.ts'
import { planView } from '../plan.ts'
import { render } from '../render.ts'
import { emptySnapshot } from '../snapshot.ts'
import type { Foreteller } from './foreteller.ts'
import { imagine } from './imagined.ts'
import { foretellService } from './service.ts'

const web = service('web')
const text = { format: 'table', colour: false } as const

/** Gives the addresses that are asked for but those that another Service has. */
function poolWithout(taken: readonly string[], asked: readonly string[]): Foreteller {
  const given = new Set<string>()
  const message = `${taken.join()} belongs to default/first.`
  const problem = { reason: 'AddressReplaced', message: 'a note', remedy: '', severity: 'warns' } as const
  const provider: Provider = {
    name: 'local',
    capabilities: {
      protocols: new Set(['TCP'] as const),
      targetTypes: new Set(['Pod'] as const),
      families: new Set(['IPv4'] as const),
      mixedProtocols: true,
      sharedAddresses: true,
      withoutNodePorts: true,
    },
    check: () => [problem],
    observe: () => Promise.resolve(undefined),
    plan: () => asked.filter(address => !given.has(address)).map(address => ({ kind: 'give-address', address })),
    apply: ({ actions }): Promise<Outcome> => {
      for (const action of actions) {
        const address = 'address' in action ? String(action.address) : ''
        if (!taken.includes(address)) given.add(address)
      }
      const ingress = [...given].map((ip): IngressPoint => ({ ip, ipMode: 'VIP' }))
      const readiness = { ready: false, reason: 'RequestedAddressInUse', message } as const
      return Promise.resolve({ ingress, readiness, warnings: [problem], gone: false, again: 'on-change' })
    },
    list: () => Promise.resolve([]),
    watch: () => () => {},
  }
  return {
    provider,
    holds: () => given.size > 0,
    print: action => `+ address       ${'address' in action ? String(action.address) : ''}`,
    gives: () => 'an address on the LAN',
    announcing: {
      watch: () => () => {},
      plan: () => undefined,
      apply: () => Promise.resolve('done'),
      print: () => '',
    },
  }
}

function foretold(foreteller: Foreteller) {
  const transport: Transport = {
    server: 'https://10.0.0.1:6443',
    request: () => Promise.reject(new Error('nobody asks')),
    stream: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('nobody asks')) }) }),
    stats: { connections: 0, requests: 0, retries: 0 },
    close: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
  const snapshot = { ...emptySnapshot, services: [web], classes: [lan] }
  const imagined = imagine(snapshot, { transport, systemNamespace: 'weir-system', clock: simulatedClock() })
  return foretellService(web, { imagined, foretellers: new Map([['local', foreteller]]) }, new AbortController().signal)
}

test('an address that another Service has is refused: no action is listed, and nothing is compared', async () => {
  const refused = await foretold(poolWithout(['10.201.200.3'], ['10.201.200.3']))
  expect(refused).toMatchObject({ verdict: 'refused', reason: 'RequestedAddressInUse' })
  expect(render(planView([refused]), text)).toBe(
    [
      'default/web would not be served (class lan → provider local): RequestedAddressInUse',
      '  why   10.201.200.3 belongs to default/first.',
      '  note  AddressReplaced: a note',
      '0 actions. Nothing has been changed.',
      '',
    ].join('\n'),
  )
  const view = diffView({
    foretold: { objects: [refused], leftover: [] },
    snapshot: { ...emptySnapshot, services: [web] },
    living: new Set(),
    isAsked: () => true,
  })
  expect(view.healthy).toBe(true)
  expect(render(view, text)).toContain('service default/web is not compared: RequestedAddressInUse.')
})

test('what came about is listed once, and not what came to nothing beside it; a note is there once', async () => {
  const served = await foretold(poolWithout(['10.201.200.3'], ['10.201.200.2', '10.201.200.3']))
  expect(served).toMatchObject({
    verdict: 'served',
    actions: [{ text: '+ address       10.201.200.2' }],
    warnings: [{ message: 'a note' }],
  })
})
