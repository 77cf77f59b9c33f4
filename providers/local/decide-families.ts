// Which address a Service gets or keeps of each of its families, and how the second family follows the first. Pure.
import { parseAddress } from '../../src/model/address.ts'
import type { DesiredLoadBalancer, IpFamily, Problem } from '../../src/model/load-balancer.ts'
import type { LocalAction } from './actions.ts'
import type { Holding } from './observe.ts'
import { poolProblems } from './pools/pool-problems.ts'
import { allowedPools, givesFamily, homeOf, poolContains, refusal } from './pools/pools.ts'
import type { ParsedPool, PoolBook } from './pools/pools.ts'
import type { Settings } from './settings.ts'
import type { Discord } from './sharing/sharing.ts'
import { sharingProblem } from './sharing/sharing-problems.ts'

export type GiveAction = Extract<LocalAction, { readonly kind: 'give-address' | 'adopt-address' }>

export interface FamilyDecision {
  readonly keep?: Holding
  readonly give?: GiveAction
  readonly problem?: Problem
}

interface Question {
  readonly desired: DesiredLoadBalancer
  readonly settings: Settings
  readonly pools: PoolBook
  /** Addresses that it cannot go on sharing, and why. */
  readonly leaving: ReadonlyMap<Holding, Discord>
}

/**
 * One decision per family, in the order of the families. `valid` are the addresses that may stay as far as pools go.
 *
 * PreferDualStack is served from one pool: one that has both families goes before one that has not, the second address comes
 * only from the pool of the first, also when that pool gets the family later, and for its sake no address is ever changed.
 * RequireDualStack takes the second from another pool where the first one cannot give it. A wish for one family is enough.
 */
export function decideFamilies(question: Question, valid: readonly Holding[]): readonly FamilyDecision[] {
  const { desired, settings } = question
  const [first, second] = settings.families
  if (first === undefined) return []
  const heldOf = (family: IpFamily) => valid.filter(({ given }) => given.address.family === family)
  if (second === undefined) return [decideFamily({ ...question, family: first, held: heldOf(first) })]

  const needsBoth = desired.familyPolicy === 'RequireDualStack'
  const near = poolOf(question, second, preferred(heldOf(second), desired.statusAddresses))
  const one = decideFamily({
    ...question,
    family: first,
    held: heldOf(first),
    home: near,
    narrow: all => ({
      pools: ahead(
        all,
        pool => pool === near,
        pool => givesFamily(pool, first) && givesFamily(pool, second),
      ),
    }),
  })
  const leader = leaderOf(question, one)
  const two = decideFamily({
    ...question,
    family: second,
    held: heldOf(second),
    home: leader.pool,
    narrow: all => follow(all, { first, second, needsBoth, ...leader }),
  })
  if (needsBoth) return [one, two]
  // Content with either of them, unless it asked for what it does not get.
  const isContent = (decision: FamilyDecision) =>
    decision.problem?.reason === 'NoPools' && [one, two].some(other => other !== decision && (other.keep ?? other.give))
  return [one, two].map(decision => (isContent(decision) ? withoutProblem(decision) : decision))
}

/** Where the address of the first family is or will be; `open` when any pool may give it, `none` when it gets none. */
interface Leader {
  readonly pool?: ParsedPool | undefined
  readonly state: 'known' | 'open' | 'none'
}

function leaderOf({ desired, pools }: Question, { keep, give }: FamilyDecision): Leader {
  if (give?.kind === 'adopt-address') return { state: 'known', pool: pools.get(give.pool) }
  if (give?.request !== undefined) return { state: 'known', pool: pools.get(give.pools[0] ?? '') }
  if (give) return { state: 'open' }
  return keep ? { state: 'known', pool: homeOf(pools, desired, keep.given) } : { state: 'none' }
}

interface Sources {
  readonly pools: readonly ParsedPool[]
  readonly beside?: NonNullable<Extract<GiveAction, { readonly kind: 'give-address' }>['beside']>
}

interface Following extends Leader {
  readonly first: IpFamily
  readonly second: IpFamily
  readonly needsBoth: boolean
}

/** The pools for the second family, by what is known of the first. */
function follow(usable: readonly ParsedPool[], { first, second, needsBoth, state, pool }: Following): Sources {
  if (state === 'known') return { pools: needsBoth ? ahead(usable, one => one === pool) : usable.filter(one => one === pool) }
  if (state === 'none') return { pools: usable }
  const isDual = (one: ParsedPool) => givesFamily(one, first) && givesFamily(one, second)
  const beside = { family: first, only: !needsBoth }
  return { pools: needsBoth ? ahead(usable, isDual) : usable.filter(isDual), beside }
}

