// Which nodes are alive, judged by their Leases as they arrive here, and only while they provably do arrive.

/** As much of a Lease as is read. */
export interface NodeLease {
  readonly metadata: { readonly name: string; readonly uid?: string }
  readonly spec?: {
    readonly holderIdentity?: string
    readonly leaseDurationSeconds?: number
    readonly renewTime?: string
  }
}

/**
 * All times are milliseconds of one clock that does not go back.
 *
 * A node is dead when its Lease did not change for its duration, or was released. No clock of another machine is read: only
 * whether renewTime changes. And silence counts only while something else is heard: our own Lease, which this process renews
 * and sees come back by the same watch. After a gap (the API server was away, the watch stuck, this process stopped)
 * everybody gets a full duration again to show a sign of life, so that no living node is robbed by one that was deaf.
 */
export interface Liveness {
  /** Takes in a Lease that arrived or changed. */
  see(lease: NodeLease, nowMs: number): void
  /** The Lease is gone, and with it the node. */
  forget(node: string): void
  isAlive(node: string, nowMs: number): boolean
  /** Whether it ended in order: it gave its Lease back. */
  hasLeft(node: string): boolean
  /**
   * Whether the last renewal lies so far in the past of our wall clock that the node is probably dead though it was not watched
   * long enough to know. Only a hint: clocks of machines differ.
   */
  looksDead(node: string, wallMs: number): boolean
  /** When the next node dies if nothing more is heard of it; undefined while none can. */
  nextDeath(nowMs: number): number | undefined
}

export interface LivenessOptions {
  /** This node, always alive. */
  readonly self: string
  /** Our own Lease comes back at least so often while the watch works. Less than the shortest Lease minus its renewal. */
  readonly longestGapMs: number
}

/** So many durations without a renewal look dead: more than clocks of machines in one cluster differ. */
const deadDurations = 6

interface Seen {
  mark: string
  /** By the clock of its node. NaN: unknown. */
  renewedAt: number
  released: boolean
  durationMs: number
  /** In listened time. */
  changedAt: number
}

export function createLiveness({ self, longestGapMs }: LivenessOptions): Liveness {
  const seen = new Map<string, Seen>()
  /** Listened time grows only while the watch is known to work: at `heardAt` it was `listened`. */
  let listened = 0
  let heardAt: number | undefined

  const listenedAt = (nowMs: number): number =>
    heardAt === undefined ? listened : listened + Math.min(Math.max(nowMs - heardAt, 0), longestGapMs)

  const hearOurselves = (nowMs: number) => {
    const wasDeaf = heardAt === undefined || nowMs - heardAt > longestGapMs
    listened = listenedAt(nowMs)
    heardAt = nowMs
    if (wasDeaf) for (const each of seen.values()) each.changedAt = listened
  }

  return {
    see(lease, nowMs) {
      const node = lease.metadata.name
      const holder = lease.spec?.holderIdentity ?? ''
      const mark = `${lease.metadata.uid} ${lease.spec?.renewTime} ${holder}`
      const old = seen.get(node)
      const changed = old?.mark !== mark
      if (changed && node === self) hearOurselves(nowMs)
      seen.set(node, {
        mark,
        renewedAt: Date.parse(lease.spec?.renewTime ?? ''),
        released: holder === '',
        durationMs: (lease.spec?.leaseDurationSeconds ?? 0) * 1000,
        changedAt: old && !changed ? old.changedAt : listenedAt(nowMs),
      })
    },
    forget: node => void seen.delete(node),
    isAlive(node, nowMs) {
      if (node === self) return true
      const lease = seen.get(node)
      return lease !== undefined && !lease.released && listenedAt(nowMs) < lease.changedAt + lease.durationMs
    },
    hasLeft: node => seen.get(node)?.released === true,
    looksDead(node, wallMs) {
      const lease = seen.get(node)
      return lease !== undefined && wallMs - lease.renewedAt > deadDurations * lease.durationMs
    },
    nextDeath(nowMs) {
      if (heardAt === undefined) return undefined
      const now = listenedAt(nowMs)
      let next: number | undefined
      for (const [node, lease] of seen) {
        const end = lease.changedAt + lease.durationMs
        if (node === self || lease.released || end <= now || end > listened + longestGapMs) continue
        next = Math.min(next ?? end, end)
      }
      return next === undefined ? undefined : heardAt + (next - listened)
    },
  }
}
