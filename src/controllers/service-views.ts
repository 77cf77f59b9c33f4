// What Services ask for and have, as a provider without stores of its own is told it: pure looks at the stores.
import { createHash } from 'node:crypto'
import { apiVersion } from '../api/group.ts'
import { kindNames } from '../api/kind-names.ts'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import { makeKey } from '../kubernetes/objects.ts'
import { buildLoadBalancer } from '../model/build.ts'
import { claim } from '../model/claim.ts'
import type { DesiredLoadBalancer, LoadBalancerId } from '../model/load-balancer.ts'
import { namespaceLabels } from './stores.ts'
import type { Stores } from './stores.ts'

/** A Service of ours with the addresses its status holds. */
export interface ExistingService {
  readonly id: LoadBalancerId
  readonly createdAt: string
  readonly addresses: readonly string[]
}

/** Of the uid of kube-system, which is as old as the cluster and as unlike that of others. */
export function seedOf({ namespaces }: Stores): number {
  const uid = namespaces.get('kube-system')?.metadata.uid ?? ''
  return createHash('sha256').update(uid).digest().readUInt32BE()
}

/** The addresses that Services show already that are ours or would be, were they not another controller's: nobody else may be given them, even before their Services are looked at. */
export function* addressesInStatuses({ services, classes }: Stores): Iterable<ExistingService> {
  const all = [...classes.values()]
  for (const service of services.values()) {
    const addresses = (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? [])
    if (addresses.length === 0) continue
    const { kind } = claim(service, all)
    if (kind === 'none' || kind === 'release') continue
    const { name, namespace = '', uid = '', creationTimestamp = '' } = service.metadata
    yield { id: { kind: 'Service', namespace, name, uid }, createdAt: creationTimestamp, addresses }
  }
}

/** Says nothing about a Service but that its own class is not known now; it keeps what it has. */
const unknownClass: LoadBalancerClass = {
  apiVersion,
  kind: kindNames.loadBalancerClass.kind,
  metadata: { name: 'unknown' },
  spec: { provider: 'local', targets: 'Node', default: false },
}

/** What a Service of ours asks for now. */
export function desiredOf({ namespace, name, uid }: LoadBalancerId, stores: Stores): DesiredLoadBalancer | undefined {
  const { services, classes } = stores
  const service = services.get(makeKey(namespace, name))
  if (service?.metadata.uid !== uid) return undefined
  const verdict = claim(service, [...classes.values()])
  if (verdict.kind === 'ours') return buildLoadBalancer(service, verdict.class, namespaceLabels(stores, service)).desired
  if (verdict.kind === 'none' || verdict.kind === 'release') return undefined
  return buildLoadBalancer(service, unknownClass, namespaceLabels(stores, service)).desired
}
