// Whether an Ingress is ours and by which LoadBalancerClass: from its class, the class's controller and its parameters.
import { group } from '../api/group.ts'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import { type Reason, reasons } from '../api/reasons.ts'
import { defaultClass, namedClass } from './class-choice.ts'
import { firstFew } from './first-few.ts'
import type { Ingress, IngressClass } from './ingress-objects.ts'
import type { Problem } from './load-balancer.ts'
import { takeOverOf } from './take-over.ts'
import type { TakeOvers } from './take-over.ts'

/** `spec.controller` of IngressClasses that are ours. */
export const ingressController = `${group}/ingress`

/** Older than the field, and goes before it where both are (documentation of `spec.ingressClassName`). */
export const legacyClassAnnotation = 'kubernetes.io/ingress.class'

/** Marks an IngressClass that new Ingresses without a class get, when its value is `true`. */
export const defaultClassAnnotation = 'ingressclass.kubernetes.io/is-default-class'

/** What is to be done about an Ingress. */
export type IngressClaim =
  /** It is nobody's or another's, and carries nothing of ours: write nothing. */
  | { readonly kind: 'none' }
  /** Serve it. Each warning is told by an event. */
  | {
      readonly kind: 'ours'
      readonly ingressClass: string
      readonly class: LoadBalancerClass
      readonly warnings: readonly Problem[]
    }
  /** It is ours and cannot be served now: report it; what it already has stays. */
  | { readonly kind: 'blocked'; readonly ingressClass: string; readonly problem: Problem }
  /** It was ours: take its status and report away. */
  | { readonly kind: 'release'; readonly why: 'deleted' | 'class-changed' }

export interface IngressClassFacts {
  readonly ingressClasses: readonly IngressClass[]
  readonly classes: readonly LoadBalancerClass[]
  /** Controllers of others whose IngressClasses are served here, because they are gone; a LoadBalancerClass has each as alias. */
  readonly activeAliases?: ReadonlySet<string>
  /** Those that are aliases too, and not known to be gone. */
  readonly takeOvers?: TakeOvers
  /** The IngressClass by which the Ingress (of this uid) was taken before, as its report says; absent: it is not served here. */
  readonly heldBy?: string
  /** It is served here, or was when that was last known; one that was only refused is held and not served. */
  readonly served?: boolean
  /** Names of the configured providers; absent: all. */
  readonly providers?: ReadonlySet<string>
  /** The Ingress has not passed admission, which would have given it the default class: a manifest that is planned for. */
  readonly unadmitted?: boolean
}

/**
 * Decides about one Ingress (networking.k8s.io/v1).
 *
 * - Its class is the legacy annotation or else `spec.ingressClassName`. An Ingress without either is nobody's: the API server
 *   gives new ones the default class, and what has none was there before and may be served by somebody else.
 * - Ours is decided by `spec.controller` of the IngressClass, never by its name: our own, or an active alias.
 * - Its LoadBalancerClass is the one that the parameters name. Without parameters: the one with the alias, or the default one,
 *   or the only one.
 * - What was taken stays as it is while its IngressClass does not exist, and is released when it is deleted or goes to a class
 *   that is not ours.
 */
export function claimIngress(ingress: Ingress, facts: IngressClassFacts): IngressClaim {
  const { heldBy } = facts
  if (ingress.metadata.deletionTimestamp !== undefined) return heldBy === undefined ? none : { kind: 'release', why: 'deleted' }
  const name = classNameOf(ingress, facts)
  const ingressClass = facts.ingressClasses.find(({ metadata }) => metadata.name === name)
  if (name !== undefined && !ingressClass && name === heldBy) {
    const message = `There is no IngressClass ${name} any more. What the Ingress has is kept.`
    return { kind: 'blocked', ingressClass: name, problem: problem('IngressClassMissing', message) }
  }
  const takeOver = ingressClass && takeOverFor(ingressClass, facts)
  if (takeOver === 'unknown' && facts.served !== true) return none
  if (typeof takeOver === 'object' && takeOver.kind === 'waiting' && (takeOver.runs || facts.served !== true))
    return { kind: 'blocked', ingressClass: ingressClass?.metadata.name ?? '', problem: takeOver.problem }
  if (!ingressClass || !(takeOver !== undefined || isOurs(ingressClass, facts)))
    return heldBy === undefined ? none : { kind: 'release', why: 'class-changed' }
  const chosen = loadBalancerClassOf(ingressClass, facts)
  if ('reason' in chosen) return { kind: 'blocked', ingressClass: ingressClass.metadata.name, problem: chosen }
  if (facts.providers?.has(chosen.spec.provider) === false) {
    const message = `LoadBalancerClass ${chosen.metadata.name} names the provider ${chosen.spec.provider}, which this controller does not run.`
    return { kind: 'blocked', ingressClass: ingressClass.metadata.name, problem: problem('ProviderNotConfigured', message) }
  }
  return { kind: 'ours', ingressClass: ingressClass.metadata.name, class: chosen, warnings: differingNames(ingress) }
}

/**
 * The IngressClass that admission gives to new Ingresses without one: of those marked default the newest, then the first by
 * name (what the API server does, whatever older documentation says of several).
 */
