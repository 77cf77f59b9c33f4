// The Services at addresses whose traffic goes straight to pods, kept up to date from the objects of the cluster, one by one as they change.
import type { Announcement } from '../../../../src/api/announcement.ts'
import type { LoadBalancerClass } from '../../../../src/api/load-balancer-class.ts'
import { parseAddress } from '../../../../src/model/address.ts'
import { serviceNameLabel } from '../../../../src/model/kubernetes-objects.ts'
import type { EndpointSlice, Service } from '../../../../src/model/kubernetes-objects.ts'
import type { PlacedService } from '../datapath/build-services.ts'
import type { Watched } from '../ports.ts'
import { isConcerned } from './uses-pods.ts'

export interface PlacedServicesOptions {
  readonly self: string
  readonly announcements: Watched<Announcement>
  /** Keys are `namespace/name`. */
  readonly services: Watched<Service>
  readonly slices: Watched<EndpointSlice>
  readonly onChange: () => void
}

export interface PlacedServices extends Disposable {
  /** Each the same object for as long as nothing of it changed. */
  values(): Iterable<PlacedService>
  /** The Announcements of `values`, by the text of their address. */
  readonly announcements: ReadonlyMap<string, Announcement>
}

type Targets = 'Node' | 'Pod'

interface Placed {
  readonly announcement: Announcement
  /** By the key of the Service. */
  readonly services: Map<string, PlacedService>
}

export function followPlacedServices(options: PlacedServicesOptions): PlacedServices {
  const { self, announcements, services, slices, onChange } = options
  const placed = new Map<string, Placed>()
  const byAddress = new Map<string, Announcement>()
  /** Names of the Announcements of a Service. */
  const users = new Map<string, Set<string>>()
  const slicesOf = new Map<string, Map<string, EndpointSlice>>()

  const look = (name: string, key: string) => {
    const at = placed.get(name)
    if (!at) return
    const service = placeOf(at.announcement, key, { self, service: services.get(key), slices: slicesOf.get(key) })
    if (service) at.services.set(key, service)
    else at.services.delete(key)
  }
  const changed = (key: string) => {
    const names = users.get(key)
    if (!names) return
    for (const name of names) look(name, key)
    onChange()
  }
  const forget = (name: string) => {
    const old = placed.get(name)
    if (!old) return
    placed.delete(name)
    byAddress.delete(old.announcement.spec.address)
    for (const key of keysOf(old.announcement)) {
      const names = users.get(key)
      names?.delete(name)
      if (names?.size === 0) users.delete(key)
    }
    onChange()
  }
  const take = (announcement: Announcement) => {
    const { name } = announcement.metadata
    const old = placed.get(name)
    if (old && isSame(old.announcement, announcement, self)) {
      placed.set(name, { ...old, announcement })
      byAddress.set(announcement.spec.address, announcement)
      return
    }
    forget(name)
    if (!isConcerned(announcement, self)) return
    placed.set(name, { announcement, services: new Map() })
    byAddress.set(announcement.spec.address, announcement)
    for (const key of keysOf(announcement)) {
      users.set(key, (users.get(key) ?? new Set()).add(name))
      look(name, key)
    }
    onChange()
  }
  const takeSlice = (slice: EndpointSlice | undefined, old: EndpointSlice | undefined) => {
    const before = old && ownerOf(old)
    const now = slice && ownerOf(slice)
    if (old && before !== undefined && before !== now) {
      slicesOf.get(before)?.delete(old.metadata.name)
      if (slicesOf.get(before)?.size === 0) slicesOf.delete(before)
      changed(before)
    }
    if (!slice || now === undefined) return
    slicesOf.set(now, (slicesOf.get(now) ?? new Map<string, EndpointSlice>()).set(slice.metadata.name, slice))
    changed(now)
  }

  const stops = [
    slices.subscribe(({ object, old }) => takeSlice(object, old), { replay: true }),
    services.subscribe(({ object, old }) => {
      const metadata = (object ?? old)?.metadata
      if (metadata) changed(`${metadata.namespace}/${metadata.name}`)
    }),
    announcements.subscribe(
      ({ type, object, old }) => {
        if (type === 'deleted' && old) forget(old.metadata.name)
        else if (object) take(object)
      },
      { replay: true },
    ),
  ]
  return {
    *values() {
      for (const at of placed.values()) yield* at.services.values()
    },
    announcements: byAddress,
    [Symbol.dispose]() {
      for (const stop of stops) stop()
    },
  }
}

function keysOf({ spec }: Announcement): readonly string[] {
  return spec.services.map(({ namespace, name }) => `${namespace}/${name}`)
}

function ownerOf({ metadata }: EndpointSlice): string | undefined {
  const name = metadata.labels?.[serviceNameLabel]
  return name === undefined ? undefined : `${metadata.namespace}/${name}`
}

/** Whether nothing changed but what others write: the status, who announces. */
function isSame(one: Announcement, other: Announcement, self: string): boolean {
  const read = (announcement: Announcement) => {
    const { address, services, targets, interfaces, nodeInterfaces, hashSeed } = announcement.spec
    const asked = [address, services, targets, interfaces, nodeInterfaces, hashSeed, isConcerned(announcement, self)]
    return JSON.stringify([announcement.metadata.uid, ...asked])
  }
  return read(one) === read(other)
}

/** Undefined while the Service is not there, or is another one of the same name. */
function placeOf(
  { spec }: Announcement,
  key: string,
  has: {
    readonly self: string
    readonly service: Service | undefined
    readonly slices: ReadonlyMap<string, EndpointSlice> | undefined
  },
): PlacedService | undefined {
  const { self, service, slices } = has
  const address = parseAddress(spec.address)
  const reference = spec.services.find(({ namespace, name }) => `${namespace}/${name}` === key)
  if (!address || !reference || !service || service.metadata.uid !== reference.uid) return undefined
  const on = spec.nodeInterfaces?.find(({ node }) => node === self)?.interfaces ?? spec.interfaces
  const of = classes[reference.targets ?? spec.targets ?? 'Node']
  const { drainSeconds } = reference
  const settings = { ...(on && { on }), ...(drainSeconds !== undefined && { drainSeconds }) }
  return { address, service, class: of, slices: [...(slices?.values() ?? [])], ...settings }
}

/** Of its class an agent needs to know no more than the target type. */
const classOf = (targets: Targets): LoadBalancerClass => ({
  apiVersion: 'weir.dev/v1alpha1',
  kind: 'LoadBalancerClass',
  metadata: { name: targets.toLowerCase() },
  spec: { provider: 'local', targets, default: false },
})
const classes = { Node: classOf('Node'), Pod: classOf('Pod') } as const
