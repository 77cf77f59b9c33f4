// What an Envoy is to have, as it travels: each resource with its bytes and a version that tells one content from another.
import { createHash } from 'node:crypto'
import type { Resources, ResourceType } from '../../gateway/envoy.ts'
import type { Encoder } from './protocol/encode.ts'
import { typePrefix } from './protocol/encode.ts'
import { typeUrls } from './protocol/messages.ts'
import type { EncodedResource } from './protocol/messages.ts'

export type Target = Readonly<Record<ResourceType, ReadonlyMap<string, EncodedResource>>>

export const resourceTypes: readonly ResourceType[] = ['secrets', 'clusters', 'endpoints', 'listeners', 'routes']

/** Encodes resources; those that are the same objects as before, or of the same content, cost little. Throws EncodingError. */
export type TargetMaker = (resources: Resources) => Target

export function createTargetMaker(encoder: Encoder): TargetMaker {
  const known = new WeakMap<object, EncodedResource>()
  let last: Target | undefined
  const encoded = (type: ResourceType, name: string, resource: object): EncodedResource => {
    const found = known.get(resource)
    if (found) return found
    const bytes = encoder.encode(typeUrls[type].slice(typePrefix.length), resource)
    const version = createHash('sha256').update(bytes).digest('base64url').slice(0, 22)
    const before = last?.[type].get(name)
    const now = before?.version === version ? before : { version, bytes }
    known.set(resource, now)
    return now
  }
  const all = (type: ResourceType, resources: ReadonlyMap<string, object>) =>
    new Map([...resources].map(([name, resource]) => [name, encoded(type, name, resource)]))
  return resources => {
    last = {
      secrets: all('secrets', resources.secrets),
      clusters: all('clusters', resources.clusters),
      endpoints: all('endpoints', resources.endpoints),
      listeners: all('listeners', resources.listeners),
      routes: all('routes', resources.routes),
    }
    return last
  }
}