/** The pool of the address that a family has or asks for. */
function poolOf({ desired, settings, pools }: Question, family: IpFamily, held: Holding | undefined): ParsedPool | undefined {
  const request = settings.requested.find(address => address.family === family)
  if (request) return allowedPools(pools, desired).find(pool => poolContains(pool, request))
  return held && homeOf(pools, desired, held.given)
}

/**
 * Whether the Service leaves a shared address because it wants to. It may stay there until it has another one; who is in the
 * way of others, or asks for just this address and not to share it, has to go at once.
 */
export function isOwnWish({ kind }: Discord, { requested }: Settings, { given }: Holding): boolean {
  return (kind === 'key' || kind === 'namespace') && !requested.some(({ text }) => text === given.address.text)
}

interface FamilyInput extends Question {
  readonly family: IpFamily
  /** Addresses of the family that may stay as far as pools are concerned. */
  readonly held: readonly Holding[]
  /** Where the address of the other family is. Who has that may have another from there, also without `autoAssign`. */
  readonly home?: ParsedPool | undefined
  /** Which of the pools that give by themselves may give this one, best first. Absent: all as they are. */
  readonly narrow?: (giving: readonly ParsedPool[]) => Sources
}

function decideFamily(input: FamilyInput): FamilyDecision {
  const { desired, settings, pools, family, leaving } = input
  const held = input.held.filter(holding => {
    const discord = leaving.get(holding)
    return !discord || isOwnWish(discord, settings, holding)
  })
  const current = preferred(held, desired.statusAddresses)
  const request = settings.requested.find(address => address.family === family)
  const asked = input.held.find(({ given }) => given.address.text === request?.text)
  const refused = asked && leaving.get(asked)
  if (refused) return { problem: sharingProblem(asked.given.address.text, refused) }
  if (asked) return { keep: asked }

  const choice = chooseFrom(input)
  const stay = current && { keep: current }
  if ('problem' in choice) return { ...stay, problem: choice.problem }
  if (request) {
    const pool = choice.pools.find(candidate => poolContains(candidate, request))
    if (!pool)
      return {
        ...stay,
        problem: poolProblems.outside(
          request,
          choice.pools,
          settings.requestedPool === undefined ? { book: pools, desired } : undefined,
        ),
      }
    return { ...stay, give: { kind: 'give-address', family, pools: [pool.name], request: request.text } }
  }
  const fitting = held.filter(holding => !leaving.has(holding) && isFrom(pools, desired, holding, settings.requestedPool))
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
function giveAny(input: FamilyInput, usable: readonly ParsedPool[]): FamilyDecision {
  const { desired, settings, pools, leaving, family, home, narrow } = input
  const isOpen = (pool: ParsedPool) => pool.spec.autoAssign || settings.requestedPool !== undefined || pool === home
  const giving = usable.filter(pool => isOpen(pool) && givesFamily(pool, family))
  const sources: Sources = narrow?.(giving) ?? { pools: giving }
  const names = sources.pools.map(pool => pool.name)
  const adoptable = settings.requestedPool === undefined ? allowedPools(pools, desired) : usable
  const left = new Set([...leaving.keys()].map(({ given }) => given.address.text))
  for (const text of desired.statusAddresses) {
    if (left.has(text)) continue
    const address = parseAddress(text)
    const pool = address?.family === family && adoptable.find(candidate => poolContains(candidate, address))
    if (pool && address)
      return { give: { kind: 'adopt-address', family, address: address.text, pool: pool.name, otherwise: names } }
  }
  if (names.length === 0) return { problem: poolProblems.none(pools, desired, family, settings.requestedPool) }
  const { beside } = sources
  return { give: { kind: 'give-address', family, pools: names, ...(beside && { beside }) } }
}

/** The pools a new address may come from. */
function chooseFrom({
  desired,
  settings,
  pools,
}: Question): { readonly pools: readonly ParsedPool[] } | { readonly problem: Problem } {
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

/** The same pools, those that fit the first test foremost, then those that fit the second; else in their order. */
function ahead(pools: readonly ParsedPool[], ...tests: readonly ((pool: ParsedPool) => boolean)[]): readonly ParsedPool[] {
  const rank = (pool: ParsedPool) => {
    const place = tests.findIndex(test => test(pool))
    return place < 0 ? tests.length : place
  }
  return pools.toSorted((one, other) => rank(one) - rank(other))
}

function withoutProblem({ keep, give }: FamilyDecision): FamilyDecision {
  return { ...(keep && { keep }), ...(give && { give }) }
}
