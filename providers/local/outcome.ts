// What the status and the condition of a Service say after a plan was carried out. Pure.
import type { DesiredLoadBalancer, IpFamily, Problem } from '../../src/model/load-balancer.ts'
import { announcementName } from '../../src/model/address.ts'
import { firstFew } from '../../src/model/first-few.ts'
import { portlessRemedy, portlessText } from '../../src/model/portless.ts'
import type { Goal, Outcome, Readiness } from '../../src/provider.ts'
import type { Given } from './addresses/block-index.ts'
import { decide, needsAll } from './decide.ts'
import { announceability } from './announcing/eligibility.ts'
import type { GiveResult } from './give-result.ts'
import { hindranceOf } from './hindrances.ts'
import type { Holding, LocalObserved } from './observe.ts'
import { fallbackProblem, fenceProblem, pathOf } from './pod-targets.ts'
import { portStatuses, unservedText } from './ports.ts'
import { readSettings } from './settings.ts'
import type { Discord } from './sharing/sharing.ts'
import { leftForOther, leftWarning } from './sharing/sharing-problems.ts'
import { sharersOf } from './served.ts'
import { whyNobody } from './announcing/why-nobody.ts'
import type { Nobody } from './announcing/why-nobody.ts'

/** The outcome of planning for something. */
export function outcomeOf(
  goal: Goal,
  observed: LocalObserved,
  results: readonly GiveResult[],
  supported: ReadonlySet<IpFamily>,
): Outcome {
  const settings = readSettings(goal.desired, supported)
  const decision = decide(goal.desired, settings, observed)
  const fresh = results.flatMap(result => (result.kind === 'given' ? result.given : []))
  const replaced = decision.keep.filter(({ given }) => fresh.some(other => other.address.family === given.address.family))
  const serving = [...fresh, ...decision.keep.filter(holding => !replaced.includes(holding)).map(({ given }) => given)].toSorted(
    (one, other) => placeOf(one, goal.desired) - placeOf(other, goal.desired),
  )
  const ports = portStatuses(goal.desired)
  const isComplete = settings.families.every(family => serving.some(({ address }) => address.family === family))
  // Half of what is needed is shown only where clients use it already.
  const isShown = ({ address }: Given) =>
    isComplete || !needsAll(goal.desired) || goal.desired.statusAddresses.includes(address.text)
  const shown = serving.filter(isShown)
  return {
    ingress: shown.map(({ address }) => ({ ip: address.text, ipMode: 'VIP', ...(ports ? { ports } : {}) })),
    readiness: readinessOf({ goal, observed, results, serving: shown, problem: decision.problem }),
    warnings: [
      ...settings.problems.filter(problem => problem.severity === 'warns'),
      // Told when it begins; the passes in which the old address is still on its way out say nothing new.
      ...decision.revoked
        .filter(({ announcement }) => fresh.length > 0 || announcement?.metadata.deletionTimestamp === undefined)
        .filter(({ announcement }) => fresh.length > 0 || announcement !== undefined)
        .map(({ given }) => revokedWarning(given, observed, serving)),
      ...decision.left.map(({ holding, discord }) => leftWarning(holding.given.address.text, discord)),
      ...decision.leaving.flatMap(({ holding, discord }) => movedWarning(holding.given, discord, fresh)),
      ...replaced.filter(({ isToBeExchanged }) => isToBeExchanged).flatMap(({ given }) => exchangedWarning(given, observed)),
      ...shown.flatMap(given => defendedWarning(given, observed)),
      ...fallbacksOf(shown, goal, observed),
    ],
    gone: false,
    // The status names the new address before the old one is withdrawn; who left an address it asks for asks again.
    again: replaced.length > 0 || decision.left.length > 0 ? { afterMs: 0 } : 'on-change',
  }
}

/** The outcome of planning for nothing; `left` are the addresses not yet free. */
export function outcomeOfNothing(left: readonly Given[]): Outcome {
  const addresses = left.map(({ address }) => address.text).join(' and ')
  return {
    ingress: [],
    readiness: {
      ready: false,
      reason: 'Withdrawing',
      message:
        left.length === 0
          ? 'Every address has been withdrawn and is free.'
          : `${addresses} ${left.length === 1 ? 'is' : 'are'} being withdrawn from the LAN before ${left.length === 1 ? 'it is' : 'they are'} freed. Nothing to do; a node that is down delays this until its Lease ends.`,
    },
    warnings: [],
    gone: left.length === 0,
    again: 'on-change',
  }
}

interface ReadinessInput {
  readonly goal: Goal
  readonly observed: LocalObserved
  readonly results: readonly GiveResult[]
  readonly serving: readonly Given[]
  readonly problem: Problem | undefined
}

