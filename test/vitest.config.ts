// Test projects: pure unit tests share one process; tests with an API server or a LAN run alone, one file after the other.
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

const root = join(import.meta.dirname, '..')
const apiTests = ['{src,providers,test,deploy}/**/*.api.test.ts']
const lanTests = ['{src,providers,test}/**/*.lan.test.ts']
const rightsTests = ['test/rights/*.rights.test.ts']
const serial = {
  pool: 'forks',
  fileParallelism: false,
  testTimeout: 180_000,
  hookTimeout: 600_000,
  // What another process brings about comes when the machine lets it.
  expect: { poll: { timeout: 60_000 } },
} as const

export default defineConfig({
  root,
  test: {
    projects: [
      {
        root,
        test: {
          name: 'unit',
          include: ['{src,providers,test,deploy}/**/*.test.ts'],
          exclude: [...apiTests, ...lanTests, ...rightsTests, '**/node_modules/**'],
          pool: 'threads',
          isolate: false,
          // Long enough for a property with many runs on a busy machine; no test waits by itself.
          testTimeout: 180_000,
          sequence: { groupOrder: 0 },
        },
      },
      { root, test: { ...serial, name: 'api', include: apiTests, sequence: { groupOrder: 1 } } },
      {
        root,
        test: {
          ...serial,
          name: 'lan',
          include: lanTests,
          globalSetup: ['test/lab/shared-lab-host.ts'],
          sequence: { groupOrder: 2 },
        },
      },
      { root, test: { ...serial, name: 'rights', include: rightsTests, sequence: { groupOrder: 3 } } },
    ],
  },
})
