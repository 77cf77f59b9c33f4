// What the packet worker's loop can carry: anything with descriptors to read and moments at which it has something to do.

/** One descriptor of a task. */
export interface PacketSource {
  /** Undefined while there is none; the loop looks each turn, so it may change at any time. */
  readonly fd: number | undefined
  /** Something waits. Reads a bounded number of frames, so that others get their turn; all that waits, as long as we may not speak. */
  receive(nowMs: number): void
}

/** Times are of performance.now(). Nothing here may block, and what it throws ends the worker. */
export interface PacketTask extends Disposable {
  readonly sources: readonly PacketSource[]
  /** Called every turn of the loop, and no later than `nextDue`. */
  work(nowMs: number): void
  /** When `work` has something to do; undefined when only a frame or an order changes that. */
  readonly nextDue: number | undefined
}

/**
 * A protocol of its own in the worker, beside the answering of ARP and NDP: it brings its sockets, and the main thread talks to
 * it by messages (structured clones). worker.ts lists the makers by name; `announcer.extend(name, hear)` is the other end.
 */
export interface PacketExtension extends PacketTask {
  /** A message of the main thread, in the order they were sent. */
  obey(message: unknown, nowMs: number): void
  /** The process stood still for so long; called before the first `receive` or `work` after that. */
  paused?(forMs: number, nowMs: number): void
}

/** What an extension may do. */
export interface ExtensionContext {
  /** To the main thread. */
  readonly tell: (message: unknown) => void
  /** Whether what is said now counts: not after the process stood still, until it has heard what others did meanwhile. */
  readonly maySpeak: () => boolean
  /**
   * Takes up or gives up an address on an interface at once, without the main thread, which must be told too: its next `set`
   * of that interface is relative to what it ordered itself. An interface that is not open is left alone: false.
   */
  readonly announce: (interfaceName: string, addresses: readonly (number | bigint)[], nowMs: number) => boolean
  readonly withdraw: (interfaceName: string, addresses: readonly (number | bigint)[]) => void
}

export type MakeExtension = (context: ExtensionContext) => PacketExtension
