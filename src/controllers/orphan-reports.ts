// Tells people of what is outside and owned by nobody: a LoadBalancer object for each, with a condition and one event.
import { isDeepStrictEqual } from 'node:util'
import { kindReadyCondition, readyState } from '../api/conditions.ts'
import { apiVersion } from '../api/group.ts'
import type { LoadBalancer } from '../api/load-balancer.ts'
import { findCondition, formatTime, setCondition } from '../kubernetes/conditions.ts'
import { isAlreadyExists, isConflict, isNotFound } from '../kubernetes/errors.ts'
import type { LoadBalancerId } from '../model/load-balancer.ts'
import type { Surroundings } from './controller.ts'
import { memberNames } from './load-balancer-ledger.ts'
import { loadBalancers } from './resources.ts'

/** What was found of one owner that is not there. */
export interface OrphanReport {
  readonly id: LoadBalancerId
  /** Milliseconds since the epoch. */
  readonly since: number
  readonly resources: Readonly<Record<string, string>>
  readonly region: string
}

export interface OrphanReporter {
  /** Makes what people see equal to `orphans`. */
  report(orphans: readonly OrphanReport[], signal: AbortSignal): Promise<void>
}

/** Tells these objects from those of the ledger, which takes none for its own that says no place. */
const prefix = 'orphan.'

/** `objects`: the LoadBalancers there are, with those that an earlier process made; `apartMs`: how long an orphan is doubted. */
export function createOrphanReporter(options: {
  readonly surroundings: Pick<Surroundings, 'writer' | 'events' | 'clock' | 'log'>
  readonly objects: Iterable<LoadBalancer>
  readonly namespace: string
  readonly apartMs: number
}): OrphanReporter {
  const { surroundings, namespace, apartMs } = options
  const { writer, events, clock, log } = surroundings
  const told = new Map<string, LoadBalancer>()
  for (const object of options.objects) if (object.metadata.name.startsWith(prefix)) told.set(object.metadata.name, object)

  const tell = async (orphan: OrphanReport, signal: AbortSignal) => {
    const name = nameOf(orphan.id)
    const before = told.get(name)
    const object = objectOf(orphan, { name, namespace, before, now: clock.now(), apartMs })
    if (before && isDeepStrictEqual([before.spec, before.status], [object.spec, object.status])) return
    try {
      const written = before
        ? await writer.update(loadBalancers, object, { signal })
        : (await writer.createIfAbsent(loadBalancers, object, { signal })).object
      told.set(name, written)
      if (before) return
      const note = findCondition(written.status?.conditions, kindReadyCondition)?.message ?? ''
      log.warn({ object: name, owner: ownerText(orphan), uid: orphan.id.uid, reason: 'Orphaned', note }, 'orphan found')
      events.record({ regarding: written, type: 'Warning', reason: 'Orphaned', action: 'Sweep', note })
    } catch (error) {
      if (!isConflict(error) && !isAlreadyExists(error) && !isNotFound(error)) throw error
      // Somebody changed or deleted it; the next report makes it anew.
      told.delete(name)
    }
  }
  return {
    async report(orphans, signal) {
      const names = new Set(orphans.map(({ id }) => nameOf(id)))
      for (const orphan of orphans) await tell(orphan, signal)
      for (const [name, { metadata }] of told) {
        if (names.has(name)) continue
        const { resourceVersion: _any, ...identity } = metadata
        await writer.remove(loadBalancers, { metadata: identity }, { signal })
        told.delete(name)
        log.info({ object: name }, 'orphan is gone, or has an owner')
      }
    },
  }
}

function nameOf(id: LoadBalancerId): string {
  const last = id.kind === 'Group' ? `group.${id.class}` : id.uid.slice(0, 8)
  return `${prefix}${id.namespace}.${id.name}.${last}`
}

function ownerText({ id }: OrphanReport): string {
  const name = `${id.namespace}/${id.name}`
  return id.kind === 'Group'
    ? `A Service of the group ${name} of class ${id.class}`
    : `The Service ${name} with the uid ${id.uid}`
}

function objectOf(
  orphan: OrphanReport,
  {
    name,
    namespace,
    before,
    now,
    apartMs,
  }: {
    readonly name: string
    readonly namespace: string
    readonly before: LoadBalancer | undefined
    readonly now: number
    readonly apartMs: number
  },
): LoadBalancer {
  const { id, resources, region } = orphan
  const message =
    `${ownerText(orphan)} is not in the cluster; in ${region} there is of it: ` +
    `${Object.values(resources).join(', ')}. It is deleted after ${formatTime(orphan.since + apartMs)}, at most ten at a time.`
  const state = readyState(
    { reason: 'Orphaned', message, remedy: 'Take the tags of Weir off to keep it.' },
    undefined,
    kindReadyCondition,
  )
  return {
    apiVersion,
    kind: 'LoadBalancer',
    metadata: before?.metadata ?? { name, namespace },
    spec: {
      provider: 'aws',
      class: id.kind === 'Group' ? id.class : 'unknown',
      members: id.kind === 'Service' ? [{ kind: id.kind, namespace: id.namespace, name: id.name, uid: id.uid, ports: [] }] : [],
      ...(id.kind === 'Group' ? { group: id.name } : { memberNames: memberNames([id]) }),
    },
    status: { ids: { ...resources }, conditions: [...setCondition(before?.status?.conditions, state, now)] },
  }
}
