// One Envoy's stream: its requests and what it is to have come in, answers go out, in an order in which nothing ever dangles.
import type { ResourceType } from '../../gateway/envoy.ts'
import { typeUrls } from './protocol/messages.ts'
import type { EncodedResource, Request, Response } from './protocol/messages.ts'
import { absent, leftOver, missing, noSubscriptions, takeRequest } from './subscriptions.ts'
import { resourceTypes } from './target.ts'
import type { Target } from './target.ts'

/** What an Envoy refused, in its own words; what it had goes on. */
export interface Refusal {
  readonly type: ResourceType
  readonly names: readonly string[]
  readonly message: string
}

export interface Step {
  readonly send: readonly Response[]
  readonly refusal?: Refusal
  /** With a refusal: what it is a refusal of. An earlier target, if the present one says something else there. */
  readonly refused?: Target
}

/** No input and output, no clock: what comes in decides what goes out. Times are of a monotonic clock, in milliseconds. */
export interface Stream {
  request(request: Request, now: number): Step
  aim(target: Target, now: number): Step
  /** Time has passed. */
  look(now: number): Step
  /** Everything of the target that the Envoy asks for is there; what is left over may still be. */
  readonly isSettled: boolean
  /** When to look again if nothing happens before. */
  readonly lookAt: number | undefined
}

export interface StreamTimes {
  /** How long routes wait for an Envoy that does not ask for the endpoints of a new cluster. */
  readonly patienceMs: number
  /** How long a cluster stays that no route leads to any more: some requests are still on their way to it. */
  readonly lingerMs: number
}

/**
 * Listeners are sent when clusters and their endpoints were taken, routes when listeners were; at most one answer of a type is
 * under way. What is left over goes last. After a refusal nothing more is sent of that type, or of what points to it, until
 * there is another target. Endpoints follow their clusters at once: an Envoy says that it took clusters when these have them.
 */