function readinessOf({ goal, observed, results, serving, problem }: ReadinessInput): Readiness {
  const conflict = serving.map(given => conflictAt(given, observed)).find(found => found !== undefined)
  if (!problem && conflict) return { ready: false, reason: 'AddressConflict', message: conflict }
  const isContent = serving.length > 0 && goal.desired.families.length > 1 && !needsAll(goal.desired)
  const hindering = isContent ? results.filter(({ kind }) => kind !== 'exhausted') : results
  const hindrance =
    problem ?? hindering.map(result => hindranceOf(result, goal.desired, observed.pools)).find(found => found !== undefined)
  if (hindrance) return notReady(hindrance, serving)
  const { membership } = goal
  const isUnusable = membership.readyEndpoints === 0 && membership.nodesWithEndpoints.length === 0
  if (isUnusable || isPortless(goal)) return noEndpoints(goal, serving)
  let drained = ''
  const nobodies: Nobody[] = []
  for (const given of serving) {
    const { address, pool } = given
    const { pools } = observed
    const { announcement } = holdingOf(given, observed) ?? {}
    const sharers = sharersOf([goal, ...othersAt(given, observed, goal)], given, { pools, announcement })
    const announced = { address, sharers }
    const announceable = announceability(observed.network, announced)
    if (announceable === 'by-drained-nodes') drained = ' Only drained nodes can announce it, so they go on.'
    if (announceable === 'by-nobody') nobodies.push(whyNobody(observed.network, announced, pool))
  }
  const [nobody] = nobodies
  if (nobody) {
    const texts = [...nobodies.map(({ message }) => message), ...nobodies.map(({ remedy }) => remedy)]
    return { ready: false, reason: nobody.reason, message: [...new Set(texts)].join(' ') }
  }
  return {
    ready: true,
    reason: 'Serving',
    message: `${servingText(serving)}${secondText(goal.desired, serving)}${drained}${unservedText(goal.desired)}${fallbackText(serving, goal, observed)}`,
  }
}

/** What the others at the address ask for. Those whose endpoints matter have the same ones, or they would not share it. */
function othersAt(given: Given, observed: LocalObserved, { membership }: Goal): readonly Goal[] {
  return (holdingOf(given, observed)?.others ?? []).map(desired => ({ desired, membership }))
}

/** What is said when a station that is none of ours has an address, as the agents found. */
function conflictAt(given: Given, observed: LocalObserved): string | undefined {
  const { address, pool } = given
  const holding = holdingOf(given, observed)
  const conflict = holding?.announcement?.status?.conflict
  if (!conflict) return undefined
  const others = holding?.answeredBeside ?? []
  if (others.length > 0)
    return `${address.text} is used on the LAN by a station with the MAC ${conflict.mac} (since ${conflict.since}), so no node announces it. This station already has ${others.length} others that this pool gave (${firstFew(others)}), as one does that answers for every address (proxy ARP?), so no further one is tried. Switch that off at the station, or take the range it answers for out of pool ${pool}; the agents look again by themselves.`
  return `${address.text} is used on the LAN by a station with the MAC ${conflict.mac} (since ${conflict.since}), so no node announces it. Give that station another address, or take ${address.text} out of pool ${pool}; the agents look again by themselves.`
}

function holdingOf({ address }: Given, { holdings }: LocalObserved): Holding | undefined {
  return holdings.find(({ given }) => given.address.text === address.text)
}

/** Why packets do not go straight to pods, for a Service that asks for that, once for all addresses alike; and which ranges are not kept. */
function fallbacksOf(serving: readonly Given[], { desired, membership }: Goal, observed: LocalObserved): readonly Problem[] {
  const { readyEndpoints, nodesWithEndpoints } = membership
  const hasPods = desired.targetType === 'Pod' && (readyEndpoints > 0 || nodesWithEndpoints.length > 0)
  const announced = serving.map(given => ({ text: given.address.text, announcement: holdingOf(given, observed)?.announcement }))
  const paths = Map.groupBy(hasPods ? announced : [], ({ announcement }) => JSON.stringify(pathOf(announcement)))
  const fallbacks = [...paths.values()].map(alike => {
    const addresses = alike.map(({ text }) => text)
    return fallbackProblem(addresses, pathOf(alike[0]?.announcement), membership)
  })
  const unfenced = announced.map(({ text, announcement }) => fenceProblem(text, announcement, desired))
  return [...fallbacks, ...unfenced].flatMap(problem => problem ?? [])
}

