// As much of PromQL as it takes to tell which metrics and labels an expression asks for.

export interface Asked {
  /** Metrics with the labels that their selectors name, and the values that are asked for. */
  readonly metrics: readonly { readonly name: string; readonly matchers: readonly Matcher[] }[]
  /** Labels of by, on, group_left and the like. */
  readonly groupings: readonly string[]
}

export interface Matcher {
  readonly label: string
  readonly operator: string
  readonly value: string
}

const groupingWords = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g
const metricNames = /\b((?:weir|envoy|process|nodejs)_\w+)\s*(\{[^}]*\})?/g
const matchers = /(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g

export function readExpression(expression: string): Asked {
  const groupings = Array.from(expression.matchAll(groupingWords), ([, names = '']) => names.split(','))
    .flat()
    .map(name => name.trim())
    .filter(Boolean)
  const metrics = Array.from(expression.replaceAll(groupingWords, '').matchAll(metricNames), ([, name = '', selector = '']) => ({
    name,
    matchers: Array.from(selector.matchAll(matchers), ([, label = '', operator = '', value = '']) => ({
      label,
      operator,
      value,
    })),
  }))
  return { metrics, groupings }
}
