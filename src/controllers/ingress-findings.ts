// What an IngressReport shall say of an Ingress that is served, or that cannot be. Pure.
import type { Finding } from '../api/conditions.ts'
import type { IngressReport } from '../api/ingress-report.ts'
import type { MemberOutcome } from '../ingress-provider.ts'
import { groupName, secretKey } from '../model/ingress-group.ts'
import type { IngressGroupGoal, IngressMember, SecretUse } from '../model/ingress-group.ts'
import type { Problem } from '../model/load-balancer.ts'
import { memberKey } from '../model/routing/model.ts'
import { reportOf } from '../model/routing/report.ts'
import { uncoveredHosts } from '../model/secret-content.ts'
import type { Readiness } from '../provider.ts'
import type { IngressEntry } from './ingress-registry.ts'
import type { Place } from './ingress-decision.ts'

/** So many problems are told in the condition. */
const toldInFull = 3

/** What a report shall hold; the condition is a finding, whose time is found when it is written. */
export interface ReportContent {
  readonly spec: IngressReport['spec']
  /** Without conditions. Absent: what is there stays. */
  readonly status?: Omit<NonNullable<IngressReport['status']>, 'conditions' | 'addresses'>
  readonly finding: Finding
  /** Told by events, each once. */
  readonly warnings: readonly Problem[]
}

/** What came of the group: its readiness, or the error that came instead. */
export interface GroupVerdict {
  readonly readiness: Pick<Readiness, 'ready' | 'reason' | 'message'>
  readonly member: MemberOutcome | undefined
}

/** What a report names of a place. */
type NamedPlace = Omit<Place, 'provider'> & { readonly provider: Pick<Place['provider'], 'name'> }

export function specAt({ group, class: lbClass, ingressClass, provider }: NamedPlace): IngressReport['spec'] {
  return { ingressClass, class: lbClass.metadata.name, provider: provider.name, group: groupName(group) }
}

/** The report of a member. `servedAt`: where its clients are led to. */
export function memberContent(
  { ingress, decision, secrets }: Pick<IngressEntry, 'ingress' | 'decision' | 'secrets'>,
  servedAt: NamedPlace,
  goal: Pick<IngressGroupGoal, 'model' | 'secrets'>,
  member: Pick<IngressMember, 'id' | 'problems'>,
  { readiness, member: outcome }: GroupVerdict,
): ReportContent {
  const routing = reportOf(ingress, goal.model, outcome?.routes, secret => isUnusable(goal, secret))
  if (!routing) throw new TypeError(`${memberKey(member.id)} is not in the model of its group`)
  const own = [...member.problems, ...(outcome?.problems ?? []), ...secretProblems(goal, member, secrets)]
  const claimed = decision.kind === 'served' ? decision.warnings : []
  const blocking = [...own, ...routing.problems].filter(({ severity }) => severity === 'blocks')
  const { routes, certificates, inEffect, notInEffect } = routing
  const { generation } = ingress.metadata
  return {
    spec: specAt(servedAt),
    status: {
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      routes: [...routes],
      certificates: [...certificates],
      inEffect,
      notInEffect,
    },
    finding: findingOf(readiness, blocking, routing.finding),
    warnings: [...claimed, ...own, ...routing.problems].filter(({ severity }) => severity === 'warns'),
  }
}

/** A group that serves nobody is the gravest matter; then what is wrong with the Ingress itself. */
function findingOf(readiness: GroupVerdict['readiness'], blocking: readonly Problem[], routed: Finding): Finding {
  if (!readiness.ready) return { reason: readiness.reason, message: readiness.message, remedy: '' }
  const [first] = blocking
  if (!first) return routed
  const told = blocking.slice(0, toldInFull).map(({ message }) => message)
  const more = blocking.length - told.length
  const message = [...told, ...(more > 0 ? [`And ${more} more.`] : [])].join(' ')
  return { reason: first.reason, message, remedy: first.remedy }
}

/** Nothing was ever found in it that clients could be shown; a Secret that was not looked at yet is not. */
function isUnusable(
  { secrets }: Pick<IngressGroupGoal, 'secrets'>,
  secret: { readonly namespace: string; readonly name: string },
): boolean {
  const state = secrets.get(secretKey({ kind: 'tls', ...secret }))
  return state?.problem?.severity === 'blocks' && !state.good
}

/** Of every Secret that the Ingress names: that it is not usable, over, or for other hosts than it is shown for. */
function secretProblems(
  { secrets, model }: Pick<IngressGroupGoal, 'model' | 'secrets'>,
  { id }: Pick<IngressMember, 'id'>,
  uses: readonly SecretUse[],
): readonly Problem[] {
  const once = new Map(uses.map(use => [secretKey(use), use]))
  return [...once.values()].flatMap(use => {
    const state = secrets.get(secretKey(use))
    if (!state) return []
    const { problem, good } = state
    if (problem?.severity === 'blocks' || !good?.certificate) return problem ?? []
    const shown = model.members.get(memberKey(id))?.certificates.filter(({ shadowedBy }) => !shadowedBy) ?? []
    const hosts = shown
      .filter(({ certificate }) => certificate.secret.name === use.name)
      .map(({ certificate }) => certificate.host)
    return [...(problem ? [problem] : []), ...[uncoveredHosts(use, good.certificate, [...new Set(hosts)]) ?? []].flat()]
  })
}
