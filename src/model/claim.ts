// Whether a Service is ours: the rules of claiming, releasing and leaving alone, as data in and data out.
import { classPrefix, serviceFinalizer, standardServiceFinalizer } from '../api/group.ts'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import { type Reason, readyCondition, reasons } from '../api/reasons.ts'
import { defaultClass, namedClass } from './class-choice.ts'
import type { Service } from './kubernetes-objects.ts'
import type { Problem } from './load-balancer.ts'
import { withoutClass } from './other-controllers.ts'
import { keptText, takeOverOf } from './take-over.ts'
import type { TakeOver, TakeOvers } from './take-over.ts'

/** Finalizers that can be ours. The standard one is ours only through the default class. */
export type ServiceFinalizer = typeof serviceFinalizer | typeof standardServiceFinalizer

/** What is to be done about a Service. */
export type Claim =
  /** It is nobody's or another's, and carries nothing of ours: write nothing. */
  | { readonly kind: 'none' }
  /** Serve it, with this finalizer on it before anything is made outside. */
  | {
      readonly kind: 'ours'
      readonly class: LoadBalancerClass
      readonly finalizer: ServiceFinalizer
      /** Finalizers of a controller that is gone: to be taken off once what it left is ours. */
      readonly foreign?: readonly string[]
    }
  /** Plan for nothing; when all is gone, take away these finalizers (perhaps none) and our condition, in one write. */
  | {
      readonly kind: 'release'
      readonly why: ReleaseReason
      readonly finalizers: readonly ServiceFinalizer[]
      /** Whether addresses in the status are ours to empty. Otherwise they belong to whoever serves it now: leave them alone. */
      readonly clearStatus: boolean
    }
  /** It would be ours, but another controller holds it: write the condition and nothing else. */
  | { readonly kind: 'foreign'; readonly problem: Problem }
  /** It cannot be served now: write the condition; what it already has stays. */
  | { readonly kind: 'blocked'; readonly problem: Problem }
  /** It cannot be changed now and is served on: write nothing, not even the condition; at most tell the problem by an event. */
  | { readonly kind: 'kept'; readonly problem: Problem }

export type ReleaseReason =
  | 'deleted'
  /** The type is no longer LoadBalancer. */
  | 'type-changed'
  /** It went to another way of being served while its type was something else for a moment. */
  | 'class-changed'
  /** It was never served; only a condition of ours is left on it. */
  | 'never-ours'

/** What the claim depends on besides the objects. */
export interface ClaimFacts {
  /** Whether an address is given to this uid. */
  readonly allocated?: boolean
  /** Names of the configured providers; absent: all. */
  readonly providers?: ReadonlySet<string>
  /** Whether the controllers behind aliases are gone; absent, or without the alias: it is as if none was ever there. */
  readonly takeOvers?: TakeOvers
}

/**
 * Conditions with these reasons stand also on Services that were never served. Any other reason tells that the Service was
 * claimed, because it is only ever written together with the finalizer or after it.
 */
const reasonsWithoutClaim: ReadonlySet<string> = new Set<Reason>([
  'ForeignLoadBalancer',
  'SeveralDefaultClasses',
  'ClassMissing',
  'ProviderNotConfigured',
  'OtherControllerRuns',
  'TakeOverUnproven',
])

