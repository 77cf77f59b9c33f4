// Gives one Service one address: the requested one, the one whose turn has come for it, or the next free one of its pools.
// Who gets none stands in line, and whoever is first in line is called when an address becomes free.
import { parseAddress } from '../../../src/model/address.ts'
import type { IpAddress } from '../../../src/model/address.ts'
import type { IpFamily, LoadBalancerId } from '../../../src/model/load-balancer.ts'
import { ProviderError } from '../../../src/provider.ts'
import type { LocalAction } from '../actions.ts'
import type { GiveResult } from '../give-result.ts'
import { poolContains } from '../pools/pools.ts'
import type { ParsedPool, PoolBook } from '../pools/pools.ts'
import type { Discord } from '../sharing/sharing.ts'
import type { Allocator } from './allocator.ts'
import type { BlockIndex } from './block-index.ts'
import type { Owner } from './owner.ts'
import { givesByItself } from './free-finder.ts'
import type { Source } from './free-finder.ts'
import type { Waiter, Waiters, Want } from './waiters.ts'

export type GiveAction = Extract<LocalAction, { readonly kind: 'give-address' | 'adopt-address' }>

/** How a Service shares the address it gets. */
export interface SharingTerms {
  readonly key: string
  /** Namespaces where others may have such an address. */
  readonly namespaces: Iterable<string>
  /** An address not to join unless it is asked for. */
  readonly avoids: (address: IpAddress) => boolean
  /** Why it cannot join these owners at the address; undefined when it can. */
  readonly discord: (address: IpAddress, owners: readonly Owner[]) => Discord | undefined
}

export interface Giver {
  /** With `sharing`, an address that others share under its key goes before one of its own. */
  give(waiter: Waiter, action: GiveAction, signal: AbortSignal, sharing?: SharingTerms): Promise<GiveResult>
  /**
   * What `give` would answer if not all of `actions` can be carried out now, without giving anything: who needs several addresses
   * takes none while one of them cannot be had, and stands in line for all of them. Undefined: nothing is known to be in the way.
   */
  missing(waiter: Waiter, actions: readonly LocalAction[], sharing?: SharingTerms): readonly GiveResult[] | undefined
  /** Calls the first in line for an address that became free, and holds it for them. */
  freed(address: IpAddress): void
  /** Holds for one in line what `actions` would give it now: its turn, before it is called. Ask for the oldest first. */
  offer(waiter: Waiter, actions: readonly LocalAction[]): void
  /**
   * Ends the turns of a Service that did not take what was held for it, so that the next in line is called. `keep`: addresses
   * its status still names, or all it had when we started.
   */
  settle(uid: string, keep?: readonly string[] | 'adopted'): void
}

/** How often somebody else may be first before the queue is to try again later. */
const maxLosses = 50

