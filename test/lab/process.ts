// Long-running programs of a lab: started in their namespaces, recorded, signalled, started again, stopped.
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { LabError } from './errors.ts'
import { childrenOf, identify, isAlive, signalProcess } from './proc.ts'
import type { LabState, ProcessRecord } from './state.ts'
import { waitFor } from './waiting.ts'

/** Programs of a lab that can be killed, paused and brought back from test code. */
export type Processes<Name extends string> = {
  /** Ends it and waits until it is gone: at once (SIGKILL, the default) or politely (SIGTERM). */
  kill(name: Name, signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>
  /** Starts it again with the same words (after killing it if it runs) and waits until it serves. */
  restart(name: Name): Promise<void>
  /** SIGSTOP: it keeps its connections and answers nothing. */
  pause(name: Name): Promise<void>
  /** SIGCONT after `pause`. */
  resume(name: Name): Promise<void>
  running(name: Name): boolean
  /** Path of what it wrote. */
  log(name: Name): string
}

export type Launch = {
  /** Unique in its lab; names the log too. */
  readonly name: string
  /** The whole command, with the words before it that enter namespaces. */
  readonly argv: readonly string[]
  /** True when the words before the program fork (a PID namespace): the recorded process is then their child. */
  readonly forks?: boolean
  readonly env?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

/**
 * Starts a program that dies with the owner of the lab (PR_SET_PDEATHSIG) and records it. One that another process starts, for
 * instance a test in a lab that tests share, stays until the lab goes. Its output goes to `<state>/<name>.log`.
 * Throws LabError `process-ended` when it is gone before it could be recorded.
 */
export async function launch(state: LabState, wanted: Launch): Promise<ProcessRecord> {
  const log = state.path(`${wanted.name}.log`)
  const file = openSync(log, 'a')
  const words = state.ownedByThisProcess() ? ['setpriv', '--pdeathsig', 'KILL', '--', ...wanted.argv] : wanted.argv
  const [program = '', ...args] = words
  const child = spawn(program, args, {
    detached: true,
    stdio: ['ignore', file, file],
    env: { ...process.env, ...wanted.env },
  })
  closeSync(file)
  const started = await new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('spawn', () => resolve(child.pid ?? 0))
  })
  child.unref()
  const outer = identify(started)
  if (!outer) throw ended(wanted.name, log)
  const inner = wanted.forks
    ? await waitFor(() => (isAlive(outer) ? childrenOf(outer.pid)[0] : { pid: 0, start: '' }), {
        what: `${wanted.name} to enter its namespaces`,
        timeoutMs: 10_000,
        everyMs: 10,
        signal: wanted.signal,
      })
    : outer
  if (inner.pid === 0) throw ended(wanted.name, log)
  const record = { ...inner, name: wanted.name, argv: wanted.argv, log, ...(wanted.forks ? { wrapper: outer } : {}) }
  state.record(record)
  return record
}

/** Starts the recorded program once more, with the same words. */
export function relaunch(state: LabState, record: ProcessRecord): Promise<ProcessRecord> {
  return launch(state, { name: record.name, argv: record.argv, forks: record.wrapper !== undefined })
}

/** The record of a program by name; throws when the lab never started it. */
export function processNamed(state: LabState, name: string): ProcessRecord {
  const found = state.processes().find(record => record.name === name)
  if (!found) throw new LabError('no-such-lab', `lab ${state.name} has no process ${name}`)
  return found
}

/** Signals a program; SIGKILL and SIGTERM return only when it is gone (SIGTERM becomes SIGKILL after `graceMs`). */
export async function signal(record: ProcessRecord, name: NodeJS.Signals, graceMs = 5_000): Promise<void> {
  const sent = signalProcess(record, name)
  // A wrapper stops together with its child; it must run again to see the child end or go on.
  if (record.wrapper && name !== 'SIGSTOP') signalProcess(record.wrapper, 'SIGCONT')
  if (!sent || (name !== 'SIGKILL' && name !== 'SIGTERM')) return
  if (name === 'SIGTERM' && (await gone(record, graceMs))) return
  signalProcess(record, 'SIGKILL')
  if (!(await gone(record, 10_000))) throw new LabError('not-ready', `${record.name} (${record.pid}) does not end`)
}

async function gone(record: ProcessRecord, timeoutMs: number): Promise<boolean> {
  return waitFor(() => !isAlive(record), { what: `the end of ${record.name}`, timeoutMs, everyMs: 10 }).then(
    () => true,
    () => false,
  )
}

/** Kill, restart, pause and resume for the recorded programs of a lab; `serves` waits for a restarted one. */
export function processControls<Name extends string>(state: LabState, serves: (name: Name) => Promise<void>): Processes<Name> {
  return {
    kill: (name, how = 'SIGKILL') => signal(processNamed(state, name), how),
    restart: async name => {
      const record = processNamed(state, name)
      await signal(record, 'SIGKILL')
      await relaunch(state, record)
      await serves(name)
    },
    pause: name => signal(processNamed(state, name), 'SIGSTOP'),
    resume: name => signal(processNamed(state, name), 'SIGCONT'),
    running: name => isAlive(processNamed(state, name)),
    log: name => processNamed(state, name).log,
  }
}

/** Kills every recorded process of a lab at once; nothing here holds data that wants a polite end. */
export async function endProcesses(state: LabState): Promise<void> {
  await Promise.all(state.processes().map(record => signal(record, 'SIGKILL')))
}

/** The last lines a program wrote, for messages. */
export function lastWords(log: string, lines = 3): string {
  try {
    return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
  } catch {
    return ''
  }
}

function ended(name: string, log: string): LabError {
  return new LabError('process-ended', `${name} ended at once: ${lastWords(log)}`)
}
