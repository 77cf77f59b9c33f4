// Which Ingresses are served in which group, and by which Services and Secrets they are concerned: in memory, from the stores.
import { isDeepStrictEqual } from 'node:util'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import type { IngressProvider, IngressReading } from '../ingress-provider.ts'
import { makeKey } from '../kubernetes/objects.ts'
import type { ObjectKey } from '../kubernetes/objects.ts'
import { groupKey, secretKey } from '../model/ingress-group.ts'
import type { IngressGroupId, SecretUse } from '../model/ingress-group.ts'
import type { Ingress } from '../model/ingress-objects.ts'
import type { Service } from '../model/kubernetes-objects.ts'
import type { IngressRouting } from '../model/routing/read.ts'
import { backendServices, certificateSecrets } from './ingress-references.ts'
import type { IngressDecision, Place } from './ingress-decision.ts'

/** What is kept of one Ingress. Only the loop of Ingresses changes these. */
export interface IngressEntry {
  readonly key: ObjectKey
  ingress: Ingress
  decision: IngressDecision
  /** Of an Ingress that is served. */
  reading?: IngressReading
  /** Kept until the Ingress or one of its Services changes. */
  routing?: IngressRouting | undefined
  /** Where clients are led to now; while its new place is not ready, that is the old one. */
  servedAt?: Place | undefined
  /** What the API server answered to our last write, until the store has caught up. */
  ahead?: { readonly of: string; readonly ingress: Ingress } | undefined
  /** Warnings that were told and still hold. */
  warned?: ReadonlySet<string>
  services: readonly ObjectKey[]
  secrets: readonly SecretUse[]
  /** Keys of the groups that it is among the members of. */
  readonly memberOf: Set<string>
}

export interface IngressGroup {
  readonly key: string
  readonly id: IngressGroupId
  readonly provider: IngressProvider
  readonly members: ReadonlySet<ObjectKey>
}

export interface IngressRegistry {
  get(key: ObjectKey): IngressEntry | undefined
  entries(): Iterable<IngressEntry>
  /** Takes what was decided of an Ingress; gives the groups (by key) that are to be looked at for it. */
  decide(ingress: Ingress, key: ObjectKey, decision: IngressDecision): readonly string[]
  /** The Ingress is gone. */
  forget(key: ObjectKey): readonly string[]
  /** Clients are led to the place it is to have: the groups that are rid of it thereby. */
  settled(entry: IngressEntry, place: Place): readonly string[]
  group(key: string): IngressGroup | undefined
  groups(): Iterable<IngressGroup>
  /** A group that is there without members: to be taken away. */
  addGroup(id: IngressGroupId, provider: IngressProvider): string
  dropGroup(key: string): void
  /** A Service has changed: the groups that name it, and the Ingresses that name other Secrets by it than before. */
  serviceChanged(service: ObjectKey): { readonly groups: readonly string[]; readonly renamed: readonly IngressEntry[] }
  /** The groups that name a Service. */
  groupsNaming(service: ObjectKey): readonly string[]
  groupsWithSecret(secret: string): readonly string[]
}

