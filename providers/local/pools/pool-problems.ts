// What a Service is told when pools cannot give what it asks for: the values at hand and what to do. Pure.
import type { IpAddress } from '../../../src/model/address.ts'
import type { DesiredLoadBalancer, IpFamily, Problem } from '../../../src/model/load-balancer.ts'
import { poolContains, poolText, refusal } from './pools.ts'
import type { ParsedPool, PoolBook, PoolProblem } from './pools.ts'

/** Of all pools, and by whom. */
interface Asked {
  readonly book: PoolBook
  readonly desired: DesiredLoadBalancer
}

const blocks = { severity: 'blocks' } as const

export const poolProblems = {
  /** `named`: the pool that the Service asks for; the others are not its concern then. */
  none(book: PoolBook, desired: DesiredLoadBalancer, family: IpFamily, named?: string): Problem {
    const asked = book.ordered.filter(pool => named === undefined || pool.name === named)
    const pools = asked.map(pool => `${pool.name} ${whyNot(pool, desired, family)}`)
    const seen = someOf([...missingText(book, desired), ...pools], '; ') || 'there is no AddressPool'
    return {
      ...blocks,
      reason: 'NoPools',
      message: `No pool gives this Service an ${family} address: ${seen}.`,
      remedy: 'Make an AddressPool, or allow the Service in one.',
    }
  },
  unknown(name: string, usable: readonly ParsedPool[]): Problem {
    const others =
      usable.length === 0
        ? 'no pool allows this Service'
        : `pools: ${someOf(
            usable.map(pool => pool.name),
            ', ',
          )}`
    return {
      ...blocks,
      reason: 'UnknownPool',
      message: `There is no AddressPool ${name} (${others}).`,
      remedy: 'Name an existing pool or make it.',
    }
  },
  notAllowed(pool: ParsedPool, why: NonNullable<ReturnType<typeof refusal>>, desired: DesiredLoadBalancer): Problem {
    return {
      ...blocks,
      reason: 'PoolNotAllowed',
      message: `Pool ${pool.name} ${refusalText(why, desired)}.`,
      remedy: `Name another pool, or ${allowing(why, pool, desired)}.`,
    }
  },
  broken(pool: ParsedPool, problem: PoolProblem): Problem {
    return {
      ...blocks,
      reason: 'PoolNotUsable',
      message: `Pool ${pool.name} gives no addresses: ${problem.message}`,
      remedy: problem.remedy,
    }
  },
  /** `usable`: the pools that may give it something; the address is in none of them. */
  outside(address: IpAddress, usable: readonly ParsedPool[], asked?: Asked): Problem {
    const elsewhere = asked && inAnother(address, asked)
    if (elsewhere) return elsewhere
    const pools = usable.length === 0 ? 'there is none' : `pools: ${someOf(usable.map(poolText), '; ')}`
    return {
      ...blocks,
      reason: 'RequestedAddressOutsidePools',
      message: `${address.text} is in no pool this Service may use (${pools}).`,
      remedy: 'Ask for an address of a pool, or leave the request out.',
    }
  },
} as const

/** Why the pool that has the address gives it not to this Service. */
function inAnother(address: IpAddress, { book, desired }: Asked): Problem | undefined {
  const homes = book.ordered.filter(pool => poolContains(pool, address))
  const home = homes.find(pool => refusal(pool, desired) === undefined) ?? homes[0]
  if (!home) return undefined
  const refused = refusal(home, desired)
  if (refused)
    return {
      ...blocks,
      reason: 'PoolNotAllowed',
      message: `${address.text} is in pool ${home.name}, which ${refusalText(refused, desired)}.`,
      remedy: `Ask for an address of another pool, or ${allowing(refused, home, desired)}.`,
    }
  if (!home.problem) return undefined
  return {
    ...blocks,
    reason: 'PoolNotUsable',
    message: `${address.text} is in pool ${home.name}, which gives no addresses: ${home.problem.message}`,
    remedy: home.problem.remedy,
  }
}

function whyNot(pool: ParsedPool, desired: DesiredLoadBalancer, family: IpFamily): string {
  const refused = refusal(pool, desired)
  if (refused) return refusalText(refused, desired)
  if (pool.problem) return `is not usable (${pool.problem.reason})`
  return pool.ranges.some(range => range.family === family) ? 'has autoAssign: false' : `has no ${family} addresses`
}

/** Pools that the class names and that do not exist. */
function missingText(book: PoolBook, { class: { metadata, spec } }: DesiredLoadBalancer): readonly string[] {
  const missing = (spec.local?.pools ?? []).filter(name => !book.get(name))
  return missing.length === 0 ? [] : [`class ${metadata.name} names ${someOf(missing, ', ')}, which does not exist`]
}

function refusalText(why: NonNullable<ReturnType<typeof refusal>>, { class: lbClass, id }: DesiredLoadBalancer): string {
  if (why === 'class') return `is not among the pools of class ${lbClass.metadata.name}`
  return why === 'namespace' ? `does not allow namespace ${id.namespace}` : 'does not select the labels of this Service'
}

/** What lets the Service use the pool. */
function allowing(
  why: NonNullable<ReturnType<typeof refusal>>,
  { name }: ParsedPool,
  { class: { metadata }, id }: DesiredLoadBalancer,
): string {
  if (why === 'class') return `add ${name} to spec.local.pools of class ${metadata.name}`
  if (why === 'namespace') return `allow namespace ${id.namespace} in pool ${name} (spec.allow)`
  return `give the Service labels that spec.allow.serviceSelector of pool ${name} selects`
}

function someOf(texts: readonly string[], separator: string): string {
  const more = texts.length - 5
  return `${texts.slice(0, 5).join(separator)}${more > 0 ? `${separator}and ${more} more` : ''}`
}