export function createGiver(options: {
  readonly index: BlockIndex
  readonly allocator: Allocator
  readonly waiters: Waiters
  readonly pools: () => PoolBook
  /** RFC 3339. */
  readonly timestamp: () => string
  readonly wake: (id: LoadBalancerId) => void
  /** Hears of each address that was given to somebody who took any. */
  readonly gaveUnasked: (address: IpAddress) => void
}): Giver {
  const { index, allocator, waiters, pools, timestamp, wake, gaveUnasked } = options

  const usablePools = (names: readonly string[]) => names.flatMap(name => pools().get(name) ?? []).filter(pool => !pool.problem)
  /** What to try next, or undefined when nothing is free. */
  const choose = (uid: string, action: GiveAction, names: readonly string[]): Choice | undefined => {
    // An address that others wait for by name goes to them when it is not needed here.
    const isSpare = (address: IpAddress) => waiters.lineOf(address).length === 0
    const held = index.heldFor(uid).filter(address => address.family === action.family && isSpare(address))
    for (const pool of usablePools(names)) {
      const turn = held.find(address => givesByItself(sourceOf(pool), address))
      const address = turn ?? index.free.next(sourceOf(pool), action.family)
      if (address) return { address, pool: pool.name }
    }
    return undefined
  }

  const take = async (owner: Owner, choice: Choice, signal: AbortSignal, sharing?: SharingTerms): Promise<boolean> => {
    const { address, pool } = choice
    const isHeld = index.hold(address, { owner, why: 'pending', sharing: sharing?.key })
    if (!isHeld && !(sharing && mayJoin(sharing, address))) return false
    const getsOnWith = (owners: readonly Owner[]) => sharing?.discord(address, owners) === undefined
    const terms = sharing && { sharing: { key: sharing.key, getsOnWith } }
    const change = { kind: 'give', address, owner, pool, since: timestamp(), ...terms } as const
    return (await allocator.give(change, signal)) === 'given'
  }
  /** Those who have an address, or are about to. */
  const ownersAt = (address: IpAddress): readonly Owner[] => {
    const hold = index.heldBy(address)
    const isComing = hold?.why === 'pending' || hold?.why === 'adoption'
    return index.given(address)?.owners ?? (hold && isComing ? [hold.owner] : [])
  }
  const mayJoin = (sharing: SharingTerms, address: IpAddress): boolean => {
    const owners = ownersAt(address)
    return owners.length > 0 && sharing.discord(address, owners) === undefined
  }
  /** An address of these pools that others share under the key. */
  const findShared = ({ family }: GiveAction, names: readonly string[], sharing: SharingTerms): Choice | undefined => {
    const known = [...sharing.namespaces].flatMap(namespace => index.sharedUnder(sharing.key, namespace))
    const candidates = known.filter(address => !sharing.avoids(address))
    for (const pool of usablePools(names)) {
      const fitting = candidates.filter(address => address.family === family && poolContains(pool, address))
      const address = fitting.toSorted((one, other) => (one.value < other.value ? -1 : 1)).find(each => mayJoin(sharing, each))
      if (address) return { address, pool: pool.name }
    }
    return undefined
  }
  /** The address that a Service of this name had before. */
  const findKept = ({ namespace, name }: Owner, { family }: GiveAction, names: readonly string[]): Choice | undefined => {
    for (const address of index.keptFor(namespace, name)) {
      const pool = address.family === family && usablePools(names).find(candidate => poolContains(candidate, address))
      if (pool) return { address, pool: pool.name }
    }
    return undefined
  }
  const result = (address: IpAddress, pool: string, owner: Owner): GiveResult => ({
    kind: 'given',
    given: index.given(address) ?? { address, pool, since: timestamp(), owners: [owner] },
  })
  const has = (uid: string, address: IpAddress) => index.given(address)?.owners.some(owner => owner.uid === uid) === true

  const giveExactly = async (
    waiter: Waiter,
    choice: Choice,
    signal: AbortSignal,
    sharing?: SharingTerms,
  ): Promise<GiveResult> => {
    const owner = ownerOf(waiter.id)
    const { address, pool } = choice
    if (has(owner.uid, address) || (await take(owner, choice, signal, sharing))) return result(address, pool, owner)
    return refusalOf(address, sharing)
  }
  const refusalOf = (address: IpAddress, sharing?: SharingTerms): GiveResult => {
    const hold = index.heldBy(address)
    if (hold?.why === 'node') return { kind: 'of-node', address: address.text, node: hold.owner.name }
    const kept = index.reservedAt(address)
    if (kept?.for) return { kind: 'kept', address: address.text, for: kept.for, until: kept.until }
    const owners = ownersAt(address)
    const discord = owners.length > 0 ? sharing?.discord(address, owners) : undefined
    const sharedUnder = index.given(address)?.sharing
    return { kind: 'in-use', address: address.text, by: owners[0] ?? hold?.owner, sharedUnder, discord }
  }

  const exhausted = (family: IpFamily, names: readonly string[]): GiveResult => {
    const all = usablePools(names)
    const isTheirs = (address: IpAddress) => address.family === family && all.some(pool => poolContains(pool, address))
    const reserved = [...index.reservations()].filter(({ address }) => isTheirs(address))
    return { kind: 'exhausted', family, pools: names, reserved }
  }
  const findKnown = (owner: Owner, action: GiveAction, names: readonly string[], sharing?: SharingTerms) =>
    findKept(owner, action, names) ?? (sharing && findShared(action, names, sharing))
  /** Why the action cannot be carried out now, as far as is known here. */
  const obstacle = (waiter: Waiter, action: GiveAction, sharing?: SharingTerms): GiveResult | undefined => {
    const owner = ownerOf(waiter.id)
    const want = wantOf(action)
    if (want.kind === 'any') {
      const { family, pools: names } = want
      const isThere = findKnown(owner, action, names, sharing) ?? choose(owner.uid, action, names)
      return isThere ? undefined : exhausted(family, names)
    }
    const { address } = want
    const isOpen = has(owner.uid, address) || index.isOpenTo(address, owner) || (sharing && mayJoin(sharing, address))
    return isOpen ? undefined : refusalOf(address, sharing)
  }

  const giveAny = async (
    waiter: Waiter,
    action: GiveAction,
    names: readonly string[],
    signal: AbortSignal,
    sharing?: SharingTerms,
  ): Promise<GiveResult> => {
    const owner = ownerOf(waiter.id)
    for (let losses = 0; losses < maxLosses; losses++) {
      const known = findKnown(owner, action, names, sharing)
      const choice = known ?? choose(owner.uid, action, names)
      if (!choice) {
        waiters.add(waiter, { kind: 'any', family: action.family, pools: names })
        return exhausted(action.family, names)
      }
      // Lost only against another process; the index knows of it by now and offers another address.
      if (await take(owner, choice, signal, sharing)) {
        if (action.kind === 'give-address' && !known) gaveUnasked(choice.address)
        return result(choice.address, choice.pool, owner)
      }
    }
    throw new ProviderError({
      code: 'ProviderError',
      message: `${maxLosses} addresses of ${names.join(', ')} looked free and were given to others.`,
      remedy: 'Nothing to do when another controller is at work; else look for AddressBlocks that were changed by hand.',
      retry: 'later',
    })
  }

  return {
    async give(waiter, action, signal, sharing) {
      const wanted = parseAddress((action.kind === 'adopt-address' ? action.address : action.request) ?? '')
      if (!wanted || action.kind === 'adopt-address') {
        if (wanted && action.kind === 'adopt-address') {
          const adopted = await giveExactly(waiter, { address: wanted, pool: action.pool }, signal, sharing)
          if (adopted.kind === 'given') return adopted
        }
        return giveAny(waiter, action, action.kind === 'adopt-address' ? action.otherwise : action.pools, signal, sharing)
      }
      const given = await giveExactly(waiter, { address: wanted, pool: action.pools[0] ?? '' }, signal, sharing)
      if (given.kind !== 'given') waiters.add(waiter, { kind: 'address', address: wanted })
      return given
    },
    missing(waiter, actions, sharing) {
      const gives = actions.filter(action => action.kind === 'give-address')
      const isThere = (action: GiveAction) => obstacle(waiter, action, sharing) === undefined
      const lacking = gives.flatMap(action => obstacle(waiter, action, sharing) ?? [])
      if (lacking.length === 0) return undefined
      // Whose turn it is for one of them has to be the one who can have the others as well.
      for (const action of gives) waiters.add(waiter, wantOf(action), () => gives.every(one => one === action || isThere(one)))
      for (const address of index.heldFor(waiter.id.uid))
        if (index.heldBy(address)?.why === 'turn') index.unhold(address, waiter.id.uid)
      return lacking
    },
    freed(address) {
      const giving = pools().ordered.filter(pool => !pool.problem && givesByItself(sourceOf(pool), address))
      const next = waiters.firstFor(
        address,
        giving.map(pool => pool.name),
      )
      if (next && index.hold(address, { owner: ownerOf(next.id), why: 'turn' })) wake(next.id)
    },
    offer(waiter, actions) {
      for (const action of actions) {
        if (action.kind !== 'give-address') continue
        const wanted = parseAddress(action.request ?? '') ?? choose(waiter.id.uid, action, action.pools)?.address
        if (wanted) index.hold(wanted, { owner: ownerOf(waiter.id), why: 'turn' })
      }
    },
    settle(uid, keep = []) {
      for (const address of index.heldFor(uid)) {
        const why = index.heldBy(address)?.why
        const isKept = why === 'pending' || (why === 'adoption' && (keep === 'adopted' || keep.includes(address.text)))
        if (!isKept) index.unhold(address, uid)
      }
    },
  }
}

interface Choice {
  readonly address: IpAddress
  readonly pool: string
}

function wantOf(action: GiveAction): Extract<Want, { readonly kind: 'any' | 'address' }> {
  const address = action.kind === 'give-address' ? parseAddress(action.request ?? '') : undefined
  if (address) return { kind: 'address', address }
  return { kind: 'any', family: action.family, pools: action.kind === 'give-address' ? action.pools : action.otherwise }
}

function sourceOf(pool: ParsedPool): Source {
  return { name: pool.name, ranges: pool.ranges, avoidBuggyIPs: pool.spec.avoidBuggyIPs }
}

function ownerOf({ uid, namespace, name }: LoadBalancerId): Owner {
  return { uid, namespace, name }
}
