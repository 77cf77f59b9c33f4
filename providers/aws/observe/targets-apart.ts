// Where the targets that AWS has, and the rules that let them be reached, are not what they should be. Only asks.
import { difference, describeRegistered } from '../membership/register.ts'
import type { Target } from '../membership/targets.ts'
import type { Look } from '../model/seen.ts'
import type { FoundSecurityGroup } from '../snapshots/shapes.ts'
import type { Location } from '../provider/locations.ts'

export type TargetsApart =
  | { readonly kind: 'register-targets' | 'deregister-targets'; readonly key: string; readonly targets: readonly Target[] }
  /** Somebody took away what was opened; `port` as `tcp:8080`. */
  | { readonly kind: 'open-port'; readonly group: string; readonly port: string }

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
  const closed = Object.entries(record?.openings ?? {}).flatMap(([group, ports]) => {
    const at = known.get(group)
    return at ? ports.filter(port => !isOpen(at, port)).map(port => ({ kind: 'open-port', group, port }) as const) : []
  })
  return [...found.flat(), ...closed]
}

/** Openings for clients (`tcp 8080-8080 cidr …`) are another matter: they are compared with the rules of the load balancer. */
function isOpen({ rules }: FoundSecurityGroup, opening: string): boolean {
  const [, protocol, text] = /^(tcp|udp):(\d+)$/.exec(opening) ?? []
  if (protocol === undefined) return true
  const port = Number(text)
  return rules.some(rule => (rule.protocol === protocol && rule.from <= port && rule.to >= port) || rule.protocol === '-1')
}

/** As a person reads it. */
export function printTargetsApart(apart: TargetsApart): string {
  if (apart.kind === 'open-port')
    return `+ rules           ${apart.group}: ${apart.port.replace(':', ' ')} from the load balancer`
  const sign = apart.kind === 'register-targets' ? '+' : '-'
  return `${sign} targets         ${apart.key}: ${apart.targets.map(({ id, port }) => `${id}:${port}`).join(', ')}`
}