function fallbackText(serving: readonly Given[], goal: Goal, observed: LocalObserved): string {
  return fallbacksOf(serving, goal, observed)
    .map(({ message, remedy }) => ` ${message} ${remedy}`)
    .join('')
}

/** Names Announcements, never nodes: a node's death must not rewrite the Services it served. */
function servingText(serving: readonly Given[]): string {
  const addresses = serving.map(({ address, pool }) => `${address.text} from pool ${pool}`)
  const announcements = serving.map(({ address }) => announcementName(address))
  return `Served at ${addresses.join(' and ')}; kubectl get announcement ${announcements.join(' ')} shows by which node.`
}

/** Why a Service that would like two families has one. */
function secondText({ families }: DesiredLoadBalancer, serving: readonly Given[]): string {
  const missing = families.filter(family => !serving.some(({ address }) => address.family === family))
  const [first] = serving
  if (missing.length === 0 || !first) return ''
  return ` An ${missing.join(' and an ')} address comes as soon as pool ${first.pool} has one.`
}

/** There are endpoints, and none of them has the port of any listener. */
function isPortless({ desired, membership }: Goal): boolean {
  const { portless = [] } = membership
  return portless.length > 0 && portless.length === desired.listeners.length
}

function noEndpoints(goal: Goal, serving: readonly Given[]): Readiness {
  const { totalEndpoints, portless = [] } = goal.membership
  const given = `${serving.map(({ address }) => address.text).join(' and ')} ${serving.length === 1 ? 'is' : 'are'} given`
  const reason = 'NoReadyEndpoints'
  if (totalEndpoints === 0)
    return {
      ready: false,
      reason,
      message: `${given}, but there are no endpoints yet. They come with the first pods; if there are pods, check the selector.`,
    }
  if (isPortless(goal)) {
    const why = portless.map(port => `${portlessText(port)}, which port ${port.port}/${port.protocol} of the Service asks for`)
    return { ready: false, reason, message: `${given}, but ${why.join('; ')}. ${portlessRemedy(portless)}` }
  }
  const none = totalEndpoints === 1 ? 'the only endpoint is not ready yet' : `none of ${totalEndpoints} endpoints is ready yet`
  const message = `${given}, but ${none}. Wait while pods start; if it stays, check their readiness probes.`
  return { ready: false, reason, message, waiting: true }
}

function notReady({ reason, message, remedy }: Problem, serving: readonly Given[]): Readiness {
  const kept = serving.length === 0 ? '' : ` Until then ${serving.map(({ address }) => address.text).join(' and ')} stays.`
  return { ready: false, reason, message: `${message} ${remedy}${kept}` }
}

function exchangedWarning(given: Given, observed: LocalObserved): readonly Problem[] {
  const message = conflictAt(given, observed)
  const remedy = 'This Service gets another address.'
  return message === undefined ? [] : [{ reason: 'AddressConflict', message, remedy, severity: 'warns' }]
}

/** A station that uses an address in service: the node that has it goes on, and clients may meet either. */
function defendedWarning(given: Given, observed: LocalObserved): readonly Problem[] {
  const { conflict, defended } = holdingOf(given, observed)?.announcement?.status ?? {}
  // In a move two nodes of ours may meet.
  if (!defended || conflict || observed.network.announcers.some(({ macs }) => macs.includes(defended.mac))) return []
  return [
    {
      reason: 'AddressConflict',
      message: `A station with the MAC ${defended.mac} used ${given.address.text} on the LAN at ${defended.since}, while it was announced. The node that announces it told it off and goes on; clients may reach either of the two.`,
      remedy: `Give that station another address, or take ${given.address.text} out of pool ${given.pool}.`,
      severity: 'warns',
    },
  ]
}

function revokedWarning({ address, pool }: Given, { pools }: LocalObserved, serving: readonly Given[]): Problem {
  const why = pools.get(pool) ? 'does not hold it any more or is not for this Service' : 'is gone'
  const next = serving.find(other => other.address.family === address.family)
  return {
    reason: 'AddressReplaced',
    message: `${address.text} is taken from this Service: pool ${pool} ${why}.`,
    remedy: next
      ? `Clients have to use ${next.address.text}; put ${address.text} back into a pool and ask for it to have it again.`
      : `There is no other address for it, so clients cannot reach it; put ${address.text} back into a pool.`,
    severity: 'warns',
  }
}

/** Told when the other address was given. */
function movedWarning({ address }: Given, discord: Discord, fresh: readonly Given[]): readonly Problem[] {
  const next = fresh.find(other => other.address.family === address.family)
  return next ? [leftForOther(address.text, next.address.text, discord)] : []
}

function placeOf({ address }: Given, { families }: DesiredLoadBalancer): number {
  return families.indexOf(address.family)
}
