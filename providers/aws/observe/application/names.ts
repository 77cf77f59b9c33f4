// Which members of a group name subnets or security groups that are not there: nobody else of the group waits for those.
import type { IngressGroupGoal } from '../../../../src/model/ingress-group.ts'
import type { Problem } from '../../../../src/model/load-balancer.ts'
import type { Caller } from '../../calls/calls.ts'
import { subnetFacts } from '../../discovery/network.ts'
import { namedSecurityGroups } from '../../discovery/security-groups.ts'
import { unknownSubnets } from '../../discovery/subnets.ts'
import type { IngressSettings, Served } from '../../ingress/asked.ts'
import type { Location } from '../../provider/locations.ts'
import { notOlder } from '../../snapshots/pictures.ts'
import type { Context } from '../context.ts'

/** Where something is not found, others may have made it since. */
const maxAgeMs = 60_000

type Pictures = Location['pictures']
type Subnets = Awaited<ReturnType<Pictures['subnets']['all']>>
type Groups = Awaited<ReturnType<Pictures['securityGroups']['all']>>
type Refused = (member: Pick<Served, 'settings'>) => readonly Problem[]

/** Costs no call where nobody names any, or all of them are known. */
export async function namesRefused(
  { clock }: Context,
  { class: lbClass, members }: IngressGroupGoal<IngressSettings>,
  { location: { pictures, place }, caller: { signal } }: { readonly location: Location; readonly caller: Caller },
): Promise<Refused> {
  const { subnets: ofAll = [], securityGroups: groupsOfAll = [] } = lbClass.spec.aws ?? {}
  // What the class names is nobody's own.
  const own = { subnets: new Set(ofAll), securityGroups: new Set(groupsOfAll) }
  const namedBy = ({ settings }: Pick<Served, 'settings'>, of: 'subnets' | 'securityGroups') =>
    (settings.values[of] ?? []).filter(name => !own[of].has(name))
  const names = (of: 'subnets' | 'securityGroups') => members.flatMap(member => namedBy(member, of))
  // Of one Ingress alone, everything waits for what it names.
  const isShared = members.length > 1
  const asksSubnets = isShared && names('subnets').length > 0
  const asksGroups = isShared && names('securityGroups').length > 0
  const from = (subnets: Subnets, groups: Groups): Refused => {
    const facts = [...subnets.values()].map(subnetFacts)
    const known = [...groups.values()]
    const refused: Refused = member => [
      ...(asksSubnets ? unknownSubnets(namedBy(member, 'subnets'), place.vpcId, facts) : []),
      ...(asksGroups ? namedSecurityGroups(namedBy(member, 'securityGroups'), place.vpcId, known).problems : []),
    ]
    // With nobody else to go on, the load balancer waits.
    return members.every(member => refused(member).length > 0) ? () => [] : refused
  }
  const [noSubnets, noGroups]: [Subnets, Groups] = [new Map(), new Map()]
  const known = from(
    asksSubnets ? await pictures.subnets.all(signal) : noSubnets,
    asksGroups ? await pictures.securityGroups.all(signal) : noGroups,
  )
  if (members.every(member => known(member).length === 0)) return known
  const since = { now: clock.monotonic(), signal }
  return from(
    asksSubnets ? await notOlder(pictures.subnets, maxAgeMs, since) : noSubnets,
    asksGroups ? await notOlder(pictures.securityGroups, maxAgeMs, since) : noGroups,
  )
}
