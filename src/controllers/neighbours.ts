// Services that may share a load balancer, as the provider asks for them: by the name of their group, or one by one.
import { makeKey } from '../kubernetes/objects.ts'
import { claim } from '../model/claim.ts'
import type { Service } from '../model/kubernetes-objects.ts'
import type { DesiredLoadBalancer, ServiceId } from '../model/load-balancer.ts'
import type { Surroundings } from './controller.ts'
import { idOf } from '../model/service-id.ts'

/** A Service that is ours and stays. */
export interface Neighbour {
  readonly id: ServiceId
  /** Absent while it is refused: then it keeps what it has. */
  readonly desired?: DesiredLoadBalancer
}

export interface Neighbours {
  ofGroup(namespace: string, group: string): Iterable<Neighbour>
  find(id: ServiceId): Neighbour | undefined
}

/** `asked` gives what a Service asks of the provider; undefined for one that it refuses. */
export function neighboursIn(
  { stores }: Pick<Surroundings, 'stores'>,
  asked: (service: Service) => DesiredLoadBalancer | undefined,
): Neighbours {
  const neighbour = (service: Service): Neighbour | undefined => {
    if (service.metadata.deletionTimestamp !== undefined || service.spec.type !== 'LoadBalancer') return undefined
    const { kind } = claim(service, [...stores.classes.values()], { allocated: true })
    if (kind === 'none' || kind === 'release' || kind === 'foreign') return undefined
    const desired = asked(service)
    return { id: idOf(service), ...(desired ? { desired } : {}) }
  }
  return {
    ofGroup: (namespace, group) =>
      stores.services.byIndex('group', makeKey(namespace, group)).flatMap(service => neighbour(service) ?? []),
    find(id) {
      const service = stores.services.get(makeKey(id.namespace, id.name))
      return service?.metadata.uid === id.uid ? neighbour(service) : undefined
    },
  }
}
