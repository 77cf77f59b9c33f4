// Runs a program to its end and gives what it said: for ip, nft, openssl, kubectl and the like.
import { spawn } from 'node:child_process'
import { LabError } from './errors.ts'

export type Output = { readonly code: number; readonly stdout: string; readonly stderr: string }

export type RunOptions = {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  readonly input?: string
  readonly signal?: AbortSignal | undefined
  /** Called for every whole line on standard error while the program runs. */
  readonly onErrorLine?: (line: string) => void
}

/** Runs `argv` and answers its exit code and output, whatever the code. Rejects only when the program cannot be started. */
export function attempt(argv: readonly string[], options: RunOptions = {}): Promise<Output> {
  const [program = '', ...args] = argv
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      ...(options.signal ? { signal: options.signal } : {}),
    })
    let stdout = ''
    let stderr = ''
    let partial = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
      if (!options.onErrorLine) return
      const lines = (partial + text).split('\n')
      partial = lines.pop() ?? ''
      for (const line of lines) options.onErrorLine(line)
    })
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code: code ?? (signal ? 128 : 1), stdout, stderr }))
    child.stdin?.on('error', () => undefined).end(options.input)
  })
}

/** Runs `argv` and answers its standard output. Throws LabError `command-failed` with the last words of the program otherwise. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await attempt(argv, options)
  if (code === 0) return stdout
  const words = (stderr.trim() || stdout.trim()).split('\n').slice(-5).join('\n')
  throw new LabError('command-failed', `${argv.join(' ')} ended with ${code}: ${words}`)
}
