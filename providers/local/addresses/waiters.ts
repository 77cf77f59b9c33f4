// Who waits for addresses, oldest Service first, and whose turn it is when one becomes free.
import type { IpAddress } from '../../../src/model/address.ts'
import type { IpFamily, LoadBalancerId } from '../../../src/model/load-balancer.ts'

/** What somebody waits for. `pools` in `any` are those that would give an address; `change`: only another pool helps. */
export type Want =
  | { readonly kind: 'address'; readonly address: IpAddress }
  | { readonly kind: 'any'; readonly family: IpFamily; readonly pools: readonly string[] }
  | { readonly kind: 'change' }

export interface Waiter {
  readonly id: LoadBalancerId
  /** RFC 3339, from the Service: who was made first is served first. */
  readonly createdAt: string
}

export interface Waiters {
  /** `isReady`: whether the address would be of use to it now; until then its turn is not. */
  add(waiter: Waiter, want: Want, isReady?: () => boolean): void
  /** Takes the waiter out of every line. */
  remove(uid: string): void
  /**
   * The first in line for an address that is free now. `pools` are those that would give it to somebody who did not ask for
   * it. Who waits for exactly this address comes before those who want any: nothing else can help them.
   */
  firstFor(address: IpAddress, pools: readonly string[]): Waiter | undefined
  /** Those who wait for exactly this address, oldest first. */
  lineOf(address: IpAddress): readonly Waiter[]
  /** Everybody, oldest first. */
  all(): readonly Waiter[]
}

/** Lines are kept sorted by insertion: most come in order of age, so most insertions are at the end. */
export function createWaiters(): Waiters {
  const lines = new Map<string, Waiter[]>()
  const linesOf = new Map<string, { readonly waiter: Waiter; readonly keys: Map<string, (() => boolean) | undefined> }>()

  return {
    add(waiter, want, isReady) {
      const { uid } = waiter.id
      const entry = linesOf.get(uid) ?? { waiter, keys: new Map() }
      linesOf.set(uid, entry)
      for (const key of keysOf(want)) {
        const isThere = entry.keys.has(key)
        entry.keys.set(key, isReady)
        if (isThere) continue
        const line = lines.get(key)
        if (line) line.splice(placeOf(line, entry.waiter), 0, entry.waiter)
        else lines.set(key, [entry.waiter])
      }
    },
    remove(uid) {
      const entry = linesOf.get(uid)
      if (!entry) return
      linesOf.delete(uid)
      for (const key of entry.keys.keys()) {
        const line = lines.get(key) ?? []
        line.splice(line.indexOf(entry.waiter), 1)
        if (line.length === 0) lines.delete(key)
      }
    },
    firstFor(address, pools) {
      const first = (key: string) => lines.get(key)?.find(({ id }) => linesOf.get(id.uid)?.keys.get(key)?.() !== false)
      const exact = first(address.text)
      if (exact) return exact
      const heads = pools.flatMap(pool => first(poolKey(address.family, pool)) ?? [])
      return heads.toSorted(byAge)[0]
    },
    lineOf: address => [...(lines.get(address.text) ?? [])],
    all: () => [...linesOf.values()].map(entry => entry.waiter).toSorted(byAge),
  }
}

function keysOf(want: Want): readonly string[] {
  if (want.kind === 'address') return [want.address.text]
  return want.kind === 'any' ? want.pools.map(pool => poolKey(want.family, pool)) : []
}

function poolKey(family: IpFamily, pool: string): string {
  return `${family} ${pool}`
}

function byAge(one: Waiter, other: Waiter): number {
  const age = ({ createdAt, id }: Waiter) => `${createdAt} ${id.namespace}/${id.name} ${id.uid}`
  return age(one) < age(other) ? -1 : age(one) > age(other) ? 1 : 0
}

/** Where the waiter belongs in a line, found from its end. */
function placeOf(line: readonly Waiter[], waiter: Waiter): number {
  let place = line.length
  for (let before = line[place - 1]; before && byAge(before, waiter) > 0; before = line[place - 1]) place--
  return place
}
