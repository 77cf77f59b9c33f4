// `weir pools`: the address pools, how full they are, and what is wrong with them.
import type { AddressPool } from '../api/address-pool.ts'
import type { Snapshot } from './snapshot.ts'
import { line, type View } from './view.ts'

/** Pure. Healthy when every pool is ready. */
export function poolsView({ pools }: Pick<Snapshot, 'pools'>, { wide }: { readonly wide: boolean }): View {
  const told = pools.map(poolData).toSorted((one, other) => (one.name < other.name ? -1 : 1))
  const head = ['POOL', 'ADDRESSES', 'USED', 'FREE', 'AUTO', 'READY', ...(wide ? ['MESSAGE'] : [])]
  const rows = told.map(({ name, addresses, used, free, autoAssign, ready, reason, message }) => [
    name,
    addresses.join(', '),
    String(used),
    free,
    autoAssign ? 'yes' : 'no',
    ready ? 'yes' : `no: ${reason || 'not looked at yet'}`,
    ...(wide ? [message] : []),
  ])
  return {
    healthy: told.every(({ ready }) => ready),
    data: told,
    blocks: told.length === 0 ? [line('There is no AddressPool.')] : [{ kind: 'table', head, rows }],
  }
}

export function poolData({ metadata, spec, status }: AddressPool) {
  const condition = status?.conditions?.find(({ type }) => type === 'Ready')
  return {
    name: metadata.name,
    addresses: spec.addresses,
    used: status?.used ?? 0,
    free: status?.free ?? '–',
    autoAssign: spec.autoAssign,
    ready: condition?.status === 'True',
    reason: condition?.reason ?? '',
    message: condition?.message ?? '',
  }
}
