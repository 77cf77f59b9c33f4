// What several runs of the same files of tests come to: a test passed if it did in any of them. Pure.

export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** One test in one run; one that did not come up, because a hook before it failed, is none. */
export interface TestRun {
  /** The same in every run. */
  readonly id: string
  readonly name: string
  readonly state: 'passed' | 'failed' | 'skipped'
  /** Why it was skipped. */
  readonly reason?: string
}

/** One run of a file. */
export interface FileRun {
  readonly tests: readonly TestRun[]
  /** Hooks that failed, and the file itself if it could not be loaded. */
  readonly broken: readonly string[]
}

export interface File {
  readonly runs: number
  /** By id, as of the run in which it passed, else of the last one. */
  readonly tests: ReadonlyMap<string, TestRun>
  /** In the last run. */
  readonly broken: readonly string[]
  /** What passed after it had failed, and in which run. */
  readonly late: readonly (readonly [name: string, run: number])[]
}

export type Files = ReadonlyMap<string, File>

export const noFiles: Files = new Map()

/** The same files with one more run of one of them. */
export function withRun(files: Files, key: string, run: FileRun): Files {
  const old = files.get(key)
  const runs = (old?.runs ?? 0) + 1
  const tests = new Map(old?.tests)
  const late = [...(old?.late ?? [])]
  for (const name of old?.broken ?? []) if (!run.broken.includes(name)) late.push([name, runs])
  for (const test of run.tests) {
    const before = tests.get(test.id)?.state
    if (before === 'passed') continue
    tests.set(test.id, test)
    if (before === 'failed' && test.state === 'passed') late.push([test.name, runs])
  }
  return new Map(files).set(key, { runs, tests, broken: run.broken, late })
}

/** Whether nothing of it failed in its last run that has not passed before. */
export function isSettled({ tests, broken }: File): boolean {
  return broken.length === 0 && [...tests.values()].every(({ state }) => state !== 'failed')
}

export function countsOf(files: Files): Counts {
  const all = [...files.values()]
  const inState = (state: TestRun['state']) =>
    all.flatMap(({ tests }) => [...tests.values()].filter(each => each.state === state))
  const broken = all.flatMap(file => file.broken)
  return {
    passed: inState('passed').length,
    failed: inState('failed').length + broken.length,
    skipped: inState('skipped').length,
  }
}

/** The names of what has not passed. */
export function failures(files: Files): readonly string[] {
  return [...files.values()].flatMap(({ tests, broken }) => [
    ...[...tests.values()].flatMap(({ state, name }) => (state === 'failed' ? name : [])),
    ...broken,
  ])
}

/** "default/web gets an address: needs vxlan" */
export function skips(files: Files): readonly string[] {
  return [...files.values()].flatMap(({ tests }) =>
    [...tests.values()].flatMap(({ state, name, reason }) => (state === 'skipped' ? `${name}: ${reason}` : [])),
  )
}

/** "passed at try 2: default/web gets an address" */
export function secondChances(files: Files): readonly string[] {
  return [...files.values()].flatMap(({ late }) => late.map(([name, run]) => `passed at try ${run}: ${name}`))
}
