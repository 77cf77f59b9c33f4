// docs/ingress-annotations.md is made from the rows and says everything they say.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { countKeys, gatewayReference } from './docs.ts'
import { nginxPrefix } from './row.ts'
import { knownKeys } from './rows.ts'

const root = join(import.meta.dirname, '..', '..', '..', '..')

test('docs/ingress-annotations.md is up to date (npm run generate)', () => {
  expect(readFileSync(join(root, 'docs', 'ingress-annotations.md'), 'utf8')).toBe(gatewayReference())
})

test('every key of ingress-nginx is counted once, and stands in the page', () => {
  const names = knownKeys.flatMap(key => (key.startsWith(nginxPrefix) ? key.slice(nginxPrefix.length) : []))
  expect(new Set(names).size).toBe(names.length)
  expect(Object.values(countKeys()).reduce((sum, count) => sum + count, 0)).toBe(names.length)
  const page = gatewayReference()
  for (const name of names) expect([name, page.includes(`${name}\``)]).toEqual([name, true])
})
