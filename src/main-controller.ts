// The controller's composition root: the one active process of the cluster, which claims Services and gives them addresses.
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { UsageError, readOptions, usage } from './controllers/options.ts'
import type { ControllerOptions } from './controllers/options.ts'
import { runController } from './controllers/run.ts'
import type { ProviderParts, ProviderSurroundings } from './controllers/provider-parts.ts'
import type { ServiceController } from './controllers/service.ts'
import { systemClock } from './kubernetes/clock.ts'
import { CredentialsError } from './kubernetes/errors.ts'
import { makeLocal } from './main-controller-local.ts'
import { toggleDebug } from './observability/log-level.ts'
import { createLog } from './observability/log.ts'
import type { Log, ProgramLog } from './observability/log.ts'

/** Every provider there is, and how it is made from what the controller has. */
const makers: Readonly<Record<string, (surroundings: ProviderSurroundings) => ProviderParts | Promise<ProviderParts>>> = {
  local: makeLocal,
  aws: async surroundings => (await import('./main-controller-aws.ts')).makeAws(surroundings),
}

export interface StartOptions {
  readonly options: ControllerOptions
  readonly signal: AbortSignal
  readonly log: Log
  /** The same, where its level may be changed while the controller runs. */
  readonly programLog?: ProgramLog
  /** Told in plain words what a person at the terminal should know. */
  readonly say: (text: string) => void
  /** Told each time the loops run. */
  readonly onWorking?: (services: ServiceController) => void
}

/** Runs the controller with the machine's own time until `signal` aborts. */
export function startController({ options, signal, log, programLog, say, onWorking }: StartOptions): Promise<void> {
  return runController({
    options,
    keepsTargets: options.providers.includes('aws'),
    makeProvider(name, surroundings) {
      const make = makers[name]
      if (!make) throw new UsageError(`there is no provider ${name}`)
      return make(surroundings)
    },
    clock: systemClock(),
    random: Math.random,
    log,
    say,
    signal,
    servePage: async around => (await import('./main-controller-page.ts')).openPage(around),
    version: process.env['WEIR_VERSION'] ?? 'development',
    ...(programLog ? { programLog } : {}),
    ...(onWorking ? { onWorking } : {}),
  })
}

/** Runs the program; gives its exit code. */
async function main(): Promise<number> {
  const say = (text: string) => console.error(text)
  const stopping = new AbortController()
  // Nothing else does while the API server is away: timers and the health port do not keep a process alive.
  const alive = setInterval(() => {}, 60_000)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopping.abort(new Error(signal)))
  try {
    const known = Object.keys(makers)
    const options = readOptions(process.argv.slice(2), { env: process.env, hostname: hostname(), known })
    if (options === 'help') {
      console.log(usage)
      return 0
    }
    const log = createLog({ level: options.logLevel, program: 'weir-controller' })
    process.on('SIGUSR2', toggleDebug(log))
    // A pod's name comes back after a restart in place; the process before it must not be taken for this one.
    const identity = `${options.identity}_${randomUUID()}`
    await startController({ options: { ...options, identity }, signal: stopping.signal, log, programLog: log, say })
    return 0
  } catch (error) {
    if (error instanceof UsageError) say(`weir: ${error.message}\n\n${usage}`)
    else if (error instanceof CredentialsError) say(`weir: ${error.message}; ${error.remedy}.`)
    else say(`weir: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    return error instanceof UsageError ? 2 : 1
  } finally {
    clearInterval(alive)
  }
}

if (import.meta.main) process.exitCode = await main()
