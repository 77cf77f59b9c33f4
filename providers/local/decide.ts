// What a Service shall have of the local provider: which addresses stay, which are given, which go, and what stands in the way. Pure.
import { parseAddress } from '../../src/model/address.ts'
import type { IpAddress } from '../../src/model/address.ts'
import type { DesiredLoadBalancer, IpFamily, Problem } from '../../src/model/load-balancer.ts'
import type { LocalAction } from './actions.ts'
import type { Given } from './addresses/block-index.ts'
import type { Holding, LocalObserved } from './observe.ts'
import { poolProblems } from './pool-problems.ts'
import { allowedPools, poolContains, poolKeeps, refusal } from './pools.ts'
import type { ParsedPool, PoolBook } from './pools.ts'
import type { Settings } from './settings.ts'

export interface Decision {
  /** Addresses that clients may go on using, in the order of the families. */
  readonly keep: readonly Holding[]
  readonly give: readonly Extract<LocalAction, { readonly kind: 'give-address' | 'adopt-address' }>[]
  /** Addresses that go at once. */
  readonly release: readonly Holding[]
  /** What keeps the Service from what it asks for. */
  readonly problem: Problem | undefined
  /** Addresses that leave because no pool the Service may use holds them any more. */
  readonly revoked: readonly Holding[]
}

interface FamilyDecision {
  readonly keep?: Holding
  readonly give?: Decision['give'][number]
  readonly problem?: Problem
}

/**
 * Decides family by family. An address that is held stays while it fits what is asked for and a pool the Service may use holds
 * it. One that has to make room for another is kept until that is given and the status names it; one that fell out of its
 * pools goes at once, after its successor was given.
 */
export function decide(desired: DesiredLoadBalancer, settings: Settings, { holdings, pools }: LocalObserved): Decision {
  const blocking = settings.problems.find(problem => problem.severity === 'blocks')
  if (blocking) return { keep: inOrder(holdings, desired.families), give: [], release: [], problem: blocking, revoked: [] }

  const valid = holdings.filter(holding => homeOf(pools, desired, holding.given) !== undefined)
  const decisions = settings.families.map(family =>
    decideFamily({ desired, settings, pools, family, held: valid.filter(({ given }) => given.address.family === family) }),
  )
  const keep = decisions.flatMap(decision => decision.keep ?? [])
  return {
    keep,
    give: decisions.flatMap(decision => decision.give ?? []),
    release: holdings.filter(holding => !keep.includes(holding)),
    problem: decisions.find(decision => decision.problem)?.problem,
    revoked: holdings.filter(holding => !valid.includes(holding)),
  }
}

/** The pool by which a Service may hold the address it has. */
export function homeOf(pools: PoolBook, desired: DesiredLoadBalancer, given: Given): ParsedPool | undefined {
  const origin = pools.get(given.pool)
  if (origin && poolKeeps(origin, given.address) && refusal(origin, desired) === undefined) return origin
  return allowedPools(pools, desired).find(pool => poolContains(pool, given.address))
}

interface FamilyInput {
  readonly desired: DesiredLoadBalancer
  readonly settings: Settings
  readonly pools: PoolBook
  readonly family: IpFamily
  /** Addresses of the family that may stay as far as pools are concerned. */
  readonly held: readonly Holding[]
}

function decideFamily(input: FamilyInput): FamilyDecision {
  const { desired, settings, pools, family, held } = input
  const current = preferred(held, desired.statusAddresses)
  const request = settings.requested.find(address => address.family === family)
  const asked = held.find(({ given }) => given.address.text === request?.text)
  if (asked) return { keep: asked }

  const choice = chooseFrom(input)
  const stay = current && { keep: current }
  if ('problem' in choice) return { ...stay, problem: choice.problem }
  if (request) {
    const pool = choice.pools.find(candidate => poolContains(candidate, request))
    if (!pool) return { ...stay, problem: poolProblems.outside(request, choice.pools) }
    return { ...stay, give: { kind: 'give-address', family, pools: [pool.name], request: request.text } }
  }
  const fitting = held.filter(holding => isFrom(pools, desired, holding, settings.requestedPool))
  const fits = fitting.find(holding => !holding.isToBeExchanged)
  if (fits) return { keep: current && !current.isToBeExchanged && fitting.includes(current) ? current : fits }
  if (current && fitting.includes(current)) return { keep: current, ...exchange(input, choice.pools) }
  return { ...stay, ...giveAny(input, choice.pools) }
}

/** Another address for one that is of no use; what there is stays while no pool gives any. */
function exchange(input: FamilyInput, usable: readonly ParsedPool[]): FamilyDecision {
  const { give } = giveAny({ ...input, desired: { ...input.desired, statusAddresses: [] } }, usable)
  return give ? { give } : {}
}

/** An address the status names, or any address of the pools that give by themselves; all of a pool that is asked for. */
function giveAny({ desired, settings, pools, family }: FamilyInput, usable: readonly ParsedPool[]): FamilyDecision {
  const giving = usable.filter(
    pool => (pool.spec.autoAssign || settings.requestedPool !== undefined) && pool.ranges.some(range => range.family === family),
  )
  const names = giving.map(pool => pool.name)
  const adoptable = settings.requestedPool === undefined ? allowedPools(pools, desired) : usable
  for (const text of desired.statusAddresses) {
    const address = parseAddress(text)
    const pool = address?.family === family && adoptable.find(candidate => poolContains(candidate, address))
    if (pool && address)
      return { give: { kind: 'adopt-address', family, address: address.text, pool: pool.name, otherwise: names } }
  }
  if (giving.length === 0) return { problem: poolProblems.none(pools, desired, family) }
  return { give: { kind: 'give-address', family, pools: names } }
}

/** The pools a new address may come from. */
function chooseFrom({
  desired,
  settings,
  pools,
}: FamilyInput): { readonly pools: readonly ParsedPool[] } | { readonly problem: Problem } {
  const usable = allowedPools(pools, desired).filter(pool => !pool.problem)
  const name = settings.requestedPool
  if (name === undefined) return { pools: usable }
  const pool = pools.get(name)
  if (!pool) return { problem: poolProblems.unknown(name, usable) }
  const refused = refusal(pool, desired)
  if (refused) return { problem: poolProblems.notAllowed(pool, refused, desired) }
  return pool.problem ? { problem: poolProblems.broken(pool, pool.problem) } : { pools: [pool] }
}

function isFrom(pools: PoolBook, desired: DesiredLoadBalancer, holding: Holding, pool: string | undefined): boolean {
  if (pool === undefined) return true
  if (homeOf(pools, desired, holding.given)?.name === pool) return true
  const named = pools.get(pool)
  return named !== undefined && poolContains(named, holding.given.address)
}

/** Of several addresses of one family the one clients know, else the one given first. */
function preferred(held: readonly Holding[], known: readonly string[]): Holding | undefined {
  const age = ({ given }: Holding) => `${known.includes(given.address.text) ? 0 : 1} ${given.since} ${given.address.text}`
  return held.toSorted((one, other) => (age(one) < age(other) ? -1 : 1))[0]
}

function inOrder(holdings: readonly Holding[], families: readonly IpFamily[]): readonly Holding[] {
  const place = (address: IpAddress) => families.indexOf(address.family)
  return holdings.toSorted((one, other) => place(one.given.address) - place(other.given.address))
}
