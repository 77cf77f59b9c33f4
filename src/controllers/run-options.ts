// What the composition root hands to the controller.
import type { Clock, Random } from '../kubernetes/clock.ts'
import type { Log, ProgramLog } from '../observability/log.ts'
import type { ControllerOptions } from './options.ts'
import type { ProviderParts, ProviderSurroundings } from './provider-parts.ts'
import type { PageServer, PageSurroundings } from '../page/surroundings.ts'
import type { ServiceController } from './service.ts'

/** The page, but for what only the composition root knows. */
export type PageAround = Omit<PageSurroundings, 'readers'>

export interface RunOptions {
  readonly options: ControllerOptions
  /** Makes a provider by its name. */
  readonly makeProvider: (name: string, surroundings: ProviderSurroundings) => ProviderParts | Promise<ProviderParts>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** The same, where its level may be changed while the controller runs. */
  readonly programLog?: ProgramLog
  /** Told in plain words what a person at the terminal should know; the log has it as well. */
  readonly say: (text: string) => void
  readonly signal: AbortSignal
  readonly version: string
  /** Serves the page; called only where it is on. */
  readonly servePage: (around: PageAround) => Promise<PageServer>
  /** Whether single targets matter to a provider: ports and pods of endpoints, instances of nodes. They take memory. */
  readonly keepsTargets: boolean
  /** Told each time the loops run. */
  readonly onWorking?: (services: ServiceController) => void
}
