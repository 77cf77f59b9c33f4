// A provider that could not start when the controller began to lead: others run, its classes say why, and it is tried again.
import { conditionMessage } from '../api/conditions.ts'
import type { Clock } from '../kubernetes/clock.ts'
import { isAbort } from '../kubernetes/errors.ts'
import { keyOf, makeKey } from '../kubernetes/objects.ts'
import { defaultClass, namedClass } from '../model/class-choice.ts'
import type { LoadBalancerId } from '../model/load-balancer.ts'
import type { Log } from '../observability/log.ts'
import { ProviderError } from '../provider.ts'
import type { Capabilities, Outcome, Provider } from '../provider.ts'
import type { Controller } from './controller.ts'
import type { ProviderParts } from './provider-parts.ts'
import type { Stores } from './stores.ts'

export interface StartingOptions {
  readonly name: string
  /** Makes the provider; called again after it rejected. */
  readonly make: () => ProviderParts | Promise<ProviderParts>
  readonly stores: Pick<Stores, 'services' | 'classes'>
  readonly clock: Clock
  readonly log: Log
  /** Ends with the term. */
  readonly signal: AbortSignal
}

const firstDelayMs = 2000
const longestDelayMs = 60_000

/** Nothing is refused for want of a capability before it is known. */
const anything: Capabilities = {
  protocols: new Set(['TCP', 'UDP', 'SCTP']),
  targetTypes: new Set(['Node', 'Pod']),
  families: new Set(['IPv4', 'IPv6']),
  mixedProtocols: true,
  sharedAddresses: true,
  withoutNodePorts: true,
}

/** The parts of a provider; when it cannot be made, parts that stand in until it can. Rejects only when the term has ended. */
export async function startProvider(options: StartingOptions): Promise<ProviderParts> {
  const { name, make, log, signal } = options
  try {
    return await make()
  } catch (error) {
    if (isAbort(error, signal) || signal.aborted) throw error
    log.warn({ provider: name, error }, 'the provider cannot start and is tried again; the others run')
    return standIn(options, troubleFrom(name, error))
  }
}

/** Seen while nothing of a load balancer can be with this provider. */
const nothing = Symbol('nothing')

const gone: Outcome = {
  ingress: [],
  readiness: { ready: false, reason: 'Withdrawing', message: 'Nothing is left.' },
  warnings: [],
  gone: true,
  again: 'on-change',
}

function standIn(options: StartingOptions, first: ProviderError): ProviderParts {
  const { name, stores } = options
  let trouble = first
  let parts: ProviderParts | undefined
  const watching = new Map<(id: LoadBalancerId) => void, () => void>()
  const made = (): Provider => {
    if (!parts) throw trouble
    return parts.provider
  }
  const provider: Provider = {
    // The options let no other name through.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    name: name as Provider['name'],
    get capabilities() {
      return parts?.provider.capabilities ?? anything
    },
    check: desired => parts?.provider.check(desired) ?? [],
    async observe(id, signal, goal, leaving) {
      if (!parts && !goal && !mayHold(id, options)) return nothing
      return made().observe(id, signal, goal, leaving)
    },
    plan: (goal, observed) => (observed === nothing ? [] : made().plan(goal, observed)),
    apply: async (work, signal) => (work.observed === nothing ? gone : made().apply(work, signal)),
    refuse: (id, goal) => parts?.provider.refuse?.(id, goal),
    list: async signal => parts?.provider.list(signal) ?? [],
    watch(wake) {
      watching.set(wake, parts?.provider.watch(wake) ?? (() => {}))
      return () => {
        watching.get(wake)?.()
        watching.delete(wake)
      }
    },
  }
  return {
    provider,
    holds: id => parts?.holds(id) ?? false,
    targetsSeen: () => parts?.targetsSeen?.() ?? new Map(),
    classTrouble: subject => {
      if (parts) return parts.classTrouble?.(subject)
      const { code, message, remedy } = trouble
      return { reason: code, message: conditionMessage({ reason: code, message, remedy }) }
    },
    classRemark: subject => parts?.classRemark?.(subject),
    classUsers: subject => parts?.classUsers?.(subject) ?? [],
    get ingress() {
      return parts?.ingress
    },
    start(services, classes, ingresses) {
      const arrive = (arrived: ProviderParts): readonly Controller[] => {
        parts = arrived
        for (const wake of watching.keys()) watching.set(wake, arrived.provider.watch(wake))
        const started = arrived.start?.(services, classes, ingresses) ?? []
        classes.look()
        ingresses.lookAtAll()
        for (const service of stores.services.values()) if (service.spec.type === 'LoadBalancer') services.look(keyOf(service))
        return started
      }
      const failed = (error: unknown) => {
        trouble = troubleFrom(name, error)
        classes.look()
      }
      return [keepTrying(options, arrive, failed)]
    },
  }
}

/** Makes the provider when it can be made; what it starts then ends with this. */
function keepTrying(
  { name, make, clock, log, signal: term }: StartingOptions,
  arrive: (parts: ProviderParts) => readonly Controller[],
  failed: (error: unknown) => void,
): Controller {
  const ending = new AbortController()
  const signal = AbortSignal.any([ending.signal, term])
  let started: readonly Controller[] = []
  const attempt = async () => {
    for (let delayMs = firstDelayMs; !signal.aborted; delayMs = Math.min(delayMs * 2, longestDelayMs)) {
      // Ended by the signal alone, which is looked at next.
      await clock.sleep(delayMs, signal).catch(() => {})
      if (signal.aborted) return
      try {
        const parts = await make()
        if (signal.aborted) return
        started = arrive(parts)
        log.info({ provider: name }, 'the provider has started')
        return
      } catch (error) {
        if (signal.aborted) return
        log.warn({ provider: name, error, delayMs }, 'the provider cannot start')
        failed(error)
      }
    }
  }
  const running = attempt()
  return {
    name: `late-${name}`,
    stop: async graceMs => {
      ending.abort(new Error('the controller leads no more'))
      await running
      await Promise.all(started.map(controller => controller.stop(graceMs)))
    },
  }
}

/**
 * Whether anything of a load balancer that is to be released can be with a provider that has not started. Only a class can
 * tell. Where none does (the Service is gone, or has another type by now) the others are not held up: what is there after
 * all, the sweep finds once the provider runs.
 */
function mayHold(id: LoadBalancerId, { name, stores }: StartingOptions): boolean {
  const service = stores.services.get(makeKey(id.namespace, id.name))
  if (service?.metadata.uid !== id.uid || service.spec.type !== 'LoadBalancer') return false
  const classes = [...stores.classes.values()]
  const value = service.spec.loadBalancerClass
  if (value !== undefined) {
    const named = namedClass(classes, value)
    return named ? named.class.spec.provider === name : hasHostname(service.status?.loadBalancer?.ingress)
  }
  const choice = defaultClass(classes)
  if (choice.kind === 'one') return choice.class.spec.provider === name
  return hasHostname(service.status?.loadBalancer?.ingress)
}

/** Not of the LAN. */
function hasHostname(points: readonly { readonly hostname?: string }[] | undefined): boolean {
  return points?.some(({ hostname }) => hostname !== undefined) === true
}

function troubleFrom(name: string, error: unknown): ProviderError {
  if (error instanceof ProviderError) return error
  return new ProviderError({
    code: 'ProviderError',
    message: `The provider ${name} cannot start: ${error instanceof Error ? error.message : String(error)}`,
    remedy: 'It is tried again.',
    retry: 'later',
    cause: error,
  })
}
