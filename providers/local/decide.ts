// What a Service shall have of the local provider: which addresses stay, which are given, which go, and what stands in the way. Pure.
import type { IpAddress } from '../../src/model/address.ts'
import type { DesiredLoadBalancer, IpFamily, Problem } from '../../src/model/load-balancer.ts'
import type { LocalAction } from './actions.ts'
import { decideFamilies, isOwnWish } from './decide-families.ts'
import type { Holding, LocalObserved } from './observe.ts'
import { homeOf, poolKeeps } from './pools/pools.ts'
import type { ParsedPool } from './pools/pools.ts'
import { readSharing } from './annotations.ts'
import { reasonToLeave } from './sharing/sharing.ts'
import type { Discord } from './sharing/sharing.ts'
import { togetherAt } from './sharing/together.ts'
import type { Settings } from './settings.ts'

export interface Decision {
  /** Addresses that clients may go on using, in the order of the families. */
  readonly keep: readonly Holding[]
  readonly give: readonly Extract<LocalAction, { readonly kind: 'give-address' | 'adopt-address' }>[]
  /** Addresses that go at once. */
  readonly release: readonly Holding[]
  /** What keeps the Service from what it asks for. */
  readonly problem: Problem | undefined
  /** Addresses it shared and has to leave at once, and why. */
  readonly left: readonly Left[]
  /** Addresses it shared and leaves of its own will, as soon as it has another one. */
  readonly leaving: readonly Left[]
  /** What is to be written down of addresses that stay. */
  readonly share: readonly Extract<LocalAction, { readonly kind: 'share-address' | 'change-pool' }>[]
  /** Addresses that leave because no pool the Service may use holds them any more. */
  readonly revoked: readonly Holding[]
}

export interface Left {
  readonly holding: Holding
  readonly discord: Discord
}

/**
 * Decides family by family. An address that is held stays while it fits what is asked for and a pool the Service may use holds
 * it. One that has to make room for another is kept until that is given and the status names it; one that fell out of its
 * pools goes at once, after its successor was given.
 */
export function decide(desired: DesiredLoadBalancer, settings: Settings, observed: LocalObserved): Decision {
  const { holdings, pools } = observed
  const blocking = settings.problems.find(problem => problem.severity === 'blocks')
  if (blocking) return { keep: inOrder(holdings, desired.families), give: [], release: [], problem: blocking, ...nothing }

  const valid = holdings.filter(holding => homeOf(pools, desired, holding.given) !== undefined)
  const leaving = new Map(valid.flatMap(holding => leave(holding, desired, observed)))
  const { key } = readSharing(desired.annotations)
  const decisions = decideFamilies({ desired, settings, pools, leaving }, valid)
  const keep = decisions.flatMap(decision => decision.keep ?? [])
  const problem = decisions.find(decision => decision.problem)?.problem
  const left = [...leaving].map(([holding, discord]): Left => ({ holding, discord }))
  return {
    keep,
    // A Service that needs both families gets none of what is new before both can be had.
    give: problem && needsAll(desired) ? [] : decisions.flatMap(decision => decision.give ?? []),
    release: holdings.filter(holding => !keep.includes(holding)),
    problem,
    revoked: holdings.filter(holding => !valid.includes(holding)),
    left: left.filter(({ holding, discord }) => !keep.includes(holding) && !isOwnWish(discord, settings, holding)),
    leaving: left.filter(({ holding, discord }) => isOwnWish(discord, settings, holding)),
    share: keep.flatMap(({ given }) =>
      noted(given, { key, home: homeOf(pools, desired, given)?.name, origin: pools.get(given.pool) }),
    ),
  }
}

/** The key under which its only owner shares it now, and the pool that has it now. */
function noted(
  { address, owners, sharing, pool }: Holding['given'],
  {
    key,
    home,
    origin,
  }: { readonly key: string | undefined; readonly home: string | undefined; readonly origin: ParsedPool | undefined },
): Decision['share'] {
  const isShared = owners.length > 1
  const hasMoved = home !== undefined && home !== pool && !(origin && poolKeeps(origin, address))
  return [
    ...(isShared || sharing === key
      ? []
      : [{ kind: 'share-address', address: address.text, ...(key !== undefined && { key }) } as const]),
    ...(hasMoved ? [{ kind: 'change-pool', address: address.text, pool: home } as const] : []),
  ]
}

const nothing = { revoked: [], left: [], leaving: [], share: [] } as const

function leave(holding: Holding, desired: DesiredLoadBalancer, around: LocalObserved): readonly (readonly [Holding, Discord])[] {
  const { given, others } = holding
  const discord = reasonToLeave(desired, { key: given.sharing, others }, togetherAt(given.address, around))
  return discord ? [[holding, discord]] : []
}

/** Whether one family alone is of no use to the Service. */
export function needsAll({ familyPolicy }: Pick<DesiredLoadBalancer, 'familyPolicy'>): boolean {
  return familyPolicy === 'RequireDualStack'
}

function inOrder(holdings: readonly Holding[], families: readonly IpFamily[]): readonly Holding[] {
  const place = (address: IpAddress) => families.indexOf(address.family)
  return holdings.toSorted((one, other) => place(one.given.address) - place(other.given.address))
}
