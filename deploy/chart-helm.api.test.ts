// The Helm chart gives the objects that the overlays give, with values as without, and refuses values that it does not know.
import { mkdirSync, mkdtempDisposableSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseAllDocuments, stringify } from 'yaml'
import { binaries } from '../test/lab/binaries.ts'
import { attempt, run } from '../test/lab/command.ts'
import { startControlPlane } from '../test/lab/lab.ts'
import type { ControlPlane } from '../test/lab/lab.ts'
import { silent } from '../test/lab/progress.ts'

// oxlint-disable-next-line typescript/no-explicit-any -- manifests are looked into freely
type Manifest = any

const deploy = import.meta.dirname
const chart = join(deploy, 'chart')
const system = ['--namespace', 'weir-system']
const overlays = [
  ['local', ['local']],
  ['aws', ['aws']],
  ['both', ['local', 'aws']],
] as const

const home = mkdtempDisposableSync(join(tmpdir(), 'weir-helm-'))
const env = { HELM_CACHE_HOME: home.path, HELM_CONFIG_HOME: home.path, HELM_DATA_HOME: home.path }
let helm: string
let kubectl: string

beforeAll(async () => {
  const programs = await binaries(['helm', 'kubectl'], { progress: silent, assets: process.env['KUBEBUILDER_ASSETS'] })
  helm = programs.path('helm')
  kubectl = programs.path('kubectl')
})
afterAll(() => home.remove())

const nameOf = ({ kind, metadata }: Manifest) => `${kind}/${metadata.name}`

/** The objects of a stream of documents by kind and name, without the Namespace: Helm is told of that and does not make it. */
function objectsOf(text: string): ReadonlyMap<string, Manifest> {
  const all: readonly Manifest[] = parseAllDocuments(text)
    .map(document => document.toJS())
    .filter(Boolean)
  const kept = all.filter(({ kind }) => kind !== 'Namespace')
  expect(new Set(kept.map(nameOf)).size).toBe(kept.length)
  return new Map(kept.map(object => [nameOf(object), object]))
}

const overlay = (name: string) => run([kubectl, 'kustomize', join(deploy, name)])

/** `helm template` with values as a user writes them. */
function template(values: object, namespace = 'weir-system') {
  return attempt([helm, 'template', 'weir', chart, '--namespace', namespace, '--values', '-'], { env, input: stringify(values) })
}

async function rendered(values: object): Promise<ReadonlyMap<string, Manifest>> {
  const { code, stdout, stderr } = await template(values)
  expect(code, stderr).toBe(0)
  return objectsOf(stdout)
}

test.each(overlays)('the chart gives the objects of deploy/%s, without a label more', async (name, providers) => {
  expect(Object.fromEntries(await rendered({ providers }))).toEqual(Object.fromEntries(objectsOf(await overlay(name))))
})

test('packed into an archive, for a registry, it is the same chart: nothing in it refers to what lies outside', async () => {
  await run([helm, 'package', chart, '--destination', home.path], { env })
  const packed = join(home.path, readdirSync(home.path).find(name => name.endsWith('.tgz')) ?? '')
  const values = ['--namespace', 'weir-system', '--include-crds', '--set', 'providers={local,aws},page.enabled=true']
  const [fromArchive, fromFolder] = await Promise.all(
    [packed, chart].map(from => run([helm, 'template', 'weir', from, ...values], { env })),
  )
  expect(fromArchive).toBe(fromFolder)
  expect(fromArchive?.match(/^kind: CustomResourceDefinition$/gm)).toHaveLength(8)
})

test('without values it is deploy/local', async () => {
  expect(Object.fromEntries(await rendered({}))).toEqual(Object.fromEntries(objectsOf(await overlay('local'))))
})

/** A place for an overlay, two folders below the project: kustomize takes no path from the root of the file system. */
function trialFolder() {
  const trials = join(deploy, '..', '.vitest')
  mkdirSync(trials, { recursive: true })
  return mkdtempDisposableSync(join(trials, 'overlay-'))
}

/** The blocks of docs/install.md that begin with these words, its language first. */
function page(words: string): readonly string[] {
  const text = readFileSync(join(deploy, '..', 'docs', 'install.md'), 'utf8')
  const found = [...text.matchAll(new RegExp(`^\`\`\`${words}\\n(.*?)^\`\`\`$`, 'gms'))]
  return found.map(([, block = '']) => block)
}

