// What an Envoy is to have, as it travels: each resource with its bytes and a version that tells one content from another.
import { hash } from 'node:crypto'
import type { Resources, ResourceType } from '../../gateway/envoy.ts'
import type { Encoder } from './protocol/encode.ts'
import { typePrefix } from './protocol/encode.ts'
import { typeUrls } from './protocol/messages.ts'
import type { EncodedResource } from './protocol/messages.ts'

export type Target = Readonly<Record<ResourceType, ReadonlyMap<string, EncodedResource>>>

export const resourceTypes: readonly ResourceType[] = ['secrets', 'clusters', 'endpoints', 'listeners', 'routes']

/** Encodes resources; those of the same content as the last time cost little. Throws EncodingError. */
export type TargetMaker = (resources: Resources) => Target

interface Known {
  /** A digest of what was encoded, in its JSON form: far cheaper than encoding it. */
  readonly digest: string
  readonly resource: EncodedResource
}

export function createTargetMaker(encoder: Encoder): TargetMaker {
  const known: Record<ResourceType, ReadonlyMap<string, Known>> = {
    secrets: new Map(),
    clusters: new Map(),
    endpoints: new Map(),
    listeners: new Map(),
    routes: new Map(),
  }
  const all = (type: ResourceType, resources: ReadonlyMap<string, object>) => {
    const now = new Map<string, Known>()
    for (const [name, resource] of resources) {
      const digest = hash('sha1', JSON.stringify(resource), 'base64url')
      const before = known[type].get(name)
      now.set(name, before?.digest === digest ? before : { digest, resource: encoded(type, resource) })
    }
    known[type] = now
    return new Map([...now].map(([name, { resource }]) => [name, resource]))
  }
  const encoded = (type: ResourceType, resource: object): EncodedResource => {
    const bytes = encoder.encode(typeUrls[type].slice(typePrefix.length), resource)
    return { version: hash('sha256', bytes, 'base64url').slice(0, 22), bytes }
  }
  return resources => ({
    secrets: all('secrets', resources.secrets),
    clusters: all('clusters', resources.clusters),
    endpoints: all('endpoints', resources.endpoints),
    listeners: all('listeners', resources.listeners),
    routes: all('routes', resources.routes),
  })
}
