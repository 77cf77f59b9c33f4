// A namespace of the lab seen from test code: run something there, or keep something running there and read what it says.
import { readFileSync } from 'node:fs'
import type { Both } from './addressing.ts'
import { attempt, run } from './command.ts'
import type { Output, RunOptions } from './command.ts'
import { isAlive } from './proc.ts'
import { lastWords, launch, processNamed, relaunch, signal as send } from './process.ts'
import type { LabState } from './state.ts'
import { waitFor } from './waiting.ts'

export type Place = {
  /** "n0", "client", or what `attach` was given. */
  readonly name: string
  /** Its IPv4 address. */
  readonly address: string
  /** Its IPv6 address, which reads like the other. */
  readonly address6: string
  /** The whole command line that runs `argv` there, for a caller that starts it itself. */
  words(argv: readonly string[]): readonly string[]
  /** Runs a program there to its end; throws LabError when it fails. */
  exec(argv: readonly string[], options?: RunOptions): Promise<string>
  /** The same, whatever the exit code. */
  tryExec(argv: readonly string[], options?: RunOptions): Promise<Output>
  /** Starts a program there that stays until it is disposed, its place dies, or the lab ends. */
  start(name: string, argv: readonly string[], env?: Readonly<Record<string, string>>): Promise<Started>
}

export type Started = AsyncDisposable & {
  readonly pid: number
  running(): boolean
  /** Everything it wrote until now, both streams. */
  output(): string
  /** Waits for a line that matches, also one that is there already, and answers the match. */
  untilLine(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>
  kill(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>
  /** Kills it if it runs and starts it with the same words. */
  restart(): Promise<void>
  pause(): Promise<void>
  resume(): Promise<void>
}

/** How to get into a place; asked each time, because a node that booted again is entered by another number. */
export type Entrance = () => { readonly words: readonly string[]; readonly forks: boolean }

export function openPlace(state: LabState, name: string, { IPv4, IPv6 }: Both, enter: Entrance): Place {
  return {
    name,
    address: IPv4,
    address6: IPv6,
    words: argv => [...enter().words, ...argv],
    exec: (argv, options) => run([...enter().words, ...argv], options),
    tryExec: (argv, options) => attempt([...enter().words, ...argv], options),
    start: async (program, argv, env) => {
      const { words, forks } = enter()
      const id = `${name}.${program}`
      await launch(state, { name: id, argv: [...words, ...argv], forks, ...(env ? { env } : {}) })
      return openStarted(state, id)
    },
  }
}

function openStarted(state: LabState, id: string): Started {
  const record = () => processNamed(state, id)
  const output = () => readFileSync(record().log, 'utf8')
  return {
    get pid() {
      return record().pid
    },
    running: () => isAlive(record()),
    output,
    untilLine: (pattern, timeoutMs = 30_000) =>
      waitFor(
        () =>
          output()
            .split('\n')
            .map(line => pattern.exec(line))
            .find(match => match !== null),
        {
          what: `a line of ${id} like ${String(pattern)}`,
          timeoutMs,
          everyMs: 20,
          explain: () => `it said ${lastWords(record().log)}`,
        },
      ),
    kill: (signal = 'SIGKILL') => send(record(), signal),
    restart: async () => {
      await send(record(), 'SIGKILL')
      await relaunch(state, record())
    },
    pause: () => send(record(), 'SIGSTOP'),
    resume: () => send(record(), 'SIGCONT'),
    [Symbol.asyncDispose]: () => send(record(), 'SIGKILL'),
  }
}
