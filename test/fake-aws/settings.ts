// How a fake AWS behaves: who it is, how long things take, how strict its quotas are.
import type { Quotas } from './quotas.ts'
import { defaultQuotas } from './quotas.ts'

export type Timings = {
  /** From creating a load balancer to `active`. */
  readonly provisioningMs: number
  /** From a target's first health check to `healthy`. */
  readonly initialHealthMs: number
  /** How long network interfaces stay after their load balancer is deleted. */
  readonly interfacesLingerMs: number
  /** How long a target group counts as in use after the last listener or rule left it. */
  readonly targetGroupsLingerMs: number
  /** From a change of reserved capacity to `provisioned`. */
  readonly capacityMs: number
  /** How old the world is that Describe and List calls see. */
  readonly staleReadMs: number | ((operation: string) => number)
  /** How old the world is in which a mutating call looks up what it refers to (a security group made a moment ago). */
  readonly staleReferenceMs: number
}

export type Settings = {
  readonly region: string
  readonly account: string
  readonly quotas: Quotas
  readonly timings: Timings
}

const defaultTimings: Timings = {
  provisioningMs: 90_000,
  initialHealthMs: 30_000,
  interfacesLingerMs: 20_000,
  targetGroupsLingerMs: 5000,
  capacityMs: 60_000,
  staleReadMs: 0,
  staleReferenceMs: 0,
}

/** The defaults with what a test changes. */
export function settings(changes: {
  readonly region?: string | undefined
  readonly account?: string | undefined
  readonly quotas?: Partial<Quotas> | undefined
  readonly timings?: Partial<Timings> | undefined
}): Settings {
  return {
    region: changes.region ?? 'us-east-1',
    account: changes.account ?? '111122223333',
    quotas: { ...defaultQuotas, ...changes.quotas },
    timings: { ...defaultTimings, ...changes.timings },
  }
}
