// Before an address is used for the first time, its segment is asked whether somebody has it.
import type { AddressAnnouncer } from './announced-addresses.ts'
import type { AddressKey } from './announcer/address-key.ts'
import type { AnnouncingInterface, ProbeOutcome } from './announcer/announcer.ts'
import type { Conflicts } from './conflicts.ts'
import type { AgentClock, AgentLogger } from './ports.ts'

export interface FirstUsesOptions {
  readonly announcer: Pick<AddressAnnouncer, 'probe'>
  /** Remembers the answers. */
  readonly conflicts: Pick<Conflicts, 'beginProbe' | 'endProbe'>
  readonly clock: Pick<AgentClock, 'monotonic'>
  readonly logger: AgentLogger
  /** The address of an Announcement. */
  readonly keyOf: (name: string) => AddressKey | undefined
  readonly onAnswer: (name: string) => void
  readonly wake: (name: string, afterMs: number) => void
}

export interface FirstUses {
  /** Not in the queue of writes: a thousand first uses are asked for at the same time. */
  ask(name: string, on: AnnouncingInterface): void
}

/** After an interface could not be listened on. */
const retryMs = 2000

export function createFirstUses({ announcer, conflicts, clock, logger, ...options }: FirstUsesOptions): FirstUses {
  const hear = async (name: string, asked: Promise<ProbeOutcome>) => {
    try {
      const outcome = await asked
      conflicts.endProbe(name, outcome, clock.monotonic())
      if ('owner' in outcome) logger.warn({ announcement: name, mac: outcome.owner }, 'another station has this address')
      options.onAnswer(name)
    } catch (error) {
      conflicts.endProbe(name, undefined, clock.monotonic())
      logger.warn({ announcement: name, error: String(error) }, 'the segment cannot be asked')
      options.wake(name, retryMs)
    }
  }
  return {
    ask(name, on) {
      const key = options.keyOf(name)
      if (key === undefined || !announcer.probe || !conflicts.beginProbe(name)) return
      void hear(name, announcer.probe(on, key))
    },
  }
}
