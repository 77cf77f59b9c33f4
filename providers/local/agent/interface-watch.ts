// Word of changes of the node's interfaces: looked at when the kernel tells that something changed, or now and then where it does not tell.
import { isDeepStrictEqual } from 'node:util'
import type { NodeInterface } from '../../../src/api/node-report.ts'

export interface InterfaceWatch extends Disposable {
  readonly interfaces: readonly NodeInterface[]
  /**
   * Something changed: looks at once, or a moment later after several changes. `lost`: indexes of interfaces that lost their
   * carrier; that is told even if it is back already, because switches forget what they knew behind a link that was down.
   */
  changed(change: { readonly lost: readonly number[] }): void
}

export interface InterfaceWatchOptions {
  readonly read: (known: readonly NodeInterface[]) => readonly NodeInterface[]
  /** Looks so often without being told; left out, only when told. */
  readonly everyMs?: number
  readonly schedule: (ms: number, run: () => void) => () => void
  readonly onChange: (now: readonly NodeInterface[], before: readonly NodeInterface[]) => void
  /** Told when looking failed; what was seen before stays, and it is looked again. */
  readonly onError: (error: unknown) => void
}

/** A node that starts many pods changes its links all the time; looking costs some file reads per link. */
const settleMs = 100
const retryMs = 3000

/** Looks now, calls `onChange` with the first look, and again whenever something differs. */
export function watchInterfaces({ read, everyMs, schedule, onChange, onError }: InterfaceWatchOptions): InterfaceWatch {
  let interfaces: readonly NodeInterface[] = []
  let cancel: (() => void) | undefined
  let settle: (() => void) | undefined
  let missed = false

  const use = (found: readonly NodeInterface[]) => {
    if (isDeepStrictEqual(found, interfaces)) return
    const before = interfaces
    interfaces = found
    onChange(found, before)
  }
  const look = () => {
    cancel?.()
    cancel = everyMs === undefined ? undefined : schedule(everyMs, look)
    try {
      use(read(interfaces))
    } catch (error) {
      onError(error)
      cancel ??= schedule(retryMs, look)
    }
  }
  const lookSoon = () => {
    if (settle) {
      missed = true
      return
    }
    look()
    settle = schedule(settleMs, () => {
      settle = undefined
      if (!missed) return
      missed = false
      lookSoon()
    })
  }
  look()
  return {
    get interfaces() {
      return interfaces
    },
    changed({ lost }) {
      use(interfaces.map(each => (lost.includes(each.index) && each.carrier ? { ...each, carrier: false } : each)))
      lookSoon()
    },
    [Symbol.dispose]() {
      cancel?.()
      settle?.()
    },
  }
}
