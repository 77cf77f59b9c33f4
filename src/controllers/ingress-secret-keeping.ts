// Brings together which Secrets are named, what is known of them, and the providers that keep copies.
import { createQueue } from '../kubernetes/queue.ts'
import type { IngressProvider } from '../ingress-provider.ts'
import { secretKey } from '../model/ingress-group.ts'
import type { SecretRef, SecretState, SecretUse } from '../model/ingress-group.ts'
import type { Controller, Surroundings } from './controller.ts'
import type { IngressRegistry } from './ingress-registry.ts'
import { startSecretFollower } from './ingress-secrets.ts'

export interface IngressSecretsOptions {
  readonly surroundings: Surroundings
  readonly registry: IngressRegistry
  readonly providers: () => ReadonlyMap<string, IngressProvider>
  /** Told when what is known of a Secret has changed, by `secretKey`. */
  readonly onChange: (key: string) => void
}

export interface IngressSecrets extends Controller {
  state(key: string): SecretState | undefined
  /** An Ingress names these now; those are read at once. */
  namesChanged(now: readonly SecretUse[]): void
}

/** Copies that somebody changed or deleted are put right so often, and those that are not needed taken away. */
const tidyMs = 60_000

const names = 'names'

export function startIngressSecrets({ surroundings, registry, providers, onChange }: IngressSecretsOptions): IngressSecrets {
  const { writer, clock, random, log, metrics } = surroundings
  const follower = startSecretFollower({
    writer,
    clock,
    random,
    log,
    metrics,
    onChange: key => {
      onChange(key)
      for (const name of providers().keys()) queue.add(name)
    },
  })
  const namedBy = (provider: string | undefined) => {
    const named = new Map<string, SecretRef>()
    for (const { decision, secrets } of registry.entries()) {
      if (decision.kind !== 'served' || (provider !== undefined && decision.place.provider.name !== provider)) continue
      for (const use of secrets) named.set(secretKey(use), use)
    }
    return [...named.values()]
  }
  const queue = createQueue({
    name: 'ingress-secret-keeping',
    async work(key, signal) {
      if (key === names) {
        follower.follow(namedBy(undefined))
        for (const name of providers().keys()) queue.add(name)
        return undefined
      }
      const provider = providers().get(key)
      if (!provider?.keepSecrets) return undefined
      const states = new Map([...follower.states()].map(state => [secretKey(state.ref), state]))
      await provider.keepSecrets(namedBy(key), states, signal)
      return { againAfterMs: tidyMs }
    },
    clock,
    random,
    logger: log,
    metrics: metrics.queue('ingress-secret-keeping'),
    firstDelayMs: 500,
    longestDelayMs: 30_000,
  })
  return {
    name: 'ingress-secrets',
    state: key => follower.state(key),
    namesChanged(now) {
      queue.add(names)
      for (const use of now) follower.look(use)
    },
    stop: async graceMs => {
      await Promise.all([queue.drain(graceMs), follower.stop(graceMs)])
    },
  }
}
