// Pieces that the examples are put together from.
export const allocation = {
  pool: 'office',
  since: '2026-01-01T00:00:00Z',
  owners: [{ uid: '0b9e2c1e-7d0a-4c1b-9d0e-3a1f5b6c7d8e', namespace: 'default', name: 'web' }],
}
export const services = allocation.owners
export const bitmap = '8'.padEnd(64, '0')
export const lan = { name: 'eth0', index: 2, mac: '6a:60:e7:16:9c:22', carrier: true, mtu: 1500, addresses: ['10.201.0.11/16'] }
export const allOffsets = Object.fromEntries(Array.from({ length: 256 }, (_, offset) => [String(offset), allocation]))

/** Its name is ip-10-201-200-1. */
export const announcement = { address: '10.201.200.1', pool: 'office', services, nodes: ['n0'] }
/** Its name is ipv4-10-201-200-0. */
export const block = { base: '10.201.200.0', bitmap, allocations: {} }

/** A binding by name. */
export const bound = { targetGroupName: 'web', serviceRef: { name: 'web', port: 80 } }
