// Who of a group is served by what it asks for now, who by what it asked for when that was last good, and who not at all. Pure.
import type { LoadBalancerClass } from '../../../src/api/load-balancer-class.ts'
import type { IngressGroupGoal, IngressMember } from '../../../src/model/ingress-group.ts'
import type { Ingress } from '../../../src/model/ingress-objects.ts'
import type { Problem } from '../../../src/model/load-balancer.ts'
import { resolveBackend } from '../../../src/model/routing/backend.ts'
import { memberKey } from '../../../src/model/routing/model.ts'
import { readIngress } from '../../../src/model/routing/read.ts'
import { ingressPrefix } from '../annotations/ingress.ts'
import type { LedgerIngress } from '../model/ledger.ts'
import { blocks } from '../model/problems.ts'
import type { Existing } from '../settings/wish.ts'
import { createAgreement } from './agreement.ts'
import { readIngressSettings } from './settings.ts'
import { resolveAction } from './ways.ts'
import type { IngressSettings, Served } from './asked.ts'

export interface Sorted {
  /** In the order of the goal, oldest first. */
  readonly served: readonly Served[]
  /** What is told of members, served or not, by `namespace/name`. */
  readonly problems: ReadonlyMap<string, readonly Problem[]>
}

type Goal = IngressGroupGoal<IngressSettings>

export interface Before {
  /** Those that have a part by the ledger, with what each asked for when that was last good. */
  readonly before: readonly LedgerIngress[]
  readonly existing: Existing
  /** What AWS does not have of what a member asks for the whole load balancer. */
  readonly refused?: (member: Served) => readonly Problem[]
}

/**
 * Each member is looked at alone, the oldest first: what it asks for now, and if that is wrong, or contradicts who came before it,
 * what it asked for when that was last good. Whoever has neither is left out, and the others are served.
 */
export function sortMembers(goal: Goal, { before, existing, refused = () => [] }: Before): Sorted {
  const formers = goal.members.flatMap(member => formerOf(goal, member, before) ?? [])
  const agreement = createAgreement({ members: formers, scheme: existing === 'none' ? undefined : existing.scheme })
  const served: Served[] = []
  const problems = new Map<string, readonly Problem[]>()
  for (const member of goal.members) {
    const key = memberKey(member.id)
    const now = asItIs(member, key)
    const former = formers.find(({ id }) => id.uid === member.id.uid)
    // What the load balancer was made by and AWS has no more is not taken back: that could open it, or have it made anew.
    const lacking = former && refused(former).length > 0 ? [] : refused(now)
    const conflicts = member.problems.some(isBlocking) ? undefined : [...lacking, ...agreement.conflicts(now)]
    if (conflicts?.length === 0) {
      agreement.add(now)
      served.push(now)
      continue
    }
    const isKept = former !== undefined && agreement.conflicts(former).length === 0
    if (isKept) {
      agreement.add(former)
      served.push(former)
    }
    problems.set(key, [...(conflicts ?? []), ...(isKept ? [] : [leftOut(former !== undefined)])])
  }
  return { served, problems }
}

function isBlocking({ severity }: Problem): boolean {
  return severity === 'blocks'
}

function asItIs({ id, ingress, routing, settings }: IngressMember<IngressSettings>, key: string): Served {
  return { id, key, ingress, routing, settings, isFormer: false }
}

function leftOut(hadSome: boolean): Problem {
  const why = hadSome ? 'what it asked for before contradicts others as well' : 'it never was served without a mistake'
  return { ...blocks('GroupConflict', `Nothing of the Ingress is served: ${why}.`), severity: 'warns' }
}

/** What a member asks for, for the ledger: what is read here, and nothing else. */
export function askedNow({ metadata, spec }: Ingress): string {
  const { name, namespace, uid, creationTimestamp, annotations = {} } = metadata
  const read = Object.entries(annotations).filter(([key]) => key.startsWith(ingressPrefix) || key.startsWith('weir.dev/'))
  return JSON.stringify({ metadata: { name, namespace, uid, creationTimestamp, annotations: Object.fromEntries(read) }, spec })
}

/** Services that an Ingress led to by what it asked for when that was last good. Whoever keeps that needs them still. */
export function servicesAskedFor(asked: string, lbClass: LoadBalancerClass): readonly string[] {
  const former = readAsked(asked)
  if (!former) return []
  const { spec } = former
  const paths = (spec?.rules ?? []).flatMap(({ http }) => http?.paths ?? [])
  return [
    ...[spec?.defaultBackend, ...paths.map(({ backend }) => backend)].flatMap(backend => backend?.service?.name ?? []),
    ...readIngressSettings(former, lbClass).services,
  ]
}

/** Written by `askedNow`. */
function readAsked(asked: string): Ingress | undefined {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const { metadata, ...rest } = JSON.parse(asked) as Partial<Ingress>
    return metadata && { ...rest, metadata }
  } catch {
    return undefined
  }
}

function formerOf(goal: Goal, { id }: IngressMember, before: readonly LedgerIngress[]): Served | undefined {
  const recorded = before.find(({ uid }) => uid === id.uid)
  const ingress = recorded && readAsked(recorded.asked)
  if (!ingress) return undefined
  try {
    const { settings, ways, problems } = readIngressSettings(ingress, goal.class)
    if (problems.some(isBlocking)) return undefined
    const service = (namespace: string, name: string) => goal.services.get(`${namespace}/${name}`)?.service
    const routing = readIngress(
      ingress,
      (backend, owner) => resolveAction(backend, owner) ?? resolveBackend(backend, id.namespace, { service }),
      ways,
    )
    return { id, key: memberKey(id), ingress, routing, settings, isFormer: true }
  } catch {
    return undefined
  }
}