export function createIngressRegistry(serviceOf: (key: ObjectKey) => Service | undefined): IngressRegistry {
  const entries = new Map<ObjectKey, IngressEntry>()
  const groups = new Map<string, { key: string; id: IngressGroupId; provider: IngressProvider; members: Set<ObjectKey> }>()
  const byService = new Map<ObjectKey, Set<ObjectKey>>()
  const bySecret = new Map<string, Set<ObjectKey>>()

  const join = (key: ObjectKey, { group: id, provider }: Place): string => {
    const name = groupKey(id)
    const group = groups.get(name)
    // A provider that started late, or anew, takes the place of its predecessor.
    if (group?.provider === provider) group.members.add(key)
    else groups.set(name, { key: name, id, provider, members: new Set([...(group?.members ?? []), key]) })
    entries.get(key)?.memberOf.add(name)
    return name
  }
  /** Takes it out of every group but where it is to be and where clients still are led to. */
  const leaveOthers = (entry: IngressEntry): readonly string[] => {
    const stays = new Set(placesOf(entry).map(({ group }) => groupKey(group)))
    const left = [...entry.memberOf].filter(name => !stays.has(name))
    for (const name of left) {
      groups.get(name)?.members.delete(entry.key)
      entry.memberOf.delete(name)
    }
    return left
  }
  const forget = (key: ObjectKey): readonly string[] => {
    const entry = entries.get(key)
    if (!entry) return []
    refer(entry, [], [])
    entries.delete(key)
    for (const name of entry.memberOf) groups.get(name)?.members.delete(key)
    return [...entry.memberOf]
  }
  const refer = (entry: IngressEntry, services: readonly ObjectKey[], secrets: readonly SecretUse[]) => {
    for (const service of entry.services) drop(byService, service, entry.key)
    for (const secret of entry.secrets) drop(bySecret, secretKey(secret), entry.key)
    Object.assign(entry, { services, secrets })
    for (const service of services) add(byService, service, entry.key)
    for (const secret of secrets) add(bySecret, secretKey(secret), entry.key)
  }
  /** By its own fields and annotations, and by those of its Services. */
  const secretsOf = (
    { provider }: Place,
    { ingress, reading, services }: { ingress: Ingress; reading: IngressReading; services: readonly ObjectKey[] },
  ): readonly SecretUse[] => {
    const ofServices = services.flatMap(key => {
      const service = serviceOf(key)
      return service ? (provider.secretsOfService?.(service, reading.settings) ?? []) : []
    })
    return [...certificateSecrets(ingress), ...reading.secrets, ...ofServices]
  }
  const groupsOf = (keys: Iterable<ObjectKey>): readonly string[] => {
    const names = new Set<string>()
    for (const key of keys) {
      const entry = entries.get(key)
      if (entry) for (const { group } of placesOf(entry)) names.add(groupKey(group))
    }
    return [...names]
  }

  return {
    get: key => entries.get(key),
    entries: () => entries.values(),
    decide(ingress, key, decision) {
      const old = entries.get(key)
      const same = old && old.ingress.metadata.uid === ingress.metadata.uid ? old : undefined
      const gone = old && !same ? forget(key) : []
      if (!same && decision.kind === 'none') return gone
      const entry: IngressEntry = same ?? { key, ingress, decision, services: [], secrets: [], memberOf: new Set() }
      const before = entry.ingress
      const placeBefore = entry.decision.kind === 'served' ? entry.decision.place : undefined
      entry.ingress = ingress
      entry.decision = decision
      entries.set(key, entry)
      if (decision.kind !== 'served') {
        delete entry.reading
        delete entry.routing
        delete entry.servedAt
        refer(entry, [], [])
        const left = leaveOthers(entry)
        if (decision.kind === 'none') entries.delete(key)
        return [...gone, ...left]
      }
      const { place } = decision
      const readsTheSame =
        entry.reading !== undefined &&
        placeBefore?.provider === place.provider &&
        isSameClass(placeBefore.class, place.class) &&
        isDeepStrictEqual(before.spec, ingress.spec) &&
        isDeepStrictEqual(before.metadata.annotations, ingress.metadata.annotations)
      if (!readsTheSame) {
        const reading = place.provider.read(ingress, place.class)
        entry.reading = reading
        entry.routing = undefined
        const { namespace } = ingress.metadata
        const named = [...backendServices(ingress), ...reading.services].map(name => makeKey(namespace, name))
        const services = [...new Set(named)]
        refer(entry, services, secretsOf(place, { ingress, reading, services }))
      }
      const joined = join(key, place)
      return [...new Set([...gone, joined, ...leaveOthers(entry)])]
    },
    forget,
    settled(entry, place) {
      entry.servedAt = place
      return leaveOthers(entry)
    },
    group: key => groups.get(key),
    groups: () => groups.values(),
    addGroup(id, provider) {
      const key = groupKey(id)
      if (!groups.has(key)) groups.set(key, { key, id, provider, members: new Set() })
      return key
    },
    dropGroup(key) {
      if (groups.get(key)?.members.size === 0) groups.delete(key)
    },
    serviceChanged(service) {
      const keys = [...(byService.get(service) ?? [])]
      const renamed = keys.flatMap(key => {
        const entry = entries.get(key)
        if (!entry) return []
        entry.routing = undefined
        const { ingress, decision, reading, services } = entry
        if (decision.kind !== 'served' || !reading || !decision.place.provider.secretsOfService) return []
        const secrets = secretsOf(decision.place, { ingress, reading, services })
        if (isDeepStrictEqual(secrets, entry.secrets)) return []
        refer(entry, services, secrets)
        return [entry]
      })
      return { groups: groupsOf(keys), renamed }
    },
    groupsNaming: service => groupsOf(byService.get(service) ?? []),
    groupsWithSecret: secret => groupsOf(bySecret.get(secret) ?? []),
  }
}

/** Where it is to be, and where clients are led to as long as that is not ready. */
function placesOf({ decision, servedAt }: IngressEntry): readonly Place[] {
  if (decision.kind !== 'served') return []
  return servedAt ? [decision.place, servedAt] : [decision.place]
}

function isSameClass(one: LoadBalancerClass, other: LoadBalancerClass): boolean {
  return one === other || isDeepStrictEqual(one.spec, other.spec)
}

function add(index: Map<string, Set<ObjectKey>>, value: string, key: ObjectKey): void {
  const keys = index.get(value)
  if (keys) keys.add(key)
  else index.set(value, new Set([key]))
}

function drop(index: Map<string, Set<ObjectKey>>, value: string, key: ObjectKey): void {
  const keys = index.get(value)
  keys?.delete(key)
  if (keys?.size === 0) index.delete(value)
}
