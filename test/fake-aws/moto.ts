// moto, an AWS that we did not write: installed once into the cache at pinned versions, started on a free loopback port.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { cacheFolder } from '../lab/binaries.ts'
import { attempt, run } from '../lab/command.ts'
import { withLock } from '../lab/lock.ts'

export type Moto = AsyncDisposable & {
  readonly url: string
  /** The moto package's version. */
  readonly version: string
  /** Forgets everything that was created. */
  readonly reset: () => Promise<void>
}

const requirements = join(import.meta.dirname, 'moto-requirements.txt')

/** What is missing on this machine to install moto; undefined when nothing is. */
export async function missingForMoto(): Promise<string | undefined> {
  const python = await attempt(['python3', '-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))']).catch(
    () => undefined,
  )
  return python?.code === 0
    ? undefined
    : 'moto needs Python 3.11 or newer with the modules venv and pip (Debian: apt install python3-venv)'
}

/** Starts moto; the first time on a machine it is installed, which takes a minute or two. Throws when Python is missing. */
export async function startMoto(options: { readonly cache?: string; readonly signal?: AbortSignal } = {}): Promise<Moto> {
  const program = await motoProgram(options)
  const child = spawn(program, ['-H', '127.0.0.1', '-p', '0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, MOTO_ACCOUNT_ID: '111122223333', PYTHONUNBUFFERED: '1' },
  })
  const end = () => void child.kill('SIGKILL')
  process.once('exit', end)
  try {
    const url = await addressOf(child)
    return {
      url,
      version: /^moto==(.+)$/m.exec(readFileSync(requirements, 'utf8'))?.[1] ?? 'unknown',
      reset: async () => {
        const response = await fetch(`${url}/moto-api/reset`, { method: 'POST' })
        if (!response.ok) throw new Error(`moto cannot be reset: ${response.status}`)
      },
      [Symbol.asyncDispose]: async () => {
        process.off('exit', end)
        const ended = new Promise(resolve => child.once('exit', resolve))
        child.kill('SIGKILL')
        await ended
      },
    }
  } catch (error) {
    end()
    throw error
  }
}

/** The path of moto_server; the first time on a machine it is installed. */
export async function motoProgram(options: { readonly cache?: string; readonly signal?: AbortSignal } = {}): Promise<string> {
  const folder = await install(options.cache ?? cacheFolder(), options.signal)
  return join(folder, 'bin', 'moto_server')
}

/** A virtual environment named by what is in it; a half-made one is made again. */
async function install(cache: string, signal: AbortSignal | undefined): Promise<string> {
  const key = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16)
  const folder = join(cache, `moto-${key}`)
  const complete = join(folder, 'complete')
  if (existsSync(complete)) return folder
  mkdirSync(cache, { recursive: true })
  return withLock(join(cache, `moto-${key}.lock`), signal, async () => {
    if (existsSync(complete)) return folder
    rmSync(folder, { recursive: true, force: true })
    await run(['python3', '-m', 'venv', folder], { signal })
    await run([join(folder, 'bin', 'pip'), 'install', '--quiet', '--disable-pip-version-check', '-r', requirements], { signal })
    writeFileSync(complete, '')
    return folder
  })
}

/** The address it prints when it listens. */
function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const said: string[] = []
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue
      createInterface({ input: stream }).on('line', line => {
        const url = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1]
        if (url !== undefined) resolve(url)
        else if (said.length < 20) said.push(line)
      })
    }
    child.once('error', reject)
    child.once('exit', code => reject(new Error(`moto ended with ${code}: ${said.join('\n')}`)))
  })
}
