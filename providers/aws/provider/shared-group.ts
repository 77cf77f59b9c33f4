// The security group that all load balancers of a VPC share, and the rules at the targets that name it: brought to what is needed.
import { directOpenings } from '../apply/direct.ts'
import { permissionsOf } from '../apply/permissions.ts'
import type { Caller } from '../calls/calls.ts'
import { unless } from '../calls/calls.ts'
import { backendSecurityGroupName } from '../model/names.ts'
import { ownershipOf } from '../model/ownership.ts'
import type { Context } from '../observe/context.ts'
import type { Location } from './locations.ts'

/** It lets nobody in: it only says who comes. Rules that somebody put there go, those at the targets become what they were. */
export async function keepSharedGroup(context: Context, location: Location, signal: AbortSignal): Promise<void> {
  const { calls, pictures, place } = location
  const caller: Caller = { key: 'shared', signal }
  await keepDirectRules(context, location, caller)
  const name = backendSecurityGroupName(context.cluster, place.vpcId)
  const found = [...(await pictures.securityGroups.all(signal)).values()].find(group => group.name === name)
  if (!found) return context.rulesOf(location).shrink(undefined, caller)
  const { id, rules, tags } = found
  if (rules.length > 0 && ownershipOf(tags, context.cluster).kind === 'ours') {
    context.log.warn({ group: id, rules: rules.length }, 'the shared security group had rules, which are taken away')
    const input = { GroupId: id, IpPermissions: permissionsOf(rules, undefined) }
    await unless(['InvalidPermission.NotFound'], calls.ec2('RevokeSecurityGroupIngress', input, caller), () => undefined)
    pictures.securityGroups.put({ ...found, rules: [] })
  }
  await context.rulesOf(location).shrink(id, caller)
}

/** The same for load balancers without groups: what clients need at the targets, and no more of ours. */
async function keepDirectRules(context: Context, location: Location, caller: Caller): Promise<void> {
  for (const [{ uid }, { place, openings }] of context.ledger.entries()) {
    const direct = directOpenings(openings)
    if (context.locations.of(place) !== location || Object.keys(direct).length === 0) continue
    await context.directRulesOf(location).set(uid, direct, undefined, caller)
  }
}
