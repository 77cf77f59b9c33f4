// Label selectors with the meaning of metav1.LabelSelector.
import type { LabelSelector } from '../api/common-schemas.ts'

type Labels = Readonly<Record<string, string>>
type Expression = NonNullable<LabelSelector['matchExpressions']>[number]

/**
 * Whether labels satisfy a selector: all of matchLabels and all of matchExpressions. An absent or empty selector matches
 * everything (as our kinds document it). NotIn and DoesNotExist hold for labels that are absent; In without values never holds.
 */
export function matchesSelector(selector: LabelSelector | undefined, labels: Labels | undefined): boolean {
  if (!selector) return true
  const given = labels ?? {}
  const labelsMatch = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => valueOf(given, key) === value)
  return (
    labelsMatch &&
    (selector.matchExpressions ?? []).every(({ key, operator, values }) => operators[operator](valueOf(given, key), values ?? []))
  )
}

const operators: Readonly<Record<Expression['operator'], (value: string | undefined, values: readonly string[]) => boolean>> = {
  In: (value, values) => value !== undefined && values.includes(value),
  NotIn: (value, values) => value === undefined || !values.includes(value),
  Exists: value => value !== undefined,
  DoesNotExist: value => value === undefined,
}

/** Own properties only: a label may be called `constructor`. */
function valueOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined
}
