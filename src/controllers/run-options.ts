// What the composition root hands to the controller.
import type { Clock, Random } from '../kubernetes/clock.ts'
import type { Log } from '../observability/log.ts'
import type { ControllerOptions } from './options.ts'
import type { ProviderParts, ProviderSurroundings } from './provider-parts.ts'
import type { ServiceController } from './service.ts'

export interface RunOptions {
  readonly options: ControllerOptions
  /** Makes a provider by its name. */
  readonly makeProvider: (name: string, surroundings: ProviderSurroundings) => ProviderParts | Promise<ProviderParts>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Told in plain words what a person at the terminal should know; the log has it as well. */
  readonly say: (text: string) => void
  readonly signal: AbortSignal
  readonly version: string
  /** Whether single targets matter to a provider: ports and pods of endpoints, instances of nodes. They take memory. */
  readonly keepsTargets: boolean
  /** Told each time the loops run. */
  readonly onWorking?: (services: ServiceController) => void
}
