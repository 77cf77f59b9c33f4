// What the commands say that ask nobody: help, version, completion.
import { type Arguments, UsageError } from './arguments.ts'
import { nearest } from '../api/nearest.ts'
import { commands } from './commands.ts'
import { completionScript, shells } from './completion.ts'
import { commandHelp, usage } from './help.ts'

/** Undefined for a command that needs a cluster. Throws UsageError. */
export function withoutCluster(
  { command, operands }: Pick<Arguments, 'command' | 'operands'>,
  version: string,
): string | undefined {
  const [first] = operands
  if (command === 'version') return `weir ${version}\n`
  if (command === 'completion') {
    const shell = shells.find(known => known === first)
    if (!shell) throw new UsageError(`say for which shell: weir completion ${shells.join('|')}`)
    return completionScript(shell)
  }
  if (command !== 'help') return undefined
  if (first === undefined) return usage()
  const about = commands.find(known => known === first)
  if (about) return commandHelp(about)
  const near = nearest(first, commands)
  throw new UsageError(`there is no command ${first}${near === undefined ? '' : `; did you mean ${near}?`}`)
}
