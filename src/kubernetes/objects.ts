// What every Kubernetes object and every kind of resource has in common: metadata, keys and URL paths.

export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

/** The part of ObjectMeta that is read here; managedFields are dropped on arrival. Times are RFC 3339 as sent. */
export interface ObjectMeta {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  /** Opaque: compared for equality only. */
  readonly resourceVersion?: string
  readonly generation?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
  readonly ownerReferences?: readonly OwnerReference[]
  readonly deletionTimestamp?: string
  readonly creationTimestamp?: string
}

export interface KubernetesObject {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectMeta
}

/** One kind of resource as the API serves it. The type parameter only carries the object's type to callers. */
export interface Resource<T extends KubernetesObject = KubernetesObject> {
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly kind: string
  readonly namespaced: boolean
  /** Never set: makes `Resource<Service>` differ from `Resource<Node>` for the compiler. */
  readonly objectType?: T
}

/** Declares a resource: `defineResource<Service>({ group: '', version: 'v1', plural: 'services', kind: 'Service', namespaced: true })`. */
export function defineResource<T extends KubernetesObject>(resource: Omit<Resource, 'objectType'>): Resource<T> {
  return resource
}

/** `namespace/name`, or the bare name of a cluster-scoped object. */
export type ObjectKey = string

export function keyOf(object: KubernetesObject): ObjectKey {
  return makeKey(object.metadata.namespace, object.metadata.name)
}

export function makeKey(namespace: string | undefined, name: string): ObjectKey {
  return namespace ? `${namespace}/${name}` : name
}

/** The inverse of makeKey. Names hold no slash, so the first one separates. */
export function splitKey(key: ObjectKey): { readonly namespace: string | undefined; readonly name: string } {
  const slash = key.indexOf('/')
  return slash < 0 ? { namespace: undefined, name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}

/** `v1` or `group/version`, as objects carry it. */
export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`
}

export interface PathOf {
  readonly namespace?: string | undefined
  readonly name?: string | undefined
  readonly subresource?: string | undefined
}

/**
 * The URL path of a collection (no name), an object or a subresource. A namespaced resource without a namespace is the
 * collection over all namespaces. Every piece is percent-encoded, so no name can leave its place in the path.
 */
export function pathOf(resource: Resource, { namespace, name, subresource }: PathOf = {}): string {
  if (resource.namespaced && name !== undefined && !namespace) {
    throw new TypeError(`${resource.kind} ${name} needs a namespace`)
  }
  const pieces = resource.group === '' ? ['api', resource.version] : ['apis', resource.group, resource.version]
  if (resource.namespaced && namespace) pieces.push('namespaces', namespace)
  pieces.push(resource.plural)
  if (name !== undefined) pieces.push(name)
  if (subresource !== undefined) pieces.push(subresource)
  return `/${pieces.map(encodePiece).join('/')}`
}

/** encodeURIComponent leaves dots alone, and a URL parser would resolve `.` and `..`; an empty piece would vanish. */
function encodePiece(piece: string): string {
  if (piece === '' || piece === '.' || piece === '..')
    throw new TypeError(`${JSON.stringify(piece)} cannot be part of an object's path`)
  return encodeURIComponent(piece)
}
