// What came of giving a Service an address.
import type { IpFamily } from '../../src/model/load-balancer.ts'
import type { Given, Reserved } from './addresses/block-index.ts'
import type { Owner } from './addresses/owner.ts'
import type { Discord } from './sharing/sharing.ts'

/** What came of one give-address or adopt-address. */
export type GiveResult =
  | { readonly kind: 'given'; readonly given: Given }
  /** `by` is unknown when the address is marked as given without an owner. */
  | {
      readonly kind: 'in-use'
      readonly address: string
      readonly by: Owner | undefined
      /** The key under which it is shared. */
      readonly sharedUnder?: string | undefined
      /** Why it cannot be shared with them, for a Service that would. */
      readonly discord?: Discord | undefined
    }
  | {
      readonly kind: 'kept'
      readonly address: string
      readonly for: { readonly namespace: string; readonly name: string }
      /** RFC 3339. */
      readonly until: string
    }
  | { readonly kind: 'of-node'; readonly address: string; readonly node: string }
  | {
      readonly kind: 'exhausted'
      readonly family: IpFamily
      readonly pools: readonly string[]
      /** Addresses of theirs that are neither given nor free. */
      readonly reserved: readonly Reserved[]
    }
