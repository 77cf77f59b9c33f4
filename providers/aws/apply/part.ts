// Parts with a load balancer: without its protection, or left behind so that it needs nothing of ours.
import type { AwsAction } from '../actions.ts'
import { parseOpening } from '../binding/rules.ts'
import { unless } from '../calls/calls.ts'
import { isGone } from '../calls/errors.ts'
import { quotas } from '../limits.ts'
import { collapse } from '../model/security-group-rules.ts'
import type { OwnRule } from '../model/security-group-rules.ts'
import { recorded, recordLines } from '../plan/believed.ts'
import { directOpenings } from './direct.ts'
import { tagList } from './make.ts'
import { permissionsOf } from './permissions.ts'
import { noteAttributes } from './run.ts'
import type { Run } from './run.ts'

const protection = 'deletion_protection.enabled'

export async function unprotect(run: Run, { arn }: Extract<AwsAction, { readonly kind: 'unprotect' }>): Promise<void> {
  const Attributes = tagList({ [protection]: 'false' })
  try {
    await run.location.calls.elb('ModifyLoadBalancerAttributes', { LoadBalancerArn: arn, Attributes }, run.caller)
  } catch (error) {
    if (!isGone(error)) throw error
  }
  // Should the owner want it again, it is protected again.
  const { [protection]: _off, ...others } = recorded({ record: run.record }, 'load-balancer') ?? {}
  noteAttributes(run, 'load-balancer', recordLines(others))
}

/** Rules at the targets name its own group from now on; those that name the shared one go with the next sweep. */
export async function setFree(
  run: Run,
  { arn, groups, backend }: Extract<AwsAction, { readonly kind: 'set-free' }>,
): Promise<void> {
  const { calls, pictures } = run.location
  const direct = directOpenings(run.record.openings)
  if (Object.keys(direct).length > 0) {
    await run.context.directRulesOf(run.location).set(run.id.uid, {}, direct, run.caller)
    for (const [group, texts] of Object.entries(direct))
      await leaveOpen(run, group, collapse(texts.flatMap(parseOpening), quotas.inboundRulesPerSecurityGroup).rules)
    run.record = { ...run.record, openings: {} }
    return
  }
  const [front] = groups
  if (front === undefined || backend === undefined) return
  for (const [group, ports] of Object.entries(run.record.openings)) {
    await leaveOpen(run, group, rulesOf(ports, front))
  }
  await calls.elb('SetSecurityGroups', { LoadBalancerArn: arn, SecurityGroups: [...groups] }, run.caller)
  const known = pictures.loadBalancers.known(arn)
  if (known) pictures.loadBalancers.put({ ...known, securityGroups: groups })
}

/** Rules that are nobody's to take away any more. */
async function leaveOpen({ location, caller }: Run, group: string, rules: readonly OwnRule[]): Promise<void> {
  for (const rule of rules) {
    const input = { GroupId: group, IpPermissions: permissionsOf([rule], 'left behind by weir.dev') }
    const call = location.calls.ec2('AuthorizeSecurityGroupIngress', input, caller)
    await unless(['InvalidPermission.Duplicate', 'InvalidGroup.NotFound'], call, () => undefined)
  }
}

/** As `tcp:8080` in the ledger. */
function rulesOf(openings: readonly string[], source: string): readonly OwnRule[] {
  return openings.flatMap((opening): OwnRule[] => {
    const [protocol, port] = opening.split(':')
    if (protocol !== 'tcp' && protocol !== 'udp') return []
    return [{ protocol, from: Number(port), to: Number(port), kind: 'group', source }]
  })
}
