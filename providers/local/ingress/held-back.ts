// Ingresses whose last change an Envoy refused, as the agents report them: each is told of its own. Pure.
import type { NodeReport } from '../../../src/api/node-report.ts'
import { reasons } from '../../../src/api/reasons.ts'
import type { MemberOutcome } from '../../../src/ingress-provider.ts'
import type { IngressMember } from '../../../src/model/ingress-group.ts'
import { memberKey } from '../../../src/model/routing/model.ts'

/**
 * By `namespace/name`, of the members alone. Every node says the same sooner or later, and no node is named, so that the report
 * of an Ingress does not change with each node that comes to it.
 */
export function heldBack(
  reports: Iterable<NodeReport>,
  members: readonly Pick<IngressMember, 'id'>[],
): ReadonlyMap<string, MemberOutcome> {
  const messages = new Map<string, string>()
  for (const { spec } of reports) {
    for (const held of spec.gateway?.held ?? []) {
      const key = memberKey(held)
      const known = messages.get(key)
      if (known === undefined || held.message < known) messages.set(key, held.message)
    }
  }
  if (messages.size === 0) return nobody
  return new Map(
    members.flatMap(({ id }): readonly [string, MemberOutcome][] => {
      const message = messages.get(memberKey(id))
      return message === undefined ? [] : [[memberKey(id), { problems: [problem(message)] }]]
    }),
  )
}

const nobody: ReadonlyMap<string, MemberOutcome> = new Map()

function problem(message: string): MemberOutcome['problems'][number] {
  return {
    reason: 'ChangeHeldBack',
    message: `Envoy refuses what it asks for, and what was served before goes on: ${message}.`,
    remedy: reasons.ChangeHeldBack.remedy,
    severity: 'blocks',
  }
}
