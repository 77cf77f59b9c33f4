// Keeps the one lab that the LAN tests of a run share: raised with Weir when the first of them asks, taken down at the end.
import { createServer } from 'node:net'
import type { TestProject } from 'vitest/node'
import { weirAccounts } from './audit-log.ts'
import { applySamples, buildBundle, installWeir } from './install.ts'
import { startLab } from './lab.ts'
import type { Lab } from './lab.ts'
import { fullPath } from './machine.ts'
import type { SharedLabAnswer } from './shared-lab.ts'
import { takeDownAbandoned } from './take-down.ts'

/** Called by vitest in its main process, which outlives every test file; what it answers is called when all have run. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  let raised: Promise<Lab> | undefined
  const server = createServer(connection => {
    const answer = (words: SharedLabAnswer) => connection.end(JSON.stringify(words))
    connection.on('error', () => undefined)
    raised ??= raise(`test-${process.pid}`)
    raised.then(
      ({ name }) => answer({ name }),
      (error: unknown) => {
        // Who asks next may have better luck.
        raised = undefined
        answer({ error: error instanceof Error ? error.message : String(error) })
      },
    )
  })
  // A name that is no file (unix(7), abstract), so that nothing is left of it.
  const path = `\0weir-shared-lab-${process.pid}`
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path }, resolve)
  })
  project.provide('sharedLab', path)
  return async () => {
    server.close()
    const lab = await raised?.catch(() => undefined)
    await lab?.[Symbol.asyncDispose]()
  }
}

async function raise(name: string): Promise<Lab> {
  process.env['PATH'] = fullPath()
  await takeDownAbandoned(name)
  const lab = await startLab({ name, bundle: await buildBundle(), audit: weirAccounts })
  try {
    // A machine that also builds or tests something else may need its time.
    await installWeir(lab, 180)
    await applySamples(lab, true)
    return lab
  } catch (error) {
    await lab[Symbol.asyncDispose]()
    throw error
  }
}
