// One look at an Ingress that is in no group: refused, released, or gone with its report left behind.
import { isNotFound } from '../kubernetes/errors.ts'
import type { ObjectKey } from '../kubernetes/objects.ts'
import type { WorkOutcome } from '../kubernetes/queue.ts'
import { latestIngress, latestReport } from './ingress-context.ts'
import type { IngressContext } from './ingress-context.ts'
import { hasFinalizer, isReportOf } from './ingress-decision.ts'
import type { IngressEntry } from './ingress-registry.ts'
import { clearIngress, writeMember } from './ingress-write.ts'
import { ingressReports } from './resources.ts'

/** How often it is asked whether something outside is gone, besides when its group says so. */
const heldMs = 15_000

export async function reconcileSingle(
  context: IngressContext,
  key: ObjectKey,
  signal: AbortSignal,
): Promise<WorkOutcome | undefined> {
  const entry = context.registry.get(key)
  try {
    if (!entry) return await removeLeftover(context, key, signal)
    const { decision } = entry
    if (decision.kind === 'refused') {
      const { problem, ingressClass } = decision
      const report = latestReport(context, key)
      // Where it was served it still is: gateways go by this, and what is outside is kept for it.
      const spec = { ...(isReportOf(report, entry.ingress) ? report.spec : {}), ingressClass }
      await writeMember(context, entry, { spec, finding: problem, warnings: [] }, undefined, signal)
    }
    return decision.kind === 'released' ? await release(context, entry, signal) : undefined
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** The report of an Ingress that is gone; Kubernetes would take it away too, in its own time. */
async function removeLeftover(context: IngressContext, key: ObjectKey, signal: AbortSignal): Promise<undefined> {
  const { surroundings, aheadReports } = context
  const report = latestReport(context, key)
  const ingress = surroundings.stores.ingresses.get(key)
  aheadReports.delete(key)
  if (report && !(ingress && isReportOf(report, ingress))) await surroundings.writer.remove(ingressReports, report, { signal })
}

async function release(context: IngressContext, entry: IngressEntry, signal: AbortSignal): Promise<WorkOutcome | undefined> {
  const { metadata } = latestIngress(entry)
  if (hasFinalizer({ metadata })) {
    const id = { namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid ?? '' }
    let isHeld = false
    for (const provider of context.providers().values()) {
      for (const group of provider.holding?.(id) ?? []) {
        isHeld = true
        context.lookAtGroup(context.registry.addGroup(group, provider))
      }
    }
    if (isHeld) return { againAfterMs: heldMs }
  }
  await clearIngress(context, entry, signal)
  return undefined
}
