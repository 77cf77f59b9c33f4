// The manifests of deploy/ ask for no more rights than the programs need.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { bootstrap, deployed } from '../providers/local/agent/gateway/bootstrap.ts'
import { envoyLabels } from '../providers/local/gateway/record.ts'

interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
  readonly resourceNames?: readonly string[]
}

// oxlint-disable-next-line typescript/no-explicit-any -- manifests are looked into freely
const objects: readonly any[] = ['local', 'base']
  .map(folder => join(import.meta.dirname, folder))
  .flatMap(folder => readdirSync(folder).map(file => join(folder, file)))
  .filter(file => !file.endsWith('kustomization.yaml'))
  .flatMap(file => parseAllDocuments(readFileSync(file, 'utf8')).map(document => document.toJS() as unknown))

const named = (kind: string, name: string) => objects.find(object => object.kind === kind && object.metadata.name === name)
const container = (kind: string, name: string) => named(kind, name).spec.template.spec.containers[0]
const rules: readonly Rule[] = objects.flatMap(object => object.rules ?? [])

test('the controller has no capability, no root and no writable file system', () => {
  expect(named('Deployment', 'weir-controller').spec.template.spec.securityContext).toMatchObject({
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  })
  expect(container('Deployment', 'weir-controller').securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  })
})

test('of two controllers one may be taken away at a time, and they are kept apart where that is possible', () => {
  const { spec } = named('Deployment', 'weir-controller')
  expect(spec).toMatchObject({ replicas: 2, strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } })
  const spread = spec.template.spec.topologySpreadConstraints
  expect(spread.map((each: { readonly topologyKey: string }) => each.topologyKey)).toEqual([
    'kubernetes.io/hostname',
    'topology.kubernetes.io/zone',
  ])
  const budget = named('PodDisruptionBudget', 'weir-controller').spec
  expect(budget).toMatchObject({ minAvailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' })
  for (const { labelSelector } of [...spread, { labelSelector: budget.selector }]) expect(labelSelector).toEqual(spec.selector)
  expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels)
})

test('an agent ends before its successor starts, an Envoy only after its successor serves', () => {
  expect(named('DaemonSet', 'weir-agent').spec).toMatchObject({ updateStrategy: { rollingUpdate: { maxUnavailable: 1 } } })
  expect(named('DaemonSet', 'weir-gateway').spec.updateStrategy.rollingUpdate).toEqual({ maxSurge: '10%', maxUnavailable: 0 })
})

test('the agent has NET_ADMIN and NET_RAW and nothing else', () => {
  const { spec } = named('DaemonSet', 'weir-agent').spec.template
  expect(spec).not.toHaveProperty('hostPID')
  expect(spec.volumes).toEqual([{ name: 'gateway', hostPath: { path: dirname(deployed.xdsSocket), type: 'DirectoryOrCreate' } }])
  expect(container('DaemonSet', 'weir-agent').securityContext).toMatchObject({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'], add: ['NET_ADMIN', 'NET_RAW'] },
  })
})

test('the agent runs on every node, whatever its taints', () => {
  expect(named('DaemonSet', 'weir-agent').spec.template.spec.tolerations).toEqual([{ operator: 'Exists' }])
})

test('on the host network the probes of the agent stay on loopback', () => {
  const { startupProbe, readinessProbe, livenessProbe, ports } = container('DaemonSet', 'weir-agent')
  expect([startupProbe, readinessProbe, livenessProbe].map(probe => probe.httpGet.host)).toEqual(Array(3).fill('127.0.0.1'))
  expect(ports).toBeUndefined()
})

test('the gateway has no token, no root, no capability and no writable file system', () => {
  const { spec } = named('DaemonSet', 'weir-gateway').spec.template
  expect(spec).toMatchObject({
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  })
  expect(spec).not.toHaveProperty('hostNetwork')
  expect(container('DaemonSet', 'weir-gateway').securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  })
  expect(container('DaemonSet', 'weir-gateway').volumeMounts).toEqual([
    { name: 'agent', mountPath: dirname(deployed.xdsSocket), readOnly: true },
  ])
})

