// Which LoadBalancerClass a value of spec.loadBalancerClass means, and which one serves Services without a class.
import { classPrefix } from '../api/group.ts'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import type { Service } from './kubernetes-objects.ts'

export type DefaultClass =
  | { readonly kind: 'none' }
  | { readonly kind: 'one'; readonly class: LoadBalancerClass }
  /** Sorted by name. */
  | { readonly kind: 'several'; readonly classes: readonly LoadBalancerClass[] }

/** The class marked default. One that is being deleted counts only while it is the only kind there is. */
export function defaultClass(classes: readonly LoadBalancerClass[]): DefaultClass {
  const marked = classes.filter(candidate => candidate.spec.default)
  const staying = marked.filter(candidate => candidate.metadata.deletionTimestamp === undefined)
  const counted = (staying.length > 0 ? staying : marked).toSorted((one, other) =>
    one.metadata.name < other.metadata.name ? -1 : 1,
  )
  const [first, second] = counted
  if (!first) return { kind: 'none' }
  return second ? { kind: 'several', classes: counted } : { kind: 'one', class: first }
}

/** The class that answers, and whether by its own name or by an alias. */
export interface NamedClass {
  readonly class: LoadBalancerClass
  readonly by: 'name' | 'alias'
}

/**
 * The class that answers a value of `spec.loadBalancerClass`. A class's own name goes before any alias; an alias that several
 * classes claim belongs to the oldest (then to the first by name), whatever the others say.
 */
export function namedClass(classes: readonly LoadBalancerClass[], value: string): NamedClass | undefined {
  if (value.startsWith(classPrefix)) {
    const name = value.slice(classPrefix.length)
    const found = classes.find(candidate => candidate.metadata.name === name)
    return found && { class: found, by: 'name' }
  }
  const [oldest] = classes.filter(candidate => candidate.spec.aliases?.includes(value)).toSorted(byAge)
  return oldest && { class: oldest, by: 'alias' }
}

/** The class that a Service asks for, or that serves those that ask for none; undefined when that cannot be told. */
export function servingClass({ spec }: Service, classes: readonly LoadBalancerClass[]): LoadBalancerClass | undefined {
  if (spec.loadBalancerClass !== undefined) return namedClass(classes, spec.loadBalancerClass)?.class
  const choice = defaultClass(classes)
  return choice.kind === 'one' ? choice.class : undefined
}

/** Oldest first; the name decides between equals. */
function byAge(one: LoadBalancerClass, other: LoadBalancerClass): number {
  const [first, second] = [ageKey(one), ageKey(other)]
  return first < second ? -1 : first > second ? 1 : 0
}

/** RFC 3339 in UTC sorts as text. */
function ageKey({ metadata }: LoadBalancerClass): string {
  return `${metadata.creationTimestamp ?? ''} ${metadata.name}`
}
