// Notices that the packet loop stood still, and says for how long it only listens afterwards.

/** Times are milliseconds of a clock that does not go back. */
export interface Pauses {
  /**
   * A turn of the loop begins, which was to begin no later than `expectedMs`. For how long the process stood still; undefined
   * when it did not.
   */
  turn(nowMs: number, expectedMs: number): number | undefined
  /** Others may have acted meanwhile: nothing is answered, what queued up is read and dropped. */
  isListening(nowMs: number): boolean
  /**
   * Whether the process may speak now. To be asked right before each frame that says who has an address: it may also have stood still
   * in the middle of a turn, between two frames. Only the frame that is being sent in that moment cannot be held back.
   */
  maySpeak(nowMs: number): boolean
}

/**
 * Two heartbeats. Others take over after four that are missing, of which one may have been due before the pause began: after a
 * shorter one nobody did.
 */
const pauseMs = 200
/** As long as it takes to hear a beat of everybody who lives. Whoever took over says so in its first. */
const listenMs = 400
/**
 * After so long also somebody who is not heard here may have taken over, because our Lease was not renewed in time (10 s, every 3 s).
 * That is learnt from the API server.
 */
const longPauseMs = 5000
const longListenMs = 1000

export function createPauses(nowMs: number): Pauses {
  let listensUntil = nowMs
  let turnBegan = nowMs
  return {
    turn(now, expected) {
      turnBegan = now
      const late = now - expected
      if (late <= pauseMs) return undefined
      listensUntil = Math.max(listensUntil, now + (late > longPauseMs ? longListenMs : listenMs))
      return late
    },
    isListening: now => now < listensUntil,
    maySpeak: now => now >= listensUntil && now - turnBegan <= pauseMs,
  }
}
