// Gives and frees addresses by compare-and-swap on AddressBlocks. What arrives while a block is being written goes along with
// its next write, so a thousand Services cost some dozens of writes; different blocks are written side by side.
import { blockName } from '../../../src/model/address.ts'
import type { IpAddress } from '../../../src/model/address.ts'
import type { AddressBlock } from '../../../src/api/address-block.ts'
import { ProviderError } from '../../../src/provider.ts'
import type { BlockStore } from '../views.ts'
import { applyChanges } from './block-changes.ts'
import type { BlockChange, Effect } from './block-changes.ts'
import type { BlockIndex } from './block-index.ts'

export type GiveChange = Extract<BlockChange, { readonly kind: 'give' }>

export interface Allocator {
  /**
   * Gives that very address, held in the index for its owner before. `taken` when the block knows another owner. An aborted
   * wait leaves it open whether it was given; the block tells, and nobody else gets it by mistake.
   */
  give(change: GiveChange, signal: AbortSignal): Promise<'given' | 'taken'>
  /**
   * Takes one owner off the address; without any owner left it is free. Free already is success. With `unlessLast` somebody
   * else must be left; `last` when nobody would be.
   */
  free(address: IpAddress, uid: string, signal: AbortSignal, options?: FreeOptions): Promise<'freed' | 'last'>
  /** Writes down the pool that has the address of an owner now. */
  repool(address: IpAddress, uid: string, pool: string, signal: AbortSignal): Promise<void>
  /** Ends the reservation of an address. */
  unreserve(address: IpAddress, signal: AbortSignal): Promise<void>
  /** Deletes a block in which nothing is given or reserved, if it still is as it is known. */
  removeEmpty(name: string, signal: AbortSignal): Promise<void>
  /** Sets the key under which others may join its only owner; `taken` when there are others by now. */
  share(address: IpAddress, uid: string, key: string | undefined, signal: AbortSignal): Promise<'done' | 'taken'>
}

export type FreeOptions = Pick<Extract<BlockChange, { readonly kind: 'free' }>, 'unlessLast' | 'reserve'>

interface Waiting {
  readonly change: BlockChange
  readonly resolve: (effect: 'done' | 'taken') => void
  readonly reject: (error: unknown) => void
}

/** How many conflicts in a row are met with another read before the error is handed to the callers. */
const maxConflicts = 20

export function createAllocator(options: {
  readonly index: BlockIndex
  readonly store: BlockStore
  /** Ends the writes, which belong to several callers. */
  readonly signal: AbortSignal
}): Allocator {
  const { index, store, signal: lifetime } = options
  const queues = new Map<string, Waiting[]>()

  const submit = (change: BlockChange, signal: AbortSignal): Promise<'done' | 'taken'> => {
    signal.throwIfAborted()
    const name = blockName(change.address)
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { change, resolve: settle(resolve), reject: settle(reject) }
      const abort = () => {
        const queue = queues.get(name)
        const at = queue?.indexOf(waiting) ?? -1
        if (at >= 0) queue?.splice(at, 1)
        waiting.reject(signal.reason)
      }
      function settle<Value>(end: (value: Value) => void): (value: Value) => void {
        return value => {
          signal.removeEventListener('abort', abort)
          end(value)
        }
      }
      signal.addEventListener('abort', abort, { once: true })
      const queue = queues.get(name)
      if (queue) queue.push(waiting)
      else {
        queues.set(name, [waiting])
        // A turn later, so that what is asked for in the same turn goes with the first write.
        queueMicrotask(() => void drain(name))
      }
    })
  }

  /** Writes the block until nobody waits for it. Exactly one drain runs per queue in `queues`. */
  const drain = async (name: string): Promise<void> => {
    for (;;) {
      const batch = queues.get(name)?.splice(0) ?? []
      if (batch.length === 0) break
      try {
        await write(name, batch)
      } catch (error) {
        for (const waiting of batch) waiting.reject(error)
      }
    }
    queues.delete(name)
  }

  const write = async (name: string, batch: readonly Waiting[]): Promise<void> => {
    let known = index.block(name)
    for (let conflicts = 0; ; conflicts++) {
      lifetime.throwIfAborted()
      const { block, effects } = applyChanges(
        known,
        batch.map(waiting => waiting.change),
      )
      const written = effects.includes('write') ? await save(known, block) : known
      if (written !== 'conflict') {
        if (written) index.put(written)
        answer(batch, effects)
        return
      }
      if (conflicts >= maxConflicts) throw contested(name)
      known = await store.read(name, lifetime)
      if (known) index.put(known)
      else index.remove(name)
    }
  }

  const save = (known: AddressBlock | undefined, block: AddressBlock): Promise<AddressBlock | 'conflict'> =>
    known ? store.update(block, lifetime) : store.create(block, lifetime)

  return {
    async give(change, signal) {
      try {
        return (await submit(change, signal)) === 'done' ? 'given' : 'taken'
      } finally {
        index.unhold(change.address, change.owner.uid)
      }
    },
    async free(address, uid, signal, options = {}) {
      return (await submit({ kind: 'free', address, uid, ...options }, signal)) === 'done' ? 'freed' : 'last'
    },
    async repool(address, uid, pool, signal) {
      await submit({ kind: 'repool', address, uid, pool }, signal)
    },
    async unreserve(address, signal) {
      await submit({ kind: 'unreserve', address }, signal)
    },
    async removeEmpty(name, signal) {
      const known = index.block(name)
      if (!known || !isEmpty(known) || queues.has(name)) return
      // Forgotten when the watch tells. Who wants an address of it before that finds that it is gone, and makes another one.
      await store.remove(known, signal)
    },
    share: (address, uid, key, signal) => submit({ kind: 'share', address, uid, key }, signal),
  }
}

function isEmpty({ spec }: AddressBlock): boolean {
  // A bit that nobody accounts for was set by hand.
  return Object.keys(spec.allocations).length === 0 && /^0*$/.test(spec.bitmap)
}

function contested(name: string): ProviderError {
  return new ProviderError({
    code: 'ProviderError',
    message: `AddressBlock ${name} changed ${maxConflicts} times while it was written.`,
    remedy: 'Nothing to do when controllers just changed over; else look for a second controller that is not elected.',
    retry: 'later',
  })
}

function answer(batch: readonly Waiting[], effects: readonly Effect[]): void {
  for (const [at, waiting] of batch.entries()) waiting.resolve(effects[at] === 'taken' ? 'taken' : 'done')
}