/** Finalizers of other load-balancer controllers: who carries one is served by them. */
const foreignFinalizers: readonly { readonly pattern: RegExp; readonly holder: string }[] = [
  { pattern: /^service\.kubernetes\.io\/load-balancer-cleanup$/, holder: 'a cloud controller manager' },
  { pattern: /^service\.k8s\.aws\/resources$/, holder: 'the AWS Load Balancer Controller' },
  { pattern: /^gke\.networking\.io\/l4-/, holder: 'the GKE load-balancer controller' },
  { pattern: /^svccontroller\.k3s\.cattle\.io\//, holder: 'the service load balancer of k3s' },
]

/** What of ours a Service carries. */
interface Marks {
  /** Our own finalizer: the sure sign of a claim by class. */
  readonly own: boolean
  /** The standard finalizer, put there by us through the default class. */
  readonly standard: boolean
  /** Any condition of ours. */
  readonly condition: boolean
  /** Whether it was claimed and not yet released. */
  readonly held: boolean
}

/**
 * Decides about one Service (the contract of a load-balancer implementation: KEP-1959 for classes, KEP-980 for finalizers).
 *
 * - Ours by class: `spec.loadBalancerClass` names one of `classes` or an alias of one. Finalizer `weir.dev/load-balancer-cleanup`.
 * - Ours by default: no class in the Service, and exactly one of `classes` is marked default. Finalizer
 *   `service.kubernetes.io/load-balancer-cleanup`, as everybody expects of Services without a class.
 * - Services of other classes, and those without a class when there is no default, are never written to.
 * - What was claimed stays as it is while its class is missing or ambiguous, and is released when it is deleted, changes its
 *   type, or comes back from another type by another way. Deleted, it waits while the provider of its class does not run.
 */
export function claim(service: Service, classes: readonly LoadBalancerClass[], facts: ClaimFacts = {}): Claim {
  const marks = marksOn(service, facts)
  if (service.metadata.deletionTimestamp !== undefined) return claimDeleted(service, classes, marks, facts)
  if (service.spec.type !== 'LoadBalancer') return marks.held || marks.condition ? release('type-changed', marks) : none
  const value = service.spec.loadBalancerClass
  return value === undefined
    ? claimByDefault(service, classes, marks, facts)
    : claimByClass(service, classes, value, marks, facts)
}

const none: Claim = { kind: 'none' }

/**
 * While the provider of its class does not run nobody can take away what is made there, nor tell that nothing is: the
 * finalizer stays. What is known to be held is held by a provider that runs.
 */
function claimDeleted(service: Service, classes: readonly LoadBalancerClass[], marks: Marks, facts: ClaimFacts): Claim {
  if (!marks.held) return leftInDeletion(service, facts) ?? none
  const served = facts.allocated ? undefined : servingClass(service, classes, marks)
  if (!served || isConfigured(served, facts)) return release('deleted', marks)
  const { message } = unconfigured(served)
  const remedy = `Enable the provider, so that it removes the load balancer; then the Service goes. If there is none any more, take the finalizer ${marks.own ? serviceFinalizer : standardServiceFinalizer} away.`
  const found = problem('ProviderNotConfigured', `${message} The Service keeps its finalizer until then.`, remedy)
  return marks.own ? { kind: 'blocked', problem: found } : keptOrBlocked(marks, found)
}

/** Whoever put the finalizer on is gone, and nobody else will take it off. */
function leftInDeletion(service: Service, { takeOvers }: ClaimFacts): Claim | undefined {
  const [left] = leftFinalizers(service, takeOverOf(takeOvers, service.spec.loadBalancerClass ?? withoutClass))
  if (left === undefined) return undefined
  const message = `The Service is being deleted and waits for a controller that is gone, which left the finalizer ${left}.`
  const remedy = 'Delete what that controller made for it and take the finalizer off, or start that controller once more.'
  return { kind: 'foreign', problem: problem('ForeignLoadBalancer', message, remedy) }
}

/** The class behind the finalizer of ours that a Service carries, if it is there. */
function servingClass(service: Service, classes: readonly LoadBalancerClass[], marks: Marks): LoadBalancerClass | undefined {
  const value = service.spec.loadBalancerClass
  if (marks.own) return value === undefined ? undefined : namedClass(classes, value)?.class
  if (!marks.standard || value !== undefined) return undefined
  const choice = defaultClass(classes)
  return choice.kind === 'one' ? choice.class : undefined
}

function claimByClass(
  service: Service,
  classes: readonly LoadBalancerClass[],
  value: string,
  marks: Marks,
  facts: ClaimFacts,
): Claim {
  if (marks.standard) return release('class-changed', marks)
  const named = namedClass(classes, value)
  if (!named) return claimWithoutClass(service, value, marks)
  const takeOver = named.by === 'alias' ? takeOverOf(facts.takeOvers, value) : undefined
  const hindrance = waits(takeOver, marks)
  if (hindrance) return hindrance
  const left = leftFinalizers(service, takeOver)
  const holder = named.by === 'alias' && !marks.held ? foreignHolder(service, left) : undefined
  if (holder) return { kind: 'foreign', problem: foreignProblem(holder) }
  const name = named.class.metadata.name
  if (named.class.metadata.deletionTimestamp !== undefined && !marks.held) {
    return blocked('ClassMissing', `LoadBalancerClass ${name} is being deleted and takes no new Services.`)
  }
  if (!isConfigured(named.class, facts)) return { kind: 'blocked', problem: unconfigured(named.class) }
  return { kind: 'ours', class: named.class, finalizer: serviceFinalizer, ...(left.length > 0 ? { foreign: left } : {}) }
}

type KnownTakeOver = ReturnType<typeof takeOverOf>

/**
 * What stands in the way of an alias. Nothing begins before the other controller is known to be gone. Of one that was taken
 * over before, what it has stays when that comes back: only its condition tells.
 */
function waits(takeOver: KnownTakeOver, marks: Marks): Claim | undefined {
  if (takeOver === undefined || isActive(takeOver)) return undefined
  if (takeOver === 'unknown') return marks.held ? undefined : none
  if (marks.held && !takeOver.runs) return undefined
  const found = takeOver.problem
  if (!marks.held) return { kind: 'foreign', problem: found }
  const message = `${found.message} ${keptText}`
  return marks.own
    ? { kind: 'blocked', problem: { ...found, message } }
    : { kind: 'kept', problem: { ...found, message, severity: 'warns' } }
}

function isActive(takeOver: KnownTakeOver): takeOver is Extract<TakeOver, { readonly kind: 'active' }> {
  return typeof takeOver === 'object' && takeOver.kind === 'active'
}

/** Finalizers that the controller behind an alias left, now that it is gone. */
function leftFinalizers({ metadata }: Service, takeOver: KnownTakeOver): readonly string[] {
  const mark = isActive(takeOver) ? takeOver.other?.finalizer : undefined
  return mark ? (metadata.finalizers ?? []).filter(name => mark.test(name)) : []
}

/** No class answers `value`: ours by name under our prefix; under another name ours only if we have claimed it by an alias. */
function claimWithoutClass(service: Service, value: string, marks: Marks): Claim {
  if (value.startsWith(classPrefix)) {
    const name = value.slice(classPrefix.length)
    const kept = marks.held && hasStatusAddress(service) ? ' What the Service has is kept.' : ''
    return blocked(
      'ClassMissing',
      `There is no LoadBalancerClass ${name}.${kept}`,
      `Make the LoadBalancerClass ${name}, or ${otherClass}.`,
    )
  }
  if (marks.held && hasStatusAddress(service)) {
    return blocked(
      'ClassMissing',
      `No LoadBalancerClass has the alias ${value} any more. What the Service has is kept.`,
      `Give a LoadBalancerClass the alias again, or ${otherClass}.`,
    )
  }
  if (marks.held) return release('class-changed', marks)
  return marks.condition ? release('never-ours', marks) : none
}

function claimByDefault(service: Service, classes: readonly LoadBalancerClass[], marks: Marks, facts: ClaimFacts): Claim {
  if (marks.own) return release('class-changed', marks)
  const choice = defaultClass(classes)
  if (choice.kind === 'none') return withoutDefault(marks)
  const isTakenOver = choice.kind === 'one' && choice.class.spec.takeOver?.some(({ alias }) => alias === undefined) === true
  const takeOver = isTakenOver ? takeOverOf(facts.takeOvers, withoutClass) : undefined
  const hindrance = waits(takeOver, marks)
  if (hindrance) return hindrance
  const left = leftFinalizers(service, takeOver)
  const status = isActive(takeOver) ? undefined : statusHolder(service)
  const holder = marks.held ? undefined : (foreignHolder(service, left) ?? status)
  if (choice.kind === 'several') {
    const names = choice.classes.map(candidate => candidate.metadata.name).join(', ')
    const message = `The LoadBalancerClasses ${names} are all marked default, so none serves Services without a class.`
    if (holder) return marks.condition ? release('never-ours', marks) : none
    return keptOrBlocked(marks, problem('SeveralDefaultClasses', message))
  }
  if (holder) return { kind: 'foreign', problem: foreignProblem(holder) }
  const deleted = choice.class.metadata.deletionTimestamp !== undefined
  if (deleted && !marks.held) return marks.condition ? release('never-ours', marks) : none
  if (!isConfigured(choice.class, facts)) return keptOrBlocked(marks, unconfigured(choice.class))
  return {
    kind: 'ours',
    class: choice.class,
    finalizer: standardServiceFinalizer,
    ...(left.length > 0 ? { foreign: left } : {}),
  }
}

function withoutDefault(marks: Marks): Claim {
  if (marks.held)
    return blocked(
      'NoDefaultClass',
      'The Service has no class, and no LoadBalancerClass is marked default any more. What it has is kept.',
    )
  return marks.condition ? release('never-ours', marks) : none
}

/** A condition is the only mark a Service without a class is known by, so one that says it was not claimed may not replace it. */
function keptOrBlocked(marks: Marks, found: Problem): Claim {
  return marks.held ? { kind: 'kept', problem: { ...found, severity: 'warns' } } : { kind: 'blocked', problem: found }
}

/**
 * Reads our marks off a Service. The standard finalizer is ours when something else of ours stands beside it but our own
 * finalizer does not (we never put both). A Service that has a class must have been claimed by condition for that: an
 * allocation alone may be a claim by class that was cut before its finalizer was written.
 */
function marksOn(service: Service, { allocated = false }: ClaimFacts): Marks {
  const finalizers = service.metadata.finalizers ?? []
  const found = service.status?.conditions?.find(condition => condition.type === readyCondition)
  const claimed = found !== undefined && !reasonsWithoutClaim.has(found.reason)
  const own = finalizers.includes(serviceFinalizer)
  const byDefault = claimed || (allocated && service.spec.loadBalancerClass === undefined)
  return {
    own,
    standard: finalizers.includes(standardServiceFinalizer) && !own && byDefault,
    condition: found !== undefined,
    held: own || claimed || allocated,
  }
}

function release(why: ReleaseReason, marks: Marks): Claim {
  const finalizers: ServiceFinalizer[] = []
  if (marks.own) finalizers.push(serviceFinalizer)
  if (marks.standard) finalizers.push(standardServiceFinalizer)
  // A change of type has emptied the status already; what stands there after one, or on a Service never served, is another's.
  return { kind: 'release', why, finalizers, clearStatus: why === 'deleted' }
}

function foreignHolder(service: Service, left: readonly string[]): string | undefined {
  for (const finalizer of service.metadata.finalizers ?? []) {
    if (left.includes(finalizer)) continue
    const row = foreignFinalizers.find(({ pattern }) => pattern.test(finalizer))
    if (row) return `it carries the finalizer ${finalizer} of ${row.holder}`
  }
  return undefined
}

function statusHolder(service: Service): string | undefined {
  const first = service.status?.loadBalancer?.ingress?.[0]
  return first && `its status already holds ${first.ip ?? first.hostname ?? 'an entry'}, which is not ours`
}

function hasStatusAddress(service: Service): boolean {
  return (service.status?.loadBalancer?.ingress ?? []).length > 0
}

function isConfigured(candidate: LoadBalancerClass, { providers }: ClaimFacts): boolean {
  return providers === undefined || providers.has(candidate.spec.provider)
}

const otherClass = 'change the type of the Service to ClusterIP and back with another class'

function blocked(reason: Reason, message: string, remedy?: string): Claim {
  return { kind: 'blocked', problem: problem(reason, message, remedy) }
}

function problem(reason: Reason, message: string, remedy: string = reasons[reason].remedy): Problem {
  return { reason, message, remedy, severity: 'blocks' }
}

function foreignProblem(holder: string): Problem {
  return problem('ForeignLoadBalancer', `Another controller serves this Service: ${holder}.`)
}

function unconfigured({ metadata, spec }: LoadBalancerClass): Problem {
  return problem(
    'ProviderNotConfigured',
    `LoadBalancerClass ${metadata.name} names the provider ${spec.provider}, which this controller does not run.`,
  )
}
