// Reads a file that the command line names, or standard input.
import { readFileSync } from 'node:fs'
import { messageOf } from '../kubernetes/errors.ts'
import { UsageError } from './arguments.ts'

/** `-` is standard input. Throws UsageError for what cannot be read. */
export function readNamedFile(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw new UsageError(`cannot read ${file === '-' ? 'standard input' : file}: ${whyUnreadable(error)}`)
  }
}

function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EISDIR') return 'it is a folder'
  if (code === 'EACCES') return 'you may not read it'
  return messageOf(error)
}