export function defaultIngressClass(ingressClasses: readonly IngressClass[]): IngressClass | undefined {
  const marked = ingressClasses.filter(({ metadata }) => metadata.annotations?.[defaultClassAnnotation] === 'true')
  const [chosen] = marked.toSorted(({ metadata: one }, { metadata: other }) => {
    const [first, second] = [one.creationTimestamp ?? '', other.creationTimestamp ?? '']
    return first === second ? (one.name < other.name ? -1 : 1) : first > second ? -1 : 1
  })
  return chosen
}

/** Whether an IngressClass is ours by its controller. */
export function isOurs({ spec }: IngressClass, { activeAliases }: Pick<IngressClassFacts, 'activeAliases'>): boolean {
  const controller = spec?.controller ?? ''
  return controller === ingressController || activeAliases?.has(controller) === true
}

/** What is known of the other controller whose IngressClass it is, where a class has that as alias. */
function takeOverFor({ spec }: IngressClass, { takeOvers, classes }: IngressClassFacts) {
  const { controller } = spec ?? {}
  const isAlias = controller !== undefined && classes.some(({ spec: { aliases } }) => aliases?.includes(controller) === true)
  return isAlias ? takeOverOf(takeOvers, controller) : undefined
}

const none: IngressClaim = { kind: 'none' }

function classNameOf(ingress: Ingress, { ingressClasses, unadmitted = false }: IngressClassFacts): string | undefined {
  const name = ingress.metadata.annotations?.[legacyClassAnnotation] ?? ingress.spec?.ingressClassName
  return name === undefined && unadmitted ? defaultIngressClass(ingressClasses)?.metadata.name : name
}

/** The API server compares the two when an Ingress is made, not when it is changed. */
function differingNames({ metadata, spec }: Ingress): readonly Problem[] {
  const [annotation, field] = [metadata.annotations?.[legacyClassAnnotation], spec?.ingressClassName]
  if (annotation === undefined || field === undefined || annotation === field) return []
  const message = `The annotation ${legacyClassAnnotation} names ${annotation} and spec.ingressClassName ${field}; the annotation counts.`
  return [{ ...problem('ClassAnnotationDiffers', message), severity: 'warns' }]
}

function loadBalancerClassOf(ingressClass: IngressClass, { classes }: IngressClassFacts): LoadBalancerClass | Problem {
  const { controller = '', parameters } = ingressClass.spec ?? {}
  const named = `IngressClass ${ingressClass.metadata.name}`
  if (!parameters) return controller === ingressController ? onlyClass(named, classes) : aliasClass(controller, named, classes)
  const { apiGroup, kind, name, scope, namespace } = parameters
  if (apiGroup !== group || kind !== 'LoadBalancerClass') {
    // Whoever served an alias before has settings of its own kind, which the class with the alias stands in for.
    if (controller !== ingressController) return aliasClass(controller, named, classes)
    const found = `${apiGroup ? `${apiGroup}/` : ''}${kind} ${name}`
    return problem('InvalidClassParameters', `The parameters of ${named} name ${found}, which is no LoadBalancerClass.`)
  }
  if (scope === 'Namespace') {
    const message = `The parameters of ${named} look for LoadBalancerClass ${name} in namespace ${namespace ?? ''}; such classes are in no namespace.`
    return problem('InvalidClassParameters', message, 'Write scope: Cluster, and no namespace.')
  }
  return (
    classes.find(({ metadata }) => metadata.name === name) ??
    problem(
      'ClassMissing',
      `There is no LoadBalancerClass ${name}, which the parameters of ${named} name.`,
      `Make the LoadBalancerClass ${name}, or name another one in the parameters.`,
    )
  )
}

function aliasClass(controller: string, named: string, classes: readonly LoadBalancerClass[]): LoadBalancerClass | Problem {
  return (
    namedClass(classes, controller)?.class ??
    problem(
      'ClassMissing',
      `No LoadBalancerClass has the alias ${controller}, the controller of ${named}.`,
      'Give a LoadBalancerClass the alias, or name one in the parameters of the IngressClass.',
    )
  )
}

function onlyClass(named: string, classes: readonly LoadBalancerClass[]): LoadBalancerClass | Problem {
  const [only, ...others] = classes
  if (!only) return problem('ClassMissing', 'There is no LoadBalancerClass.', 'Make one.')
  if (others.length === 0) return only
  const choice = defaultClass(classes)
  if (choice.kind === 'one') return choice.class
  const names = classes.map(({ metadata }) => metadata.name).toSorted()
  return choice.kind === 'several'
    ? problem('SeveralDefaultClasses', `${named} has no parameters, and ${namesOf(choice.classes)} are all marked default.`)
    : problem(
        'ClassMissing',
        `${named} has no parameters, and none of the LoadBalancerClasses ${firstFew(names)} is marked default.`,
        `Name one of them in spec.parameters of ${named}.`,
      )
}

function namesOf(classes: readonly LoadBalancerClass[]): string {
  return firstFew(classes.map(({ metadata }) => metadata.name))
}

function problem(reason: Reason, message: string, remedy: string = reasons[reason].remedy): Problem {
  return { reason, message, remedy, severity: 'blocks' }
}
