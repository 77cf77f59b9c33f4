// One way to AWS for everything: typed calls by name, admitted by the limiter, their errors typed.
import type { acmCommands } from './acm.ts'
import type { ec2Commands } from './ec2.ts'
import type { elbCommands } from './elbv2.ts'
import { hasCode, isThrottle, providerError } from './errors.ts'
import type { ApiClass, Limiter } from './limiter.ts'
import type { CallMeter, CallOutcome, HealthSeen } from './meter.ts'
import { outcomeOf } from './meter.ts'
import type { wafCommands } from './wafv2.ts'

export type ElbOperation = keyof typeof elbCommands
export type Ec2Operation = keyof typeof ec2Commands
export type AcmOperation = keyof typeof acmCommands
export type WafOperation = keyof typeof wafCommands

/** A command class of the SDK, as far as its types are needed. */
type Command = new (input: never) => { resolveMiddleware: (...args: never) => unknown; readonly input: object }
type InputOf<Class extends Command> = NonNullable<ConstructorParameters<Class>[0]>
// The middleware of a command is a function to a promise of { output }.
type OutputOf<Class extends Command> =
  ReturnType<InstanceType<Class>['resolveMiddleware']> extends (...args: never) => Promise<{ output: infer Output }>
    ? Output
    : never

export type ElbInput<Name extends ElbOperation> = InputOf<(typeof elbCommands)[Name]>
export type ElbOutput<Name extends ElbOperation> = OutputOf<(typeof elbCommands)[Name]>
export type Ec2Input<Name extends Ec2Operation> = InputOf<(typeof ec2Commands)[Name]>
export type Ec2Output<Name extends Ec2Operation> = OutputOf<(typeof ec2Commands)[Name]>

export type AcmInput<Name extends AcmOperation> = InputOf<(typeof acmCommands)[Name]>
export type AcmOutput<Name extends AcmOperation> = OutputOf<(typeof acmCommands)[Name]>

export type WafInput<Name extends WafOperation> = InputOf<(typeof wafCommands)[Name]>
export type WafOutput<Name extends WafOperation> = OutputOf<(typeof wafCommands)[Name]>

/** For whom a call is made, and until when. */
export interface Caller {
  /** Turns go round among these: the uid of a load balancer's owner, or `shared` for what serves all. */
  readonly key: string
  readonly signal: AbortSignal
}

/** Sends one call and gives its answer; errors are those of the SDK. */
export type Send = (operation: string, input: object, signal: AbortSignal) => Promise<unknown>

/** The ways to the services, made when they are first needed. */
export interface Transports {
  readonly elasticloadbalancing: Send
  readonly ec2: Send
  readonly acm: Send
  readonly wafv2: Send
}

/** Typed calls. Rejects with a ProviderError, or with the signal's reason. */
export interface AwsCalls {
  elb<Name extends ElbOperation>(name: Name, input: ElbInput<Name>, caller: Caller): Promise<ElbOutput<Name>>
  ec2<Name extends Ec2Operation>(name: Name, input: Ec2Input<Name>, caller: Caller): Promise<Ec2Output<Name>>
  acm<Name extends AcmOperation>(name: Name, input: AcmInput<Name>, caller: Caller): Promise<AcmOutput<Name>>
  waf<Name extends WafOperation>(name: Name, input: WafInput<Name>, caller: Caller): Promise<WafOutput<Name>>
}

/** Who hears of calls. */
export interface Listening {
  readonly monotonic: () => number
  readonly meter?: CallMeter | undefined
  readonly health?: HealthSeen
}

/** Calls through `transports`, no faster than `limiter` lets them. */
export function createCalls(transports: Transports, limiter: Limiter, listening?: Listening): AwsCalls {
  const call = async (service: keyof Transports, operation: string, input: object, caller: Caller): Promise<unknown> => {
    const kind = classOf(service, operation)
    await limiter.admit({ class: kind, key: caller.key, signal: caller.signal })
    const sentAt = listening?.monotonic() ?? 0
    const tell = (outcome: CallOutcome, throttles: number) =>
      listening?.meter?.({ service, operation, outcome, ms: listening.monotonic() - sentAt, throttles })
    try {
      const output = await transports[service](operation, input, caller.signal)
      const repeated = attemptsOf(output) - 1
      // The SDK repeats a throttled call by itself; that it had to is a sign too.
      if (repeated > 0) limiter.throttled(kind)
      tell('ok', repeated)
      listening?.health?.take(operation, input, output)
      return output
    } catch (error) {
      if (caller.signal.aborted) throw caller.signal.reason
      if (isThrottle(error)) limiter.throttled(kind)
      const told = providerError(error, { service, operation })
      tell(outcomeOf(told, error), isThrottle(error) ? Math.max(attemptsOf(error), 1) : 0)
      throw told
    }
  }
  return {
    // The answer of a command is of the type that its class says; the table holds the classes by name.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    elb: async (name, input, caller) => (await call('elasticloadbalancing', name, input, caller)) as ElbOutput<typeof name>,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    ec2: async (name, input, caller) => (await call('ec2', name, input, caller)) as Ec2Output<typeof name>,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    acm: async (name, input, caller) => (await call('acm', name, input, caller)) as AcmOutput<typeof name>,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    waf: async (name, input, caller) => (await call('wafv2', name, input, caller)) as WafOutput<typeof name>,
  }
}

/** The class a call counts in. */
export function classOf(service: keyof Transports, operation: string): ApiClass {
  if (service === 'acm' || service === 'wafv2') return service
  const reads = operation.startsWith('Describe')
  if (service === 'ec2') return reads ? 'ec2-read' : 'ec2-write'
  if (operation === 'RegisterTargets' || operation === 'DeregisterTargets') return 'elb-targets'
  return reads ? 'elb-read' : 'elb-write'
}

/** What `call` gives, or `otherwise` if it fails with one of the codes. */
export async function unless<Answer, Otherwise>(
  codes: readonly string[],
  call: Promise<Answer>,
  otherwise: () => Otherwise | Promise<Otherwise>,
): Promise<Answer | Otherwise> {
  try {
    return await call
  } catch (error) {
    if (hasCode(error, ...codes)) return otherwise()
    throw error
  }
}

function attemptsOf(output: unknown): number {
  const { $metadata } = (output ?? {}) as { readonly $metadata?: { readonly attempts?: number } }
  return $metadata?.attempts ?? 1
}
