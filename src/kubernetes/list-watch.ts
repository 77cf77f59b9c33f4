// The two requests a reflector lives by: everything in pages, and everything that changes after.
import type { Random } from './clock.ts'
import { ApiError } from './errors.ts'
import type { ApiStatus } from './errors.ts'
import { pathOf } from './objects.ts'
import type { KubernetesObject, Resource } from './objects.ts'
import type { Query, Transport } from './transport.ts'

export interface Selection<T extends KubernetesObject> {
  readonly resource: Resource<T>
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
}

export type WatchEvent<T> = { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: T }

interface List<T> {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string }
  readonly items: readonly T[] | null
}

const pageSize = 500

/** A page is some MB on a slow machine. */
const pageTimeoutMs = 60_000

/** Watches are renewed after 5 to 10 minutes, spread so that those of many clients do not come back together. */
const shortestWatchSeconds = 300

/** The API server sends a bookmark about every minute; without a second one in a row something is stuck. */
const silenceMs = 150_000

/**
 * Gives every object to `take`, page by page, and returns the resourceVersion of the whole. A page token that expires in
 * the middle fails with 410 as a whole: what was taken until then must be thrown away.
 */
export async function listAll<T extends KubernetesObject>(
  transport: Transport,
  selection: Selection<T>,
  signal: AbortSignal,
  take: (object: T) => void,
): Promise<string> {
  let next: string | undefined
  do {
    const page: List<T> = await transport.request({
      path: pathOf(selection.resource, { namespace: selection.namespace }),
      query: { ...selectors(selection), limit: pageSize, continue: next },
      timeoutMs: pageTimeoutMs,
      signal,
    })
    for (const object of page.items ?? []) take(object)
    next = page.metadata.continue || undefined
    if (next === undefined) return page.metadata.resourceVersion
  } while (!signal.aborted)
  throw signal.reason
}

export interface WatchOptions<T extends KubernetesObject> extends Selection<T> {
  readonly random: Random
  readonly resourceVersion: string
  readonly signal: AbortSignal
  /** The server accepted the watch. */
  readonly onOpen: () => void
}

/** Everything after `resourceVersion`, until the server ends the watch. Fails with ApiError 410 when that is too old. */
export async function* watchFrom<T extends KubernetesObject>(
  transport: Transport,
  options: WatchOptions<T>,
): AsyncGenerator<WatchEvent<T>> {
  const { resource, namespace, resourceVersion, random, signal, onOpen } = options
  const path = pathOf(resource, { namespace })
  const query = {
    ...selectors(options),
    watch: true,
    allowWatchBookmarks: true,
    resourceVersion,
    timeoutSeconds: Math.round(shortestWatchSeconds * (1 + random())),
  }
  const events = transport.stream<WatchEvent<T> | { readonly type: 'ERROR'; readonly object: ApiStatus }>({
    path,
    query,
    idleTimeoutMs: silenceMs,
    signal,
    onOpen,
  })
  for await (const event of events) {
    if (event.type === 'ERROR') throw new ApiError(`watching ${path}`, event.object.code ?? 500, { status: event.object })
    yield event
  }
}

function selectors<T extends KubernetesObject>({ labelSelector, fieldSelector }: Selection<T>): Query {
  return { labelSelector, fieldSelector }
}
