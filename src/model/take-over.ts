// Whether the controller that an alias stands for is provably gone, from what was seen of its Leases and workloads. Pure.
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import { leaseText, refText, withoutClass } from './other-controllers.ts'
import type { OtherController, Search } from './other-controllers.ts'
import type { Problem } from './load-balancer.ts'

/** What was seen at one place. */
export type LeaseSight =
  /** It was renewed while it was watched. */
  | { readonly kind: 'held'; readonly holder: string }
  /** Not renewed yet; its holder has its own duration to show that it lives. */
  | { readonly kind: 'watched'; readonly holder: string }
  /** Not renewed for its duration, or given up by its holder. */
  | { readonly kind: 'expired' }
  | Unseen

export type WorkloadSight =
  | { readonly kind: 'running'; readonly ready: number }
  /** It wants pods and has had none that is ready for less than a minute. */
  | { readonly kind: 'unready' }
  | { readonly kind: 'stopped' }
  | Unseen

type Unseen =
  | { readonly kind: 'missing' }
  /** Why it could not be read. */
  | { readonly kind: 'unreadable'; readonly why: string }

export interface Sights {
  lease(ref: Search['leases'][number]): LeaseSight
  workload(ref: Search['workloads'][number]): WorkloadSight
}

/** What becomes of an alias. */
export type TakeOver =
  /** The other controller is gone: what it left is ours. */
  | { readonly kind: 'active'; readonly other?: OtherController; readonly seen: string }
  /** `runs`: it was seen at work, so that also what was taken over before is left alone. */
  | { readonly kind: 'waiting'; readonly runs: boolean; readonly problem: Problem }

/** Added to the message of a Service that was taken over before. */
export const keptText = 'What the Service has is kept.'

/** By alias; `''` stands for Services without a class. */
export type TakeOvers = ReadonlyMap<string, TakeOver>

/**
 * What is known of an alias that a class has. `unknown`: it is about to be looked at, and nothing may begin before that is
 * done. Undefined where nobody looks at all: it is as if there had never been another controller.
 */
export function takeOverOf(takeOvers: TakeOvers | undefined, alias: string): TakeOver | 'unknown' | undefined {
  return takeOvers && (takeOvers.get(alias) ?? 'unknown')
}

/**
 * Any sign of life counts more than any sign of death. Gone is a controller of which one Lease has expired, or one workload
 * that does its work, or everything that the class names, has no ready pods.
 */
export function judgeTakeOver(search: Search, sights: Sights): TakeOver {
  const { other, free } = search
  if (free) return { kind: 'active', seen: 'the class says that nobody else has it' }
  const who = other?.name ?? 'Its controller'
  const leases = search.leases.map(ref => ({ text: leaseText(ref), sight: sights.lease(ref) }))
  const workloads = search.workloads.map(ref => ({ ...ref, text: refText(ref), sight: sights.workload(ref) }))
  const alive = [
    ...leases.flatMap(({ text, sight }) => (sight.kind === 'held' ? [`${text} is renewed by ${sight.holder}`] : [])),
    ...workloads.flatMap(({ text, sight }) =>
      sight.kind === 'running' ? [`${text} has ${sight.ready} ready ${sight.ready === 1 ? 'pod' : 'pods'}`] : [],
    ),
  ]
  if (alive.length > 0) return waiting(search, true, `${who} still runs: ${alive.join('; ')}.`, stopRemedy(search))
  const pending = [
    ...leases.flatMap(({ text, sight }) => (sight.kind === 'watched' ? [`whether ${sight.holder} renews ${text}`] : [])),
    ...workloads.flatMap(({ text, sight }) => (sight.kind === 'unready' ? [`whether ${text} gets ready pods again`] : [])),
  ]
  if (pending.length > 0) {
    const message = `${who} may still run; it is being watched ${pending.join(' and ')}.`
    return waiting(search, false, message, `Wait a moment. ${stopRemedy(search)}`)
  }
  const proofs = [
    ...leases.flatMap(({ text, sight }) => (sight.kind === 'expired' ? [`${text} has expired`] : [])),
    ...workloads.flatMap(({ text, sight, proves }) => (proves && sight.kind === 'stopped' ? [`${text} has no ready pods`] : [])),
  ]
  const named = workloads.filter(each => each.named)
  const allNamedGone = named.length > 0 && named.every(({ sight }) => sight.kind === 'stopped' || sight.kind === 'missing')
  const absent = named.flatMap(({ text, sight }) => (sight.kind === 'missing' ? [`${text} is not there`] : []))
  const isProven = named.length > 0 ? allNamedGone || leases.some(({ sight }) => sight.kind === 'expired') : proofs.length > 0
  if (isProven) return { kind: 'active', ...(other ? { other } : {}), seen: [...proofs, ...absent].join('; ') }
  return unproven(search, who, [...leases, ...workloads])
}

function unproven(
  search: Search,
  who: string,
  places: readonly { readonly text: string; readonly sight: LeaseSight | WorkloadSight }[],
): TakeOver {
  const { other } = search
  if (places.length === 0) {
    const message = 'It is not known which controller has it.'
    return waiting(
      search,
      false,
      message,
      `Name the Deployment or DaemonSet of that controller in spec.takeOver, or say from: Nobody there.`,
    )
  }
  const seen = places.flatMap(({ text, sight }) => {
    if (sight.kind === 'missing') return [`${text} is not there`]
    return sight.kind === 'unreadable' ? [`${text} cannot be read (${sight.why})`] : []
  })
  const rights = other?.rights ?? 'a Role like those in deploy/take-over'
  const remedy = places.some(({ sight }) => sight.kind === 'unreadable')
    ? `Let Weir look there: kubectl apply -f ${rights}.`
    : 'If it ran elsewhere, name its Deployment or DaemonSet in spec.takeOver of the class; one that is named there and gone is proof enough.'
  return waiting(search, false, `It is not proven that ${other ? who : 'its controller'} is gone: ${seen.join('; ')}.`, remedy)
}

function waiting({ alias }: Search, runs: boolean, message: string, remedy: string): TakeOver {
  const what = alias === withoutClass ? 'Services without a class are' : `${alias} is`
  return {
    kind: 'waiting',
    runs,
    problem: {
      reason: runs ? 'OtherControllerRuns' : 'TakeOverUnproven',
      message: `${what} not taken over yet. ${message}`,
      remedy,
      severity: 'blocks',
    },
  }
}

function stopRemedy({ alias, other }: Search): string {
  const stop = other ? `Stop it (${other.stop})` : 'Stop it'
  return alias === withoutClass
    ? `${stop}, or take spec.takeOver out of the class.`
    : `${stop}, or take the alias out of the class.`
}

/** What a class is told of its aliases that are not active yet; undefined when all are. */
export function waitingAliases({ spec }: LoadBalancerClass, takeOvers: TakeOvers): string | undefined {
  const answered = [...(spec.aliases ?? []), ...(spec.default ? [withoutClass] : [])]
  const texts = answered.flatMap(alias => {
    const takeOver = takeOvers.get(alias)
    return takeOver?.kind === 'waiting' ? `${takeOver.problem.message} ${takeOver.problem.remedy}` : []
  })
  return texts.length === 0 ? undefined : texts.join(' ')
}
