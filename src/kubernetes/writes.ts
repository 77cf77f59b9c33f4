// Writing objects: every change of something that exists names the uid and resourceVersion it was decided on.
import type { KubernetesObject, Resource } from './objects.ts'
import type { Transport } from './transport.ts'

/** What a write was decided on. A patch with these fails with a Conflict when the object is another one or has changed. */
export interface Seen {
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly uid?: string
    readonly resourceVersion?: string
  }
}

/** A JSON merge patch (RFC 7386): null removes, lists are replaced as a whole. */
export type MergePatch = { readonly [field: string]: unknown }

export interface WriteOptions {
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
}

export interface Writer {
  get<T extends KubernetesObject>(resource: Resource<T>, name: string, namespace?: string, options?: WriteOptions): Promise<T>
  /** Throws ApiError AlreadyExists when it is there. */
  create<T extends KubernetesObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<T>
  /** Creates it, or gives what is there already. Look at `created` and judge whether it is yours. */
  createIfAbsent<T extends KubernetesObject>(
    resource: Resource<T>,
    object: T,
    options?: WriteOptions,
  ): Promise<{ readonly object: T; readonly created: boolean }>
  /** Replaces the object; it must carry uid and resourceVersion. */
  update<T extends KubernetesObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<T>
  updateStatus<T extends KubernetesObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<T>
  /** Merge patch of the object; uid and resourceVersion of `seen` are put into it. */
  patch<T extends KubernetesObject>(resource: Resource<T>, seen: Seen, patch: MergePatch, options?: WriteOptions): Promise<T>
  /** The same through the status subresource, which also takes metadata (finalizers, labels, annotations), never spec. */
  patchStatus<T extends KubernetesObject>(
    resource: Resource<T>,
    seen: Seen,
    patch: MergePatch,
    options?: WriteOptions,
  ): Promise<T>
  /** Deletes that very object. Gone already is success. */
  remove<T extends KubernetesObject>(resource: Resource<T>, seen: Seen, options?: WriteOptions): Promise<void>
}

export function createWriter(_transport: Transport): Writer {
  throw new Error('in work')
}
