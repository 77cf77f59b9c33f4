// Where requests go for now: what serves goes on until the fresh target groups put beside it with weight 0 are healthy. Pure.
import type { ForwardAction, RuleAction, UnknownPart } from '../../model/application.ts'
import { quotas } from '../../limits.ts'
import type { Seen } from '../../model/seen.ts'
import { longestFillMs } from '../listeners.ts'
import type { ArnOf } from './same.ts'

export interface Staged {
  readonly actions: readonly RuleAction[]
  /** Key of the target group that is not healthy yet. */
  readonly waitsFor?: string
}

/** `found` is what stands in the same place now. */
export function stageActions(
  wanted: readonly RuleAction[],
  found: readonly (RuleAction | UnknownPart)[],
  { seen, arnOf }: { readonly seen: Seen; readonly arnOf: ArnOf },
): Staged {
  const [last, before] = [wanted.at(-1), found.at(-1)]
  if (last?.kind !== 'forward' || before?.kind !== 'forward') return { actions: wanted }
  const places = last.to.map(to => ({ to, arn: 'arn' in to ? to.arn : arnOf(to.own) }))
  const serving = before.to.flatMap(to => ('arn' in to && to.weight > 0 ? [to] : []))
  const isServing = (arn: string | undefined) => serving.some(to => to.arn === arn)
  const fresh = places.flatMap(({ to, arn }) => {
    if (!('own' in to) || to.weight === 0 || isServing(arn) || (seen.targets.get(to.own)?.length ?? 0) === 0) return []
    const since = arn === undefined ? seen.now : (seen.waitingSince.get(arn) ?? seen.now)
    const isReady = arn !== undefined && (seen.healthy.has(arn) || seen.now - since >= longestFillMs)
    return [{ own: to.own, isReady }]
  })
  const waiting = fresh.find(({ isReady }) => !isReady)
  // Beside what serves there must be room; and what answers by no target at all is no reason to wait.
  if (!waiting || serving.length === 0 || serving.length + fresh.length > quotas.targetGroupsPerAction) return { actions: wanted }
  const staged: ForwardAction = {
    ...last,
    to: [...serving.map(({ arn, weight }) => ({ arn, weight })), ...fresh.map(({ own }) => ({ own, weight: 0 }))],
  }
  return { actions: [...wanted.slice(0, -1), staged], waitsFor: waiting.own }
}
