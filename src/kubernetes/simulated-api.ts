// An API server in memory under a simulated clock, with links that are slow, cut or lossy. Production code never imports this.
import type { Clock } from './clock.ts'
import { ApiError, UnreachableError } from './errors.ts'
import type { KubernetesObject } from './objects.ts'
import type { ApiRequest, StreamRequest, Transport } from './transport.ts'

/** The way between one client and the server; change it at any time. */
export interface Link {
  /** Requests and answers are lost while false; a lost one fails when its timeout has passed. */
  up: boolean
  /** Time for one direction, in milliseconds. */
  latencyMs: () => number
}

export interface SimulatedApi {
  /** A client with a clock and a link of its own. */
  connect(clock: Clock, link?: Link): Transport
  /** Changes on the server's side, as by somebody else. `collection` is the path of a collection. */
  put(collection: string, name: string, content?: Record<string, unknown>): void
  remove(collection: string, name: string): void
  get(collection: string, name: string): KubernetesObject | undefined
  /** Forgets history: watches that go on from an older resourceVersion are answered with 410. */
  compact(): void
  /** Breaks every open watch: with an error, or as the server ends them in peace. */
  breakWatches(how: 'reset' | 'end'): void
  /** Sends a bookmark to every open watch. */
  bookmark(): void
  readonly openWatches: number
}

interface Change {
  readonly version: number
  readonly path: string
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: Stored
}

type Stored = KubernetesObject & { readonly [field: string]: unknown }

interface Watch {
  readonly collection: string
  /** Lines of JSON. */
  readonly queue: string[]
  wake: () => void
  broken: 'reset' | 'end' | undefined
}

export const perfectLink = (): Link => ({ up: true, latencyMs: () => 0 })

