// A shell as the reader of a page has it: in the project's folder, with kubectl and weir for the cluster of the test.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attempt } from '../lab/command.ts'
import type { Output } from '../lab/command.ts'
import { root } from './pages.ts'

export interface Session extends Disposable {
  /**
   * Runs a piece of a page; variables and functions of those before it are still there. Standard error comes with
   * the output. After so many seconds it is ended, with the code 124. */
  run(script: string, seconds?: number): Promise<Output>
  /** Writes a file into the folder where the commands run. */
  write(file: string, text: string): void
}

export interface SessionOptions {
  readonly kubeconfig: string
  readonly kubectl: string
  /** The lab that `npm run lab -- …` means. */
  readonly lab?: {
    readonly name: string
    readonly dir: string
    /** What runs a program on the client, before its words: `curl` on a page is that of a machine on the LAN. */
    readonly onClient: readonly string[]
  }
}

/** Where `npm run lab` keeps its lab, as the pages have it. */
const usualLab = '/var/lib/weir-lab/lab'

export function openSession({ kubeconfig, kubectl, lab }: SessionOptions): Session {
  const folder = mkdtempSync(join(tmpdir(), 'weir-docs-'))
  const project = join(folder, 'weir')
  const programs = join(folder, 'bin')
  const memory = join(folder, 'memory')
  const named = lab === undefined ? [] : ['--name', lab.name]
  try {
    // Files that a page makes are none of the project.
    symlinkAll(root, project)
    writeProgram(programs, 'kubectl', [kubectl])
    writeProgram(programs, 'node', [process.execPath])
    for (const name of ['weir', 'kubectl-weir'])
      writeProgram(programs, name, [process.execPath, join(root, 'src', 'main-cli.ts')])
    // Not found by itself, again and again.
    const usual = ['env', `PATH=${process.env['PATH'] ?? ''}`]
    for (const name of ['curl', 'arping']) if (lab) writeProgram(programs, name, [...usual, ...lab.onClient, name])
    writeProgram(programs, 'npm', [process.execPath, join(import.meta.dirname, 'npm.ts'), ...named])
    writeFileSync(memory, '')
  } catch (error) {
    rmSync(folder, { recursive: true })
    throw error
  }
  const env = {
    PATH: [programs, ...(process.env['PATH'] ?? '').split(':')].join(':'),
    KUBECONFIG: kubeconfig,
    NO_COLOR: '1',
    // Where kubectl remembers what kinds there are.
    KUBECACHEDIR: join(folder, 'cache'),
  }
  return {
    run: async (script, seconds = 120) => {
      const real = lab === undefined ? script : script.replaceAll(usualLab, lab.dir)
      const words = [
        'exec 2>&1',
        'set -aeo pipefail',
        `. ${memory}`,
        `trap '{ export -p; declare -f; } > ${memory}' EXIT`,
        real,
      ].join('\n')
      const { code, stdout, stderr } = await attempt(['timeout', String(seconds), 'bash', '-c', words], { cwd: project, env })
      const output = (stdout + stderr).replaceAll(`${folder}/weir/`, '')
      return { code, stderr: '', stdout: lab === undefined ? output : output.replaceAll(lab.dir, usualLab) }
    },
    write: (file, text) => writeFileSync(join(project, file), `${text}\n`),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  }
}

function symlinkAll(from: string, to: string): void {
  mkdirSync(to)
  for (const entry of readdirSync(from)) if (entry !== '.git') symlinkSync(join(from, entry), join(to, entry))
}

function writeProgram(folder: string, name: string, words: readonly string[]): void {
  mkdirSync(folder, { recursive: true })
  const quoted = words.map(word => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ')
  writeFileSync(join(folder, name), `#!/bin/sh\nexec ${quoted} "$@"\n`, { mode: 0o755 })
}
