// What a plan compares with the stack, whatever kind of load balancer it is: attributes, certificates, targets, and what is waited for.
import type { Seen } from '../model/seen.ts'
import type { Stack } from '../model/stack.ts'
import type { AwsSettings } from '../settings/aws-settings.ts'
import type { FoundListener, FoundLoadBalancer, FoundTargetGroup } from '../snapshots/shapes.ts'
import { unknownAttributes, unknownCertificates } from './listeners.ts'
import type { Look } from './look.ts'
import { targetsOf } from './targets.ts'
import { healthyOf, rememberWaits, waitedFor } from './waits.ts'
import type { Forwarded } from './waits.ts'

export async function comparedOf(
  { context, id, record, location, caller }: Pick<Look, 'context' | 'id' | 'record' | 'location' | 'caller'>,
  {
    stack,
    settings,
    balancers,
    groups,
    listeners,
    byRules = [],
  }: {
    readonly stack: Stack
    readonly settings: Pick<AwsSettings, 'targetGroups'>
    readonly balancers: readonly FoundLoadBalancer[]
    readonly groups: readonly FoundTargetGroup[]
    readonly listeners: readonly FoundListener[]
    /** Where rules lead to, beside the listeners. */
    readonly byRules?: readonly Forwarded[]
  },
): Promise<
  Pick<Seen, 'balancers' | 'stack' | 'listeners' | 'attributes' | 'certificates' | 'targets' | 'healthy' | 'waitingSince'>
> {
  // Without those that the listing still showed and that turned out to be gone.
  const present = balancers.filter(({ arn }) => location.pictures.loadBalancers.known(arn) !== undefined)
  const current = present.find(({ name }) => name === stack.balancer.name)
  const targets = await targetsOf(context, id, settings, location, caller)
  const forwarded = [
    ...listeners.flatMap(({ loadBalancer, forward }) => (loadBalancer === current?.arn ? forward : [])),
    ...byRules,
  ]
  const waited = waitedFor(stack, { standing: present, groups, forwarded, record })
  const waitingSince = rememberWaits(
    context,
    [...groups, ...present].map(({ arn }) => arn),
    waited,
  )
  // Once in a while not even the ledger is believed.
  const believed = context.memory.strict.has(id.uid) ? undefined : record
  const [attributes, certificates, healthy] = await Promise.all([
    unknownAttributes(location, { record: believed, stack, current, groups, listeners }, caller),
    unknownCertificates(location, believed, listeners, caller),
    healthyOf(
      location,
      waited.filter(arn => groups.some(group => group.arn === arn)),
      caller,
    ),
  ])
  return { balancers: present, stack, listeners, attributes, certificates, targets, healthy, waitingSince }
}
