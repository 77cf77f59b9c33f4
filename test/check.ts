// All static checks in one command: format, types, lint with the walls of the architecture, generated files, leaks.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { styleText } from 'node:util'

const root = join(import.meta.dirname, '..')
const bin = (name: string) => join(root, 'node_modules', '.bin', name)
const fix = process.argv.includes('--fix')

const checks: readonly { readonly name: string; readonly command: readonly string[] }[] = [
  { name: 'format', command: [bin('biome'), 'format', '--config-path=.biome.json', ...(fix ? ['--write'] : [])] },
  { name: 'types', command: [bin('tsc'), '--noEmit'] },
  { name: 'lint', command: [bin('oxlint'), '--type-aware', '--deny-warnings', ...(fix ? ['--fix'] : [])] },
  { name: 'generated files', command: [process.execPath, 'src/api/generate.ts', ...(fix ? [] : ['--check'])] },
  { name: 'generated docs', command: [process.execPath, 'providers/aws/generate-docs.ts', ...(fix ? [] : ['--check'])] },
  { name: 'no leaks', command: [process.execPath, 'test/leaks/main.ts'] },
]

let failed = 0
for (const { name, command } of checks) {
  const started = performance.now()
  const [program = '', ...args] = command
  const result = spawnSync(program, args, { cwd: root, encoding: 'utf8' })
  const passed = result.status === 0
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(`${passed ? styleText('green', '✔') : styleText('red', '✘')} ${name.padEnd(18)} ${seconds} s`)
  if (!passed) console.log(`${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`)
  failed += passed ? 0 : 1
}
process.exitCode = failed === 0 ? 0 : 1
