// What a provider must remember of each load balancer over restarts: kept in LoadBalancer objects, read from memory.
import { createHash } from 'node:crypto'
import { apiVersion } from '../api/group.ts'
import { kindReadyCondition } from '../api/conditions.ts'
import type { LoadBalancer, LoadBalancerMember } from '../api/load-balancer.ts'
import type { Reason } from '../api/reasons.ts'
import { findCondition, setCondition } from '../kubernetes/conditions.ts'
import type { Condition } from '../kubernetes/conditions.ts'
import { isAlreadyExists, isConflict, isNotFound } from '../kubernetes/errors.ts'
import type { Writer } from '../kubernetes/writes.ts'
import { firstFew } from '../model/first-few.ts'
import { ingressAlone, namedIngressGroup } from '../model/ingress-group-ids.ts'
import type { LoadBalancerOwner } from '../model/load-balancer-owner.ts'
import type { ServiceId } from '../model/load-balancer.ts'
import { loadBalancers } from './resources.ts'

type Status = NonNullable<LoadBalancer['status']>

/** A Service with a part of the load balancer of a group. */
export interface LoadBalancerMemberRecord {
  readonly id: ServiceId
  readonly ports: readonly string[]
  readonly asked: string
  readonly serving?: boolean
  readonly unfinished?: boolean
  readonly leaving?: string
}

/** An Ingress with a part of a load balancer. */
export interface LoadBalancerIngressRecord {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly asked: string
}

/** What is remembered of one load balancer. Times are ISO 8601. */
export interface LoadBalancerRecord {
  readonly class: string
  readonly place: NonNullable<Status['place']>
  readonly applied?: Readonly<NonNullable<Status['applied']>>
  readonly ids: Readonly<Record<string, string>>
  readonly attributes: Readonly<Record<string, readonly string[]>>
  readonly scheme?: string
  readonly retain?: boolean
  readonly dnsName?: string
  readonly retiring: readonly Readonly<NonNullable<Status['retiring']>[number]>[]
  readonly targets: Readonly<Record<string, string>>
  readonly openings: Readonly<Record<string, readonly string[]>>
  /** For a group. */
  readonly members?: readonly LoadBalancerMemberRecord[]
  /** For Ingresses. */
  readonly ingresses?: readonly LoadBalancerIngressRecord[]
  /** For a Service that is served by a group now. */
  readonly leaving?: string
  readonly readiness?: { readonly ready: boolean; readonly reason: Reason; readonly message: string }
}

/** Reads are answered from memory; a write is in the API server when its promise resolves. */
export interface LoadBalancerLedger {
  read(id: LoadBalancerOwner): LoadBalancerRecord | undefined
  write(id: LoadBalancerOwner, record: LoadBalancerRecord, signal: AbortSignal): Promise<void>
  remove(id: LoadBalancerOwner, signal: AbortSignal): Promise<void>
  entries(): Iterable<readonly [LoadBalancerOwner, LoadBalancerRecord]>
}

interface Entry {
  readonly id: LoadBalancerOwner
  readonly record: LoadBalancerRecord
  /** As the API server gave it last. */
  readonly object: LoadBalancer
}

/**
 * The ledger as `objects` (all LoadBalancers of `namespace`) have it. It is the only writer as long as its term of leadership
 * lasts. A conflict shows that it is not, or that a person changed the object: what is there is taken over, and the conflict is
 * thrown, so that the caller looks at everything anew.
 */
