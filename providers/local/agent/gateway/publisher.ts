// From what users want to what Envoys take: tries the whole, looks for who spoils it when it is refused, and serves all the others.
import type { AgentClock, AgentLogger } from '../ports.ts'
import { EncodingError } from './protocol/encode.ts'
import { accepted, chosen, memoryOf, nobodyHeld, refused, want } from './quarantine.ts'
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
  /** Verdicts of Envoys; those on anything but the last configuration are not heard. */
  settled(target: Target): void
  refused(target: Target, message: string): void
  readonly held: ReadonlyMap<MemberId, Held>
  /** Why Envoys refuse a configuration for which nobody is to blame. */
  readonly stuck: string | undefined
}

export function createPublisher<T>(options: PublisherOptions<T>): Publisher<T> {
  const { server, render, logger, clock } = options
  let state: Quarantine<T> = nobodyHeld(options.remembered)
  let current: Target | undefined
  let served: ReadonlyMap<MemberId, Version<T>> = new Map()
  let remembered = ''

  const publish = () => {
    // Each turn holds somebody or has less to try, so there is a last one.
    for (;;) {
      const members = chosen(state)
      const startedAt = clock.monotonic()
      try {
        current = render(members)
      } catch (error) {
        if (!(error instanceof EncodingError)) throw error
        logger.warn({ error: error.message }, 'a configuration cannot be said')
        change(refused(state, error.message))
        if (state.stuck !== undefined) return
        continue
      }
      served = members
      const durationMs = Math.round(clock.monotonic() - startedAt)
      const { size: routes } = current.routes
      const { size: clusters } = current.clusters
      logger.debug({ members: members.size, routes, clusters, durationMs }, 'a configuration is published')
      server().publish(current)
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
      if (target !== current) return
      change(accepted(state))
      remember()
      if (!isSameChoice(chosen(state), served)) publish()
    },
    refused(target, message) {
      if (target !== current) return
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

function isSameChoice<T>(one: ReadonlyMap<MemberId, Version<T>>, other: ReadonlyMap<MemberId, Version<T>>): boolean {
  return one.size === other.size && [...one].every(([id, { digest }]) => other.get(id)?.digest === digest)
}
