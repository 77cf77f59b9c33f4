// What writes into the kernel, with an eye on what it does, for metrics.
import type { ElementWriter } from '../datapath/element-writer.ts'
import type { Nft } from '../datapath/nft.ts'
import type { AgentClock } from '../ports.ts'

/** One transaction. */
export interface TransactionDone {
  /** Elements of sets and maps that it added or deleted. */
  readonly elements: number
  readonly durationMs: number
  readonly failed: boolean
}

export interface CountedOptions {
  readonly nft: Nft
  readonly elements: ElementWriter
  readonly clock: AgentClock
  readonly onTransaction: (done: TransactionDone) => void
}

export function counted({ nft, elements, clock, onTransaction }: CountedOptions): Pick<CountedOptions, 'nft' | 'elements'> {
  const watch = async (count: number, run: Promise<void>) => {
    const startedAt = clock.monotonic()
    let failed = true
    try {
      await run
      failed = false
    } finally {
      onTransaction({ elements: failed ? 0 : count, durationMs: clock.monotonic() - startedAt, failed })
    }
  }
  return {
    nft: { ...nft, run: (text, signal) => watch(0, nft.run(text, signal)) },
    elements: {
      write: change => watch(change.add.length + change.remove.length, elements.write(change)),
      read: set => elements.read(set),
      [Symbol.dispose]: () => elements[Symbol.dispose](),
    },
  }
}
