// What counts when files of tests run more than once.
import { expect, test } from 'vitest'
import { countsOf, failures, isSettled, noFiles, secondChances, skips, withRun } from './tries.ts'
import type { TestRun } from './tries.ts'

const ran = (id: string, state: TestRun['state']): TestRun => ({
  id,
  name: `lan > ${id}`,
  state,
  ...(state === 'skipped' && { reason: 'no vxlan' }),
})
const settled = (files: typeof noFiles) => [...files.values()].map(isSettled)

test('a test that fails and passes when its file runs again has passed, and is named', () => {
  const once = withRun(noFiles, 'lan', {
    tests: [ran('moves', 'failed'), ran('stays', 'passed'), ran('tunnel', 'skipped')],
    broken: [],
  })
  expect(countsOf(once)).toEqual({ passed: 1, failed: 1, skipped: 1 })
  expect(settled(once)).toEqual([false])
  const twice = withRun(once, 'lan', {
    tests: [ran('moves', 'passed'), ran('stays', 'failed'), ran('tunnel', 'skipped')],
    broken: [],
  })
  expect(countsOf(twice)).toEqual({ passed: 2, failed: 0, skipped: 1 })
  expect(settled(twice)).toEqual([true])
  expect(secondChances(twice)).toEqual(['passed at try 2: lan > moves'])
  expect(skips(twice)).toEqual(['lan > tunnel: no vxlan'])
})

test('one that never passes has failed once, however often it was tried', () => {
  let files = noFiles
  for (let run = 0; run < 3; run++) files = withRun(files, 'lan', { tests: [ran('moves', 'failed')], broken: [] })
  expect(countsOf(files)).toEqual({ passed: 0, failed: 1, skipped: 0 })
  expect(secondChances(files)).toEqual([])
})

test('tests behind a hook that failed count when it does not fail any more; until then the hook is the failure', () => {
  const once = withRun(noFiles, 'lan', { tests: [], broken: ['lan (its hooks)'] })
  expect(countsOf(once)).toEqual({ passed: 0, failed: 1, skipped: 0 })
  const twice = withRun(once, 'lan', { tests: [ran('moves', 'passed')], broken: [] })
  expect(countsOf(twice)).toEqual({ passed: 1, failed: 0, skipped: 0 })
  expect(secondChances(twice)).toEqual(['passed at try 2: lan (its hooks)'])
})

test('a test that failed and did not come up again has not passed', () => {
  const once = withRun(noFiles, 'lan', { tests: [ran('moves', 'failed')], broken: [] })
  const twice = withRun(once, 'lan', { tests: [], broken: ['lan (its hooks)'] })
  expect(countsOf(twice)).toEqual({ passed: 0, failed: 2, skipped: 0 })
  expect(failures(twice)).toEqual(['lan > moves', 'lan (its hooks)'])
  expect(settled(twice)).toEqual([false])
})
