// Writing objects: every change of something that exists names the uid and resourceVersion it was decided on.
import { isAlreadyExists, isNotFound } from './errors.ts'
import { pathOf } from './objects.ts'
import type { KubernetesObject, Resource } from './objects.ts'
import type { ApiRequest, Transport } from './transport.ts'

/** What a write was decided on: it fails with a Conflict (isConflict) when the object is another one or has changed since. */
export interface Seen {
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly uid?: string
    readonly resourceVersion?: string
  }
}

/** A JSON merge patch (RFC 7386): null removes, lists are replaced as a whole. */
export type MergePatch = { readonly metadata?: { readonly [field: string]: unknown }; readonly [field: string]: unknown }

export interface WriteOptions {
  readonly signal?: AbortSignal
  /** For one attempt. */
  readonly timeoutMs?: number
}

export interface Writer {
  get<T extends KubernetesObject>(resource: Resource<T>, name: string, namespace?: string, options?: WriteOptions): Promise<T>
  /** Throws ApiError AlreadyExists when it is there. */
  create<T extends KubernetesObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<T>
  /**
   * Creates it, or gives what is there already. `created` is false also when an earlier attempt arrived and only its answer
   * was lost, so judge by the content whether it is yours.
   */
  createIfAbsent<T extends KubernetesObject>(
    resource: Resource<T>,
    object: T,
    options?: WriteOptions,
  ): Promise<{ readonly object: T; readonly created: boolean }>
  /** Replaces the object, which must carry uid and resourceVersion. */
  update<T extends KubernetesObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<T>
  updateStatus<T extends KubernetesObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<T>
  /** Merge patch of the object; uid and resourceVersion of `seen` are put into it. */
  patch<T extends KubernetesObject>(resource: Resource<T>, seen: Seen, patch: MergePatch, options?: WriteOptions): Promise<T>
  /**
   * The same through the status subresource. For Services that takes metadata as well (finalizers, labels, annotations) and
   * never spec: finalizer, addresses and condition travel in one request. Custom resources take status alone there.
   */
  patchStatus<T extends KubernetesObject>(
    resource: Resource<T>,
    seen: Seen,
    patch: MergePatch,
    options?: WriteOptions,
  ): Promise<T>
  /** Deletes that very object, at that very resourceVersion when `seen` has one. Gone already is success. */
  remove<T extends KubernetesObject>(resource: Resource<T>, seen: Seen, options?: WriteOptions): Promise<void>
}

const mergePatch = 'application/merge-patch+json'

export function createWriter(transport: Transport): Writer {
  const replace = <T extends KubernetesObject>(
    resource: Resource<T>,
    object: T,
    subresource: string | undefined,
    options?: WriteOptions,
  ) => {
    const { name, namespace, uid, resourceVersion } = object.metadata
    if (!uid || !resourceVersion)
      throw new TypeError(`${resource.kind} ${name} cannot be replaced without its uid and resourceVersion`)
    const path = pathOf(resource, { namespace, name, subresource })
    return transport.request<T>({ method: 'PUT', path, body: object, retry: 'idempotent', ...options })
  }
  const merge = <T extends KubernetesObject>(
    resource: Resource<T>,
    { metadata: { name, namespace, uid, resourceVersion } }: Seen,
    patch: MergePatch,
    subresource: string | undefined,
    options?: WriteOptions,
  ) => {
    if (!uid || !resourceVersion)
      throw new TypeError(`${resource.kind} ${name} cannot be patched without its uid and resourceVersion`)
    const path = pathOf(resource, { namespace, name, subresource })
    const body = { ...patch, metadata: { ...patch.metadata, uid, resourceVersion } }
    return transport.request<T>({ method: 'PATCH', path, contentType: mergePatch, body, retry: 'idempotent', ...options })
  }
  const post = <T extends KubernetesObject>(
    resource: Resource<T>,
    object: T,
    retry: NonNullable<ApiRequest['retry']>,
    options?: WriteOptions,
  ) => {
    const path = pathOf(resource, { namespace: object.metadata.namespace })
    return transport.request<T>({ method: 'POST', path, body: object, retry, ...options })
  }
  const get: Writer['get'] = (resource, name, namespace, options) =>
    transport.request({ path: pathOf(resource, { namespace, name }), ...options })

  return {
    get,
    create: (resource, object, options) => post(resource, object, 'unsent', options),
    async createIfAbsent(resource, object, options) {
      // Deleted between the two requests it is absent again, hence the second turn.
      for (let turn = 1; ; turn++) {
        try {
          return { object: await post(resource, object, 'idempotent', options), created: true }
        } catch (error) {
          if (!isAlreadyExists(error)) throw error
        }
        try {
          return { object: await get(resource, object.metadata.name, object.metadata.namespace, options), created: false }
        } catch (error) {
          if (!isNotFound(error) || turn > 1) throw error
        }
      }
    },
    update: async (resource, object, options) => replace(resource, object, undefined, options),
    updateStatus: async (resource, object, options) => replace(resource, object, 'status', options),
    patch: async (resource, seen, patch, options) => merge(resource, seen, patch, undefined, options),
    patchStatus: async (resource, seen, patch, options) => merge(resource, seen, patch, 'status', options),
    async remove(resource, { metadata: { name, namespace, uid, resourceVersion } }, options) {
      if (!uid) throw new TypeError(`${resource.kind} ${name} cannot be deleted without its uid`)
      const preconditions = { uid, ...(resourceVersion && { resourceVersion }) }
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions, propagationPolicy: 'Background' }
      try {
        await transport.request({
          method: 'DELETE',
          path: pathOf(resource, { namespace, name }),
          body,
          retry: 'idempotent',
          ...options,
        })
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
    },
  }
}
