// What would be done for everything that is Weir's: where nothing would, what is there is what should be.
import { readyCondition } from '../../api/reasons.ts'
import type { Foretold, ForetoldAction } from './foretold.ts'
import { foretellIngress } from './ingress.ts'
import type { OpenedForetelling } from './open.ts'
import { foretellService } from './service.ts'
import type { Service } from '../../model/kubernetes-objects.ts'

export interface ForetoldEverything {
  readonly objects: readonly Foretold[]
  /** Of Announcements that no Service is at. */
  readonly leftover: readonly ForetoldAction[]
}

/** All Services and Ingresses that are Weir's or carry a mark of it; others are not in it. */
export async function foretellEverything(opened: OpenedForetelling, signal: AbortSignal): Promise<ForetoldEverything> {
  const { imagined, foretellers } = opened
  const { services, ingresses, announcements } = imagined.stores
  const objects: Foretold[] = []
  for (const service of Array.from(services.values())) {
    const foretold = await foretellService(service, opened, signal)
    if (foretold.verdict !== 'not-ours' && (foretold.verdict !== 'released' || isMarked(service) || foretold.actions.length > 0))
      objects.push(foretold)
  }
  const seen = new Set(objects.map(({ namespace, name }) => `${namespace}/${name}`))
  for (const ingress of Array.from(ingresses.values())) {
    const [itself, ...rest] = await foretellIngress(ingress, opened, signal)
    if (itself && itself.verdict !== 'not-ours' && itself.verdict !== 'released') objects.push(itself)
    objects.push(...rest.filter(({ namespace, name }) => !seen.has(`${namespace}/${name}`)))
  }
  const leftover: ForetoldAction[] = []
  for (const { announcing } of foretellers.values()) {
    for (const name of announcing ? [...announcements.keys()] : []) {
      const action = announcing?.plan(name)
      if (announcing && action) leftover.push({ kind: action.kind, text: announcing.print(action) })
    }
  }
  return { objects, leftover }
}

function isMarked({ status }: Service): boolean {
  return status?.conditions?.some(({ type }) => type === readyCondition) === true
}
