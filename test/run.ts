// `npm test`: prepares what the chosen tests need, runs all that this machine can run, and ends with the counts.
import { join } from 'node:path'
import { styleText } from 'node:util'
import { createVitest, parseCLI } from 'vitest/node'
import type { TestSpecification } from 'vitest/node'
import { LabError } from './lab/errors.ts'
import { parts } from './parts.ts'
import { countingReporter, countsLine } from './reporter.ts'

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

let trouble = 0
const leftOut: string[] = []
try {
  const chosen = Object.groupBy(await vitest.globTestSpecifications(filter), specification => specification.project.name)
  const ready: TestSpecification[] = []
  for (const part of parts) {
    const specifications = chosen[part.name] ?? []
    if (specifications.length === 0) continue
    try {
      await part.prepare()
      ready.push(...specifications)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      if (!isMissing(error)) trouble += 1
      leftOut.push(`${part.name} tests (${specifications.length} files) are left out: ${message}`)
    }
  }
  if (ready.length > 0) await vitest.runTestSpecifications(ready, true)
} catch (error) {
  trouble += 1
  console.error(error)
} finally {
  await vitest.close()
}

for (const skip of reporter.skips) console.log(styleText('yellow', `skipped: ${skip}`))
for (const line of leftOut) console.log(styleText('yellow', line))
const counts = { ...reporter.counts, failed: reporter.counts.failed + trouble }
const incomplete = leftOut.length > 0 && process.env['CI'] === 'true'
if (incomplete) console.log('CI=true: what is left out counts as a failure.')
if (counts.passed + counts.failed === 0) console.log('No test ran.')
console.log(countsLine(counts))
process.exit(counts.failed === 0 && counts.passed > 0 && !incomplete ? 0 : 1)

/** Whether this machine lacks something; anything else that goes wrong is a failure of the run. */
function isMissing(error: unknown): boolean {
  return error instanceof LabError && error.code !== 'build-failed'
}
