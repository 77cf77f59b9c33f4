// What the main thread and the packet worker tell each other.
import type { MessagePort } from 'node:worker_threads'
import type { MacAddress } from './mac.ts'

/** IPv4 addresses as unsigned 32-bit numbers. */
export type AddressList = readonly number[]

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
  | { readonly kind: 'stop' }

export interface NumberedOrder {
  readonly number: number
  readonly order: Order
}

export type Report =
  /** The worker runs; writing 8 bytes to `wakeFd` makes it read its orders. */
  | { readonly kind: 'ready'; readonly wakeFd: number }
  | { readonly kind: 'done'; readonly number: number }
  /** Another station uses an address of ours; told at most once a second per address. */
  | { readonly kind: 'conflict'; readonly name: string; readonly address: number; readonly mac: MacAddress }
  /** The interface cannot be listened on; it is tried again every second. Told once until it works. */
  | { readonly kind: 'trouble'; readonly name: string; readonly code: string; readonly message: string }
  | { readonly kind: 'recovered'; readonly name: string }
  /** The process stood still for so long; what had queued up was dropped, and nothing is answered for a moment. */
  | { readonly kind: 'paused'; readonly forMs: number }

/** What the worker is started with. */
export interface WorkerStart {
  readonly port: MessagePort
}
