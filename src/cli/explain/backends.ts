// The Services that an Ingress leads to, with each endpoint in or out and why.
import { backendServices } from '../../controllers/ingress-references.ts'
import type { Ingress } from '../../model/ingress-objects.ts'
import { slicesOf } from '../served.ts'
import type { Snapshot } from '../snapshot.ts'
import { fact, type Fact } from '../view.ts'
import { endpointLines, endpointStates, type PortState } from './endpoints.ts'

export interface BackendState {
  readonly service: string
  /** Absent: there is no such Service. */
  readonly ports?: readonly PortState[]
}

/** Each Service once, in the order of their names. Pure. */
export function backendStates(ingress: Ingress, { services, slices, pods }: Snapshot): readonly BackendState[] {
  const { namespace } = ingress.metadata
  return [...new Set(backendServices(ingress))].toSorted().map(name => {
    const found = services.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name)
    return found ? { service: name, ports: endpointStates(found, slicesOf(found, slices), pods) } : { service: name }
  })
}

export function backendFacts(backends: readonly BackendState[]): readonly Fact[] {
  return backends.flatMap(({ service, ports }) => {
    if (!ports) return [fact(service, 'there is no such Service')]
    return ports.map(port => fact(`${service} ${port.title}`, ...endpointLines(port)))
  })
}
