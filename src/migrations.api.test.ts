// Everything that `weir migrate` writes is taken by a true API server, and what is read from one is what files say.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { startCluster } from '../test/contract/cluster.ts'
import type { Cluster } from '../test/contract/cluster.ts'
import { migrateAwsLbc } from './cli/migrate/aws-lbc.ts'
import * as examples from './cli/migrate/examples-under-test.ts'
import { migrateIngressNginx } from './cli/migrate/ingress-nginx.ts'
import { migrateMetallb } from './cli/migrate/metallb.ts'
import type { Manifest } from './cli/migrate/outcome.ts'
import { awsLbcSources, ingressNginxSources, metallbSources, objectsIn, readProject } from './cli/migrate/sources.ts'
import { systemClock } from './kubernetes/clock.ts'
import { loadCredentials } from './kubernetes/load-credentials.ts'
import { silentLogger } from './kubernetes/logger.ts'
import { createTransport } from './kubernetes/transport.ts'
import { aws, local } from './main-cli-judges.ts'

let cluster: Cluster

beforeAll(async () => {
  cluster = await startCluster()
  for (const name of ['shop', 'edge'])
    await cluster.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
})
afterAll(() => cluster?.[Symbol.asyncDispose]())

test.each<[string, () => readonly Manifest[]]>([
  ['metallb', () => migrateMetallb(metallbSources(objectsIn(examples.metallb, 'f'), 'lan')).manifests],
  ['aws-lbc', () => migrateAwsLbc(awsLbcSources(objectsIn(examples.awsLbc, 'f'), 'aws'), aws).manifests],
  [
    'ingress-nginx',
    () => migrateIngressNginx(ingressNginxSources(objectsIn(examples.ingressNginx, 'f'), 'web'), local).manifests,
  ],
])('what is written from %s is taken as it stands', async (_project, manifests) => {
  const written = manifests()
  const text = written.map(each => stringify(each)).join('---\n')
  const said = await cluster.plane.kubectl(['apply', '--dry-run=server', '-f', '-'], text)
  expect(said.trim().split('\n')).toHaveLength(written.length)
})

/** As much of a kind of that project as a list of its objects needs. */
const kindOfLbc = (plural: string, kind: string, scope: string) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.elbv2.k8s.aws`, annotations: { 'api-approved.kubernetes.io': 'unapproved, for a test' } },
  spec: {
    group: 'elbv2.k8s.aws',
    names: { plural, kind },
    scope,
    versions: [
      {
        name: 'v1beta1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
})

test('a cluster without the kinds of a project says so; with them it is read like files', async () => {
  const credentials = await loadCredentials({ clock: systemClock(), kubeconfig: cluster.plane.kubeconfig })
  await using transport = createTransport({
    credentials,
    clock: systemClock(),
    random: Math.random,
    logger: silentLogger,
    userAgent: 'test',
  })
  const signal = AbortSignal.timeout(60_000)
  await expect(readProject(transport, 'aws-lbc', signal)).rejects.toThrow(/there are no kinds of elbv2\.k8s\.aws/)
  const crds = [
    kindOfLbc('ingressclassparams', 'IngressClassParams', 'Cluster'),
    kindOfLbc('targetgroupbindings', 'TargetGroupBinding', 'Namespaced'),
  ]
  await cluster.plane.kubectl(['apply', '-f', '-'], crds.map(each => stringify(each)).join('---\n'))
  for (const { metadata } of crds)
    await cluster.plane.kubectl(['wait', '--for=condition=Established', '--timeout=60s', `crd/${metadata.name}`])
  await cluster.plane.kubectl(['apply', '-f', '-'], examples.awsLbc)
  const byName = (all: readonly Manifest[]) => all.toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1))
  const ofFiles = migrateAwsLbc(awsLbcSources(objectsIn(examples.awsLbc, 'f'), 'aws'), aws).manifests
  const ofCluster = migrateAwsLbc(awsLbcSources(await readProject(transport, 'aws-lbc', signal), 'aws'), aws).manifests
  expect(byName(ofCluster)).toEqual(byName(ofFiles))
})

function nameOf({ kind, metadata }: Manifest): string {
  return `${kind} ${metadata.namespace ?? ''}/${metadata.name}`
}
