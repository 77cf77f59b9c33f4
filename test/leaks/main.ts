// Names every line of a tracked file that says on which machine it was made, or where its packages came from.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findLeaks, packageHosts } from './leaks.ts'

const root = join(import.meta.dirname, '..', '..')
const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 })

// New files that nobody has committed yet count, too; ignored ones do not. A tree without git has nothing tracked.
const files = git('ls-files', '-z', '--cached', '--others', '--exclude-standard').split('\0').filter(Boolean)
const hosts = packageHosts(process.env, npmRegistry())
const leaks = files.flatMap(file => {
  const content = read(file)
  return content === undefined ? [] : findLeaks(content, hosts).map(leak => `${file}:${leak.line}: ${leak.what}`)
})
for (const leak of leaks) console.log(leak)
process.exitCode = leaks.length === 0 ? 0 : 1

/** Undefined for what is not text or is deleted in the working tree. */
function read(file: string): string | undefined {
  try {
    const content = readFileSync(join(root, file))
    return content.includes(0) ? undefined : content.toString('utf8')
  } catch {
    return undefined
  }
}

function npmRegistry(): string | undefined {
  try {
    return execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return undefined
  }
}
