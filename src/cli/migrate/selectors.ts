// Selectors that are united: MetalLB takes lists of which any may match, ours is one of which all must.
import type { LabelSelector } from '../../api/common-schemas.ts'
import type { Selector } from './metallb-objects.ts'

/** Without what is empty or null. */
export function plain({ matchLabels, matchExpressions }: Selector): LabelSelector {
  return {
    ...(matchLabels && Object.keys(matchLabels).length > 0 ? { matchLabels } : {}),
    ...(matchExpressions && matchExpressions.length > 0
      ? {
          matchExpressions: matchExpressions.map(({ key, operator, values }) => ({
            key,
            operator,
            ...(values && values.length > 0 ? { values } : {}),
          })),
        }
      : {}),
  }
}

/**
 * One selector for what any of several selects. Only where that can be said: a single one, or several that each ask one label
 * for values. `undefined` when it cannot; an empty list selects everything and is no selector.
 */
export function united(selectors: readonly Selector[]): LabelSelector | undefined {
  const [first, ...others] = selectors
  if (!first) return undefined
  if (others.length === 0) return plain(first)
  const asked = selectors.map(oneLabel)
  const [key] = asked.map(each => each?.key)
  if (key === undefined || asked.some(each => each?.key !== key)) return undefined
  const values = [...new Set(asked.flatMap(each => each?.values ?? []))]
  return { matchExpressions: [{ key, operator: 'In', values }] }
}

/** The label and its values, of a selector that asks for nothing else. */
function oneLabel({
  matchLabels = {},
  matchExpressions = [],
}: Selector): { readonly key: string; readonly values: readonly string[] } | undefined {
  const labels = Object.entries(matchLabels)
  const [label, expression] = [labels[0], matchExpressions[0]]
  if (labels.length + matchExpressions.length !== 1) return undefined
  if (label) return { key: label[0], values: [label[1]] }
  return expression?.operator === 'In' ? { key: expression.key, values: expression.values ?? [] } : undefined
}
