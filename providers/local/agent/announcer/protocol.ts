// What the main thread and the packet worker tell each other.
import type { MessagePort } from 'node:worker_threads'
import type { AddressKey } from './address-key.ts'
import type { MacAddress } from './mac.ts'

export type AddressList = readonly AddressKey[]

/** The interface as the worker needs it. */
export interface SegmentPlace {
  readonly name: string
  readonly index: number
  readonly mac: MacAddress
}

/** Each order is confirmed by `done` with its number once it is in force. */
export type Order =
  /** Opens the interface, or moves it to another index or MAC (then everything is announced again). */
  | { readonly kind: 'open'; readonly place: SegmentPlace; readonly counters: SharedArrayBuffer }
  | { readonly kind: 'close'; readonly name: string }
  | { readonly kind: 'announce'; readonly name: string; readonly addresses: AddressList }
  | { readonly kind: 'withdraw'; readonly name: string; readonly addresses: AddressList }
  /** Announces what is announced already once more, all rounds. */
  | { readonly kind: 'repeat'; readonly name: string; readonly addresses: AddressList }
  /** Announces what is announced already a single time. */
  | { readonly kind: 'defend'; readonly name: string; readonly addresses: AddressList }
  /** Asks whether somebody has the address; `probed` tells the result. Opens the interface if it is not open. */
  | {
      readonly kind: 'probe'
      readonly place: SegmentPlace
      readonly counters: SharedArrayBuffer
      readonly address: AddressKey
    }
  /** Gives back memory that is not needed; for a quiet moment, it takes some milliseconds. */
  | { readonly kind: 'release-memory' }
  /** For an extension. */
  | { readonly kind: 'extension'; readonly name: string; readonly message: unknown }
  | { readonly kind: 'stop' }

export interface NumberedOrder {
  readonly number: number
  readonly order: Order
}

export type Report =
  /**
   * The worker runs; writing 8 bytes to `wakeFd` makes it read its orders. `hearsNetwork`: it tells of changes of the network;
   * otherwise somebody has to look.
   */
  | { readonly kind: 'ready'; readonly wakeFd: number; readonly hearsNetwork: boolean }
  | { readonly kind: 'done'; readonly number: number }
  /** Another station uses an address of ours; told at most once a second per address. */
  | { readonly kind: 'conflict'; readonly name: string; readonly address: AddressKey; readonly mac: MacAddress }
  | {
      readonly kind: 'probed'
      readonly name: string
      readonly address: AddressKey
      readonly result: { readonly owner: MacAddress | undefined } | { readonly unknown: string }
    }
  /** The interface cannot be listened on; it is tried again every second. Told once until it works. */
  | { readonly kind: 'trouble'; readonly name: string; readonly code: string; readonly message: string }
  | { readonly kind: 'recovered'; readonly name: string }
  /** Links or addresses of this node changed; `lost`: indexes that lost their carrier, even if it is back by now. */
  | { readonly kind: 'network'; readonly lost: readonly number[] }
  /** The kernel does not let us drop unclaimed packets. */
  | { readonly kind: 'drop-refused'; readonly code: string }
  /** The process stood still for so long; what had queued up was dropped, and nothing is answered for a moment. */
  | { readonly kind: 'paused'; readonly forMs: number }
  | { readonly kind: 'extension'; readonly name: string; readonly message: unknown }

/** How the worker does its work. */
export interface WorkerSettings {
  /** Answers echo requests to announced addresses. */
  readonly ping: boolean
  /** Between two announcements of an address that is at rest; 0 for never. */
  readonly refreshMs: number
  /** Drops packets for announced addresses that nothing claims; goes without where the kernel does not allow it. */
  readonly dropUnclaimed: boolean
}

/** What the worker is started with. */
export interface WorkerStart {
  readonly port: MessagePort
  readonly settings: WorkerSettings
}
