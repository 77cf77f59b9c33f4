// What one Envoy wants and has of one type of resources: kept from its requests, and from what it said to what it was sent.
import type { EncodedResource, Request } from './protocol/messages.ts'

/** An answer that was sent and to which the Envoy has said nothing yet. */
export interface Outstanding {
  readonly nonce: string
  /** Versions by name; those that were taken away have none. */
  readonly sent: ReadonlyMap<string, string | undefined>
}

export interface Subscriptions {
  /** The Envoy has asked for this type on this stream. */
  isHeard: boolean
  /** It wants every resource there is, as of clusters and listeners. */
  wantsAll: boolean
  /** It has nothing yet and waits for everything there is, also when that is nothing. */
  waits: boolean
  readonly names: Set<string>
  /** Asked for and not answered yet. Those that do not exist are answered too: somebody waits. */
  readonly asked: Set<string>
  /** Versions by name of what it has; empty where that is not known for certain. */
  readonly has: Map<string, string>
  outstanding: Outstanding | undefined
  /** It refused something, which is not sent again as it is. */
  isRefused: boolean
}

export function noSubscriptions(): Subscriptions {
  return {
    isHeard: false,
    wantsAll: false,
    waits: false,
    names: new Set(),
    asked: new Set(),
    has: new Map(),
    outstanding: undefined,
    isRefused: false,
  }
}

/** Every resource, in place of names (xDS protocol, "How the client specifies what resources to return"). */
const everything = '*'

export type Reply = 'accepted' | 'refused' | undefined

/** Takes a request in; says what became of the last answer, if it speaks of it. */
export function takeRequest(state: Subscriptions, request: Request): Reply {
  if (!state.isHeard) {
    state.isHeard = true
    state.wantsAll = request.subscribe.length === 0
    state.waits = (state.wantsAll || request.subscribe.includes(everything)) && request.initialVersions.size === 0
    for (const [name, version] of request.initialVersions) state.has.set(name, version)
  }
  for (const name of request.unsubscribe) {
    if (name === everything) state.wantsAll = false
    state.names.delete(name)
    state.asked.delete(name)
    state.has.delete(name)
  }
  for (const name of request.subscribe) {
    if (name === everything) {
      state.wantsAll = true
      continue
    }
    state.names.add(name)
    // Whoever asks again for what it has wants to be sent it again.
    if (request.initialVersions.has(name)) continue
    state.has.delete(name)
    state.asked.add(name)
  }
  return takeReply(state, request)
}

function takeReply(state: Subscriptions, { nonce, error }: Request): Reply {
  const { outstanding } = state
  if (!outstanding || nonce !== outstanding.nonce) return undefined
  state.outstanding = undefined
  for (const [name, version] of outstanding.sent) {
    // Of what it refuses an Envoy may have taken a part.
    if (error !== undefined) state.has.set(name, '')
    else if (version === undefined || !isWanted(state, name)) state.has.delete(name)
    else if (!state.asked.has(name)) state.has.set(name, version)
  }
  state.isRefused ||= error !== undefined
  return error === undefined ? 'accepted' : 'refused'
}

function isWanted({ wantsAll, names }: Subscriptions, name: string): boolean {
  return wantsAll || names.has(name)
}

/** What it is to be sent of what there is: all that it wants and has otherwise or not at all. */
export function missing(
  state: Subscriptions,
  available: ReadonlyMap<string, EncodedResource>,
): ReadonlyMap<string, EncodedResource> {
  const found = new Map<string, EncodedResource>()
  const look = (name: string, resource: EncodedResource | undefined) => {
    if (resource && state.has.get(name) !== resource.version) found.set(name, resource)
  }
  if (state.wantsAll) for (const [name, resource] of available) look(name, resource)
  else for (const name of state.names) look(name, available.get(name))
  return found
}

/** What it has and is not there any more. */
export function leftOver(state: Subscriptions, available: ReadonlyMap<string, EncodedResource>): readonly string[] {
  return [...state.has.keys()].filter(name => !available.has(name))
}

/** What it asked for and is not there. */
export function absent(state: Subscriptions, available: ReadonlyMap<string, EncodedResource>): readonly string[] {
  return [...state.asked].filter(name => !available.has(name))
}
