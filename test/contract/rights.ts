// Kubeconfigs with no more rights than deploy/ gives to the ServiceAccounts of Weir.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import type { Cluster } from './cluster.ts'

const deploy = join(import.meta.dirname, '..', '..', 'deploy')

export interface Rights extends AsyncDisposable {
  readonly kubeconfig: string
}

/** Those of the controller. */
export async function rightsOfController({ plane }: Cluster): Promise<Rights> {
  await plane.kubectl(['-n', 'weir-system', 'create', 'serviceaccount', 'weir-controller'])
  await plane.kubectl(['apply', '-f', join(deploy, 'base', 'controller-rbac.yaml')])
  return kubeconfigOf({ plane }, await plane.kubectl(['-n', 'weir-system', 'create', 'token', 'weir-controller']))
}

/** Tokens of the agents by node, each as a kubelet gives it to the Pod of the agent on that node; nodes and Pods are made too. */
export async function tokensOfAgents(cluster: Cluster, nodes: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { plane } = cluster
  await plane.kubectl(['-n', 'weir-system', 'create', 'serviceaccount', 'weir-agent'])
  await plane.kubectl(['apply', '-f', join(deploy, 'local', 'agent-rbac.yaml')])
  const tokens = new Map<string, string>()
  for (const node of nodes) {
    const name = `weir-agent-${node}`
    await cluster.create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: node } })
    await cluster.create('/api/v1/namespaces/weir-system/pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: { nodeName: node, serviceAccountName: 'weir-agent', containers: [{ name: 'agent', image: 'weir' }] },
    })
    const { status } = await cluster.create('/api/v1/namespaces/weir-system/serviceaccounts/weir-agent/token', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name } },
    })
    tokens.set(node, status.token)
  }
  return tokens
}

async function kubeconfigOf({ plane }: Pick<Cluster, 'plane'>, token: string): Promise<Rights> {
  const config = parse(await readFile(plane.kubeconfig, 'utf8'))
  config.users[0].user = { token: token.trim() }
  const folder = await mkdtemp(join(tmpdir(), 'weir-rights-'))
  const kubeconfig = join(folder, 'kubeconfig')
  await writeFile(kubeconfig, stringify(config), { mode: 0o600 })
  return { kubeconfig, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}
