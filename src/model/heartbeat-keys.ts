// The keys by which agents know each other's heartbeats: how they stand in a Secret, and when they change. Pure.

/** The Secret, in Weir's own namespace, of type Opaque. The controller writes it, agents read it and nothing else of Secrets. */
export const heartbeatSecretName = 'weir-heartbeat'

/** Its only field: JSON of a HeartbeatKeyRing. */
export const heartbeatSecretField = 'keys.json'

export interface HeartbeatKey {
  /** Grows by one with each new key; 1 to 2^32 - 1. Frames name their key by it. The first one is the second it was made in. */
  readonly id: number
  /** 32 bytes. */
  readonly secret: Uint8Array
}

/** Every key is accepted, the one whose id is `current` signs. */
export interface HeartbeatKeys {
  readonly current: number
  readonly keys: readonly HeartbeatKey[]
}

/**
 * As it is stored, newest key last: `{"version":1,"current":2,"keys":[{"id":2,"secret":"<base64>","made":"<RFC 3339>"}]}`.
 * Who signs with which key is said here, and never follows from a clock of an agent.
 */
export interface HeartbeatKeyRing {
  readonly version: 1
  readonly current: number
  readonly keys: readonly { readonly id: number; readonly secret: string; readonly made: string }[]
}

export const keyBytes = 32
const mostKeys = 8
const highestId = 0xffff_ffff

/** How long a key signs before the next one is made. */
export const rotateAfterMs = 7 * 24 * 3_600_000
/** How long every agent has to learn a new key before it signs, and how long the old one is accepted after that. */
export const spreadMs = 10 * 60_000

/** The ring in the text of the Secret's field; undefined for anything that is none. */
export function parseKeyRing(text: string): HeartbeatKeyRing | undefined {
  let ring: Partial<HeartbeatKeyRing> | null
  try {
    ring = JSON.parse(text)
  } catch {
    return undefined
  }
  if (ring?.version !== 1 || !Array.isArray(ring.keys) || ring.keys.length === 0 || ring.keys.length > mostKeys) return undefined
  const { keys, current } = ring
  const isSound = keys.every(
    key =>
      Number.isInteger(key?.id) &&
      key.id > 0 &&
      key.id <= highestId &&
      typeof key.made === 'string' &&
      secretOf(key.secret) !== undefined,
  )
  if (!isSound) return undefined
  const ids = new Set(keys.map(({ id }) => id))
  if (ids.size !== keys.length || current === undefined || !ids.has(current)) return undefined
  return { version: 1, current, keys }
}

/** The keys as frames need them. */
export function keysOf(ring: HeartbeatKeyRing): HeartbeatKeys {
  const keys = ring.keys.map(({ id, secret }) => ({ id, secret: secretOf(secret) ?? new Uint8Array() }))
  return { current: ring.current, keys }
}

export interface Rotation {
  /** What to write; undefined: it is right as it is. */
  readonly ring: HeartbeatKeyRing | undefined
  /** When to look again. */
  readonly againAfterMs: number
}

/**
 * The next step of the ring: first a new key is added, which everybody then accepts; `spreadMs` later it signs; `spreadMs` after
 * that the old one goes. So at any time all that is sent is known to everybody, as long as nobody misses `spreadMs` of changes.
 * Without a readable ring there is a new one, at once in force. Times in the future (a clock went back) count as now.
 */
export function rotate(ring: HeartbeatKeyRing | undefined, nowMs: number, random: (bytes: number) => Uint8Array): Rotation {
  const make = (id: number) => ({
    id,
    secret: Buffer.from(random(keyBytes)).toString('base64'),
    made: new Date(nowMs).toISOString(),
  })
  const newest = ring?.keys.toSorted((one, other) => one.id - other.id).at(-1)
  // Another id than before when a Secret was lost, so that both can be told apart.
  const firstId = (Math.floor(nowMs / 1000) % highestId) + 1
  if (!ring || !newest || newest.id >= highestId)
    return { ring: { version: 1, current: firstId, keys: [make(firstId)] }, againAfterMs: rotateAfterMs }
  const age = ageOf(newest.made, nowMs)
  if (newest.id !== ring.current) {
    if (age < spreadMs) return { ring: undefined, againAfterMs: spreadMs - age }
    return { ring: { ...ring, current: newest.id }, againAfterMs: spreadMs }
  }
  if (ring.keys.length > 1) {
    // The new key signs since `spreadMs` after it was made.
    if (age < 2 * spreadMs) return { ring: undefined, againAfterMs: 2 * spreadMs - age }
    return { ring: { ...ring, keys: [newest] }, againAfterMs: Math.max(rotateAfterMs - age, 0) }
  }
  if (age < rotateAfterMs) return { ring: undefined, againAfterMs: rotateAfterMs - age }
  return { ring: { ...ring, keys: [newest, make(newest.id + 1)] }, againAfterMs: spreadMs }
}

/** An unreadable time is that of an old key. */
function ageOf(made: string, nowMs: number): number {
  const at = Date.parse(made)
  return Number.isNaN(at) ? rotateAfterMs : Math.max(nowMs - at, 0)
}

function secretOf(text: unknown): Uint8Array | undefined {
  if (typeof text !== 'string') return undefined
  const secret = Buffer.from(text, 'base64')
  return secret.length === keyBytes ? secret : undefined
}
