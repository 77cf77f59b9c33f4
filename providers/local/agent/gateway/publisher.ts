// From what users want to what Envoys take: tries the whole, looks for who spoils it when it is refused, and serves all the others.
import type { AgentClock, AgentLogger } from '../ports.ts'
import { EncodingError } from './protocol/encode.ts'
import { accepted, chosen, isRefutedBy, isSameChoice, memoryOf, nobodyHeld, refused, want } from './quarantine.ts'
import type { Held, MemberId, Memory, Quarantine, Version } from './quarantine.ts'
import type { XdsServer } from './server.ts'
import type { Target } from './target.ts'

export interface PublisherOptions<T> {
  readonly server: () => Pick<XdsServer, 'publish'>
  /** The configuration for these members. Throws EncodingError where they make one that cannot be said. */
  readonly render: (members: ReadonlyMap<MemberId, Version<T>>) => Target
  readonly remembered?: Memory<T>
  readonly clock: Pick<AgentClock, 'monotonic'>
  readonly logger: AgentLogger
  /** What is to be known after a restart is another. */
  readonly onMemory: (memory: Memory<T>) => void
  /** Others are held than before. */
  readonly onHeld: () => void
}

export interface Publisher<T> {
  /** These are the members now, or something else of the configuration changed. */
  update(members: ReadonlyMap<MemberId, Version<T>>): void
  /**
   * Verdicts of Envoys, which may be on an earlier configuration, as when endpoints change faster than an Envoy answers: they
   * are heard as far as they say something of the members that are served now.
   */
  settled(target: Target): void
  refused(target: Target, message: string): void
  readonly held: ReadonlyMap<MemberId, Held>
  /** Why Envoys refuse a configuration for which nobody is to blame. */
  readonly stuck: string | undefined
}

export function createPublisher<T>(options: PublisherOptions<T>): Publisher<T> {
  const { server, render, logger, clock } = options
  let state: Quarantine<T> = nobodyHeld(options.remembered)
  const madeOf = new WeakMap<Target, ReadonlyMap<MemberId, Version<T>>>()
  let remembered = ''

  const publish = () => {
    // Each turn holds somebody or has less to try, so there is a last one.
    for (;;) {
      const members = chosen(state)
      const startedAt = clock.monotonic()
      let target: Target
      try {
        target = render(members)
      } catch (error) {
        if (!(error instanceof EncodingError)) throw error
        logger.warn({ error: error.message }, 'a configuration cannot be said')
        change(refused(state, error.message))
        if (state.stuck !== undefined) return
        continue
      }
      madeOf.set(target, members)
      const durationMs = Math.round(clock.monotonic() - startedAt)
      const { size: routes } = target.routes
      const { size: clusters } = target.clusters
      logger.debug({ members: members.size, routes, clusters, durationMs }, 'a configuration is published')
      server().publish(target)
      return
    }
  }
  const change = (next: Quarantine<T>) => {
    const before = state
    state = next
    if (next.stuck !== undefined && next.stuck !== before.stuck)
      logger.error({ message: next.stuck }, 'Envoys refuse the configuration, and no Ingress or Secret is to blame')
    if (next.held === before.held || isSameHeld(next.held, before.held)) return
    for (const [member, { message }] of next.held)
      if (before.held.get(member)?.digest !== next.held.get(member)?.digest)
        logger.warn({ member, message, isServedAsBefore: next.good.has(member) }, 'refused; the others go on without it')
    options.onHeld()
  }
  const remember = () => {
    const memory = memoryOf(state)
    const text = JSON.stringify([[...memory.digests], [...memory.values.keys()]])
    if (text === remembered) return
    remembered = text
    options.onMemory(memory)
  }
  return {
    update(members) {
      change(want(state, members))
      publish()
    },
    settled(target) {
      const taken = madeOf.get(target)
      if (!taken || !isSameChoice(taken, chosen(state))) return
      change(accepted(state))
      remember()
      if (!isSameChoice(chosen(state), taken)) publish()
    },
    refused(target, message) {
      const sent = madeOf.get(target)
      if (!sent || !isRefutedBy(state, sent)) return
      change(refused(state, message))
      if (state.stuck === undefined) publish()
    },
    get held() {
      return state.held
    },
    get stuck() {
      return state.stuck
    },
  }
}

function isSameHeld(one: ReadonlyMap<MemberId, Held>, other: ReadonlyMap<MemberId, Held>): boolean {
  return one.size === other.size && [...one].every(([id, { digest }]) => other.get(id)?.digest === digest)
}
