// The rules of each listener: looked at once, then kept true by what we write ourselves. Only a look at the listener lists them.
import type { FoundListenerRule } from '../model/application.ts'
import { createRecent } from './recent.ts'

export interface RulePictures {
  /** Undefined while nobody has looked, or what was seen is not believed any more. */
  known(listener: string): readonly FoundListenerRule[] | undefined
  /** A look gave these, which may be older than what we wrote since. */
  saw(listener: string, rules: readonly FoundListenerRule[]): void
  /** A listener that was made has none. */
  begin(listener: string): void
  put(rule: FoundListenerRule): void
  drop(arn: string): void
  /** What was seen of the listener is not to be believed. */
  lost(listener: string): void
}

export function createRulePictures(monotonic: () => number): RulePictures {
  const recent = createRecent<FoundListenerRule>(({ arn }) => arn, monotonic)
  const listeners = new Map<string, ReadonlyMap<string, FoundListenerRule>>()
  const change = (listener: string, edit: (rules: Map<string, FoundListenerRule>) => void) => {
    const before = listeners.get(listener)
    if (!before) return
    const rules = new Map(before)
    edit(rules)
    listeners.set(listener, rules)
  }
  return {
    known: listener => {
      const rules = listeners.get(listener)
      return rules && [...rules.values()]
    },
    saw(listener, rules) {
      const merged = recent.over(rules, rule => rule.listener === listener)
      listeners.set(listener, new Map(merged.map(rule => [rule.arn, rule])))
    },
    begin: listener => void listeners.set(listener, new Map()),
    put(rule) {
      recent.put(rule)
      change(rule.listener, rules => rules.set(rule.arn, rule))
    },
    drop(arn) {
      recent.drop(arn)
      for (const listener of listeners.keys()) change(listener, rules => rules.delete(arn))
    },
    lost: listener => void listeners.delete(listener),
  }
}
