// The rest of an object of which a page shows a piece, so that the API server can judge it.

type Fields = Readonly<Record<string, unknown>>

const metadata = { name: 'example', namespace: 'default' }
const ports = [{ port: 80 }]

const rest: Readonly<Record<string, Fields>> = {
  Service: { apiVersion: 'v1', metadata, spec: { type: 'LoadBalancer', loadBalancerClass: 'weir.dev/lan', ports } },
  Ingress: {
    apiVersion: 'networking.k8s.io/v1',
    metadata,
    spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
  },
  LoadBalancerClass: { apiVersion: 'weir.dev/v1alpha1', metadata: { name: 'example' }, spec: { provider: 'local' } },
  AddressPool: { apiVersion: 'weir.dev/v1alpha1', metadata: { name: 'example' }, spec: { addresses: ['192.0.2.0/24'] } },
}

/** A whole object of the kind with the piece in it: `metadata` and `spec`, or annotations alone. Throws for a kind that it does not know. */
export function whole(kind: string, part: unknown): object {
  const base = rest[kind]
  if (!base) throw new Error(`part=${kind}: known are ${Object.keys(rest).join(', ')}`)
  const given = isFields(part) ? part : {}
  const isObject = 'spec' in given || 'metadata' in given
  return merge({ kind, ...base }, isObject ? given : { metadata: { annotations: given } })
}

function merge(base: Fields, over: Fields): Fields {
  const fields = Object.entries(over).map(([key, value]) => {
    const under = base[key]
    return [key, isFields(under) && isFields(value) ? merge(under, value) : value] as const
  })
  return { ...base, ...Object.fromEntries(fields) }
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)
