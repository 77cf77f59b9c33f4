// What a node sees to whom nothing has happened: all are alive and it may announce. For tests of decisions.
import type { View } from './decide.ts'

export const placement = { name: 'eth0', index: 2, mac: '02:00:00:00:00:01' }

export const calmView: View = {
  self: 'n1',
  isAlive: () => true,
  hasLease: () => true,
  placement,
  yieldedEpoch: undefined,
  inheritedEpoch: undefined,
  canTakeOver: () => true,
  unattendedMs: 0,
  patienceMs: 10_000,
  stopping: false,
}
