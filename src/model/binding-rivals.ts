// Of several bindings to one target group only one fills it: the oldest. Pure.
import type { TargetGroupBinding } from '../api/target-group-binding.ts'

/** What is known of the target group a binding names, before and after it was found. */
export interface NamedGroup {
  readonly arn?: string
  readonly name: string
  /** Names mean something only within what a class reaches. */
  readonly class: string | undefined
}

export function groupOf({ spec, status }: TargetGroupBinding): NamedGroup {
  const arn = spec.targetGroupARN ?? status?.targetGroup?.arn
  return {
    ...(arn === undefined ? {} : { arn }),
    name: spec.targetGroupName ?? nameIn(spec.targetGroupARN ?? ''),
    class: spec.class,
  }
}

/** The binding that goes before `binding` at the same target group; undefined when it is the first itself. */
export function rivalOf(binding: TargetGroupBinding, all: Iterable<TargetGroupBinding>): TargetGroupBinding | undefined {
  const own = groupOf(binding)
  const before = [...all].filter(
    other => other.metadata.uid !== binding.metadata.uid && isSame(own, groupOf(other)) && ageKey(other) < ageKey(binding),
  )
  return before.toSorted((one, other) => (ageKey(one) < ageKey(other) ? -1 : 1))[0]
}

/** As long as one of two is known by its name only, equal names count. */
function isSame(one: NamedGroup, other: NamedGroup): boolean {
  if (one.arn !== undefined && other.arn !== undefined) return one.arn === other.arn
  return one.name === other.name && one.class === other.class
}

/** `arn:aws:elasticloadbalancing:<region>:<account>:targetgroup/<name>/<id>` */
function nameIn(arn: string): string {
  return arn.split('/')[1] ?? ''
}

/** RFC 3339 in UTC sorts as text. */
function ageKey({ metadata }: TargetGroupBinding): string {
  return `${metadata.creationTimestamp ?? ''} ${metadata.namespace ?? ''}/${metadata.name}`
}
