// Deployments and DaemonSets (apps/v1), as far as it is of interest whether their pods are ready.
import { defineResource } from './objects.ts'
import type { KubernetesObject } from './objects.ts'

export interface Workload extends KubernetesObject {
  readonly spec?: { readonly replicas?: number }
  readonly status?: {
    readonly observedGeneration?: number
    /** Of a Deployment. Absent: none. */
    readonly readyReplicas?: number
    /** Of a DaemonSet. */
    readonly numberReady?: number
    readonly desiredNumberScheduled?: number
  }
}

export const deployments = defineResource<Workload>({
  group: 'apps',
  version: 'v1',
  plural: 'deployments',
  kind: 'Deployment',
  namespaced: true,
})

export const daemonSets = defineResource<Workload>({
  group: 'apps',
  version: 'v1',
  plural: 'daemonsets',
  kind: 'DaemonSet',
  namespaced: true,
})
