// Services that share a load balancer: ports belong to the oldest that asks, everybody keeps the own doors, and who gives way is told.
import { describe, expect, test } from 'vitest'
import { joinGroup } from './groups.ts'
import { reasonsOf, settingsOf } from './settings-under-test.ts'
import type { Written } from './settings-under-test.ts'

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
      { reason: 'PortConflict', severity: 'warns', message: 'port 443 of the group belongs to default/old, which is older.' },
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
      scheme: 'internet-facing',
      attributes: 'zonal_shift.config.enabled=true',
      'additional-resource-tags': 'a=young,b=2',
    },
  })
  const tagged = { ...old, settings: { ...old.settings, tags: { a: 'old' } } }
  const { settings, problems } = joinGroup([young, tagged])
  expect(settings).toMatchObject({ loadBalancer: { scheme: 'internal' }, tags: { a: 'old', b: '2' } })
  expect(problems.get('young')).toMatchObject([
    { reason: 'GroupConflict', message: 'the load balancer of the group follows default/old in its scheme and attributes.' },
  ])
})

test('a member that asks for nothing of its own agrees with everything', () => {
  const leader = member('leader', '2025-01-01T00:00:00Z', { annotations: { subnets: 'a,b' }, listeners: [{ port: 9 }] })
  expect(joinGroup([leader, old]).problems.size).toBe(0)
})

test('nobody makes nothing', () => {
  expect(joinGroup([])).toMatchObject({ settings: undefined, listeners: [] })
})
