// Services that share a load balancer: ports belong to the oldest that asks, everybody keeps the own doors, and who gives way is told.
import { describe, expect, test } from 'vitest'
import { fc, test as property } from '@fast-check/vitest'
import { reasonsOf, settingsOf } from '../settings/settings-under-test.ts'
import type { Written } from '../settings/settings-under-test.ts'
import { joinGroup } from './join.ts'

function member(name: string, createdAt: string, written: Written = {}) {
  return { id: { kind: 'Service', namespace: 'default', name, uid: name }, createdAt, settings: settingsOf(written) } as const
}

const old = member('old', '2026-01-01T00:00:00Z', { listeners: [{ port: 443 }] })

test('each keeps its ports, and who may connect to them', () => {
  const other = member('other', '2026-01-02T00:00:00Z', { listeners: [{ port: 8443 }], sourceRanges: ['10.0.0.0/8'] })
  const { listeners, problems, settings } = joinGroup([other, old])
  expect(listeners.map(({ owner, listener, securityGroups }) => [owner.name, listener.port, securityGroups])).toEqual([
    ['old', 443, expect.objectContaining({ sources: ['0.0.0.0/0'] })],
    ['other', 8443, expect.objectContaining({ sources: ['10.0.0.0/8'] })],
  ])
  expect(problems.size).toBe(0)
  expect(settings?.targetGroups.map(({ key }) => key)).toEqual(['443', '8443'])
})

test('who says nothing of clients is open to all that the load balancer of the group can carry', () => {
  const dual = member('old', '2026-01-01T00:00:00Z', {
    listeners: [{ port: 443 }],
    annotations: { 'ip-address-type': 'dualstack' },
  })
  const silent = member('silent', '2026-01-02T00:00:00Z', { listeners: [{ port: 8443 }] })
  const strict = member('strict', '2026-01-03T00:00:00Z', { listeners: [{ port: 9443 }], sourceRanges: ['10.0.0.0/8'] })
  expect(joinGroup([dual, silent, strict]).rules.map(({ from, source }) => `${from} ${source}`)).toEqual([
    '443 0.0.0.0/0',
    '443 ::/0',
    '8443 0.0.0.0/0',
    '8443 ::/0',
    '9443 10.0.0.0/8',
  ])
})

test('one that wanted no security groups has its clients let in by those of the leader', () => {
  const other = member('other', '2026-01-02T00:00:00Z', {
    listeners: [{ port: 8443 }],
    annotations: { 'disable-nlb-sg': 'true' },
  })
  const { rules, served } = joinGroup([old, other])
  expect(served).toEqual(new Set(['old', 'other']))
  expect(rules.map(({ from, source }) => `${from} ${source}`)).toEqual(['443 0.0.0.0/0', '8443 0.0.0.0/0'])
})

describe('a port two ask for', () => {
  test('belongs to the older one; the younger keeps its others', () => {
    const young = member('young', '2026-01-02T00:00:00Z', {
      listeners: [
        { port: 443, portName: 'a' },
        { port: 80, portName: 'b' },
      ],
    })
    const { listeners, problems, portErrors } = joinGroup([young, old])
    expect(listeners.map(({ owner, listener }) => `${owner.name} ${listener.port}`)).toEqual(['young 80', 'old 443'])
    expect(problems.get('young')).toMatchObject([
      { reason: 'PortConflict', severity: 'warns', message: 'Port 443 of the group belongs to default/old.' },
    ])
    expect(portErrors.get('young')).toEqual([{ port: 443, protocol: 'TCP', error: 'weir.dev/PortConflict' }])
    expect(problems.has('old')).toBe(false)
  })

  test('leaves a younger one that has no other with nothing, and that blocks it', () => {
    const young = member('young', '2026-01-02T00:00:00Z', { listeners: [{ port: 443 }] })
    expect(reasonsOf(joinGroup([old, young]).problems.get('young') ?? [])).toEqual(['PortConflict!'])
  })
})