export function createLoadBalancerLedger(options: {
  readonly objects: Iterable<LoadBalancer>
  readonly writer: Writer
  readonly namespace: string
  readonly now: () => number
}): LoadBalancerLedger {
  const { writer, namespace, now } = options
  const entries = new Map<string, Entry>()
  const take = (object: LoadBalancer) => {
    const entry = entryOf(object)
    if (entry) entries.set(entry.id.uid, entry)
  }
  for (const object of options.objects) take(object)

  /** Whatever stands there now is the truth. */
  const takeOver = async (id: LoadBalancerOwner, signal: AbortSignal) => {
    entries.delete(id.uid)
    try {
      take(await writer.get(loadBalancers, loadBalancerName(id), namespace, { signal }))
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
  return {
    read: ({ uid }) => entries.get(uid)?.record,
    async write(id, record, signal) {
      const seen = entries.get(id.uid)
      const object = objectOf(id, record, { namespace, seen: seen?.object, now: now() })
      try {
        const written = seen
          ? await writer.update(loadBalancers, object, { signal })
          : await writer.create(loadBalancers, object, { signal })
        entries.set(id.uid, { id, record, object: slim(written) })
      } catch (error) {
        if (isConflict(error) || isAlreadyExists(error) || isNotFound(error)) await takeOver(id, signal)
        // Deleted by somebody: it is made again.
        if (isNotFound(error) && !entries.has(id.uid)) return this.write(id, record, signal)
        throw error
      }
    },
    async remove(id, signal) {
      const seen = entries.get(id.uid)
      if (!seen) return
      try {
        await writer.remove(loadBalancers, seen.object, { signal })
      } catch (error) {
        if (isConflict(error)) await takeOver(id, signal)
        throw error
      }
      entries.delete(id.uid)
    },
    entries: () => [...entries.values()].map(({ id, record }) => [id, record] as const),
  }
}

/**
 * The uid keeps a Service apart from a later one of the same name whose load balancer is made while this one goes; a group is
 * kept apart from one of the same name of another class. Neither namespaces nor names of Services nor their groups contain dots;
 * names of Ingresses and of their groups do, and may be long, so that a hash tells them apart.
 */
export function loadBalancerName(id: LoadBalancerOwner): string {
  const { namespace, name } = id
  if (id.kind === 'IngressGroup') {
    const hash = createHash('sha256').update(id.uid).digest('hex').slice(0, 8)
    const readable = name.slice(0, 128).replace(/[^a-z0-9]+$/, '')
    return `${namespace === '' ? '' : `${namespace}.`}ingress.${readable}.${hash}`
  }
  return id.kind === 'Service' ? `${namespace}.${name}.${id.uid.slice(0, 8)}` : `${namespace}.group.${name}.${id.class}`
}

/** Only what the next write needs: conditions for the times of their transitions. */
function slim({ apiVersion, kind, metadata, spec, status }: LoadBalancer): LoadBalancer {
  const { name, namespace, uid, resourceVersion } = metadata
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    spec,
    ...(status?.conditions ? { status: { conditions: status.conditions } } : {}),
  }
}

function objectOf(
  id: LoadBalancerOwner,
  record: LoadBalancerRecord,
  { namespace, seen, now }: { readonly namespace: string; readonly seen: LoadBalancer | undefined; readonly now: number },
): LoadBalancer {
  const {
    class: className,
    readiness,
    retiring,
    attributes,
    openings,
    members: _members,
    ingresses: _ingresses,
    ...rest
  } = record
  const before = seen?.status?.conditions
  const state = readiness && {
    type: kindReadyCondition,
    status: readiness.ready ? ('True' as const) : ('False' as const),
    reason: readiness.reason,
    message: readiness.message,
  }
  const conditions = state ? setCondition(before, state, now) : (before ?? [])
  const everyone = everyoneOf(id, record)
  return {
    apiVersion,
    kind: 'LoadBalancer',
    metadata: seen?.metadata ?? { name: loadBalancerName(id), namespace },
    spec: {
      provider: 'aws',
      // A load balancer that was only found by its tags has none.
      class: className === '' ? 'unknown' : className,
      ...(id.kind === 'Group' ? { group: id.name } : {}),
      ...(id.kind === 'IngressGroup'
        ? { ingressGroup: { name: id.name, ...(id.namespace === '' ? {} : { namespace: id.namespace }) } }
        : {}),
      members: everyone,
      memberNames: memberNames(everyone),
    },
    status: {
      ...rest,
      retiring: [...retiring],
      attributes: copyOf(attributes),
      openings: copyOf(openings),
      conditions: [...conditions],
    },
  }
}

function everyoneOf(id: LoadBalancerOwner, { members = [], ingresses = [] }: LoadBalancerRecord): LoadBalancerMember[] {
  if (id.kind === 'IngressGroup') return ingresses.map(each => ({ kind: 'Ingress', ...each, ports: [] }))
  if (id.kind === 'Service') return [{ kind: id.kind, namespace: id.namespace, name: id.name, uid: id.uid, ports: [] }]
  return members.map(({ id: { kind, namespace, name, uid }, ports, ...rest }) => ({
    kind,
    namespace,
    name,
    uid,
    ports: [...ports],
    ...rest,
  }))
}

/** For people, as `default/web, default/shop`. */
export function memberNames(members: readonly Pick<ServiceId, 'namespace' | 'name'>[]): string {
  return firstFew(members.map(({ namespace, name }) => `${namespace}/${name}`))
}

/** The types of the schema are not readonly. */
function copyOf(lists: Readonly<Record<string, readonly string[]>>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(lists).map(([key, list]) => [key, [...list]]))
}

