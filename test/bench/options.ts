// The choices of the command line that benchmarks know.

/** What every benchmark is handed from the command line. */
export interface BenchOptions {
  readonly services: number | undefined
  readonly rounds: number
  readonly signal: AbortSignal
}
