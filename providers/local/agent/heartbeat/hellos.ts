// When a node looks by broadcast for peers it never heard: at once, then less and less, and the less the louder a segment is.

/** The second try; each further one takes twice as long. */
const firstMs = 100
/** In the end. */
const longestMs = 8000
/** For peers whose place is known, who are looked for by frames to them alone. */
const rareMs = 30_000
/** So many broadcasts of all nodes in a second are well; when there are more, everybody waits longer, but not longer than this. */
const wellPerSecond = 50
const longestForOthersMs = 5000

export interface Hellos {
  readonly dueAt: number
  /** Somebody who was never heard is missing: begins anew with short waits. */
  soon(nowMs: number): void
  /** Somebody is missing whose place is known: it may have come to another one. */
  rarely(nowMs: number): void
  /** One was heard, of whomever. */
  heard(nowMs: number): void
  /** One is due. Whether to send it: `missing` says who is looked for. */
  turn(missing: 'unheard' | 'known' | 'nobody', nowMs: number): boolean
}

/** `random` gives numbers from 0 up to 1, so that nodes which begin together do not go on together. */
export function createHellos(random: () => number): Hellos {
  let dueAt = 0
  let waitMs = firstMs
  /** Decays by half in about 0.7 s, so it is about as many as were heard in the last second. */
  let loudness = 0
  let heardAt = 0

  const spread = (ms: number) => ms * (0.75 + random() / 2)
  const loudnessAt = (nowMs: number) => loudness * Math.exp((heardAt - nowMs) / 1000)
  return {
    get dueAt() {
      return dueAt
    },
    soon(nowMs) {
      waitMs = firstMs
      dueAt = Math.min(dueAt, nowMs)
    },
    rarely(nowMs) {
      dueAt = Math.min(dueAt, nowMs + spread(rareMs))
    },
    heard(nowMs) {
      loudness = loudnessAt(nowMs) + 1
      heardAt = nowMs
    },
    turn(missing, nowMs) {
      if (missing === 'nobody') {
        dueAt = Number.POSITIVE_INFINITY
        return false
      }
      const forOthersMs = Math.min((loudnessAt(nowMs) / wellPerSecond) * 1000, longestForOthersMs)
      dueAt = nowMs + spread(missing === 'known' ? rareMs : Math.max(waitMs, forOthersMs))
      waitMs = Math.min(waitMs * 2, longestMs)
      return true
    },
  }
}
