import { expect, test } from 'vitest'
import { NftFailed } from './nft.ts'
import { createShortcuts } from './shortcuts.ts'

const shortcut = { generation: 'a', seed: 7, interfaces: ['eth0'], neighbours: [] } as const

test('a kernel without shortcuts is asked once for each of them, and its complaint is kept until it takes one', async () => {
  const world = { refuses: true, runs: 0 }
  const shortcuts = createShortcuts({
    async run(text) {
      world.runs++
      expect(text).toContain('add table netdev weir\n')
      if (world.refuses) throw new NftFailed('NftRefused', 'Error: Could not process rule: Not supported')
    },
    check: async () => undefined,
    list: async () => undefined,
  })
  expect(shortcuts.refused).toBeUndefined()
  await shortcuts.set(shortcut)
  await shortcuts.set(shortcut)
  expect(world.runs).toBe(1)
  expect(shortcuts.refused).toContain('Not supported')
  world.refuses = false
  await shortcuts.set({ ...shortcut, interfaces: ['eth0', 'eth1'] })
  expect(world.runs).toBe(2)
  expect(shortcuts.refused).toBeUndefined()
})
