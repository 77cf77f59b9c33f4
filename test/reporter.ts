// Counts what a run of the tests came to, and names every test that was skipped with its reason.
import type { Reporter, TestCase, TestModule } from 'vitest/node'

export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export interface CountingReporter extends Reporter {
  readonly counts: Counts
  /** "default/web gets an address: needs vxlan", one for each test that was skipped. */
  readonly skips: readonly string[]
}

/**
 * A file that cannot be loaded, a hook that fails and an error outside of any test count as one failure each: a run in which
 * anything went wrong never reads as if all was well.
 */
export function countingReporter(): CountingReporter {
  let counts: Counts = { passed: 0, failed: 0, skipped: 0 }
  let skips: readonly string[] = []
  return {
    get counts() {
      return counts
    },
    get skips() {
      return skips
    },
    onTestRunEnd(modules, unhandledErrors) {
      const cases = modules.flatMap(module => [...module.children.allTests()])
      const inState = (state: string) => cases.filter(each => each.result().state === state)
      const skipped = [...inState('skipped'), ...inState('pending')].filter(each => !isBlocked(each))
      counts = {
        passed: inState('passed').length,
        failed: inState('failed').length + brokenOutsideTests(modules) + unhandledErrors.length,
        skipped: skipped.length,
      }
      skips = skipped.map(describeSkip)
    },
  }
}

function brokenOutsideTests(modules: readonly TestModule[]): number {
  const broken = modules.flatMap(module => [module, ...module.children.allSuites()]).filter(each => each.errors().length > 0)
  return broken.length
}

/** Whether it did not run because a hook around it failed, which is told as that failure. */
function isBlocked(test: TestCase): boolean {
  for (let around: TestCase['parent'] = test.parent; ; around = around.parent) {
    if (around.errors().length > 0) return true
    if (around.type === 'module') return false
  }
}

function describeSkip(test: TestCase): string {
  const result = test.result()
  const reason = result.state === 'skipped' && result.note ? result.note : 'no reason given'
  return `${test.module.relativeModuleId} > ${test.fullName}: ${reason}`
}

/** The last line of every run; what was skipped is told by name before it. */
export function countsLine({ passed, failed }: Counts): string {
  return `${passed} passed, ${failed} failed`
}
