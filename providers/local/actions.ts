// The steps of the local provider for one Service, as data that prints as one line.
import type { IpFamily } from '../../src/model/load-balancer.ts'

/** The address of another family that this one goes with: from the pool it came from, `only` from that or from it first. */
export interface Beside {
  readonly family: IpFamily
  readonly only: boolean
}

export type LocalAction =
  /** `request`: exactly this address; else any of the pools, first pool first. */
  | {
      readonly kind: 'give-address'
      readonly family: IpFamily
      readonly pools: readonly string[]
      readonly request?: string
      /** That one is given by an action before this. */
      readonly beside?: Beside
    }
  /** Gives the address that the status of the Service holds already; if another has it by now, any of the pools. */
  | {
      readonly kind: 'adopt-address'
      readonly family: IpFamily
      readonly address: string
      readonly pool: string
      readonly otherwise: readonly string[]
    }
  /** Lets others with the key join, or without a key nobody. */
  | { readonly kind: 'share-address'; readonly address: string; readonly key?: string }
  /** Writes down another pool, which has the address now: the one it was given from lost it or is gone. */
  | { readonly kind: 'change-pool'; readonly address: string; readonly pool: string }
  /** Deletes the Announcement: the announcing node falls silent and confirms. */
  | { readonly kind: 'withdraw-announcement'; readonly address: string; readonly announcement: string }
  /** Confirms in the place of a node that is dead, or when none ever announced. */
  | { readonly kind: 'confirm-withdrawal'; readonly address: string; readonly announcement: string; readonly node: string }
  /** Takes the Service off the address; free when nobody else holds it. */
  | { readonly kind: 'release-address'; readonly address: string; readonly isShared: boolean }

/** The action as a person reads it. */
export function printAction(action: LocalAction): string {
  if (action.kind === 'give-address')
    return `+ address       ${action.request ?? `any ${action.family} address`} of ${poolsText(action.pools)}${besideText(action.beside)}`
  if (action.kind === 'adopt-address')
    return `+ address       ${action.address} of pool ${action.pool}, which the Service has already`
  if (action.kind === 'withdraw-announcement') return `- announcement  ${action.announcement} (${action.address})`
  if (action.kind === 'change-pool') return `~ address       ${action.address}, of pool ${action.pool} now`
  if (action.kind === 'share-address')
    return `~ address       ${action.address}, ${action.key === undefined ? 'shared with nobody' : `shared under ${JSON.stringify(action.key)}`}`
  if (action.kind === 'release-address') return `- address       ${action.address}`
  return `- announcement  ${action.announcement}, ${action.node === '' ? 'which no node announces' : `whose node ${action.node} is down`}`
}

function poolsText(pools: readonly string[]): string {
  return `${pools.length === 1 ? 'pool' : 'pools'} ${pools.join(', ')}`
}

function besideText(beside: Beside | undefined): string {
  if (!beside) return ''
  return beside.only
    ? `, whichever gives the ${beside.family} address`
    : `, first the one that gives the ${beside.family} address`
}
