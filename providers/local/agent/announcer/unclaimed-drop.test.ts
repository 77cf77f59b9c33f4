import { expect, test } from 'vitest'
import { encodeRequest } from './netlink.ts'
import { createUnclaimedDrop } from './unclaimed-drop.ts'

/** A kernel that answers every request with the errno, and remembers the types of what it was asked. */
function kernel(errno: number) {
  const asked: number[] = []
  const answers: Uint8Array[] = []
  const answer = encodeRequest({
    type: 2,
    flags: 0,
    sequence: 0,
    body: new Uint8Array(Int32Array.of(-errno).buffer),
    attributes: [],
  })
  return {
    asked,
    socket: {
      fd: -1,
      receive(buffer: Uint8Array) {
        const next = answers.shift()
        if (next) buffer.set(next)
        return next?.length ?? 0
      },
      send(message: Uint8Array) {
        asked.push(new DataView(message.buffer).getUint16(4, true))
        if (errno !== 0) answers.push(answer)
      },
      [Symbol.dispose]: () => {},
    },
  }
}

test('without the right to, that is told once and the kernel is asked no more', () => {
  const { socket, asked } = kernel(1)
  const told: number[] = []
  using drop = createUnclaimedDrop({ socket, onRefused: errno => told.push(errno) })
  drop.add('eth0', 1)
  drop.remove('eth0', 1)
  expect(told).toEqual([1])
  expect(asked).toHaveLength(1)
})

test('a rule of an interface comes with its first address and goes with its last, a route with each', () => {
  const { socket, asked } = kernel(0)
  using drop = createUnclaimedDrop({ socket, onRefused: () => {} })
  const since = () => asked.splice(0)
  since()
  const [newRoute, deleteRoute, newRule, deleteRule] = [24, 25, 32, 33]
  drop.add('eth0', 1)
  drop.add('eth0', 1)
  drop.add('eth0', 2n)
  expect(since()).toEqual([newRule, newRule, newRoute, newRoute])
  drop.add('eth1', 1)
  drop.remove('eth0', 1)
  expect(since(), 'announced elsewhere still').toEqual([newRule, newRule])
  drop.remove('eth0', 2n)
  drop.remove('eth1', 1)
  drop.remove('eth1', 1)
  expect(since()).toEqual([deleteRoute, deleteRule, deleteRule, deleteRoute, deleteRule, deleteRule])
})
