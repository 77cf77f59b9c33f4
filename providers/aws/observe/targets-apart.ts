// Where the targets that AWS has, and the rules that let them be reached, are not what they should be. Only asks.
import { parseOpening } from '../binding/rules.ts'
import { parseCidr } from '../../../src/model/address.ts'
import { difference, describeRegistered } from '../membership/register.ts'
import type { Target } from '../membership/targets.ts'
import type { LedgerRecord } from '../model/ledger.ts'
import type { Rule } from '../model/security-group-rules.ts'
import type { Look, Seen } from '../model/seen.ts'
import type { Location } from '../provider/locations.ts'

export type TargetsApart =
  | { readonly kind: 'register-targets' | 'deregister-targets'; readonly key: string; readonly targets: readonly Target[] }
  /** Somebody took away what was opened; `text` as `tcp 8080 from the load balancer`. */
  | { readonly kind: 'open-port'; readonly group: string; readonly text: string }

/** Of target groups that are there; those that are planned anew are filled with the plan. */
export async function targetsApart(
  observed: Look,
  { calls, pictures }: Pick<Location, 'calls' | 'pictures'>,
  signal: AbortSignal,
): Promise<readonly TargetsApart[]> {
  if (observed.kind !== 'seen' || !observed.stack) return []
  const { stack, groups, targets, record } = observed
  const caller = { key: stack.id.uid, signal }
  const found = await Promise.all(
    stack.targetGroups.map(async ({ key, name }): Promise<readonly TargetsApart[]> => {
      const group = groups.find(each => each.name === name)
      if (!group) return []
      const apart = difference(targets.get(key) ?? [], await describeRegistered(calls, group.arn, caller))
      return [
        ...(apart.register.length > 0 ? [{ kind: 'register-targets', key, targets: apart.register } as const] : []),
        ...(apart.deregister.length > 0 ? [{ kind: 'deregister-targets', key, targets: apart.deregister } as const] : []),
      ]
    }),
  )
  const known = await pictures.securityGroups.all(signal)
  return [...found.flat(), ...closedOpenings(record?.openings ?? {}, known, sharedGroup(stack, observed))]
}

/**
 * Which of the `openings` that the ledger has are closed in the groups of targets as they are `known`. `shared`: the group that
 * the load balancer comes with. Pure.
 */
export function closedOpenings(
  openings: LedgerRecord['openings'],
  known: ReadonlyMap<string, { readonly rules: readonly Rule[] }>,
  shared: string | undefined,
): readonly TargetsApart[] {
  return Object.entries(openings).flatMap(([group, texts]) => {
    const at = known.get(group)
    const asked = at ? texts.flatMap(each => rulesOf(each, shared)) : []
    return asked.flatMap(rule =>
      at?.rules.some(other => lets(other, rule)) ? [] : [{ kind: 'open-port', group, text: ruleText(rule) } as const],
    )
  })
}

/** The group by which targets know the load balancers: what is opened for these is opened to it alone. */
function sharedGroup({ balancer }: NonNullable<Seen['stack']>, { backend }: Seen): string | undefined {
  const last = balancer.securityGroups.at(-1)
  return last === 'backend' ? backend?.id : typeof last === 'object' ? last.id : undefined
}

/** An opening for the shared group (`tcp:8080`), or one for clients (`tcp 8080-8080 cidr 10.0.0.0/8`), as the ledger has them. */
function rulesOf(opening: string, shared: string | undefined): readonly Rule[] {
  const [, protocol, text] = /^(tcp|udp):(\d+)$/.exec(opening) ?? []
  if (protocol === undefined) return parseOpening(opening)
  const port = Number(text)
  return shared === undefined ? [] : [{ protocol, from: port, to: port, kind: 'group', source: shared }]
}

/** A rule for other sources lets nothing in that the load balancer needs, however wide its ports are. */
function lets(rule: Rule, asked: Rule): boolean {
  const isSource = rule.kind === asked.kind && (rule.source === asked.source || isWithin(asked, rule))
  return isSource && rule.protocol === asked.protocol && rule.from <= asked.from && rule.to >= asked.to
}

/** Sources of many rules are made fewer and wider where a group has no room for all. */
function isWithin(narrow: Rule, wide: Rule): boolean {
  const [inner, outer] = [parseCidr(narrow.source)?.network, parseCidr(wide.source)?.network]
  return !!inner && !!outer && inner.family === outer.family && outer.first <= inner.first && outer.last >= inner.last
}

function ruleText({ protocol, from, to, kind, source }: Rule): string {
  const ports = from === to ? `${from}` : `${from}-${to}`
  return `${protocol} ${ports} from ${kind === 'group' ? 'the load balancer' : source}`
}

/** As a person reads it. */
export function printTargetsApart(apart: TargetsApart): string {
  if (apart.kind === 'open-port') return `+ rules           ${apart.group}: ${apart.text}`
  const sign = apart.kind === 'register-targets' ? '+' : '-'
  return `${sign} targets         ${apart.key}: ${apart.targets.map(({ id, port }) => `${id}:${port}`).join(', ')}`
}
