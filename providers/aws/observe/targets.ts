// The targets that the cluster says each target group shall have.
import type { LoadBalancerOwner } from '../../../src/model/load-balancer-owner.ts'
import type { Caller } from '../calls/calls.ts'
import { chooseFor } from '../membership/backends.ts'
import type { Target } from '../membership/targets.ts'
import type { Location } from '../provider/locations.ts'
import type { AwsSettings } from '../settings/aws-settings.ts'
import type { Context } from './context.ts'
import { isInside } from './inside.ts'

/** What shall be registered, by key of the target group. */
export async function targetsOf(
  context: Context,
  id: LoadBalancerOwner,
  settings: Pick<AwsSettings, 'targetGroups'>,
  location: Location,
  { signal }: Caller,
): Promise<ReadonlyMap<string, readonly Target[]>> {
  const inside = isInside([...(await location.pictures.subnets.all(signal)).values()])
  return new Map(settings.targetGroups.map(group => [group.key, chooseFor(context, id, group, inside).targets]))
}
