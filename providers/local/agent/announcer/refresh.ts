// When announced addresses are told to the segment again, at a low rate, so that switches and routers never forget them.
import type { AddressKey } from './address-key.ts'

export interface RefreshOptions {
  /** Between two times for one address, plus or minus a quarter by chance; 0 turns it off. */
  readonly everyMs: number
  /** From 0 to below 1. */
  readonly random: () => number
}

/** Times are milliseconds of any clock that does not go back. */
export interface Refresh {
  /** The address was announced just now; the next time is a whole interval away. */
  restart(address: AddressKey, nowMs: number): void
  stop(address: AddressKey): void
  /** Takes up to `max` addresses that are due, and sets their next time. */
  take(nowMs: number, max: number): readonly AddressKey[]
  readonly nextDue: number | undefined
}

/** Addresses are due in steps of this, so that a thousand of them do not wake the thread a thousand times. */
const stepMs = 1000

/** Every operation costs the same however many addresses there are: they stand in one list per step, not in order. */
export function createRefresh({ everyMs, random }: RefreshOptions): Refresh {
  const steps = new Map<number, AddressKey[]>()
  /** The step that counts for an address; in others it is left over from before and passed by. */
  const current = new Map<AddressKey, number>()
  let earliest: number | undefined

  const restart = (address: AddressKey, nowMs: number) => {
    if (everyMs <= 0) return
    const step = Math.ceil((nowMs + everyMs * (0.75 + random() / 2)) / stepMs)
    current.set(address, step)
    const list = steps.get(step)
    if (list) list.push(address)
    else steps.set(step, [address])
    if (earliest === undefined || step < earliest) earliest = step
  }
  return {
    restart,
    stop: address => void current.delete(address),
    take(nowMs, max) {
      const due: AddressKey[] = []
      while (earliest !== undefined && earliest * stepMs <= nowMs && due.length < max) {
        const list = steps.get(earliest) ?? []
        for (let address = list.pop(); address !== undefined; address = list.pop()) {
          if (current.get(address) !== earliest) continue
          due.push(address)
          if (due.length === max) break
        }
        if (list.length > 0) break
        steps.delete(earliest)
        earliest = steps.size > 0 ? Math.min(...steps.keys()) : undefined
      }
      for (const address of due) restart(address, nowMs)
      return due
    },
    get nextDue() {
      return earliest === undefined ? undefined : earliest * stepMs
    },
  }
}
