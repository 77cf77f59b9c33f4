// Which Services concern others besides their own load balancer: those that others forward to.
import { keyOf, makeKey } from '../kubernetes/objects.ts'
import type { ObjectKey } from '../kubernetes/objects.ts'
import type { Store } from '../kubernetes/store.ts'
import type { Service } from '../model/kubernetes-objects.ts'

export interface References {
  /** The Services that name this one. */
  to(service: ObjectKey): Iterable<ObjectKey>
  stop(): void
}

/** Follows `services`; `namesOf` gives the Services of the same namespace that one names. */
export function followReferences(
  services: Pick<Store<Service>, 'subscribe'>,
  namesOf: (service: Service) => readonly string[],
): References {
  const byTarget = new Map<ObjectKey, Set<ObjectKey>>()
  const targetsOf = (service: Service | undefined) =>
    service ? namesOf(service).map(name => makeKey(service.metadata.namespace, name)) : []
  const stop = services.subscribe(
    ({ key, object, old }) => {
      for (const target of targetsOf(old)) {
        byTarget.get(target)?.delete(key)
        if (byTarget.get(target)?.size === 0) byTarget.delete(target)
      }
      for (const target of targetsOf(object)) byTarget.set(target, (byTarget.get(target) ?? new Set()).add(key))
    },
    { replay: true },
  )
  return { to: service => byTarget.get(service) ?? [], stop }
}

/** What of a Service decides where its endpoints are reached. */
export function portsMark(service: Service | undefined): string {
  return service ? `${keyOf(service)} ${JSON.stringify(service.spec.ports ?? [])}` : ''
}