const podOf = (objects: ReadonlyMap<string, Manifest>, name: string) => objects.get(name).spec.template.spec
const containerOf = (objects: ReadonlyMap<string, Manifest>, name: string) => podOf(objects, name).containers[0]
const programsOfWeir = ['Deployment/weir-controller', 'DaemonSet/weir-agent'] as const

test('an image of your own is that of controller and agents, by its digest where there is one', async () => {
  const digest = `sha256:${'a1'.repeat(32)}`
  const repository = 'registry.example.com:5000/weir'
  const byTag = await rendered({ image: { repository, tag: '1.2.3', pullPolicy: 'Always' } })
  const byDigest = await rendered({ image: { repository, tag: '1.2.3', digest } })
  for (const name of programsOfWeir) {
    expect(containerOf(byTag, name)).toMatchObject({ image: `${repository}:1.2.3`, imagePullPolicy: 'Always' })
    expect(containerOf(byDigest, name).image).toBe(`${repository}@${digest}`)
  }
  const { image } = containerOf(byTag, 'DaemonSet/weir-gateway')
  expect(image).toMatch(/^envoyproxy\/envoy:v/)
  const mirrored = await rendered({ gateway: { image: { repository: 'mirror.example.com/envoy' } } })
  expect(containerOf(mirrored, 'DaemonSet/weir-gateway').image).toBe(
    image.replace('envoyproxy/envoy', 'mirror.example.com/envoy'),
  )
})

test('what a cluster asks of pods is laid over what the manifests say', async () => {
  const settings = {
    resources: { requests: { memory: '1Gi' } },
    nodeSelector: { 'example.com/edge': 'true' },
    tolerations: [{ key: 'edge', operator: 'Exists' }],
    priorityClassName: 'important',
    podAnnotations: { 'example.com/team': 'net' },
    podLabels: { team: 'net', 'app.kubernetes.io/name': 'mine' },
  }
  const imagePullSecrets = [{ name: 'registry' }]
  const before = await rendered({})
  const after = await rendered({ imagePullSecrets, controller: settings, agent: settings, gateway: settings })
  for (const name of [...programsOfWeir, 'DaemonSet/weir-gateway']) {
    expect(podOf(after, name)).toMatchObject({
      imagePullSecrets,
      tolerations: settings.tolerations,
      priorityClassName: 'important',
      nodeSelector: { ...podOf(before, name).nodeSelector, ...settings.nodeSelector },
    })
    const { requests, limits } = containerOf(before, name).resources
    expect(containerOf(after, name).resources).toEqual({ requests: { ...requests, memory: '1Gi' }, limits })
    const { metadata } = after.get(name).spec.template
    expect(metadata.annotations).toEqual(settings.podAnnotations)
    expect(metadata.labels).toMatchObject({ team: 'net', ...after.get(name).spec.selector.matchLabels })
  }
})

test('the level of the log is that of controller and agents', async () => {
  const objects = await rendered({ logLevel: 'debug' })
  expect(containerOf(objects, 'Deployment/weir-controller').args).toEqual(['--providers=local', '--log-level=debug'])
  expect(containerOf(objects, 'DaemonSet/weir-agent').args).toContain('--log-level=debug')
})

test('without a gateway there is no Envoy, and all else', async () => {
  const wanted = objectsOf(await overlay('local'))
  expect([...(await rendered({ gateway: { enabled: false } })).keys()].toSorted()).toEqual(
    [...wanted.keys()].filter(name => name !== 'DaemonSet/weir-gateway').toSorted(),
  )
})

