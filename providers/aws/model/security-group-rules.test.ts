// Rules open exactly the doors that are asked for, stay within the quota, and change without shutting anybody out.
import { describe, expect, test } from 'vitest'
import { fc, test as property } from '@fast-check/vitest'
import { cidrContains, parseAddress } from '../../../src/model/address.ts'
import type { OwnRule, Rule } from './security-group-rules.ts'
import { collapse, frontendRules, joinNetworks, ruleCount, ruleKey, ruleSteps, targetRules } from './security-group-rules.ts'

const group = { kind: 'group', source: 'sg-backend' } as const

function rule(from: number, source = '10.0.0.0/8', to = from): OwnRule {
  return { protocol: 'tcp', from, to, kind: source.includes(':') ? 'cidr6' : 'cidr', source }
}

test('at the front every source may reach every listener, by the protocols it has', () => {
  const settings = {
    kind: 'managed',
    isOpen: false,
    sources: ['0.0.0.0/0'],
    prefixLists: ['pl-1'],
    pathMtuIcmp: false,
    manageBackendRules: true,
  } as const
  const listeners = [
    { port: 443, protocol: 'TLS' },
    { port: 53, protocol: 'TCP_UDP' },
  ] as const
  expect(frontendRules(settings, listeners).map(ruleKey)).toEqual([
    'tcp 443-443 cidr 0.0.0.0/0',
    'tcp 53-53 cidr 0.0.0.0/0',
    'udp 53-53 cidr 0.0.0.0/0',
    'tcp 443-443 prefix-list pl-1',
    'tcp 53-53 prefix-list pl-1',
    'udp 53-53 prefix-list pl-1',
  ])
})

test('path MTU discovery lets in one message of each family', () => {
  const settings = {
    kind: 'managed',
    isOpen: false,
    sources: ['0.0.0.0/0', '::/0'],
    prefixLists: [],
    pathMtuIcmp: true,
    manageBackendRules: true,
  } as const
  expect(frontendRules(settings, []).map(ruleKey)).toEqual(['icmp 3-4 cidr 0.0.0.0/0', 'icmpv6 2-0 cidr6 ::/0'])
})

test('targets let the load balancer in by one rule per protocol, health checks by TCP', () => {
  const rules = targetRules(
    [
      { protocol: 'TLS', ports: [8443], healthCheckPorts: [8080] },
      { protocol: 'UDP', ports: [53, 5353], healthCheckPorts: [9000] },
    ],
    [group],
  )
  expect(rules.map(ruleKey)).toEqual(['tcp 8080-9000 group sg-backend', 'udp 53-5353 group sg-backend'])
  expect(targetRules([], [group])).toEqual([])
})

describe('few rules', () => {
  test.each([
    [['10.0.0.0/25', '10.0.0.128/25'], ['10.0.0.0/24']],
    [
      ['10.0.0.128/25', '10.0.1.0/25'],
      ['10.0.0.128/25', '10.0.1.0/25'],
    ],
    [['10.0.0.0/8', '10.1.0.0/16', '10.1.0.0/16'], ['10.0.0.0/8']],
    [
      ['0.0.0.0/1', '128.0.0.0/1', '::/0'],
      ['0.0.0.0/0', '::/0'],
    ],
    [['10.0.0.0/26', '10.0.0.64/26', '10.0.0.128/25'], ['10.0.0.0/24']],
  ])('networks %j are %j', (networks, joined) => {
    expect(joinNetworks(networks)).toEqual(joined)
  })

  test('are enough when ports and networks touch, and open nothing more', () => {
    const rules = [80, 81, 82].flatMap(port => ['10.0.0.0/25', '10.0.0.128/25'].map(source => rule(port, source)))
    expect(collapse(rules, 1)).toEqual({ rules: [rule(80, '10.0.0.0/24', 82)], widened: false, over: 0 })
  })

  test('ports become a range only when the quota asks for it, and never over a port that listens for others', () => {
    const rules = [80, 443, 8443].map(port => rule(port))
    expect(collapse(rules, 3)).toMatchObject({ widened: false, over: 0 })
    expect(collapse(rules, 2)).toEqual({ rules: [rule(80, '10.0.0.0/8', 8443)], widened: true, over: 0 })
    const listening = [{ protocol: 'tcp', port: 5432 }]
    expect(collapse(rules, 2, { listening })).toEqual({
      rules: [rule(80, '10.0.0.0/8', 443), rule(8443)],
      widened: true,
      over: 0,
    })
  })

  test('sources are never widened: what does not fit is told', () => {
    const rules = Array.from({ length: 62 }, (_, index) => rule(80, `10.0.${index * 2}.0/24`))
    expect(collapse(rules, 60)).toMatchObject({ widened: false, over: 2 })
    expect(collapse(rules, 60).rules).toHaveLength(62)
  })

  test('families count apart, groups for both, prefix lists by what they may hold', () => {
    expect(ruleCount([rule(80), rule(80, '::/0')])).toBe(1)
    expect(ruleCount([rule(80), { ...rule(80), ...group }])).toBe(2)
    expect(ruleCount([{ ...rule(80), kind: 'prefix-list', source: 'pl-1' }], { 'pl-1': 55 })).toBe(55)
  })
})

