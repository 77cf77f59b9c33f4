// The requests that leases are kept with. None of them is repeated by the transport: whoever keeps a lease has deadlines.
import { formatMicroTime } from './conditions.ts'
import { isNotFound } from './errors.ts'
import { leases } from './leases.ts'
import type { Lease } from './leases.ts'
import { pathOf } from './objects.ts'
import type { ObjectMeta } from './objects.ts'
import type { Transport } from './transport.ts'

export interface LeasePlace {
  readonly namespace: string
  readonly name: string
}

export interface LeaseRequest {
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/** The lease, or undefined when there is none. */
export async function readLease(transport: Transport, place: LeasePlace, request: LeaseRequest): Promise<Lease | undefined> {
  try {
    return await transport.request<Lease>({ path: pathOf(leases, place), retry: 'never', ...request })
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** Fails with AlreadyExists when another was faster. */
export function createLease(
  transport: Transport,
  metadata: ObjectMeta & LeasePlace,
  spec: NonNullable<Lease['spec']>,
  request: LeaseRequest,
): Promise<Lease> {
  const body: Lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec }
  const path = pathOf(leases, { namespace: metadata.namespace })
  return transport.request({ method: 'POST', path, body, retry: 'never', ...request })
}

/** Compare and swap: fails with a Conflict when the lease is not the one that was read. */
export function replaceLease(
  transport: Transport,
  seen: Lease,
  spec: NonNullable<Lease['spec']>,
  request: LeaseRequest,
): Promise<Lease> {
  const { namespace, name } = seen.metadata
  const body: Lease = { ...seen, spec: { ...seen.spec, ...spec } }
  return transport.request({ method: 'PUT', path: pathOf(leases, { namespace, name }), body, retry: 'never', ...request })
}

/** Renews whatever the lease is now; for leases that one holder only ever writes. `ownerReferences` replaces those it has. */
export function patchLease(
  transport: Transport,
  { ownerReferences, ...place }: LeasePlace & Pick<ObjectMeta, 'ownerReferences'>,
  spec: NonNullable<Lease['spec']>,
  request: LeaseRequest,
): Promise<Lease> {
  return transport.request({
    method: 'PATCH',
    path: pathOf(leases, place),
    contentType: 'application/merge-patch+json',
    body: { ...(ownerReferences && { metadata: { ownerReferences } }), spec },
    retry: 'never',
    ...request,
  })
}

/** The spec of a holder that renews at `nowMs` of its wall clock. Readers must never compare it with their own clock. */
export function renewed(identity: string, durationMs: number, nowMs: number): NonNullable<Lease['spec']> {
  return {
    holderIdentity: identity,
    leaseDurationSeconds: Math.max(1, Math.round(durationMs / 1000)),
    renewTime: formatMicroTime(nowMs),
  }
}