test('admission policies are there as they are asked for', async () => {
  const named = async (values: object) => [...(await rendered(values)).keys()].filter(name => /AdmissionPolicy\//.test(name))
  expect(await named({ providers: ['aws'] })).toEqual([])
  expect(await named({ policies: { agents: false } })).toEqual([])
  const all = { agents: true, internalKinds: true, serviceAnnotations: true, readinessGate: true }
  expect((await named({ policies: all })).toSorted()).toEqual([
    'MutatingAdmissionPolicy/weir-readiness-gate',
    'ValidatingAdmissionPolicy/weir-agent-own-node',
    'ValidatingAdmissionPolicy/weir-internal-kinds',
    'ValidatingAdmissionPolicy/weir-service-annotations',
  ])
})

test('with all that can be added it is the overlay with every component', async () => {
  using folder = trialFolder()
  const policies = ['internal-kinds', 'service-annotations', 'readiness-gate'].map(name => `../../deploy/policies/${name}`)
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: ['../../deploy/both'],
    components: ['../../deploy/page', ...policies],
  }
  writeFileSync(join(folder.path, 'kustomization.yaml'), stringify(kustomization))
  const objects = await rendered({
    providers: ['local', 'aws'],
    page: { enabled: true },
    policies: { internalKinds: true, serviceAnnotations: true, readinessGate: true },
  })
  const wanted = objectsOf(await run([kubectl, 'kustomize', folder.path]))
  expect(Object.fromEntries(objects)).toEqual(Object.fromEntries(wanted))
})

test('the overlay that docs/install.md shows has the image of its reader, and its patch takes the gateway away', async () => {
  const [overlay = '', patch = ''] = page('yaml for=kustomize')
  using folder = trialFolder()
  writeFileSync(join(folder.path, 'kustomization.yaml'), `${overlay.replace('../deploy', '../../deploy')}${patch}`)
  const objects = objectsOf(await run([kubectl, 'kustomize', folder.path]))
  for (const name of programsOfWeir) expect(containerOf(objects, name).image).toBe('registry.example.com/weir:0.1.0')
  expect([...objects.keys()]).not.toContain('DaemonSet/weir-gateway')
})

test('one controller has no budget that would hold up the draining of its node', async () => {
  const objects = await rendered({ controller: { replicas: 1 } })
  expect(objects.get('Deployment/weir-controller').spec.replicas).toBe(1)
  expect([...objects.keys()]).not.toContain('PodDisruptionBudget/weir-controller')
})

test('region, VPC and role of AWS reach the controller', async () => {
  const roleArn = 'arn:aws:iam::123456789012:role/weir'
  const aws = { region: 'eu-central-1', vpcId: 'vpc-0123456789abcdef0', roleArn }
  const env = [{ name: 'HTTPS_PROXY', value: 'http://proxy:3128' }]
  const objects = await rendered({ providers: ['aws'], aws, controller: { env } })
  expect(objects.get('ServiceAccount/weir-controller').metadata.annotations).toEqual({ 'eks.amazonaws.com/role-arn': roleArn })
  expect(containerOf(objects, 'Deployment/weir-controller').env).toEqual(
    expect.arrayContaining([
      { name: 'AWS_REGION', value: aws.region },
      { name: 'WEIR_AWS_VPC_ID', value: aws.vpcId },
      env[0],
      expect.objectContaining({ name: 'POD_NAME' }),
    ]),
  )
})

describe('what is no value is refused, and by its name', () => {
  test.each<readonly [object, string]>([
    [{ providers: ['metal'] }, '/providers/0'],
    [{ providers: [] }, '/providers'],
    [{ replicas: 3 }, "'replicas' not allowed"],
    [{ controller: { replica: 3 } }, "'replica' not allowed"],
    [{ controller: { replicas: '3' } }, '/controller/replicas'],
    [{ controller: { replicas: 0 } }, '/controller/replicas'],
    [{ image: { tag: 1.2 } }, '/image/tag'],
    [{ image: { repository: '' } }, '/image/repository'],
    [{ image: { digest: 'sha256:abc' } }, '/image/digest'],
    [{ image: { pullPolicy: 'Sometimes' } }, '/image/pullPolicy'],
    [{ agent: { tolerations: [{ effect: 'Never' }] } }, '/agent/tolerations/0'],
    [{ agent: { resources: { limit: {} } } }, "'limit' not allowed"],
    [{ gateway: { enabled: 'perhaps' } }, '/gateway/enabled'],
    [{ logLevel: 'loud' }, '/logLevel'],
    [{ aws: { region: 'Frankfurt' } }, '/aws/region'],
    [{ aws: { roleArn: 'weir' } }, '/aws/roleArn'],
  ])('%j', async (values, words) => {
    const { code, stderr } = await template(values)
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining(words) })
  })

  test('another namespace', async () => {
    const { code, stderr } = await template({}, 'default')
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('namespace weir-system, not in default') })
  })
})

