// What is foretold of one object.
import type { Problem } from '../../model/load-balancer.ts'
import type { Action } from '../../provider.ts'

export interface ForetoldAction {
  readonly kind: Action['kind']
  /** In one line. */
  readonly text: string
  /** It is done whenever something else is. */
  readonly routine?: true
}

/**
 * Those that say something: what is planned at every look says nothing where it is all there is, and where only what differs is
 * asked for.
 */
export function tellingActions(
  planned: readonly Action[],
  { print, isRoutine }: { readonly print: (action: Action) => string; readonly isRoutine?: (action: Action) => boolean },
): readonly ForetoldAction[] {
  const isAllRoutine = planned.every(action => isRoutine?.(action) === true)
  return isAllRoutine
    ? []
    : planned.map(action => ({
        kind: action.kind,
        text: print(action),
        ...(isRoutine?.(action) === true ? { routine: true as const } : {}),
      }))
}

/**
 * Of what was played through, what came about: an action that is still planned for at the end (`open`) came to nothing as often
 * as it was tried. What prints alike is there once. Pure.
 */
export function cameAbout(
  { tried, open }: { readonly tried: readonly Action[]; readonly open: readonly Action[] },
  { print, aim = print }: { readonly print: (action: Action) => string; readonly aim?: (action: Action) => string },
): readonly Action[] {
  const missed = new Set(open.map(aim))
  const done = tried.filter(action => !missed.has(aim(action)))
  return [...new Map(done.toReversed().map(action => [print(action), action])).values()].toReversed()
}

export type Foretold = {
  readonly object: 'service' | 'ingress'
  readonly namespace: string
  readonly name: string
  /** Of a Service that an Ingress is served by: `namespace/name` of the Ingress. */
  readonly for?: string
} & (
  | { readonly verdict: 'not-ours'; readonly why: string }
  /** What it has stays; `reason` is that of the condition it would get. */
  | {
      readonly verdict: 'refused'
      readonly class: string
      readonly reason: string
      readonly problems: readonly Told[]
      /** Where it was the provider that could not give anything. */
      readonly provider?: string
      readonly warnings?: readonly Told[]
    }
  /** AWS does not answer, or not to this user. */
  | { readonly verdict: 'unknown'; readonly class: string; readonly reason: string; readonly problems: readonly Told[] }
  | {
      readonly verdict: 'released' | 'served'
      readonly class: string
      readonly provider: string
      /** `a Network Load Balancer in us-west-2`. */
      readonly gives: string
      readonly actions: readonly ForetoldAction[]
      readonly warnings: readonly Told[]
      /** What comes of the actions, where that can be seen without doing them. */
      readonly outcome?: {
        readonly addresses: readonly string[]
        readonly ready: boolean
        readonly reason: string
        readonly message: string
      }
      /** With whom it shares a load balancer, as `namespace/name`. */
      readonly together?: readonly string[]
    }
)

export interface Told {
  readonly reason: string
  readonly message: string
  readonly remedy: string
}

/** Each once, however many say it. */
export function toldOnce(problems: readonly Problem[]): readonly Told[] {
  return [...new Map(problems.map(problem => [JSON.stringify(told(problem)), told(problem)])).values()]
}

export function told({ reason, message, remedy }: Problem): Told {
  return { reason, message, remedy }
}
