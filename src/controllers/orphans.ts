// Load balancers whose Service is gone, waiting to be released under the key that their Service had.
import { makeKey } from '../kubernetes/objects.ts'
import type { ObjectKey } from '../kubernetes/objects.ts'
import type { LoadBalancerId } from '../model/load-balancer.ts'

export interface Orphans {
  /** Those that had this key; of one name there may be several uids. */
  of(key: ObjectKey): readonly LoadBalancerId[]
  /**
   * Puts one here and gives the key to work on. `sure`: the watch has told that its Service was deleted, so nobody need be
   * asked again.
   */
  add(id: LoadBalancerId, sure: boolean): ObjectKey
  isSure(id: LoadBalancerId): boolean
  /** Released, or found to be no orphan. */
  settled(id: LoadBalancerId): void
  readonly size: number
}

export function createOrphans(): Orphans {
  const byKey = new Map<ObjectKey, Map<string, { readonly id: LoadBalancerId; readonly sure: boolean }>>()
  const keyFor = (id: LoadBalancerId) => makeKey(id.namespace, id.name)
  return {
    of: key => [...(byKey.get(key)?.values() ?? [])].map(({ id }) => id),
    add(id, sure) {
      const key = keyFor(id)
      const entries = byKey.get(key) ?? new Map()
      entries.set(id.uid, { id, sure: sure || entries.get(id.uid)?.sure === true })
      byKey.set(key, entries)
      return key
    },
    isSure: id => byKey.get(keyFor(id))?.get(id.uid)?.sure === true,
    settled(id) {
      const key = keyFor(id)
      const entries = byKey.get(key)
      entries?.delete(id.uid)
      if (entries?.size === 0) byKey.delete(key)
    },
    get size() {
      return byKey.size
    },
  }
}
