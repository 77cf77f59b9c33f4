// The command line as a program of its own, against a cluster of a test.
import { execFile } from 'node:child_process'
import { join } from 'node:path'

export interface Said {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const program = join(import.meta.dirname, '..', '..', 'src', 'main-cli.ts')

/** Runs `weir` with these arguments; `input` is its standard input. Not synchronous: the test may be the one who answers it. */
export function commandLine(
  kubeconfig: string,
  environment: Readonly<Record<string, string>> = {},
): (argv: readonly string[], input?: string) => Promise<Said> {
  const env = { ...process.env, ...environment, KUBECONFIG: kubeconfig, NO_COLOR: '1' }
  return (argv, input = '') =>
    new Promise(resolve => {
      const child = execFile(process.execPath, [program, ...argv], { env, encoding: 'utf8' }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
      })
      child.stdin?.end(input)
    })
}
