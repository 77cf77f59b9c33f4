// For tests: views that can be changed, and a simulated API server with compare-and-swap, finalizers and watches.
import { addressPool } from '../../../src/api/address-pool.ts'
import type { AddressBlock } from '../../../src/api/address-block.ts'
import type { AddressPool } from '../../../src/api/address-pool.ts'
import type { Announcement } from '../../../src/api/announcement.ts'
import { apiVersion } from '../../../src/api/group.ts'
import type { ObjectMeta } from '../../../src/api/kind.ts'
import type { NodeReport } from '../../../src/api/node-report.ts'
import type { Node } from '../../../src/model/kubernetes-objects.ts'
import type { DesiredLoadBalancer, Membership } from '../../../src/model/load-balancer.ts'
import type { Change, Conflict, View } from '../views.ts'

interface Named {
  readonly metadata: ObjectMeta
}

export interface WritableView<T extends Named> extends View<T> {
  put(object: T): void
  remove(name: string): void
}

export function createView<T extends Named>(): WritableView<T> {
  const objects = new Map<string, T>()
  const listeners = new Set<(change: Change<T>) => void>()
  const tell = (change: Change<T>) => {
    for (const listener of listeners) listener(change)
  }
  return {
    get: name => objects.get(name),
    values: () => objects.values(),
    subscribe(listener, { replay = false } = {}) {
      if (replay) for (const [key, object] of objects) listener({ type: 'added', key, object })
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    put(object) {
      const key = object.metadata.name
      const old = objects.get(key)
      objects.set(key, object)
      tell(old ? { type: 'updated', key, object, old } : { type: 'added', key, object })
    },
    remove(name) {
      const old = objects.get(name)
      objects.delete(name)
      if (old) tell({ type: 'deleted', key: name, old })
    },
  }
}

/** Objects of one kind as the API server keeps them: every write counts up, and a write on an older state is a conflict. */
export interface Server<T extends Named> {
  readonly objects: ReadonlyMap<string, T>
  readonly writes: number
  read(name: string): T | undefined
  create(object: T): T | Conflict
  update(object: T): T | Conflict
  remove(seen: T): 'done' | Conflict
}

let lastVersion = 0

export function createServer<T extends Named>(tell: (name: string, object: T | undefined) => void = () => {}): Server<T> {
  const objects = new Map<string, T>()
  let writes = 0
  const store = (object: T, metadata: Partial<ObjectMeta>): T => {
    lastVersion++
    const stored = { ...object, metadata: { ...object.metadata, ...metadata, resourceVersion: String(lastVersion) } }
    const isGone = stored.metadata.deletionTimestamp !== undefined && (stored.metadata.finalizers ?? []).length === 0
    if (isGone) objects.delete(object.metadata.name)
    else objects.set(object.metadata.name, stored)
    tell(object.metadata.name, isGone ? undefined : stored)
    return stored
  }
  const isCurrent = (seen: T): boolean =>
    objects.get(seen.metadata.name)?.metadata.resourceVersion === seen.metadata.resourceVersion
  return {
    objects,
    get writes() {
      return writes
    },
    read: name => objects.get(name),
    create(object) {
      if (objects.has(object.metadata.name)) return 'conflict'
      writes++
      return store(object, { uid: `uid-${lastVersion + 1}` })
    },
    update(object) {
      if (!isCurrent(object)) return 'conflict'
      writes++
      return store(object, {})
    },
    remove(seen) {
      if (!objects.has(seen.metadata.name)) return 'done'
      if (!isCurrent(seen)) return 'conflict'
      store(seen, { deletionTimestamp: '2026-01-02T00:00:00Z' })
      return 'done'
    },
  }
}

export const poolNamed = (name: string, addresses: readonly string[], spec: Partial<AddressPool['spec']> = {}): AddressPool => ({
  apiVersion,
  kind: addressPool.kind,
  metadata: { name, creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { addresses: [...addresses], autoAssign: true, avoidBuggyIPs: true, ...spec },
})

export const nodeNamed = (name: string, labels: Readonly<Record<string, string>> = {}): Node => ({
  metadata: { name, labels },
  status: { addresses: [{ type: 'InternalIP', address: '10.201.0.11' }] },
})

export const reportOf = (name: string, addresses: readonly string[] = ['10.201.0.11/16'], carrier = true): NodeReport => ({
  apiVersion,
  kind: 'NodeReport',
  metadata: { name },
  spec: {
    version: '0.1.0',
    interfaces: [{ name: 'eth0', index: 2, mac: '02:00:00:00:00:01', carrier, addresses: [...addresses] }],
  },
})

export const serviceNamed = (name: string, changes: Partial<DesiredLoadBalancer> = {}): DesiredLoadBalancer => ({
  id: { kind: 'Service', namespace: 'default', name, uid: `uid-of-${name}` },
  class: {
    apiVersion,
    kind: 'LoadBalancerClass',
    metadata: { name: 'lan' },
    spec: { provider: 'local', targets: 'Node', default: false },
  },
  targetType: 'Node',
  families: ['IPv4'],
  familyPolicy: 'SingleStack',
  listeners: [{ port: 80, protocol: 'TCP', portName: '', nodePort: 30080 }],
  externalTrafficPolicy: 'Cluster',
  sourceRanges: [],
  labels: {},
  annotations: {},
  statusAddresses: [],
  createdAt: '2026-01-01T00:00:00Z',
  ...changes,
})

export const threeReady: Membership = { nodesWithEndpoints: ['n0', 'n1'], readyEndpoints: 3, totalEndpoints: 3 }

export type { AddressBlock, Announcement }
