// The Secrets that Ingresses name, each read by its name again and again: the right to watch Secrets would be the right to read all.
import type { Clock, Random } from '../kubernetes/clock.ts'
import { isNotFound } from '../kubernetes/errors.ts'
import { createQueue } from '../kubernetes/queue.ts'
import type { Writer } from '../kubernetes/writes.ts'
import { reasons } from '../api/reasons.ts'
import type { CertificateFacts, SecretContent, SecretRef, SecretState } from '../model/ingress-group.ts'
import { secretKey } from '../model/ingress-group.ts'
import type { Problem } from '../model/load-balancer.ts'
import { certificateAge, readSecretContent } from '../model/secret-content.ts'
import type { Log } from '../observability/log.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Controller } from './controller.ts'
import { secrets } from './resources.ts'

export interface SecretFollowerOptions {
  readonly writer: Pick<Writer, 'get'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly metrics: Metrics
  /** Told when what is known of a Secret has changed. */
  readonly onChange: (key: string) => void
}

export interface SecretFollower extends Controller {
  /** Secrets that are named from now on; what is not in the list is forgotten. */
  follow(named: Iterable<SecretRef>): void
  /** Reads it now: whoever names it has changed. */
  look(ref: SecretRef): void
  state(key: string): SecretState | undefined
  states(): Iterable<SecretState>
  /** Whether every Secret that is named has been looked at once. */
  readonly isComplete: boolean
}

/** How soon a renewal is noticed where there are few Secrets. */
const intervalMs = 15_000

/** One that is not there or not usable is what somebody waits for. */
const waitingMs = 5000

/** With many Secrets the pauses grow, so that there are at most so many requests in a second. */
const perSecond = 10

interface Followed {
  readonly ref: SecretRef
  /** Of what was read last; undefined: never read, or not there. */
  resourceVersion?: string | undefined
  good?: { readonly fingerprint: string; readonly certificate?: CertificateFacts }
  spoilt?: Problem | undefined
  state?: SecretState
}

export function startSecretFollower(options: SecretFollowerOptions): SecretFollower {
  const { writer, clock, random, log, metrics, onChange } = options
  const followed = new Map<string, Followed>()
  const pauseMs = (isGood: boolean) =>
    Math.max(isGood ? intervalMs : waitingMs, (followed.size * 1000) / perSecond) * (0.75 + random() / 2)

  const read = async ({ namespace, name }: SecretRef, signal: AbortSignal) => {
    try {
      return await writer.get(secrets, name, namespace, { signal })
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }
  const content =
    (ref: SecretRef) =>
    async (signal: AbortSignal): Promise<SecretContent | undefined> => {
      const secret = await read(ref, signal)
      const verdict = secret && readSecretContent(ref, secret.data)
      return verdict && 'content' in verdict ? verdict.content : undefined
    }
  const examine = async (entry: Followed, signal: AbortSignal) => {
    const { ref } = entry
    const secret = await read(ref, signal)
    if (!secret) {
      entry.resourceVersion = undefined
      entry.spoilt = missing(ref)
      return
    }
    if (secret.metadata.resourceVersion === entry.resourceVersion) return
    entry.resourceVersion = secret.metadata.resourceVersion
    const verdict = readSecretContent(ref, secret.data)
    if ('problem' in verdict) {
      entry.spoilt = verdict.problem
      return
    }
    const { content, certificate } = verdict
    entry.spoilt = undefined
    entry.good = { fingerprint: content.fingerprint, ...(certificate ? { certificate } : {}) }
  }
  const queue = createQueue({
    name: 'ingress-secret',
    async work(key, signal) {
      const entry = followed.get(key)
      if (!entry) return undefined
      await examine(entry, signal)
      const { ref, good, spoilt } = entry
      const problem = spoilt ?? (good?.certificate && certificateAge(ref, good.certificate, clock.now()))
      const next: SecretState = {
        ref,
        ...(good ? { good } : {}),
        ...(problem ? { problem } : {}),
        content: content(ref),
      }
      if (followed.get(key) !== entry) return undefined
      const moved = stateMark(next) !== stateMark(entry.state)
      entry.state = next
      if (moved) {
        log.info({ secret: key, reason: problem?.reason ?? 'Usable', fingerprint: good?.fingerprint.slice(0, 12) }, 'Secret read')
        onChange(key)
      }
      return { againAfterMs: pauseMs(spoilt === undefined) }
    },
    clock,
    random,
    logger: log,
    concurrency: 8,
    firstDelayMs: 1000,
    longestDelayMs: 30_000,
    metrics: metrics.queue('ingress-secret'),
  })

  return {
    name: 'ingress-secret',
    follow(named) {
      const stays = new Set<string>()
      for (const { kind, namespace, name } of named) {
        const key = secretKey({ kind, namespace, name })
        stays.add(key)
        if (followed.has(key)) continue
        followed.set(key, { ref: { kind, namespace, name } })
        queue.add(key)
      }
      for (const key of followed.keys()) {
        if (stays.has(key)) continue
        followed.delete(key)
        queue.forget(key)
      }
    },
    look: ref => {
      if (followed.has(secretKey(ref))) queue.add(secretKey(ref))
    },
    state: key => followed.get(key)?.state,
    *states() {
      for (const { state } of followed.values()) if (state) yield state
    },
    get isComplete() {
      return followed.values().every(({ state }) => state !== undefined)
    },
    stop: graceMs => queue.drain(graceMs).then(() => undefined),
  }
}

function missing({ namespace, name }: SecretRef): Problem {
  return {
    reason: 'SecretNotFound',
    message: `There is no Secret ${namespace}/${name}.`,
    remedy: reasons.SecretNotFound.remedy,
    severity: 'blocks',
  }
}

function stateMark(state: SecretState | undefined): string {
  return state ? `${state.good?.fingerprint ?? ''} ${state.problem?.reason ?? ''} ${state.problem?.message ?? ''}` : '?'
}
