// Manifests put into an imagined cluster as the API server would keep them: it is asked by a dry run, which changes nothing.
import { z } from 'zod'
import * as resources from '../../controllers/resources.ts'
import { ApiError, isNotFound } from '../../kubernetes/errors.ts'
import { apiVersionOf, type KubernetesObject, keyOf, pathOf, type Resource } from '../../kubernetes/objects.ts'
import type { WritableStore } from '../../kubernetes/store.ts'
import type { Transport } from '../../kubernetes/transport.ts'
import { UsageError } from '../arguments.ts'
import type { ImaginedCluster } from './imagined.ts'

export interface Manifest extends KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
}

/** What became of one object of a file. */
export type Imagining =
  | { readonly manifest: Manifest; readonly kind: 'put'; readonly key: string; readonly assumed?: string }
  /** The API server would not take it. */
  | { readonly manifest: Manifest; readonly kind: 'refused'; readonly message: string }
  /** It is of a kind that nothing follows from here. */
  | { readonly manifest: Manifest; readonly kind: 'passed-over' }

const schema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
})

/** Throws UsageError for what is no object of Kubernetes. */
export function manifestOf(value: unknown): Manifest {
  const read = schema.safeParse(value)
  if (!read.success) throw new UsageError(`this is no object of Kubernetes: ${JSON.stringify(value)?.slice(0, 100)}`)
  const { apiVersion, kind, metadata } = read.data
  const { name, namespace } = metadata
  const { namespace: _, ...rest } = metadata
  return { ...read.data, apiVersion, kind, metadata: { ...rest, name, ...(namespace === undefined ? {} : { namespace }) } }
}

interface Known {
  readonly resource: Resource
  readonly store: WritableStore<KubernetesObject>
}

/** Puts objects in, in the order of the file but what others name first: namespaces, classes and pools. */
export async function imagineManifests(
  manifests: readonly Manifest[],
  imagined: ImaginedCluster,
  { namespace, signal }: { readonly namespace: string; readonly signal: AbortSignal },
): Promise<readonly Imagining[]> {
  const known = knownKinds(imagined)
  const isSubject = ({ kind }: Manifest) => kind === 'Service' || kind === 'Ingress'
  const ordered = [...manifests.filter(each => !isSubject(each)), ...manifests.filter(isSubject)]
  const results: Imagining[] = []
  for (const each of ordered) {
    const found = known.find(({ resource }) => resource.kind === each.kind && apiVersionOf(resource) === each.apiVersion)
    if (!found) {
      results.push({ manifest: each, kind: 'passed-over' })
      continue
    }
    const manifest = found.resource.namespaced ? inNamespace(each, namespace) : each
    results.push(await put(manifest, found, imagined, signal))
  }
  return results
}

function knownKinds({ stores, secrets }: ImaginedCluster): readonly Known[] {
  // Each resource stands beside the store of its kind.
  const row = <T extends KubernetesObject>(resource: Resource<T>, store: WritableStore<T>): Known => ({
    resource,
    store,
  })
  return [
    row(resources.namespaces, stores.namespaces),
    row(resources.loadBalancerClasses, stores.classes),
    row(resources.addressPools, stores.pools),
    row(resources.ingressClasses, stores.ingressClasses),
    row(resources.secrets, secrets),
    row(resources.services, stores.services),
    row(resources.ingresses, stores.ingresses),
  ]
}

async function put(
  manifest: Manifest,
  { resource, store }: Known,
  { transport }: ImaginedCluster,
  signal: AbortSignal,
): Promise<Imagining> {
  const key = keyOf(manifest)
  const plain = () => store.put({ ...manifest, metadata: { uid: `imagined-${key}`, ...manifest.metadata } })
  // Its content is nobody's business, and no dry run fills anything in.
  if (resource.kind === 'Secret') {
    plain()
    return { manifest, kind: 'put', key }
  }
  try {
    const answer = await dryRun(manifest, { resource, isThere: store.has(key) }, transport, signal)
    // A dry run leaves the version as it is, by which the store would take it for what it has.
    store.put({ ...answer, metadata: { ...answer.metadata, resourceVersion: 'imagined' } })
    return { manifest, kind: 'put', key }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const message = error.status?.message ?? error.message
    const isNew = manifest.metadata.namespace !== undefined && isNotFound(error) && message.startsWith('namespaces ')
    if (error.code !== 403 && !isNew) return { manifest, kind: 'refused', message }
    if (error.code === 403 && !/cannot (?:create|patch) resource/.test(message)) return { manifest, kind: 'refused', message }
    plain()
    const why = error.code === 403 ? 'you may not write such objects' : `there is no namespace ${manifest.metadata.namespace} yet`
    return { manifest, kind: 'put', key, assumed: `taken as it is written, without what the API server fills in: ${why}` }
  }
}

/** As `kubectl apply --server-side --dry-run=server` does it for what is there, as `kubectl create` for what is not. */
function dryRun(
  manifest: Manifest,
  { resource, isThere }: { readonly resource: Resource; readonly isThere: boolean },
  transport: Transport,
  signal: AbortSignal,
): Promise<KubernetesObject> {
  const { name, namespace } = manifest.metadata
  const { resourceVersion: _, uid: __, generation: ___, creationTimestamp: ____, ...metadata } = manifest.metadata
  const { status: _____, ...rest }: Manifest & { readonly status?: unknown } = manifest
  const body = { ...rest, metadata: withoutManaged(metadata) }
  const query = { dryRun: 'All', fieldManager: 'weir-plan' }
  return isThere
    ? transport.request({
        method: 'PATCH',
        path: pathOf(resource, { name, namespace }),
        query: { ...query, force: 'true' },
        contentType: 'application/apply-patch+yaml',
        body,
        signal,
      })
    : transport.request({ method: 'POST', path: pathOf(resource, { namespace }), query, body, signal })
}

/** Server-side apply takes no object that says who manages it. */
function withoutManaged(metadata: object): object {
  return Object.fromEntries(Object.entries(metadata).filter(([field]) => field !== 'managedFields'))
}

function inNamespace(manifest: Manifest, usual: string): Manifest {
  return { ...manifest, metadata: { ...manifest.metadata, namespace: manifest.metadata.namespace ?? usual } }
}