describe('on an API server', () => {
  let plane: ControlPlane
  beforeAll(async () => {
    plane = await startControlPlane()
    await plane.kubectl(['apply', '-f', join(deploy, 'base', 'namespace.yaml')])
  })
  afterAll(() => plane?.[Symbol.asyncDispose]())

  const withHelm = (...args: readonly string[]) => run([helm, ...args, ...system, '--kubeconfig', plane.kubeconfig], { env })
  const kinds = async () => (await plane.kubectl(['get', 'crds', '-o', 'name'])).trim().split('\n')

  /** What the API server made of the objects of an overlay, without what differs each time, and without what Helm writes on it. */
  async function stored(name: string): Promise<Readonly<Record<string, Manifest>>> {
    const wanted = [...objectsOf(await overlay(name)).values()]
    const input = wanted.map(object => JSON.stringify(object)).join('\n---\n')
    const { items }: { readonly items: readonly Manifest[] } = JSON.parse(
      await plane.kubectl(['get', '-f', '-', '-o', 'json'], input),
    )
    return Object.fromEntries(
      items.map(({ status: _status, metadata, ...rest }) => {
        const labels = without(metadata.labels, /^app\.kubernetes\.io\/managed-by$/)
        const annotations = without(metadata.annotations, /^(meta\.helm\.sh|deprecated\.daemonset)/)
        return [nameOf({ ...rest, metadata }), { ...rest, metadata: { name: metadata.name, labels, annotations } }]
      }),
    )
  }

  test.each(overlays)(
    'deploy/%s and the chart become the same objects, and Helm takes all of its own away but the kinds',
    async (name, providers) => {
      await withHelm('install', 'weir', chart, '--set', `providers={${providers.join(',')}}`)
      const byHelm = await stored(name)
      expect(await kinds()).toContain('customresourcedefinition.apiextensions.k8s.io/addresspools.weir.dev')
      await withHelm('upgrade', 'weir', chart, '--reuse-values', '--set', 'controller.replicas=3')
      expect((await stored(name))['Deployment/weir-controller'].spec.replicas).toBe(3)
      await withHelm('uninstall', 'weir')
      expect(await kinds()).toContain('customresourcedefinition.apiextensions.k8s.io/addresspools.weir.dev')

      await plane.kubectl(['apply', '--server-side', '-k', join(deploy, name)])
      expect(await stored(name)).toEqual(byHelm)
      const names = Object.keys(byHelm).map(each => each.toLowerCase())
      // Without the Namespace: nobody finishes its removal here.
      await plane.kubectl(['delete', '--ignore-not-found', ...system, ...names])
    },
  )

  test('the kinds of a new version are applied over those that Helm made', async () => {
    const crds = join(deploy, '..', 'crds')
    await plane.kubectl(['apply', '--server-side', '--force-conflicts', '-f', crds])
    expect(await kinds()).toHaveLength(8)
  })

  test('the commands of docs/install.md for Helm can be followed to the end', async () => {
    const blocks = page('sh needs=helm')
    expect(blocks.join('')).toMatch(/helm install.*helm upgrade.*helm show values.*helm uninstall/s)
    for (const [name, program] of Object.entries({ helm, kubectl })) symlinkSync(program, join(home.path, name))
    const PATH = `${home.path}:${process.env['PATH'] ?? ''}`
    const commands = blocks.flatMap(block => block.trim().split('\n'))
    let notes = ''
    for (const command of commands) {
      const words = ['timeout', '100', 'bash', '-e', '-c', command]
      const settings = { cwd: join(deploy, '..'), env: { ...env, PATH, KUBECONFIG: plane.kubeconfig } }
      const { code, stdout, stderr } = await attempt(words, settings)
      expect({ command, code, stderr: code === 0 ? '' : stderr }).toEqual({ command, code: 0, stderr: '' })
      if (command.startsWith('helm upgrade')) notes = stdout
    }
    expect(notes).toContain('Weir runs with local and aws.')
    const left = ['clusterroles', 'clusterrolebindings', 'deployments', 'daemonsets', 'serviceaccounts', 'roles', 'rolebindings']
    expect(await plane.kubectl(['get', left.join(','), '-A', '-o', 'name'])).not.toMatch(/weir/)
  })
})

function without(map: Readonly<Record<string, string>> | undefined, keys: RegExp): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(map ?? {}).filter(([key]) => !keys.test(key)))
}