test('the gateway is started with what the code says, and the agent listens where it looks', () => {
  const { args } = container('DaemonSet', 'weir-gateway')
  expect(JSON.parse(args[args.indexOf('--config-yaml') + 1])).toEqual(bootstrap(deployed))
  const { runAsGroup } = named('DaemonSet', 'weir-gateway').spec.template.spec.securityContext
  const agent = named('DaemonSet', 'weir-agent').spec.template.spec
  expect(agent.containers[0].args).toEqual([`--gateway-socket=${deployed.xdsSocket}`, `--gateway-group=${runAsGroup}`])
  expect(agent.securityContext.supplementalGroups).toEqual([runAsGroup])
  expect(named('DaemonSet', 'weir-gateway').spec.selector.matchLabels).toEqual(envoyLabels)
})

test('no rule has a wildcard, and outside of the namespace of Weir nobody lists or changes Secrets', () => {
  const words = rules.flatMap(rule => [...rule.apiGroups, ...rule.resources, ...rule.verbs])
  expect(words).not.toContain('*')
  const roles = objects.filter(({ kind }) => kind === 'ClusterRole')
  const everywhere = roles.flatMap((role): readonly Rule[] => role.rules ?? []).filter(rule => rule.resources.includes('secrets'))
  expect(everywhere.flatMap(({ verbs }) => verbs.filter(verb => verb !== 'get'))).toEqual([])
})

test('nobody can change the spec of a Service or an object of a user outside of the namespace of Weir, but for the finalizer of a class', () => {
  const owned = ['addressblocks', 'announcements', 'nodereports', 'ingressreports', 'leases', 'events', 'secrets']
  const roles = objects.filter(({ kind }) => kind === 'ClusterRole')
  const writes = roles
    .flatMap((role): readonly Rule[] => role.rules)
    .filter(rule => rule.verbs.some(verb => !['get', 'list', 'watch'].includes(verb)))
    .flatMap(rule => rule.resources.map(resource => `${resource}: ${rule.verbs.join(' ')}`))
    .filter(line => !owned.some(resource => line.startsWith(`${resource}:`)))
  expect(writes).toEqual([
    'announcements/status: patch',
    'services/status: patch',
    'ingresses/status: patch',
    'loadbalancerclasses: list watch patch',
    'loadbalancerclasses/status: patch',
    'addresspools/status: patch',
  ])
})

test('an agent may follow what it reads all the time, its own report too', () => {
  const allowed: readonly Rule[] = named('ClusterRole', 'weir-agent').rules
  const verbsOf = (resource: string) => allowed.find(({ resources }) => resources.includes(resource))?.verbs
  for (const resource of ['nodes', 'announcements', 'nodereports'])
    expect(verbsOf(resource), resource).toEqual(expect.arrayContaining(['list', 'watch']))
})

test('each may write its own kinds only in the ways the programs write them', () => {
  const reading = new Set(['get', 'list', 'watch'])
  const writesOf = (name: string) =>
    objects
      .filter(({ kind, metadata }) => ['Role', 'ClusterRole'].includes(kind) && metadata.name === name)
      .flatMap((role): readonly Rule[] => role.rules)
      .map(({ resources, verbs }) => `${resources.join(' ')}: ${verbs.filter(verb => !reading.has(verb)).join(' ')}`)
      .filter(line => !line.endsWith(': '))
  expect(writesOf('weir-agent')).toEqual([
    'announcements: patch',
    'announcements/status: patch',
    'nodereports: create patch',
    'leases: create patch',
  ])
  expect(writesOf('weir-controller')).toEqual([
    'services/status: patch',
    'ingresses/status: patch',
    'ingressreports: create update delete',
    'events: create patch',
    'loadbalancerclasses: patch',
    'loadbalancerclasses/status addresspools/status: patch',
    'addressblocks: create update delete',
    'announcements: create patch delete',
    'leases: create',
    'leases: update patch',
    'secrets: create patch delete',
    'services: create patch delete',
  ])
})
