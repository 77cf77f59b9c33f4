// What is left of Services that are gone, under the key that they had: released, unless one of them is back.
import { isNotFound } from '../kubernetes/errors.ts'
import type { ObjectKey } from '../kubernetes/objects.ts'
import type { WorkOutcome } from '../kubernetes/queue.ts'
import type { LoadBalancerId } from '../model/load-balancer.ts'
import { again, sooner } from './again.ts'
import { releaseEverywhere } from './bring.ts'
import { services } from './resources.ts'
import { claimOf } from './service-context.ts'
import type { ServiceContext } from './service-context.ts'

/** Releases those that are noted under `key`; says when to look again at what could not go yet. */
export async function releaseOrphans(
  context: ServiceContext,
  key: ObjectKey,
  signal: AbortSignal,
): Promise<WorkOutcome | undefined> {
  const { surroundings, providers, orphans } = context
  let later: WorkOutcome | undefined
  for (const id of orphans.of(key)) {
    if (await isOwned(context, id, signal)) {
      orphans.settled(id)
      continue
    }
    const outcome = await releaseEverywhere(providers, id, signal)
    surroundings.log.info({ object: key, uid: id.uid, gone: outcome.gone, reason: 'Orphaned' }, 'orphan released')
    if (outcome.gone) orphans.settled(id)
    else later = sooner(later, again(outcome))
  }
  return later
}

/** Whether the Service of `id` exists and is to be served. Asked of the API server itself: freeing cannot be taken back. */
async function isOwned(context: ServiceContext, id: LoadBalancerId, signal: AbortSignal): Promise<boolean> {
  // Whether somebody asks for a group, its provider knows.
  if (context.orphans.isSure(id) || id.kind === 'Group') return false
  try {
    const service = await context.surroundings.writer.get(services, id.name, id.namespace, { signal })
    return service.metadata.uid === id.uid && claimOf(context, service).kind !== 'none'
  } catch (error) {
    if (isNotFound(error)) return false
    throw error
  }
}