export function simulatedApi(): SimulatedApi {
  const objects = new Map<string, Stored>()
  const watches = new Set<Watch>()
  let history: Change[] = []
  let compactedAt = 0
  let version = 100

  const commit = (path: string, type: Change['type'], object: Stored): Stored => {
    version++
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } }
    if (type === 'DELETED') objects.delete(path)
    else objects.set(path, stored)
    history.push({ version, path, type, object: stored })
    for (const watch of watches) if (within(watch.collection, path)) push(watch, { type, object: stored })
    return stored
  }
  const push = (watch: Watch, event: unknown) => {
    watch.queue.push(JSON.stringify(event))
    watch.wake()
  }
  const write = (path: string, content: Record<string, unknown>): Stored => {
    const old = objects.get(path)
    const { collection, name } = splitPath(path)
    const namespace = /\/namespaces\/([^/]+)\//.exec(`${collection}/`)?.[1]
    const uid = old?.metadata.uid ?? `uid-${version + 1}`
    const metadata = { ...record(content['metadata']), name, ...(namespace && { namespace }), uid }
    return commit(path, old ? 'MODIFIED' : 'ADDED', { ...content, metadata })
  }
  const expect = (path: string, body: Record<string, unknown>): Stored => {
    const old = objects.get(path)
    if (!old) throw failure(404, 'NotFound')
    const { resourceVersion } = record(body['metadata'])
    if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) throw failure(409, 'Conflict')
    return old
  }
  const handle = ({ method = 'GET', path, body }: ApiRequest): unknown => {
    const content = record(structuredClone(body))
    switch (method) {
      case 'GET': {
        const object = objects.get(path)
        if (object) return object
        if (looksLikeCollection(path))
          return {
            metadata: { resourceVersion: String(version) },
            items: [...objects].filter(([at]) => within(path, at)).map(([, item]) => item),
          }
        throw failure(404, 'NotFound')
      }
      case 'POST': {
        const at = `${path}/${String(record(content['metadata'])['name'])}`
        if (objects.has(at)) throw failure(409, 'AlreadyExists')
        return write(at, content)
      }
      case 'PUT':
        expect(path, content)
        return write(path, content)
      case 'PATCH':
        return write(path, record(merge(expect(path, content), content)))
      case 'DELETE':
        return commit(path, 'DELETED', expect(path, {}))
      default:
        return method satisfies never
    }
  }

  const connect = (clock: Clock, link = perfectLink()): Transport => {
    const travel = async (): Promise<boolean> => {
      await clock.sleep(link.latencyMs())
      return link.up
    }
    const exchange = async (request: ApiRequest): Promise<string> => {
      const lost = new Promise<never>(() => {})
      if (!(await travel())) return lost
      let answer: () => string
      try {
        const result = JSON.stringify(handle(request))
        answer = () => result
      } catch (error) {
        answer = () => {
          throw error
        }
      }
      return (await travel()) ? answer() : lost
    }
    return {
      server: 'https://simulated',
      stats: { connections: 1, requests: 0, retries: 0 },
      async request<T>(request: ApiRequest): Promise<T> {
        const over = new AbortController()
        const timeout = clock.sleep(request.timeoutMs ?? 15_000, over.signal).then(() => {
          throw new UnreachableError('https://simulated', 'timed out', { unsent: false })
        })
        const aborted = new Promise<never>((_, reject) => {
          const fail = () => reject(request.signal?.reason)
          if (request.signal?.aborted) fail()
          request.signal?.addEventListener('abort', fail, { once: true, signal: over.signal })
        })
        try {
          const result: T = JSON.parse(await Promise.race([exchange(request), timeout, aborted]))
          return result
        } finally {
          timeout.catch(() => {})
          over.abort()
        }
      },
      async *stream<T>({ path, query, signal, onOpen }: StreamRequest): AsyncGenerator<T> {
        signal.throwIfAborted()
        if (!link.up) throw new UnreachableError('https://simulated', 'connection refused', { unsent: true })
        const from = Number(query?.['resourceVersion'])
        onOpen?.()
        const watch: Watch = { collection: path, queue: [], wake: () => {}, broken: undefined }
        if (from < compactedAt) push(watch, { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } })
        for (const change of history)
          if (change.version > from && within(path, change.path)) push(watch, { type: change.type, object: change.object })
        watches.add(watch)
        const onAbort = () => watch.wake()
        signal.addEventListener('abort', onAbort)
        try {
          for (;;) {
            signal.throwIfAborted()
            if (watch.broken === 'reset') throw new UnreachableError('https://simulated', 'connection reset', { unsent: false })
            const next = watch.queue.shift()
            if (next !== undefined) {
              const event: T = JSON.parse(next)
              yield event
            } else if (watch.broken === 'end') return
            else await new Promise<void>(resolve => (watch.wake = resolve))
          }
        } finally {
          watches.delete(watch)
          signal.removeEventListener('abort', onAbort)
        }
      },
      close: async () => {},
      [Symbol.asyncDispose]: async () => {},
    }
  }

  return {
    connect,
    put: (collection, name, content = {}) => void write(`${collection}/${name}`, structuredClone(content)),
    remove(collection, name) {
      const old = objects.get(`${collection}/${name}`)
      if (old) commit(`${collection}/${name}`, 'DELETED', old)
    },
    get: (collection, name) => objects.get(`${collection}/${name}`),
    compact() {
      history = []
      compactedAt = version
    },
    breakWatches(how) {
      for (const watch of watches) {
        watch.broken = how
        watch.wake()
      }
    },
    bookmark() {
      for (const watch of watches) push(watch, { type: 'BOOKMARK', object: { metadata: { resourceVersion: String(version) } } })
    },
    get openWatches() {
      return watches.size
    },
  }
}

function splitPath(path: string): { readonly collection: string; readonly name: string } {
  const slash = path.lastIndexOf('/')
  return { collection: path.slice(0, slash), name: path.slice(slash + 1) }
}

/** A collection over all namespaces holds those of every namespace. */
function within(collection: string, path: string): boolean {
  const own = splitPath(path).collection
  return own === collection || own.replace(/\/namespaces\/[^/]+/, '') === collection
}

/** Paths of collections: /api/v1[/namespaces/x]/plural or /apis/group/version[/namespaces/x]/plural. */
function looksLikeCollection(path: string): boolean {
  const pieces = path.split('/').slice(path.startsWith('/apis/') ? 4 : 3)
  return pieces.length === 1 || (pieces[0] === 'namespaces' && pieces.length === 3)
}

function failure(code: number, reason: string): ApiError {
  return new ApiError('simulated', code, { status: { kind: 'Status', code, reason, message: reason } })
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
}

/** RFC 7386. */
function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const result = record(target)
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name]
    else result[name] = merge(result[name], value)
  }
  return result
}