/** What an object tells; undefined for one that was cut short or made by hand, which then counts as not there. */
function entryOf(object: LoadBalancer): Entry | undefined {
  const [member] = object.spec.members
  const {
    place,
    ids = {},
    attributes = {},
    targets = {},
    openings = {},
    retiring = [],
    conditions,
    ...rest
  } = object.status ?? {}
  const id = idOf(object, member)
  if (!id || !place) return undefined
  const readiness = readinessOf(findCondition(conditions, kindReadyCondition))
  const record = {
    ...rest,
    class: object.spec.class,
    place,
    ids,
    attributes,
    targets,
    openings,
    retiring,
    ...(id.kind === 'Group' ? { members: object.spec.members.flatMap(memberOf) } : {}),
    ...(id.kind === 'IngressGroup' ? { ingresses: object.spec.members.flatMap(ingressOf) } : {}),
  }
  return {
    id,
    record: readiness ? { ...record, readiness } : record,
    object: slim(object),
  }
}

function idOf({ spec }: LoadBalancer, member: LoadBalancerMember | undefined): LoadBalancerOwner | undefined {
  const { group, class: className, ingressGroup } = spec
  if (ingressGroup) {
    const { namespace, name } = ingressGroup
    return namespace === undefined ? namedIngressGroup(className, name) : ingressAlone(className, { namespace, name })
  }
  if (member?.kind !== 'Service') return undefined
  const { namespace, name, uid } = member
  if (group === undefined) return { kind: 'Service', namespace, name, uid }
  return { kind: 'Group', namespace, name: group, class: className, uid: `group/${namespace}/${className}/${group}` }
}

function ingressOf({ kind, namespace, name, uid, asked }: LoadBalancerMember): readonly LoadBalancerIngressRecord[] {
  return kind === 'Ingress' && asked !== undefined ? [{ namespace, name, uid, asked }] : []
}

function memberOf({ kind, namespace, name, uid, ports, asked, serving, unfinished, leaving }: LoadBalancerMember) {
  if (kind !== 'Service' || asked === undefined) return []
  const told = {
    ...(serving === undefined ? {} : { serving }),
    ...(unfinished === undefined ? {} : { unfinished }),
    ...(leaving === undefined ? {} : { leaving }),
  }
  return [{ id: { kind, namespace, name, uid }, ports, asked, ...told }]
}

function readinessOf(condition: Condition | undefined): LoadBalancerRecord['readiness'] {
  if (!condition) return undefined
  // It was written from a Reason.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return { ready: condition.status === 'True', reason: condition.reason as Reason, message: condition.message }
}
