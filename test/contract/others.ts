// Controllers of others as they stand in a cluster: their workloads and Leases, without any process behind them.
import type { Cluster } from './cluster.ts'

type Kind = 'DaemonSet' | 'Deployment'

export interface OtherWorkload {
  /** As kubelets and the controller manager would tell it once so many pods are wanted and ready. */
  runs(pods: number): Promise<void>
}

export async function namespaceOf(cluster: Cluster, name: string): Promise<void> {
  await cluster.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
}

/** A workload with one container, as the manifests of its project have it but for what nobody here looks at. */
export async function workload(
  cluster: Cluster,
  { kind, namespace, name, image }: { kind: Kind; namespace: string; name: string; image: string },
): Promise<OtherWorkload> {
  const labels = { 'app.kubernetes.io/name': name }
  const path = `/apis/apps/v1/namespaces/${namespace}/${kind.toLowerCase()}s`
  await cluster.create(path, {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace, labels },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name, image }] } } },
  })
  const at = `${path}/${name}`
  return {
    async runs(pods) {
      const spec =
        kind === 'Deployment'
          ? { replicas: pods }
          : { template: { spec: { nodeSelector: pods === 0 ? { 'weir.dev/none': 'true' } : null } } }
      const { metadata } = await cluster.patch(at, { spec })
      const counts =
        kind === 'Deployment'
          ? { replicas: pods, readyReplicas: pods, availableReplicas: pods }
          : { currentNumberScheduled: pods, desiredNumberScheduled: pods, numberReady: pods, numberMisscheduled: 0 }
      await cluster.patch(`${at}/status`, { status: { observedGeneration: metadata.generation, ...counts } })
    },
  }
}

/** A Lease as client-go writes it; the duration is the usual one unless told otherwise. */
export async function lease(
  cluster: Cluster,
  { namespace, name, holder, seconds = 15 }: { namespace: string; name: string; holder: string; seconds?: number },
): Promise<void> {
  const now = new Date().toISOString().replace('Z', '000Z')
  await cluster.create(`/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace },
    spec: { holderIdentity: holder, leaseDurationSeconds: seconds, acquireTime: now, renewTime: now, leaseTransitions: 0 },
  })
}
