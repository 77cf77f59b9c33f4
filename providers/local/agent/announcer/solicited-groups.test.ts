import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { groupSuffix, solicitedNode } from './ipv6-groups.ts'
import { SocketError } from './socket-error.ts'
import { createSolicitedGroups } from './solicited-groups.ts'

/** Sockets as the kernel has them, each with room for so many memberships. */
function kernel(room: number) {
  const open = new Set<Set<bigint>>()
  const broken = { value: false }
  return {
    broken,
    members: () => [...open].flatMap(groups => [...groups]),
    sockets: () => open.size,
    open: () => {
      const groups = new Set<bigint>()
      open.add(groups)
      return {
        join(group: bigint) {
          if (broken.value || groups.size >= room) throw new SocketError('setsockopt', 12)
          if (groups.has(group)) throw new SocketError('setsockopt', 98)
          groups.add(group)
        },
        leave: (group: bigint) => void groups.delete(group),
        [Symbol.dispose]: () => void open.delete(groups),
      }
    },
  }
}

property.prop([
  fc.array(fc.record({ address: fc.bigInt({ min: 0n, max: 40n }), remove: fc.boolean() }), { maxLength: 80 }),
  fc.integer({ min: 1, max: 5 }),
  fc.integer({ min: 1, max: 8 }),
])(
  'whatever comes and goes: one membership per group that an address needs, and no socket without one',
  (steps, room, perSocket) => {
    const world = kernel(room)
    using groups = createSolicitedGroups({ open: world.open, perSocket }, 2)
    const present = new Set<bigint>()
    for (const step of steps) {
      // Two addresses share each group.
      const address = (step.address % 20n) | ((step.address / 20n) << 64n)
      if (step.remove && present.delete(address)) groups.remove(address)
      if (!step.remove && !present.has(address)) {
        groups.add(address)
        present.add(address)
      }
      const wanted = new Set([...present].map(each => solicitedNode(each)))
      expect(world.members()).toHaveLength(wanted.size)
      expect(new Set(world.members())).toEqual(wanted)
      expect(world.sockets()).toBeLessThanOrEqual(wanted.size)
    }
    expect(groups.trouble).toBeUndefined()
  },
)

test('what cannot be joined is said and tried again; an interface that is made anew has everything joined anew', () => {
  const world = kernel(10)
  using groups = createSolicitedGroups({ open: world.open }, 2)
  world.broken.value = true
  groups.add(1n)
  expect(groups.trouble?.code).toBe('ENOMEM')
  world.broken.value = false
  expect(groups.retry()).toBe(true)
  expect(groups.trouble).toBeUndefined()
  groups.add(2n)
  groups.reopen(9)
  expect(world.members().map(group => groupSuffix(group))).toEqual([1, 2])
})
