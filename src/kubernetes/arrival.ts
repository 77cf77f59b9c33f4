// How objects are received: they carry what they are, and lose what nobody reads before anything keeps them.
import { apiVersionOf } from './objects.ts'
import type { KubernetesObject, ObjectMeta, Resource } from './objects.ts'

/**
 * Prepares received objects for a store: apiVersion and kind are set (items of lists lack them), managedFields dropped (often
 * half of an object), then `prune` takes what this program does not read. Copies instead of deleting: V8 keeps objects that
 * lost properties in a slower and larger form.
 */
export function receiving<T extends KubernetesObject>(
  resource: Resource<T>,
  prune: ((object: T) => T) | undefined,
): (object: T) => T {
  const apiVersion = apiVersionOf(resource)
  const { kind } = resource
  return received => {
    const { managedFields: _, ...metadata }: ObjectMeta & { readonly managedFields?: unknown } = received.metadata
    const object: T = { ...received, apiVersion, kind, metadata }
    return prune ? prune(object) : object
  }
}
