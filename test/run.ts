// `npm test`: prepares what the chosen tests need, runs all that this machine can run, and ends with the counts.
import { mkdtempDisposableSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { styleText } from 'node:util'
import { createVitest, parseCLI } from 'vitest/node'
import type { TestSpecification } from 'vitest/node'
import { auditFolderVariable } from './lab/audit-log.ts'
import { LabError } from './lab/errors.ts'
import { parts } from './parts.ts'
import { countingReporter, countsLine, fileKey } from './reporter.ts'

/** What other processes and true packets have a part in may fail by an unlucky moment of this machine; what is broken fails each time. */
const mostTries = 3
/** So many files do not fail by accident. */
const mostUnlucky = 10

const reporter = countingReporter()
const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)])
const vitest = await createVitest('test', {
  ...options,
  watch: false,
  config: join(import.meta.dirname, 'vitest.config.ts'),
  reporters: ['default', reporter],
})

// Tells the reporters who they work for; nothing runs yet.
await vitest.standalone()

// Once: what is under way ends and what was raised is taken down. Twice, or before any test runs: the end.
let running = false
let interrupted = false
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // vitest's own listeners leave at once, and with them nobody would take anything down.
  process.removeAllListeners(name)
  process.on(name, () => {
    if (!running || interrupted) process.exit(130)
    interrupted = true
    void vitest.cancelCurrentRun('keyboard-input')
  })
}

const audit = mkdtempDisposableSync(join(tmpdir(), 'weir-audit-'))
process.on('exit', () => audit.remove())
let trouble = 0
const skipped: string[] = []
const leftOut: string[] = []
try {
  const chosen = byPart(await vitest.globTestSpecifications(filter))
  const all = byPart(await vitest.globTestSpecifications())
  const ready: TestSpecification[] = []
  const whole = new Set<string>()
  const skippedParts = new Set<string>()
  for (const part of parts) {
    const specifications = chosen[part.name] ?? []
    if (specifications.length === 0) continue
    const missing = part.after?.filter(name => !whole.has(name)) ?? []
    if (missing.length > 0) {
      const why = `they look at what all tests of these parts did: ${missing.join(', ')}. Run: npm test`
      const list = missing.every(name => skippedParts.has(name)) ? skipped : leftOut
      list.push(`${part.name} tests (${specifications.length} files): ${why}`)
      continue
    }
    try {
      await part.prepare()
      ready.push(...specifications)
      if (specifications.length === all[part.name]?.length && !options.testNamePattern) whole.add(part.name)
    } catch (error) {
      const why = `${part.name} tests (${specifications.length} files): ${error instanceof Error ? error.message : String(error)}`
      const list = lacks(error) === 'kernel' ? skipped : leftOut
      list.push(why)
      if (list === skipped) skippedParts.add(part.name)
      if (lacks(error) === 'nothing') trouble += 1
    }
  }
  process.env[auditFolderVariable] = audit.path
  running = true
  if (ready.length > 0) await vitest.runTestSpecifications(ready, true)
  for (let run = 2; run <= mostTries; run++) {
    const { unsettled } = reporter
    const again = ready.filter(each => each.project.name !== 'unit' && unsettled.has(fileKey(each.project.name, each.moduleId)))
    if (interrupted || again.length === 0 || again.length > mostUnlucky) break
    console.log(`try ${run} of ${again.length} files in which something failed`)
    // The whole file, from its beginning: its tests may build on each other.
    await vitest.runTestSpecifications(again)
  }
} catch (error) {
  trouble += 1
  console.error(error)
} finally {
  await vitest.close()
}

for (const skip of [...skipped, ...reporter.skips]) console.log(styleText('yellow', `skipped: ${skip}`))
for (const part of leftOut) console.log(styleText('yellow', `left out: ${part}`))
for (const late of reporter.secondChances) console.log(styleText('yellow', late))
for (const failure of reporter.failures) console.log(styleText('red', `failed: ${failure}`))
const counts = { ...reporter.counts, failed: reporter.counts.failed + trouble }
const incomplete = leftOut.length > 0 && process.env['CI'] === 'true'
if (incomplete) console.log('CI=true: what is left out counts as a failure.')
if (counts.passed + counts.failed === 0) console.log('No test ran.')
if (interrupted) console.log('Interrupted: not all tests ran.')
console.log(countsLine(counts))
const green = counts.failed === 0 && counts.passed > 0 && !incomplete
process.exit(interrupted ? 130 : green ? 0 : 1)

/** The files of tests by the part they belong to. */
function byPart(specifications: readonly TestSpecification[]): Partial<Record<string, TestSpecification[]>> {
  return Object.groupBy(specifications, ({ project, moduleId }) => {
    const part = parts.find(candidate => candidate.takes({ project: project.name, path: moduleId }))
    return part?.name ?? 'no part'
  })
}

/** What is not there on this machine: a tool that can be installed, something of its kernel; or nothing, and preparing just failed. */
function lacks(error: unknown): 'tool' | 'kernel' | 'nothing' {
  if (!(error instanceof LabError) || error.code === 'build-failed') return 'nothing'
  return error.code === 'missing-kernel-feature' ? 'kernel' : 'tool'
}
