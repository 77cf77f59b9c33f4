// What stands in the way of this node's data path: looked for when there is something new to look at, and again now and then.
import type { NodeInterface } from '../../../../src/api/node-report.ts'
import type { PlacedService } from '../datapath/build-services.ts'
import type { Obstacle, PreflightScope } from '../datapath/preflight.ts'
import { chooseInterface } from '../interface-choice.ts'
import type { AgentClock, AgentLogger } from '../ports.ts'
import type { PlacedServices } from './placed-services.ts'

export interface LookoutOptions {
  readonly findObstacle: (scope: PreflightScope) => Promise<Obstacle | undefined>
  readonly clock: Pick<AgentClock, 'monotonic'>
  readonly logger: AgentLogger
  /** What is found now is not what was found last. */
  readonly onNews: () => void
}

export interface Lookout {
  /**
   * The obstacle of this node, if any. Waits for a look when there has been none, or when `anew` is asked for; else what was found last
   * counts while the next look goes on beside: what is written must not wait for it.
   */
  look(scope: PreflightScope, anew: boolean): Promise<Obstacle | undefined>
}

/** An obstacle is looked for again so often, while there is one and while there is none. */
const obstacleAgainMs = 30_000
const looksAgainMs = 600_000

export const againAfterMs = (obstacle: Obstacle | undefined) => (obstacle ? obstacleAgainMs : looksAgainMs)

export function createLookout({ findObstacle, clock, logger, onNews }: LookoutOptions): Lookout {
  let found: { readonly obstacle: Obstacle | undefined } | undefined
  /** What was answered last. */
  let told: Obstacle | undefined
  /** For what it was looked last, and when. */
  let looked = { scope: '', at: 0 }
  let isLooking = false

  const find = async (scope: PreflightScope, text: string) => {
    looked = { scope: text, at: clock.monotonic() }
    const obstacle = await findObstacle(scope)
    found = { obstacle }
    return obstacle
  }
  const lookBeside = async (scope: PreflightScope, text: string) => {
    isLooking = true
    try {
      const now = await find(scope, text)
      if (now?.reason !== told?.reason || now?.message !== told?.message) onNews()
    } catch (error) {
      logger.warn({ error: String(error) }, 'it cannot be seen what stands in the way of a data path')
    } finally {
      isLooking = false
    }
  }
  return {
    async look(scope, anew) {
      const text = JSON.stringify(scope)
      if (!found || anew) await find(scope, text)
      told = found?.obstacle
      const isDue = looked.scope !== text || clock.monotonic() - looked.at >= againAfterMs(told)
      if (isDue && !isLooking) void lookBeside(scope, text)
      return told
    },
  }
}

/** What a data path for these Services is about. Remembers what it has seen, so that asking again costs little. */
export function createScope(): (placed: PlacedServices, interfaces: readonly NodeInterface[]) => PreflightScope {
  let known: { readonly interfaces: readonly NodeInterface[]; readonly names: WeakMap<PlacedService, string> } | undefined
  return (placed, interfaces) => {
    if (known?.interfaces !== interfaces) known = { interfaces, names: new WeakMap() }
    const { names } = known
    const entries = new Set<string>()
    for (const each of placed.values()) {
      // What is asked of interfaces concerns IPv4 alone.
      if (each.address.family === 'IPv6') continue
      const name = names.get(each) ?? interfaceOf(each, interfaces)
      names.set(each, name)
      if (name !== '') entries.add(name)
    }
    return { families: familiesOf(placed.announcements.keys()), interfaces: [...entries].toSorted() }
  }
}

function interfaceOf({ address, on }: PlacedService, interfaces: readonly NodeInterface[]): string {
  const choice = chooseInterface(address, interfaces, on)
  return 'interface' in choice ? choice.interface.name : ''
}

function familiesOf(addresses: Iterable<string>): PreflightScope['families'] {
  const families = { ipv4: false, ipv6: false }
  for (const address of addresses) families[address.includes(':') ? 'ipv6' : 'ipv4'] = true
  return families
}
