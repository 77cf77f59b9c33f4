// Feeds the judge of liveness with the Leases as they arrive, and tells whenever a node dies or returns.
import type { Liveness } from './liveness.ts'
import type { AgentClock, LeaseStore } from './ports.ts'

export interface WatchLeasesOptions {
  readonly leases: LeaseStore
  readonly liveness: Liveness
  readonly clock: AgentClock
  readonly onDeathOrBirth: () => void
}

/** From now on, for as long as the process runs. */
export function watchLeases({ leases, liveness, clock, onDeathOrBirth }: WatchLeasesOptions): void {
  let alarm: (() => void) | undefined
  const setAlarm = () => {
    const now = clock.monotonic()
    const death = liveness.nextDeath(now)
    // One that is set rings early enough: a Lease that is renewed only moves its end.
    if (!alarm && death !== undefined) alarm = clock.schedule(death - now + 1, ring)
  }
  const ring = () => {
    alarm = undefined
    onDeathOrBirth()
    setAlarm()
  }
  leases.subscribe(
    ({ type, object, old }) => {
      const lease = object ?? old
      if (!lease) return
      const { name } = lease.metadata
      const before = liveness.isAlive(name, clock.monotonic())
      if (type === 'deleted') liveness.forget(name)
      else liveness.see(lease, clock.monotonic())
      if (liveness.isAlive(name, clock.monotonic()) !== before) onDeathOrBirth()
      setAlarm()
    },
    { replay: true },
  )
}
