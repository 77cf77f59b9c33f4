// Leading by the Lease of the controller: elected among several, or alone.
import { controllerLease } from '../api/group.ts'
import { keepLease } from '../kubernetes/lease-keeper.ts'
import { leases } from '../kubernetes/leases.ts'
import type { Transport } from '../kubernetes/transport.ts'
import type { Writer } from '../kubernetes/writes.ts'
import type { ControllerOptions } from './options.ts'
import type { RunOptions } from './run-options.ts'

export async function leadsStill(options: ControllerOptions, writer: Writer, signal: AbortSignal): Promise<void> {
  if (!options.leaderElect) return
  const { spec } = await writer.get(leases, controllerLease, options.namespace, { signal })
  if (spec?.holderIdentity !== options.identity)
    throw new Error(`${spec?.holderIdentity ?? 'nobody'} is the active controller now`)
}

export function election(
  { options, clock, random, log, signal }: RunOptions,
  transport: Transport,
  lead: (term: AbortSignal) => Promise<void>,
) {
  return {
    transport,
    clock,
    random,
    logger: log,
    namespace: options.namespace,
    name: controllerLease,
    identity: options.identity,
    lead,
    onLeader: (identity: string) => log.info({ leader: identity }, 'the active controller is'),
    signal,
  }
}

/** Leads at once. The Lease is renewed all the same: to this process it is the sign that its watch of Leases is alive. */
export async function leadAlone(
  { options, clock, random, log, signal }: RunOptions,
  transport: Transport,
  lead: (term: AbortSignal) => Promise<void>,
): Promise<void> {
  const { namespace, identity } = options
  const lease = keepLease({
    transport,
    clock,
    random,
    logger: log,
    namespace,
    name: controllerLease,
    identity,
    durationMs: 15_000,
    intervalMs: 2000,
  })
  try {
    await lead(signal)
  } finally {
    await lease.stop({ release: true })
  }
}
