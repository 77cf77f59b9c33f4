// What is seen where nothing is there yet, for tests.
import type { Seen } from './seen.ts'

export const nothingSeen: Seen = {
  kind: 'seen',
  now: 0,
  record: undefined,
  balancers: [],
  listeners: [],
  groups: [],
  frontends: [],
  attributes: new Map(),
  certificates: new Map(),
  targets: new Map(),
  healthy: new Set(),
  waitingSince: new Map(),
}
