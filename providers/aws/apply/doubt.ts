// What an error says about what we believed: the next look asks AWS instead.
import type { LoadBalancerOwner } from '../../../src/model/load-balancer-owner.ts'
import { isGone, isUncertain, namedIn } from '../calls/errors.ts'
import type { Context } from '../observe/context.ts'
import type { Location } from '../provider/locations.ts'

/** What was believed to be there is not: the next look asks AWS. */
export async function believing<T>(
  context: Context,
  id: LoadBalancerOwner,
  location: Location,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    doubt(context, id, location, error)
    throw error
  }
}

/** Something is gone that we believed in, or something may be there that we know nothing of. */
export function doubt({ memory }: Context, { uid }: LoadBalancerOwner, location: Location, error: unknown): void {
  if (isGone(error)) disbelieve(location, namedIn(error))
  if (isGone(error) || isUncertain(error)) memory.doubted.add(uid)
}

/** What is known of these is not to be believed any more. */
export function disbelieve({ pictures }: Location, ids: readonly string[]): void {
  for (const id of ids) {
    pictures.loadBalancers.lost(id)
    pictures.targetGroups.lost(id)
    pictures.securityGroups.lost(id)
  }
}
