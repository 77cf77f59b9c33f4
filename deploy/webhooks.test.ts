// Weir works without webhooks: an API server never waits for it.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const files = globSync('{crds,deploy}/**/*.{yaml,yml,json,tpl}', { cwd: root })

test('nothing that is installed is a webhook, asks for one, or may make one', () => {
  expect(files.length).toBeGreaterThan(20)
  const mentions = files.filter(file =>
    /webhookconfiguration|strategy:\s*["']?webhook|webhookClientConfig/i.test(readFileSync(join(root, file), 'utf8')),
  )
  expect(mentions).toEqual([])
})
