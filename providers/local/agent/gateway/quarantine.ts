// Who spoils a configuration: when an Envoy refuses one, the Ingresses and Secrets that are new in it are tried by halves, until one is left.

/** Something of a user's, that stands in a configuration beside what others have there: `ingress shop/web`, `secret shop/cert`. */
export type MemberId = string

export interface Version<T> {
  /** The same exactly when the value is. */
  readonly digest: string
  readonly value: T
}

/** A version that was refused. The last one that was taken is served in its place, or nothing of the member. */
export interface Held {
  readonly digest: string
  readonly message: string
}

export interface Quarantine<T> {
  readonly wanted: ReadonlyMap<MemberId, Version<T>>
  /** The versions that were last taken. */
  readonly good: ReadonlyMap<MemberId, Version<T>>
  readonly held: ReadonlyMap<MemberId, Held>
  /** New in what is tried now. */
  readonly trying: readonly MemberId[]
  /** New, and left for later: something else is looked for. */
  readonly waiting: readonly MemberId[]
  /**
   * Nobody is new and it is refused all the same, as when an older Ingress went that stood before a bad route. Then members are
   * left out one by one: the configuration is taken only without the right one, so nobody else loses anything on the way.
   */
  readonly alone?: { readonly out: MemberId; readonly left: readonly MemberId[] }
  /** Refused, and nobody is to blame: what Envoys have stays until something changes. */
  readonly stuck?: string
  /** Of an earlier time, until its members are wanted. */
  readonly remembered: Memory<T>
}

/** What outlives a restart, so that what is good stays known as such. */
export interface Memory<T> {
  readonly digests: ReadonlyMap<MemberId, string>
  /** Of those that were held: what is served in their place. */
  readonly values: ReadonlyMap<MemberId, Version<T>>
}

export function nobodyHeld<T>(remembered: Memory<T> = { digests: new Map(), values: new Map() }): Quarantine<T> {
  return { wanted: new Map(), good: new Map(), held: new Map(), trying: [], waiting: [], remembered }
}

/** These are the members now. What was held and is another now is tried again. */
export function want<T>(state: Quarantine<T>, wanted: ReadonlyMap<MemberId, Version<T>>): Quarantine<T> {
  const good = new Map<MemberId, Version<T>>()
  const fresh: MemberId[] = []
  for (const [id, version] of wanted) {
    const before = state.good.get(id) ?? recalled(state.remembered, id, version)
    if (before) good.set(id, before)
    if (before?.digest !== version.digest && state.held.get(id)?.digest !== version.digest) fresh.push(id)
  }
  const held = new Map([...state.held].filter(([id, { digest }]) => wanted.get(id)?.digest === digest))
  // What is tried now goes on as it was, as long as it is the same.
  const isSame = (id: MemberId) => state.wanted.get(id)?.digest === wanted.get(id)?.digest
  const trying = state.waiting.length > 0 ? state.trying.filter(id => fresh.includes(id) && isSame(id)) : fresh
  const waiting = fresh.filter(id => !trying.includes(id))
  const isAsBefore = state.wanted.size === wanted.size && [...wanted.keys()].every(isSame)
  const stuck = isAsBefore && state.stuck !== undefined ? { stuck: state.stuck } : {}
  const next = { wanted, good, held, remembered: state.remembered, ...stuck }
  return trying.length > 0 ? { ...next, trying, waiting } : { ...next, trying: waiting, waiting: [] }
}

/** What is to be served: each member as it is wanted, unless it is held or left for later. */
export function chosen<T>({ wanted, good, held, waiting, alone }: Quarantine<T>): ReadonlyMap<MemberId, Version<T>> {
  const later = new Set(waiting)
  const found = new Map<MemberId, Version<T>>()
  for (const [id, version] of wanted) {
    if (alone?.out === id) continue
    const isBack = later.has(id) || held.get(id)?.digest === version.digest
    const served = isBack ? good.get(id) : version
    if (served) found.set(id, served)
  }
  return found
}

/** What is chosen was taken. There may be more to try then. */
export function accepted<T>(state: Quarantine<T>): Quarantine<T> {
  const { stuck: _, alone, ...rest } = state
  const good = new Map(rest.good)
  for (const [id, version] of chosen(state)) good.set(id, version)
  if (!alone) return { ...rest, good, trying: rest.waiting, waiting: [] }
  good.delete(alone.out)
  const bad = rest.wanted.get(alone.out)
  const message = 'It is refused together with the others, which are taken without it.'
  const held = bad ? new Map([...rest.held, [alone.out, { digest: bad.digest, message }]]) : rest.held
  return { ...rest, good, held, trying: rest.waiting, waiting: [] }
}

/** What is chosen was refused. What is to be tried next is chosen then; it is the same as before only when nothing is left to try. */
export function refused<T>(state: Quarantine<T>, message: string): Quarantine<T> {
  const { alone, ...rest } = state
  const [only, ...more] = state.trying
  if (only !== undefined && more.length === 0) {
    const digest = state.wanted.get(only)?.digest ?? ''
    const held = new Map([...state.held, [only, { digest, message }]])
    return { ...rest, held, trying: state.waiting, waiting: [] }
  }
  if (only !== undefined) {
    const half = Math.ceil(state.trying.length / 2)
    return { ...rest, trying: state.trying.slice(0, half), waiting: [...state.trying.slice(half), ...state.waiting] }
  }
  // What was tried in vain is not tried again for other endpoints.
  if (state.stuck !== undefined) return { ...rest, stuck: message }
  const [out, ...left] = alone?.left ?? (alone ? [] : [...chosen(state).keys()])
  return out === undefined ? { ...rest, stuck: message } : { ...rest, alone: { out, left } }
}

/**
 * Whether a refusal of this is to be taken for one of what is chosen now: that is the same, or has all in it that was not known to
 * be good. While many are tried one that is still among them is enough: a refusal then blames nobody, it only looks at fewer, so
 * the search goes on however often others change.
 */
export function isRefutedBy<T>(state: Quarantine<T>, sent: ReadonlyMap<MemberId, Version<T>>): boolean {
  const now = chosen(state)
  if (isSameChoice(sent, now)) return true
  const suspects = [...sent].filter(([id, { digest }]) => state.good.get(id)?.digest !== digest)
  const still = suspects.filter(([id, { digest }]) => now.get(id)?.digest === digest)
  return still.length > 0 && (state.trying.length > 1 || still.length === suspects.length)
}

/** The same members in the same versions. */
export function isSameChoice<T>(one: ReadonlyMap<MemberId, Version<T>>, other: ReadonlyMap<MemberId, Version<T>>): boolean {
  return one.size === other.size && [...one].every(([id, { digest }]) => other.get(id)?.digest === digest)
}

/** What to remember: enough to know after a restart what is good, and what to serve in the place of what is held. */
export function memoryOf<T>({ good, held }: Quarantine<T>): Memory<T> {
  const digests = new Map([...good].map(([id, { digest }]) => [id, digest]))
  return { digests, values: new Map([...good].filter(([id]) => held.has(id))) }
}

function recalled<T>(memory: Memory<T>, id: MemberId, version: Version<T>): Version<T> | undefined {
  return memory.digests.get(id) === version.digest ? version : memory.values.get(id)
}
