// Raises everything of a full lab in its order: LAN, control plane, nodes, and waits until the cluster is ready.
import { z } from 'zod'
import { clientAddress, controlPlaneAddress, each, nodeAddress, podNetwork } from './addressing.ts'
import { auditArgs } from './audit-log.ts'
import { openApi } from './api.ts'
import type { Api } from './api.ts'
import type { Binaries } from './binaries.ts'
import { prepareControlPlane, raiseControlPlane } from './control-plane-programs.ts'
import type { Site } from './control-plane-programs.ts'
import { forwardInto, listenOnLoopback } from './forward.ts'
import { buildImages } from './images.ts'
import { clientMember, inNamespace, lanMember, namespaceOf, raiseLan } from './lan.ts'
import type { Lan } from './lan.ts'
import type { SavedLab } from './saved-lab.ts'
import { nodeName, openNode, prepareNode } from './node.ts'
import type { NodeSettings } from './node.ts'
import { writeKubeconfig } from './pki.ts'
import type { Progress } from './progress.ts'
import type { LabState } from './state.ts'
import { waitFor } from './waiting.ts'

export type ClusterOptions = {
  readonly name: string
  readonly nodes: number
  readonly pods: boolean
  readonly images?: readonly string[]
  readonly bundle?: string | undefined
  readonly audit?: readonly string[]
  readonly progress: Progress
  readonly signal?: AbortSignal
  readonly state: LabState
  readonly programs: Binaries
}

const server = `https://${controlPlaneAddress.IPv4}:6443`

export async function raiseCluster(options: ClusterOptions): Promise<SavedLab> {
  const { name, progress, nodes, state } = options
  const indexes = Array.from({ length: nodes }, (_, index) => index)
  const lan = await progress.step(`LAN: client, router, ${nodes} nodes`, () => raiseMembers(name, indexes))
  return progress.step('cluster ready', () => raiseMachines(options, lan, indexes, state))
}

async function raiseMembers(name: string, indexes: readonly number[]): Promise<Lan> {
  const lan = await raiseLan(name)
  const pods = (except?: number) =>
    indexes
      .filter(index => index !== except)
      .map(index => ({ network: podNetwork(index), via: nodeAddress(index) }))
      .flatMap(({ network, via }) => [`${network.IPv4} via ${via.IPv4}`, `${network.IPv6} via ${via.IPv6}`])
  await Promise.all([
    lan.addRoutes('router', pods()),
    lan.join(clientMember('client', clientAddress)),
    lan.join(lanMember('cp', controlPlaneAddress)).then(() => lan.addRoutes('cp', pods())),
    ...indexes.map(async index => {
      await lan.join(lanMember(nodeName(index), nodeAddress(index)))
      await lan.addRoutes(nodeName(index), pods(index))
    }),
  ])
  return lan
}

async function raiseMachines(options: ClusterOptions, lan: Lan, indexes: readonly number[], state: LabState): Promise<SavedLab> {
  const { name, pods, programs, signal } = options
  const controlPlane = namespaceOf(name, 'cp')
  const listening = await listenOnLoopback()
  const outside = `https://127.0.0.1:${listening.port}`
  await forwardInto(state, controlPlane, listening, '127.0.0.1:6443')
  const site = { ...siteOf(inNamespace(controlPlane), pods), apiServerArgs: auditArgs(state, options.audit ?? []) }
  const prepared = await prepareControlPlane(state, site, outside, signal)
  const { authority, token } = prepared
  writeKubeconfig(state.path('lan.kubeconfig'), server, authority.ca, { token })
  const api = openApi(outside, authority.ca, token)
  const archive = state.path('images.tar')
  const images = pods ? [archive, ...(options.images ?? [])] : []
  const settings: NodeSettings = { lab: name, state, lan, programs, authority, server, images, pods }
  try {
    const apiReady = raiseControlPlane({ state, site, programs, api, prepared, signal }).then(() =>
      Promise.all([allowKubeletCalls(api), ...indexes.map(index => createNode(api, index, pods))]),
    )
    // Nodes await both later; a part that fails before must be the one that is told.
    apiReady.catch(() => undefined)
    const archives = pods ? buildImages({ archive, bundle: options.bundle }) : Promise.resolve()
    archives.catch(() => undefined)
    await Promise.all(
      indexes.map(async index => {
        await prepareNode(index, settings)
        await openNode(index, settings).boot({ images: archives, api: apiReady })
      }),
    )
    await untilReady(api, indexes.length, signal)
  } finally {
    await api.close()
  }
  return { server: outside, token, nodes: indexes.length, pods, images: [...images] }
}

function siteOf(enter: readonly string[], pods: boolean): Site {
  return {
    address: controlPlaneAddress.IPv4,
    enter,
    ports: { etcdClient: 2379, etcdPeer: 2380, api: 6443, manager: 10257, scheduler: 10259 },
    // Nodes without a kubelet renew no Lease and would be taken for dead.
    controllers: pods ? ['*'] : ['*', '-node-lifecycle-controller'],
    scheduler: true,
    apiServerArgs: [],
    realPods: pods,
  }
}

/** The kubelets ask the API server who may exec into Pods and read logs; the API server itself may. */
async function allowKubeletCalls(api: Api): Promise<void> {
  await api.call('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'lab-kube-apiserver-kubelet-client' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:kubelet-api-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'kube-apiserver-kubelet-client' }],
  })
}

/** Node objects are made here, so that node and Pod range belong together by number; a kubelet adopts its own. */
async function createNode(api: Api, index: number, pods: boolean): Promise<void> {
  const name = nodeName(index)
  const podCIDRs = each(podNetwork(index))
  await api.call('POST', '/api/v1/nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' } },
    spec: { podCIDR: podCIDRs[0], podCIDRs },
  })
  if (pods) return
  await api.call('PATCH', `/api/v1/nodes/${name}/status`, {
    status: {
      addresses: [
        ...each(nodeAddress(index)).map(address => ({ type: 'InternalIP', address })),
        { type: 'Hostname', address: name },
      ],
      conditions: [{ type: 'Ready', status: 'True', reason: 'LabNode', lastTransitionTime: new Date().toISOString() }],
    },
  })
  // Admission marks every new node as not ready; nobody takes the mark away from one without a kubelet.
  await api.call('PATCH', `/api/v1/nodes/${name}`, { spec: { taints: null } })
}

const nodeList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      spec: z.object({ taints: z.array(z.unknown()).optional() }),
      status: z.object({
        conditions: z.array(z.object({ type: z.string(), status: z.string(), message: z.string().optional() })).optional(),
      }),
    }),
  ),
})

/** Every node is Ready and takes Pods. */
async function untilReady(api: Api, count: number, signal: AbortSignal | undefined): Promise<void> {
  let missing = ''
  await waitFor(
    async () => {
      const { items } = nodeList.parse(await api.call('GET', '/api/v1/nodes'))
      const readiness = items.map(node => ({
        node,
        ready: node.status.conditions?.find(condition => condition.type === 'Ready'),
      }))
      const waiting = readiness.filter(({ node, ready }) => ready?.status !== 'True' || (node.spec.taints?.length ?? 0) > 0)
      missing = waiting.map(({ node, ready }) => `${node.metadata.name}: ${ready?.message ?? 'not seen yet'}`).join('; ')
      return items.length === count && waiting.length === 0
    },
    { what: 'the nodes to be ready', timeoutMs: 120_000, everyMs: 200, signal, explain: () => missing },
  )
}