const networks = fc
  .tuple(fc.integer({ min: 0, max: 15 }), fc.integer({ min: 26, max: 32 }))
  .map(([host, length]) => `10.0.0.${(host * 16) & ~((1 << (32 - length)) - 1)}/${length}`)
const someRules = fc
  .array(
    fc.record({
      protocol: fc.constantFrom('tcp', 'udp'),
      from: fc.integer({ min: 1, max: 12 }),
      size: fc.integer({ min: 0, max: 3 }),
      source: networks,
    }),
    { maxLength: 25 },
  )
  .map(list =>
    list.map(({ protocol, from, size, source }): OwnRule => ({ protocol, from, to: from + size, kind: 'cidr', source })),
  )

const probes = ['tcp', 'udp'].flatMap(protocol =>
  Array.from({ length: 17 }, (_, port) =>
    Array.from({ length: 32 }, (_, host) => ({ protocol, port, address: `10.0.0.${host * 8}` })),
  ).flat(),
)

function doors(rules: readonly Rule[]): readonly string[] {
  return probes
    .filter(({ protocol, port, address }) => {
      const parsed = parseAddress(address)
      return rules.some(
        each => each.protocol === protocol && each.from <= port && port <= each.to && parsed && cidrContains(each.source, parsed),
      )
    })
    .map(({ protocol, port, address }) => `${protocol} ${port} ${address}`)
}

property.prop([someRules], { numRuns: 40 })('collapsing opens and shuts nothing while the quota allows it', rules => {
  const { rules: collapsed, widened } = collapse(rules, 1000)
  expect(widened).toBe(false)
  expect(doors(collapsed)).toEqual(doors(rules))
  expect(collapsed.length).toBeLessThanOrEqual(rules.length)
})

property.prop([someRules, fc.integer({ min: 1, max: 10 })], { numRuns: 40 })(
  'collapsing to a quota shuts nothing',
  (rules, limit) => {
    const open = new Set(doors(collapse(rules, limit).rules))
    expect(doors(rules).filter(door => !open.has(door))).toEqual([])
  },
)

property.prop([someRules, fc.array(fc.integer({ min: 1, max: 15 }))], { numRuns: 40 })(
  'collapsing to a quota opens no port that listens for others',
  (rules, ports) => {
    const listening = ports.flatMap(port => [
      { protocol: 'tcp', port },
      { protocol: 'udp', port },
    ])
    const before = new Set(doors(rules))
    const added = doors(collapse(rules, 1, { listening }).rules).filter(door => !before.has(door))
    expect(added.filter(door => ports.includes(Number(door.split(' ')[1])))).toEqual([])
  },
)

describe('changing rules', () => {
  test('lets the new in before it shuts the old out', () => {
    expect(ruleSteps([rule(80), rule(443)], [rule(80), rule(8080)], 60)).toEqual([
      { authorize: [rule(443)] },
      { revoke: [rule(8080)] },
    ])
  })

  test('does nothing when nothing changes, however the same network is written', () => {
    expect(ruleSteps([rule(80, '2001:db8::/32')], [rule(80, '2001:DB8:0::/32')], 60)).toEqual([])
  })

  test('makes room in a full group as little as it can', () => {
    const old = [1, 2, 3].map(port => rule(port))
    const wanted = [4, 5, 6].map(port => rule(port))
    expect(ruleSteps(wanted, old, 4)).toEqual([
      { authorize: [rule(4)] },
      { revoke: [rule(1), rule(2)] },
      { authorize: [rule(5), rule(6)] },
      { revoke: [rule(3)] },
    ])
  })

  property.prop([someRules, someRules, fc.integer({ min: 1, max: 12 })])(
    'ends with what is wanted, and is never over the quota unless what is wanted is, or what was',
    (wanted, observed, limit) => {
      const unique = (rules: readonly Rule[]) => [...new Map(rules.map(each => [ruleKey(each), each])).values()]
      let present = unique(observed)
      const most = Math.max(limit, ruleCount(unique(wanted)), ruleCount(present))
      for (const step of ruleSteps(wanted, unique(observed), limit)) {
        const gone = 'revoke' in step ? step.revoke.map(ruleKey) : []
        present = [...present.filter(each => !gone.includes(ruleKey(each))), ...('authorize' in step ? step.authorize : [])]
        expect(ruleCount(present)).toBeLessThanOrEqual(most)
      }
      expect(present.map(ruleKey).toSorted()).toEqual(unique(wanted).map(ruleKey).toSorted())
    },
  )
})
