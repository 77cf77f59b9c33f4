// Counts what the runs of the tests came to, and names every test that was skipped with its reason or passed only when it was tried again.
import type { Reporter, TestCase, TestModule } from 'vitest/node'
import { countsOf, failures, isSettled, noFiles, secondChances, skips, withRun } from './tries.ts'
import type { Counts, FileRun, Files, TestRun } from './tries.ts'

export interface CountingReporter extends Reporter {
  /** Of all runs until now. */
  readonly counts: Counts
  /** Files with something that has not passed in any run yet, as `fileKey` says. */
  readonly unsettled: ReadonlySet<string>
  /** Tests that have not passed in any run, hooks and files that failed in the last one. */
  readonly failures: readonly string[]
  /** "default/web gets an address: needs vxlan", one for each test that was skipped. */
  readonly skips: readonly string[]
  /** "passed at try 2: default/web gets an address", one for each test that failed before. */
  readonly secondChances: readonly string[]
}

/** What names a file of tests in a run. */
export function fileKey(project: string, path: string): string {
  return `${project} ${path}`
}

/**
 * A file that cannot be loaded, a hook that fails and an error outside of any test count as one failure each: a run in which
 * anything went wrong never reads as if all was well. A test passed if it did in any of the runs.
 */
export function countingReporter(): CountingReporter {
  let files: Files = noFiles
  let errors = 0
  return {
    get counts() {
      const { passed, failed, skipped } = countsOf(files)
      return { passed, failed: failed + errors, skipped }
    },
    get unsettled() {
      return new Set([...files].filter(([, file]) => !isSettled(file)).map(([key]) => key))
    },
    get failures() {
      return failures(files)
    },
    get skips() {
      return skips(files)
    },
    get secondChances() {
      return secondChances(files)
    },
    onTestRunEnd(modules, unhandledErrors) {
      for (const module of modules) files = withRun(files, fileKey(module.project.name, module.moduleId), runOf(module))
      errors += unhandledErrors.length
    },
  }
}

function runOf(module: TestModule): FileRun {
  const suites = [...module.children.allSuites()].filter(each => each.errors().length > 0)
  const tests = [...module.children.allTests()].flatMap((test): TestRun | [] => {
    const name = `${module.relativeModuleId} > ${test.fullName}`
    const result = test.result()
    const { state } = result
    if (state === 'passed' || state === 'failed') return { id: test.id, name, state }
    const reason = result.state === 'skipped' && result.note ? result.note : 'no reason given'
    return isBlocked(test) ? [] : { id: test.id, name, state: 'skipped', reason }
  })
  const broken = suites.map(({ fullName }) => `${module.relativeModuleId} > ${fullName} (its hooks)`)
  return { tests, broken: module.errors().length > 0 ? [...broken, `${module.relativeModuleId} (the file)`] : broken }
}

/** Whether it did not run because a hook around it failed, which is told as that failure. */
function isBlocked(test: TestCase): boolean {
  for (let around: TestCase['parent'] = test.parent; ; around = around.parent) {
    if (around.errors().length > 0) return true
    if (around.type === 'module') return false
  }
}

/** The last line of every run; what was skipped is told by name before it. */
export function countsLine({ passed, failed }: Counts): string {
  return `${passed} passed, ${failed} failed`
}
