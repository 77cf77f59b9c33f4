// `npm` as the commands of the pages meet it in a test: the scripts that are asked of a lab that runs already, and building.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './pages.ts'

const args = process.argv.slice(2)
const [flag, name = ''] = args
const named = flag === '--name' ? ['--name', name] : []
const [run, script, dashes, ...rest] = args.slice(named.length).filter(word => word !== '--silent')

const programs: Readonly<Record<string, readonly string[]>> = {
  lab: ['test/lab/main.ts', ...named],
  build: ['deploy/build.ts'],
}
const program = programs[script ?? '']
const isQuestion = script !== 'lab' || rest[0] === 'kubectl' || rest[0] === 'on'
if (run !== 'run' || !program || !isQuestion || (dashes !== undefined && dashes !== '--')) {
  console.error(`npm ${args.join(' ')}: this is not for a test of a page; mark the block with the test that does it (tested=…)`)
  process.exit(1)
}
const words = [...program.map((word, index) => (index === 0 ? join(root, word) : word)), ...rest]
process.exitCode = spawnSync(process.execPath, words, { stdio: 'inherit' }).status ?? 1
