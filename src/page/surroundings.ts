// What the controller hands to the page when it is on.
import type { AgentLiveness } from '../controllers/agents.ts'
import type { Stores } from '../controllers/stores.ts'
import type { IngressQuestion } from '../cli/explain/ingress.ts'
import type { Clock, Random } from '../kubernetes/clock.ts'
import type { Transport } from '../kubernetes/transport.ts'
import type { Log } from '../observability/log.ts'

export interface PageServer extends AsyncDisposable {
  readonly port: number
}

export interface PageSurroundings {
  /** On loopback; 0 takes any free one. */
  readonly port: number
  readonly stores: Stores
  readonly agents: AgentLiveness
  /** What keeps the stores from being complete and fresh. */
  readonly troubles: () => readonly string[]
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Weir's own. */
  readonly namespace: string
  /** Of this process, as it holds the Lease. */
  readonly identity: string
  readonly version: string
  /** How the providers read Ingresses; asked for when the first is explained. */
  readonly readers: () => Promise<NonNullable<IngressQuestion['readers']>>
}
