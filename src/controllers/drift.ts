// When a provider whose world others change too looks for that: everything it can list often, the rest by turns, health all the time.
import type { ProviderSurroundings } from './provider-parts.ts'
import type { Controller } from './controller.ts'
import { startTurns } from './turns.ts'

/** The looks a provider offers. */
export interface Drifting {
  /** Lists everything anew and wakes those whose things were changed by others. */
  sweep(signal: AbortSignal): Promise<void>
  /** Has the next one in turn compared in full. */
  inspectNext(): void
  /** Asks whether the next one in turn that serves still does. */
  inspectHealth(signal: AbortSignal): Promise<void>
}

export interface DriftPeriods {
  /** Between two sweeps, on average. */
  readonly sweepMs: number
  /** In which every load balancer is compared in full once, on average; at most half as long again. */
  readonly inspectionMs: number
  /** In which every load balancer's health is asked for once, on average, unless there are more than one per second. */
  readonly healthMs: number
  /** How long what is tagged ours and owned by nobody is doubted before it is deleted. */
  readonly orphanMs: number
}

/** However many there are, health is asked for no more often than this. */
const shortestHealthMs = 1000

type Environment = Readonly<Record<string, string | undefined>>

/** Five minutes, four hours (so that the longest turn ends within six), one minute, ten minutes; or as the environment says. */
export function driftPeriods(environment: Environment): DriftPeriods {
  return {
    sweepMs: secondsOf(environment['WEIR_AWS_SWEEP_SECONDS'], 300) * 1000,
    inspectionMs: secondsOf(environment['WEIR_AWS_INSPECTION_SECONDS'], 4 * 3600) * 1000,
    healthMs: secondsOf(environment['WEIR_AWS_HEALTH_SECONDS'], 60) * 1000,
    orphanMs: secondsOf(environment['WEIR_AWS_ORPHAN_SECONDS'], 600) * 1000,
  }
}

export function startDrift(
  provider: Drifting,
  {
    count,
    periods,
    ...around
  }: Pick<ProviderSurroundings, 'clock' | 'random' | 'log'> & {
    /** How many load balancers there are. */
    readonly count: () => number
    readonly periods: DriftPeriods
  },
): readonly Controller[] {
  const share = (periodMs: number) => periodMs / Math.max(1, count())
  return [
    startTurns({ ...around, name: 'drift', intervalMs: () => periods.sweepMs, turn: signal => provider.sweep(signal) }),
    startTurns({
      ...around,
      name: 'inspection',
      intervalMs: () => share(periods.inspectionMs),
      turn: async () => provider.inspectNext(),
    }),
    startTurns({
      ...around,
      name: 'health',
      intervalMs: () => Math.max(shortestHealthMs, share(periods.healthMs)),
      turn: signal => provider.inspectHealth(signal),
    }),
  ]
}

function secondsOf(text: string | undefined, otherwise: number): number {
  const seconds = Number(text)
  return text !== undefined && Number.isFinite(seconds) && seconds > 0 ? seconds : otherwise
}
