// Runs nft: one process per transaction, which the kernel takes as a whole or not at all.
import { spawn } from 'node:child_process'

/** Why nft did not do what it was asked. */
export class NftFailed extends Error {
  readonly code: 'NftMissing' | 'NftRefused'
  constructor(code: NftFailed['code'], message: string) {
    super(message)
    this.code = code
  }
}

export interface Nft {
  /** Applies one transaction. Throws NftFailed; then nothing of it was done. */
  run(transaction: string, signal?: AbortSignal): Promise<void>
  /** Whether the kernel would take it: the first complaint, or undefined. */
  check(transaction: string, signal?: AbortSignal): Promise<string | undefined>
  /** What `nft -j` lists for these arguments; undefined when it does not exist. */
  list(args: readonly string[], signal?: AbortSignal): Promise<unknown>
}

/** `program`: the words before nft's own arguments, as ['nft']. No shell is involved. */
export function createNft(program: readonly [string, ...string[]] = ['nft']): Nft {
  const [command, ...first] = program
  const call = (args: readonly string[], input: string, signal: AbortSignal | undefined) =>
    new Promise<{ readonly status: number | null; readonly output: string; readonly errors: string }>((resolve, reject) => {
      const child = spawn(command, [...first, ...args], { stdio: ['pipe', 'pipe', 'pipe'], ...(signal && { signal }) })
      const output: Buffer[] = []
      const errors: Buffer[] = []
      child.stdout.on('data', chunk => output.push(chunk))
      child.stderr.on('data', chunk => errors.push(chunk))
      child.once('error', reject)
      child.once('close', status => {
        resolve({ status, output: Buffer.concat(output).toString(), errors: Buffer.concat(errors).toString() })
      })
      // It may end before it has read everything; its status says why.
      child.stdin.on('error', () => {})
      child.stdin.end(input)
    })
  const asked = async (args: readonly string[], input: string, signal: AbortSignal | undefined) => {
    try {
      return await call(args, input, signal)
    } catch (error) {
      if (signal?.aborted) throw error
      throw new NftFailed('NftMissing', `${command} cannot be run: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return {
    async run(transaction, signal) {
      const { status, errors } = await asked(['-f', '-'], transaction, signal)
      if (status !== 0) throw new NftFailed('NftRefused', complaint(errors, status))
    },
    async check(transaction, signal) {
      const { status, errors } = await asked(['-c', '-f', '-'], transaction, signal)
      return status === 0 ? undefined : complaint(errors, status)
    },
    async list(args, signal) {
      const { status, output } = await asked(['-j', ...args], '', signal)
      return status === 0 ? (JSON.parse(output) as unknown) : undefined
    },
  }
}

/** The first line that says something, short: the rest repeats the transaction. */
function complaint(errors: string, status: number | null): string {
  const line = errors.split('\n').find(each => each.trim() !== '')
  return (line ?? `nft ended with status ${status}`).slice(0, 300)
}