export function createStream(first: Target | undefined, { patienceMs, lingerMs }: StreamTimes): Stream {
  const states = {
    secrets: noSubscriptions(),
    clusters: noSubscriptions(),
    endpoints: noSubscriptions(),
    listeners: noSubscriptions(),
    routes: noSubscriptions(),
  }
  const unusedSince = new Map<string, number>()
  let target = first
  /** What the last answer of a type was made of. */
  const madeOf = new Map<ResourceType, Target>()
  let nonces = 0
  const waiting: Record<ResourceType, ReadonlyMap<string, number>> = {
    secrets: new Map(),
    clusters: new Map(),
    endpoints: new Map(),
    listeners: new Map(),
    routes: new Map(),
  }
  let isSettled = false
  let isRescued = false
  let lookAt: number | undefined

  const askEndpointsOf = (names: Iterable<string>) => {
    const { has, names: wanted, asked } = states.endpoints
    for (const name of names) {
      has.delete(name)
      if (wanted.has(name) && target?.endpoints.has(name)) asked.add(name)
    }
  }
  const answer = (type: ResourceType, resources: ReadonlyMap<string, EncodedResource>, removed: readonly string[]): Response => {
    const nonce = String(++nonces)
    const state = states[type]
    state.waits = false
    if (target) madeOf.set(type, target)
    const versions = [...resources].map(([name, { version }]) => [name, version] as const)
    state.outstanding = { nonce, sent: new Map([...versions, ...removed.map(name => [name, undefined] as const)]) }
    for (const name of [...resources.keys(), ...removed]) state.asked.delete(name)
    // A cluster that is made anew waits for endpoints, though it is not asked for them again.
    if (type === 'clusters') askEndpointsOf(resources.keys())
    return { type, nonce, resources, removed }
  }
  /** Whether the Envoy is still to ask for some of these names, and there is time left for that. */
  const isWaiting = (type: ResourceType, names: Iterable<string>, now: number): boolean => {
    const { has } = states[type]
    const late = [...names].filter(name => !has.has(name))
    const since = new Map(late.map(name => [name, waiting[type].get(name) ?? now]))
    waiting[type] = since
    const ends = [...since.values()].map(began => began + patienceMs).filter(end => end > now)
    if (ends.length === 0) return false
    lookAt = Math.min(...ends)
    return true
  }
  /** Whether something of these types is still to be taken, or was refused. */
  const isOpen = (...types: readonly ResourceType[]) => types.some(type => states[type].outstanding ?? states[type].isRefused)
  /** What a listener or route may point to is not there yet, as far as is known. */
  const isUnready = (to: Target, now: number): boolean => {
    if (!states.clusters.isHeard || isOpen('clusters', 'endpoints')) return true
    return isWaiting(
      'endpoints',
      [...to.endpoints.keys()].filter(name => states.clusters.has.has(name)),
      now,
    )
  }
  /**
   * While a cluster that was made anew waits for its endpoints, an Envoy says nothing of clusters. If the stream broke just
   * then, it will not on the next one, until endpoints come, which it thinks it has.
   */
  const isStuck = (now: number) => {
    if (isRescued || states.clusters.isHeard || isWaiting('clusters', ['*'], now)) return false
    isRescued = true
    return true
  }
  /** The next answer that makes something. */
  const make = (to: Target, now: number): Response | 'wait' | 'nothing' => {
    for (const type of resourceTypes) {
      if (type === 'listeners' && isUnready(to, now)) return 'wait'
      if (type === 'routes' && isOpen('listeners')) return 'wait'
      const state = states[type]
      if (!state.isHeard || isOpen(type)) continue
      if (type === 'endpoints' && isStuck(now)) askEndpointsOf(state.has.keys())
      const found = missing(state, to[type])
      // Listeners go with what comes in their place: it may listen at the same port.
      const gone = type === 'listeners' ? leftOver(state, to[type]) : absent(state, to[type])
      if (found.size + gone.length > 0 || state.waits) return answer(type, found, gone)
    }
    if (isOpen('secrets', 'routes')) return 'wait'
    // An Envoy that comes back asks for one type after the other; a new one asks for listeners when it has clusters.
    if (!states.listeners.isHeard) return 'wait'
    // Listeners wait for both, and what is refused of them is still to come.
    return isWaiting('routes', to.routes.keys(), now) || isWaiting('secrets', to.secrets.keys(), now) ? 'wait' : 'nothing'
  }
  const clean = (to: Target, now: number): Response | undefined => {
    const unused = leftOver(states.clusters, to.clusters)
    for (const name of unusedSince.keys()) if (!unused.includes(name)) unusedSince.delete(name)
    for (const name of unused) if (!unusedSince.has(name)) unusedSince.set(name, now)
    const due = unused.filter(name => now - (unusedSince.get(name) ?? now) >= lingerMs)
    if (due.length > 0) return answer('clusters', new Map(), due)
    if (unusedSince.size > 0) lookAt = Math.min(...unusedSince.values()) + lingerMs
    return undefined
  }
  const advance = (now: number): readonly Response[] => {
    lookAt = undefined
    isSettled = false
    if (!target) return []
    const send: Response[] = []
    let made = make(target, now)
    for (; typeof made === 'object'; made = make(target, now)) send.push(made)
    if (made === 'wait') return send
    isSettled = true
    const cleaned = clean(target, now)
    return cleaned ? [...send, cleaned] : send
  }
  return {
    request(request, now) {
      const type = resourceTypes.find(each => typeUrls[each] === request.typeUrl)
      if (!type) return { send: [] }
      const sent = states[type].outstanding?.sent ?? new Map<string, string | undefined>()
      if (takeRequest(states[type], request) !== 'refused') return { send: advance(now) }
      const isOutdated = [...sent].some(([name, version]) => target?.[type].get(name)?.version !== version)
      // What is there now has not been refused yet.
      if (isOutdated) states[type].isRefused = false
      const of = isOutdated ? madeOf.get(type) : target
      const refusal = { type, names: [...sent.keys()], message: request.error ?? '' }
      return { send: advance(now), refusal, ...(of && { refused: of }) }
    },
    aim(next, now) {
      target = next
      for (const state of Object.values(states)) state.isRefused = false
      return { send: advance(now) }
    },
    look: now => ({ send: advance(now) }),
    get isSettled() {
      return isSettled
    },
    get lookAt() {
      return lookAt
    },
  }
}
