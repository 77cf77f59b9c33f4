// By what a Service is known outside: its place, and the uid that a successor of the same name does not have.
import type { Service } from './kubernetes-objects.ts'
import type { ServiceId } from './load-balancer.ts'

export function idOf({ metadata }: Service): ServiceId {
  return { kind: 'Service', namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid ?? '' }
}
