// Objects of a cluster with pod targets, and a forwarder that follows them into a data path of which only the orders are kept.
import type { Announcement } from '../../../../src/api/announcement.ts'
import type { NodeReport } from '../../../../src/api/node-report.ts'
import { announcementName, parseAddress } from '../../../../src/model/address.ts'
import type { EndpointSlice, Service } from '../../../../src/model/kubernetes-objects.ts'
import { cacheOf } from '../cache-under-test.ts'
import type { DesiredDataPath } from '../datapath/data-path.ts'
import type { Obstacle } from '../datapath/preflight.ts'
import type { AgentClock } from '../ports.ts'
import type { DesiredServices } from './drains.ts'
import { createForwarder } from './forwarder.ts'
import type { Verdict } from './verdict.ts'
import { followPlacedServices } from './placed-services.ts'

export type Pod = readonly [address: string, node: string]

export const nic = (number: number, network = 201) => ({
  name: 'eth0',
  index: 2,
  mac: `02:00:00:00:00:0${number}`,
  carrier: true,
  addresses: [`10.${network}.0.1${number}/16`],
})

export function announcementOf(
  address: string,
  services: readonly string[],
  spec: Partial<Announcement['spec']> = {},
): Announcement {
  const parsed = parseAddress(address)
  if (!parsed) throw new Error(address)
  return {
    apiVersion: 'weir.dev/v1alpha1',
    kind: 'Announcement',
    metadata: { name: announcementName(parsed) },
    spec: {
      address,
      pool: 'office',
      services: services.map(name => ({ uid: `uid-${name}`, namespace: 'default', name })),
      nodes: ['n1', 'n2'],
      targets: 'Pod',
      hashSeed: 7,
      ...spec,
    },
  }
}

export function serviceOf(name: string, uid = `uid-${name}`): Service {
  return {
    metadata: { name, namespace: 'default', uid },
    spec: { type: 'LoadBalancer', ipFamilies: ['IPv4'], ports: [{ name: 'http', port: 80 }] },
  }
}

export function sliceOf(service: string, pods: readonly Pod[], name = `${service}-1`): EndpointSlice {
  return {
    metadata: { name, namespace: 'default', labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    endpoints: pods.map(([address, nodeName]) => ({ addresses: [address], nodeName })),
  }
}

export function reportOfNode(name: string, number: number, able: boolean | undefined = true): NodeReport {
  const condition = {
    type: 'DataPath',
    status: able ? ('True' as const) : ('False' as const),
    reason: able ? 'Accepted' : 'ForwardingOff',
    message: able ? '' : 'net.ipv4.ip_forward is 0.',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  }
  return {
    apiVersion: 'weir.dev/v1alpha1',
    kind: 'NodeReport',
    metadata: { name },
    spec: { interfaces: [nic(number)], version: '1', conditions: able === undefined ? [] : [condition] },
  }
}

/** Node n1 of a cluster of which nothing is there yet. */
export function makeForwarding<Clock extends AgentClock>(clock: Clock) {
  const keyOf = ({ metadata }: Announcement | NodeReport | Service | EndpointSlice) =>
    metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`
  const announcements = cacheOf<Announcement>(() => [], keyOf)
  const services = cacheOf<Service>(() => [], keyOf)
  const slices = cacheOf<EndpointSlice>(() => [], keyOf)
  const reports = cacheOf<NodeReport>(() => [], keyOf)
  const applied: DesiredDataPath[] = []
  const verdicts: Verdict[] = []
  const told: string[][] = []
  const drained: (readonly [before: DesiredServices | undefined, now: DesiredServices])[] = []
  const dead = new Set<string>()
  const left = new Set<string>()
  const world = {
    interfaces: [nic(1)],
    obstacle: undefined as Obstacle | undefined,
    refuses: false,
    shortcutsRefused: undefined as string | undefined,
    announced: new Set<string>(),
    /** So long a look for obstacles takes, and a write. */
    lookMs: 0,
    writeMs: 0,
    looks: 0,
    removals: 0,
  }
  const passing = (ms: number) => new Promise<void>(resolve => void clock.schedule(ms, resolve))
  const placed = followPlacedServices({
    self: 'n1',
    announcements: announcements.watched,
    services: services.watched,
    slices: slices.watched,
    onChange: () => forwarder.changed(),
  })
  const forwarder = createForwarder({
    self: 'n1',
    placed,
    reports: reports.watched,
    interfaces: () => world.interfaces,
    announces: address => world.announced.has(address),
    presenceOf: node => (dead.has(node) ? 'dead' : left.has(node) ? 'left' : 'alive'),
    dataPath: {
      async apply(desired) {
        if (world.writeMs > 0) await passing(world.writeMs)
        if (world.refuses) throw new Error('the kernel says no')
        applied.push(desired)
      },
      async remove() {
        world.removals++
      },
      get shortcutsRefused() {
        return world.shortcutsRefused
      },
    },
    drains: {
      follow: (before, now) => void drained.push([before, now]),
      [Symbol.dispose]() {},
    },
    async findObstacle() {
      world.looks++
      if (world.lookMs > 0) await passing(world.lookMs)
      return world.obstacle
    },
    clock,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    onPaths: addresses => void told.push([...addresses]),
    onVerdict: verdict => void verdicts.push(verdict),
    onApplied() {},
    onFailed() {},
  })
  reports.watched.subscribe(() => forwarder.changed())
  const put =
    <T extends Announcement | NodeReport | Service | EndpointSlice>(cache: ReturnType<typeof cacheOf<T>>) =>
    (object: T) =>
      cache.take({ type: 'updated', object, old: cache.watched.get(keyOf(object)) })
  return {
    clock,
    world,
    dead,
    left,
    applied,
    verdicts,
    told,
    drained,
    placed,
    forwarder,
    announce: put(announcements),
    withdraw: (object: Announcement) => announcements.take({ type: 'deleted', old: object }),
    putService: put(services),
    putSlice: put(slices),
    report: put(reports),
    /** The pods of this node at the address, and the nodes of its slots, as last applied. */
    at(address: string, port = 80) {
      const service = applied.at(-1)?.services.get(`${address} 6 ${port}`)
      return (
        service && { path: service.path, own: service.endpoints.length, nodes: [...new Set(service.slots?.nodes)].toSorted() }
      )
    },
  }
}
