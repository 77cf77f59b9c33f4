// What the checks go by: read once, and where the asker may not look, that is a fact too.
import { parse } from 'yaml'
import { z } from 'zod'
import { ApiError } from '../../kubernetes/errors.ts'
import type { Transport } from '../../kubernetes/transport.ts'
import { type Snapshot, takeSnapshot } from '../snapshot.ts'

/** What was found, or why nothing can be said. */
export type Fact<T> = { readonly found: T } | { readonly absent: true } | { readonly unknown: string }

const container = z.looseObject({
  image: z.string().optional(),
  args: z.array(z.string()).optional(),
  env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })).optional(),
})
const workload = z.looseObject({
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
  spec: z.looseObject({ template: z.looseObject({ spec: z.looseObject({ containers: z.array(container) }) }) }),
})
const workloads = z.looseObject({ items: z.array(workload) })
export type Workload = z.infer<typeof workload>

const nodeList = z.looseObject({
  items: z.array(
    z.looseObject({
      metadata: z.looseObject({ name: z.string() }),
      status: z.looseObject({ nodeInfo: z.looseObject({ kubeletVersion: z.string().optional() }).optional() }).optional(),
    }),
  ),
})
const configMap = z.looseObject({ data: z.record(z.string(), z.string()).optional() })
const leaseList = z.looseObject({
  items: z.array(
    z.looseObject({
      metadata: z.looseObject({
        name: z.string(),
        labels: z.record(z.string(), z.string()).optional(),
        managedFields: z.array(z.looseObject({ time: z.string().optional() })).optional(),
      }),
      spec: z
        .looseObject({
          holderIdentity: z.string().nullish(),
          renewTime: z.string().nullish(),
          leaseDurationSeconds: z.number().nullish(),
        })
        .optional(),
    }),
  ),
})
export type LeaseFact = z.infer<typeof leaseList>['items'][number]

export interface Facts {
  readonly apiServer: Fact<string>
  /** Version of the kubelet by node; empty where it is not told. */
  readonly kubelets: Fact<ReadonlyMap<string, string>>
  /** By its ConfigMap. */
  readonly kubeProxy: Fact<KubeProxy>
  readonly daemonSets: Fact<readonly Workload[]>
  /** Of Weir's own namespace. */
  readonly deployments: Fact<readonly Workload[]>
  readonly leases: Fact<readonly LeaseFact[]>
  /** Of cilium-config. */
  readonly cilium: Fact<Readonly<Record<string, string>>>
  readonly snapshot: Snapshot
  /** Of this program. */
  readonly version: string
}

export interface KubeProxy {
  /** `iptables`, `nftables`, `ipvs`; empty: the usual one of the platform. */
  readonly mode: string
  readonly strictArp: boolean
  readonly masqueradeAll: boolean
}

const proxySchema = z.looseObject({
  mode: z.string().nullish(),
  ipvs: z.looseObject({ strictARP: z.boolean().nullish() }).nullish(),
  iptables: z.looseObject({ masqueradeAll: z.boolean().nullish() }).nullish(),
  nftables: z.looseObject({ masqueradeAll: z.boolean().nullish() }).nullish(),
})

/** The text of a KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1). Undefined when it is none. */
export function readKubeProxy(text: string): KubeProxy | undefined {
  const read = proxySchema.safeParse(parse(text))
  if (!read.success) return undefined
  const { mode, ipvs, iptables, nftables } = read.data
  return {
    mode: mode ?? '',
    strictArp: ipvs?.strictARP === true,
    masqueradeAll: (mode === 'nftables' ? nftables : iptables)?.masqueradeAll === true,
  }
}

export async function readFacts(
  transport: Transport,
  {
    systemNamespace,
    version,
    signal,
  }: { readonly systemNamespace: string; readonly version: string; readonly signal: AbortSignal },
): Promise<Facts> {
  const get = <T>(path: string, schema: z.ZodType<T>): Promise<Fact<T>> => asked(transport, { path, schema, signal })
  const config = (name: string) => get(`/api/v1/namespaces/kube-system/configmaps/${name}`, configMap)
  const [server, nodes, proxy, cilium, daemonSets, deployments, leases, snapshot] = await Promise.all([
    get('/version', z.looseObject({ gitVersion: z.string() })),
    get('/api/v1/nodes', nodeList),
    config('kube-proxy'),
    config('cilium-config'),
    get('/apis/apps/v1/daemonsets', workloads),
    get(`/apis/apps/v1/namespaces/${systemNamespace}/deployments`, workloads),
    get(`/apis/coordination.k8s.io/v1/namespaces/${systemNamespace}/leases`, leaseList),
    takeSnapshot(transport, ['classes', 'pools', 'reports', 'services', 'loadBalancers', 'announcements'], { signal }),
  ])
  return {
    apiServer: mapped(server, ({ gitVersion }) => gitVersion),
    kubelets: mapped(
      nodes,
      ({ items }) => new Map(items.map(({ metadata, status }) => [metadata.name, status?.nodeInfo?.kubeletVersion ?? ''])),
    ),
    kubeProxy: proxyOf(proxy),
    cilium: mapped(cilium, ({ data = {} }) => data),
    daemonSets: mapped(daemonSets, ({ items }) => items),
    deployments: mapped(deployments, ({ items }) => items),
    leases: mapped(leases, ({ items }) => items),
    snapshot,
    version,
  }
}

interface Asking<T> {
  readonly path: string
  readonly schema: z.ZodType<T>
  readonly signal: AbortSignal
}

/** Without the right to look, or where the answer is none of the form, nothing is known; other errors are thrown. */
async function asked<T>(transport: Transport, { path, schema, signal }: Asking<T>): Promise<Fact<T>> {
  try {
    const read = schema.safeParse(await transport.request({ path, signal }))
    return read.success ? { found: read.data } : { unknown: `${path} cannot be read` }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    if (error.code === 404) return { absent: true }
    if (error.code === 403) return { unknown: error.status?.message ?? error.message }
    throw error
  }
}

function proxyOf(fact: Fact<z.infer<typeof configMap>>): Facts['kubeProxy'] {
  if (!('found' in fact)) return fact
  const text = fact.found.data?.['config.conf']
  const read = text === undefined ? undefined : readKubeProxy(text)
  return read ? { found: read } : { unknown: 'ConfigMap kube-system/kube-proxy has no config.conf that can be read' }
}

function mapped<T, R>(fact: Fact<T>, change: (found: T) => R): Fact<R> {
  return 'found' in fact ? { found: change(fact.found) } : fact
}
