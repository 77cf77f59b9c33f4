// Takes a load balancer over: a last look at its tags, then our marks.
import type { AwsAction } from '../actions.ts'
import { ownerText, ownerOf } from '../model/names.ts'
import { adoptionOf, isOwnedBy } from '../model/ownership.ts'
import { notAllowed, refusal } from '../observe/adoption.ts'
import { clusterNameOf } from '../observe/context.ts'
import { abandonable } from '../snapshots/table.ts'
import { tag, untag } from './change.ts'
import type { Run } from './run.ts'

/** Throws AdoptionRefused when its tags do not allow it any more. */
export async function adopt(
  run: Run,
  { arn, name, tags, remove }: Extract<AwsAction, { readonly kind: 'adopt' }>,
): Promise<void> {
  const { context, location, caller, id } = run
  const owner = ownerOf(id)
  await context.confirmLeading(caller.signal)
  const fresh = (await abandonable(location.freshTags([arn]), caller.signal)).get(arn)
  if (!fresh) {
    location.pictures.loadBalancers.lost(arn)
    throw refusal(`${name} is not there any more.`)
  }
  const known = location.pictures.loadBalancers.known(arn)
  if (known) location.pictures.loadBalancers.saw({ ...known, tags: fresh })
  const clusterName = run.class && clusterNameOf(context, run.class)
  const { allowed, why } = adoptionOf(fresh, context.cluster, owner, clusterName)
  if (!allowed && !isOwnedBy(fresh, context.cluster, owner)) throw notAllowed(name, why, ownerText(owner))
  await tag(run, { kind: 'tag', arns: [arn], tags })
  if (remove.length > 0) await untag(run, { kind: 'untag', arns: [arn], keys: remove })
}
