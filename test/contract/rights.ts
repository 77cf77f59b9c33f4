// The ServiceAccounts of Weir with exactly the rights that deploy/ gives them, on an API server without the rest of deploy/.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, parseAllDocuments, stringify } from 'yaml'
import { waitFor } from '../lab/waiting.ts'
import type { Cluster, Json } from './cluster.ts'

const deploy = join(import.meta.dirname, '..', '..', 'deploy')
const roleFiles = {
  controller: join(deploy, 'base', 'controller-rbac.yaml'),
  aws: join(deploy, 'aws', 'provider', 'rbac.yaml'),
  page: join(deploy, 'page', 'rbac.yaml'),
  agent: join(deploy, 'local', 'agent-rbac.yaml'),
}
const accounts = '/api/v1/namespaces/weir-system/serviceaccounts'

/** Path of a kubeconfig with the rights of a controller with these providers and, if so, the page; it goes with the cluster. */
export async function controllerRights(cluster: Cluster, providers: readonly string[], page = false): Promise<string> {
  await account(cluster, 'weir-controller')
  await grant(cluster, roleFiles.controller)
  if (providers.includes('aws')) await grant(cluster, roleFiles.aws)
  if (page) await grant(cluster, roleFiles.page)
  const kubeconfig = await kubeconfigOf(cluster, 'weir-controller')
  const asked = {
    namespace: 'weir-system',
    group: 'weir.dev',
    resource: 'loadbalancers',
    verb: providers.includes('aws') ? 'create' : 'get',
  }
  await untilAllowed(cluster, 'weir-controller', asked)
  return kubeconfig
}

/** Tokens of the agents by node, each as a kubelet gives it to the Pod of the agent on that node; nodes and Pods are made too. */
export async function tokensOfAgents(cluster: Cluster, nodes: readonly string[]): Promise<ReadonlyMap<string, string>> {
  await account(cluster, 'weir-agent')
  await grant(cluster, roleFiles.agent)
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
    tokens.set(node, await tokenOf(cluster, 'weir-agent', { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name } }))
  }
  return tokens
}

async function account(cluster: Cluster, name: string): Promise<void> {
  await createUnlessThere(cluster, accounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } })
}

/** Makes the roles and bindings of a file. */
async function grant(cluster: Cluster, file: string): Promise<void> {
  for (const document of parseAllDocuments(readFileSync(file, 'utf8'))) {
    const object: Json = document.toJS()
    const { namespace } = object.metadata
    const where = namespace === undefined ? '' : `/namespaces/${namespace}`
    await createUnlessThere(cluster, `/apis/${object.apiVersion}${where}/${object.kind.toLowerCase()}s`, object)
  }
}

async function createUnlessThere(cluster: Cluster, path: string, object: Json): Promise<void> {
  if (!(await cluster.find(`${path}/${object.metadata.name}`))) await cluster.create(path, object)
}

async function tokenOf(cluster: Cluster, name: string, spec: object = {}): Promise<string> {
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec }
  return (await cluster.create(`${accounts}/${name}/token`, request)).status.token
}

async function kubeconfigOf(cluster: Cluster, name: string): Promise<string> {
  const { plane } = cluster
  const config = parse(readFileSync(plane.kubeconfig, 'utf8'))
  config.users[0].user = { token: await tokenOf(cluster, name) }
  const path = plane.state.path(`${name}.kubeconfig`)
  writeFileSync(path, stringify(config), { mode: 0o600 })
  return path
}

/** The API server reads roles a moment after it has taken them. */
async function untilAllowed(cluster: Cluster, name: string, resourceAttributes: object): Promise<void> {
  const user = `system:serviceaccount:weir-system:${name}`
  const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec: { user, resourceAttributes } }
  await waitFor(async () => (await cluster.create('/apis/authorization.k8s.io/v1/subjectaccessreviews', review)).status.allowed, {
    what: `the rights of ${name} to be in force`,
  })
}
