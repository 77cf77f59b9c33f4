// One request to the API server and its answer, whatever connection carries them.
import type { Readable } from 'node:stream'

export interface Exchange {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  readonly signal: AbortSignal
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  /** Fails when the answer was cut off, as far as the protocol can tell. */
  readonly body: Readable
}