test('the oldest is followed where a load balancer can be one thing only, the others are told', () => {
  const young = member('young', '2026-01-02T00:00:00Z', {
    annotations: {
      subnets: 'subnet-a',
      attributes: 'zonal_shift.config.enabled=true',
      'additional-resource-tags': 'a=young,b=2',
    },
    listeners: [{ port: 8443 }],
  })
  const tagged = { ...old, settings: { ...old.settings, tags: { a: 'old' } } }
  const { settings, problems } = joinGroup([young, tagged])
  expect(settings).toMatchObject({ loadBalancer: { scheme: 'internal' }, tags: { a: 'old', b: '2' } })
  expect(problems.get('young')).toMatchObject([
    { reason: 'GroupConflict', message: 'The load balancer of the group follows default/old in its subnets and attributes.' },
  ])
})

test('a member that asks for nothing of its own agrees with everything', () => {
  const leader = member('leader', '2025-01-01T00:00:00Z', { annotations: { subnets: 'a,b' }, listeners: [{ port: 9 }] })
  expect(joinGroup([leader, old]).problems.size).toBe(0)
})

describe('who is on the load balancer already', () => {
  test('keeps its port, whoever comes, and however old', () => {
    const standing = { ...member('standing', '2026-06-01T00:00:00Z', { listeners: [{ port: 443 }] }), place: 0, ports: ['443'] }
    const { listeners, problems, leader } = joinGroup([old, standing])
    expect(listeners.map(({ owner }) => owner.name)).toEqual(['standing'])
    expect(reasonsOf(problems.get('old') ?? [])).toEqual(['PortConflict!'])
    expect(leader?.name).toBe('standing')
  })

  test('cannot take a port from one that came after it', () => {
    const wanting = { ...old, place: 0, ports: [] }
    const having = { ...member('having', '2026-06-01T00:00:00Z', { listeners: [{ port: 443 }] }), place: 1, ports: ['443'] }
    expect(joinGroup([having, wanting]).listeners.map(({ owner }) => owner.name)).toEqual(['having'])
  })
})

describe('a member that would be exposed is left out', () => {
  const outside = member('outside', '2025-01-01T00:00:00Z', {
    annotations: { scheme: 'internet-facing' },
    listeners: [{ port: 1 }],
  })

  test('by the scheme it asks for', () => {
    const inside = member('inside', '2026-01-01T00:00:00Z', { annotations: { scheme: 'internal' } })
    const { served, problems } = joinGroup([outside, inside])
    expect([...served]).toEqual(['outside'])
    expect(problems.get('inside')).toMatchObject([
      {
        reason: 'GroupConflict',
        severity: 'blocks',
        message:
          'The Service asks for an internal load balancer, and that of the group is internet-facing, as default/outside asks.',
      },
    ])
  })

  test('by asking for no scheme, which means internal; the remedy is one line', () => {
    const { served, problems } = joinGroup([outside, member('any', '2026-01-01T00:00:00Z')])
    expect([...served]).toEqual(['outside'])
    expect(problems.get('any')).toMatchObject([
      {
        reason: 'GroupConflict',
        severity: 'blocks',
        remedy: 'Annotate it with service.beta.kubernetes.io/aws-load-balancer-scheme: internet-facing, or leave the group.',
      },
    ])
  })

  test('but one that asks for no scheme follows an internal one', () => {
    const inside = member('inside', '2025-01-01T00:00:00Z', { listeners: [{ port: 1 }] })
    expect([...joinGroup([inside, member('any', '2026-01-01T00:00:00Z')]).served]).toEqual(['inside', 'any'])
  })

  test('by source ranges that security groups of others do not know', () => {
    const given = member('given', '2025-01-01T00:00:00Z', {
      annotations: { 'security-groups': 'sg-1' },
      listeners: [{ port: 1 }],
    })
    const guarded = member('guarded', '2026-01-01T00:00:00Z', { sourceRanges: ['10.0.0.0/8'] })
    const open = member('open', '2026-01-01T00:00:00Z', { listeners: [{ port: 2 }] })
    const { served, problems } = joinGroup([given, guarded, open])
    expect([...served]).toEqual(['given', 'open'])
    expect(reasonsOf(problems.get('guarded') ?? [])).toEqual(['GroupConflict!'])
  })
})

