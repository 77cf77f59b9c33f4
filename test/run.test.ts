// What `npm test` says and answers when this machine lacks something.
import { spawnSync } from 'node:child_process'
import { mkdtempDisposableSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expect, test } from 'vitest'
import { parts } from './parts.ts'

/** Runs two files of tests on a machine whose python3 is of no use. */
function runWithoutPython(ci: boolean) {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'weir-run-'))
  writeFileSync(join(folder.path, 'python3'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
  const words = [join(import.meta.dirname, 'run.ts'), 'test/lab/machine.test.ts', 'contract-moto']
  // Nothing of the run around this test.
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST') && name !== 'TEST' && name !== 'CI')
  const env = { ...Object.fromEntries(own), ...(ci ? { CI: 'true' } : {}) }
  const path = `${folder.path}${delimiter}${process.env['PATH'] ?? ''}`
  const { status, stdout } = spawnSync(process.execPath, words, { env: { ...env, PATH: path }, encoding: 'utf8' })
  return { status, lines: stdout.trimEnd().split('\n') }
}

test('a missing tool is named, its tests are left out, and the counts come last', () => {
  const { status, lines } = runWithoutPython(false)
  expect(lines).toContainEqual(expect.stringMatching(/left out: moto tests \(1 files\): moto needs Python 3/))
  expect(lines.at(-1)).toMatch(/^\d+ passed, 0 failed$/)
  expect(status).toBe(0)
})

test('with CI=true a missing tool is a failure', () => {
  const { status, lines } = runWithoutPython(true)
  expect(lines).toContain('CI=true: what is left out counts as a failure.')
  expect(lines.at(-1)).toMatch(/^\d+ passed, 0 failed$/)
  expect(status).toBe(1)
})

test.each([
  ['unit', 'src/model/address.test.ts', 'unit'],
  ['api', 'src/kubernetes/core.api.test.ts', 'api'],
  ['api', 'test/fake-aws/contract-moto.api.test.ts', 'moto'],
  ['api', 'test/gateway/routing-envoy.api.test.ts', 'envoy'],
  ['api', 'src/page/page-chromium.api.test.ts', 'chromium'],
  ['lan', 'test/acceptance/page-chromium.lan.test.ts', 'lan with chromium'],
  ['api', 'test/install/kubernetes-oldest.api.test.ts', 'oldest'],
  ['rights', 'test/rights/used.rights.test.ts', 'rights'],
  ['lan', 'test/acceptance/failover.lan.test.ts', 'lan'],
])('of the %s tests %s needs what the part %s needs', (project, path, part) => {
  expect(parts.find(each => each.takes({ project, path }))?.name).toBe(part)
})