describe('what does not fit into the quotas', () => {
  const many = (from: number, count: number) =>
    Array.from({ length: count }, (_, at) => ({ port: from + at, portName: `p${at}` }))

  test('are the last listeners of the youngest', () => {
    const first = member('first', '2026-01-01T00:00:00Z', { listeners: many(1000, 49) })
    const last = member('last', '2026-01-02T00:00:00Z', { listeners: many(2000, 2) })
    const { listeners, problems, portErrors } = joinGroup([last, first])
    expect(listeners).toHaveLength(50)
    expect(reasonsOf(problems.get('last') ?? [])).toEqual(['QuotaReached'])
    expect(portErrors.get('last')).toEqual([{ port: 2001, protocol: 'TCP', error: 'weir.dev/QuotaReached' }])
  })

  test('are the rules of the youngest', () => {
    const ranges = (second: number, count: number) => Array.from({ length: count }, (_, at) => `10.${second}.${2 * at}.0/24`)
    const first = member('first', '2026-01-01T00:00:00Z', { sourceRanges: ranges(1, 40), listeners: [{ port: 1 }] })
    const last = member('last', '2026-01-02T00:00:00Z', { sourceRanges: ranges(2, 21), listeners: [{ port: 2 }] })
    const { served, problems, rules } = joinGroup([last, first])
    expect([...served]).toEqual(['first'])
    expect(problems.get('last')).toMatchObject([{ reason: 'QuotaReached', severity: 'blocks' }])
    expect(rules).toHaveLength(40)
  })
})

describe('whoever comes, goes and comes back', () => {
  const wishes = fc.uniqueArray(
    fc.record({
      name: fc.stringMatching(/^[a-z]{1,4}$/),
      ports: fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { minLength: 1 }),
    }),
    { selector: ({ name }) => name, maxLength: 6 },
  )
  const membersOf = (all: readonly { readonly name: string; readonly ports: readonly number[] }[]) =>
    all.map(({ name, ports }) =>
      member(name, '2026-01-01T00:00:00Z', { listeners: ports.map(port => ({ port, portName: `p${port}` })) }),
    )

  property.prop([wishes])('each port has one owner, who asks for it, whatever the order', all => {
    const members = membersOf(all)
    const { listeners, served, problems } = joinGroup(members)
    expect(joinGroup(members.toReversed()).listeners).toEqual(listeners)
    const wanted = new Set(all.flatMap(({ ports }) => ports))
    expect(listeners.map(({ listener }) => listener.port)).toEqual([...wanted].toSorted((one, other) => one - other))
    for (const { id } of members) {
      const isBlocked = (problems.get(id.uid) ?? []).some(({ severity }) => severity === 'blocks')
      expect(isBlocked).toBe(!served.has(id.uid))
    }
  })

  property.prop([wishes, wishes])('who has a port and goes on asking keeps it', (before, after) => {
    const first = joinGroup(membersOf(before)).listeners
    const standing = [...new Set(first.map(({ owner }) => owner.uid))]
    const portsOf = (uid: string) => first.flatMap(at => (at.owner.uid === uid ? [String(at.listener.port)] : []))
    const next = membersOf(after).map(each => {
      const place = standing.indexOf(each.id.uid)
      return place < 0 ? each : { ...each, place, ports: portsOf(each.id.uid) }
    })
    const { listeners } = joinGroup(next)
    for (const { id, settings, ...rest } of next) {
      const had = 'ports' in rest ? rest.ports : []
      for (const { port } of settings.listeners.filter(each => had.includes(String(each.port))))
        expect(listeners.find(at => at.listener.port === port)?.owner.uid).toBe(id.uid)
    }
  })
})

test('nobody makes nothing', () => {
  expect(joinGroup([])).toMatchObject({ settings: undefined, listeners: [] })
})
