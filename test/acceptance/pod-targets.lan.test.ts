// Classes with targets: Pod as a user leads them: Pods on all nodes see who calls, and neither rollouts nor moves of an address are noticed.
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Announcement } from '../../src/api/announcement.ts'
import { announcementName, parseAddress } from '../../src/model/address.ts'
import { whileCalling } from '../lab/failover.ts'
import { sharedLab } from '../lab/shared-lab.ts'
import type { SharedLab } from '../lab/shared-lab.ts'
import { waitFor } from '../lab/waiting.ts'
import { refusedRequests } from './audit.ts'
import { openCaller, openUser, ownerOf, ownerWhen } from './user.ts'
import type { Answer, Caller, ServiceWishes, User } from './user.ts'

let lab: SharedLab
let user: User
let caller: Caller
const resources = new AsyncDisposableStack()

beforeAll(async () => {
  lab = resources.use(await sharedLab())
  resources.defer(async () => void (await lab.kubectl(['delete', 'loadbalancerclass', 'changing', '--ignore-not-found'])))
  user = resources.use(await openUser(lab, 'acceptance-pods'))
  caller = openCaller(lab)
  await user.echo('echo', 3, { spread: true })
})
afterAll(() => resources.disposeAsync())

const both = { ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv4', 'IPv6'], allocateLoadBalancerNodePorts: false }
const podsOf = (answers: readonly Answer[]) => new Set(answers.map(({ pod }) => pod))
/** The client's own address, of the family of what it calls. */
const ownAddress = (address: string) => (address.includes(':') ? lab.client.address6 : lab.client.address)
const seesClient = (address: string) => (answers: readonly Answer[]) =>
  answers.every(({ client }) => client === ownAddress(address))

async function served(name: string, { spec = {}, ...wishes }: ServiceWishes = {}): Promise<readonly string[]> {
  await user.service(name, { class: 'weir.dev/lan-pods', ...wishes, spec: { ...both, ...spec } })
  return user.servedAt(name, 2)
}

async function pathOf(address: string): Promise<string | undefined> {
  const parsed = parseAddress(address)
  const path = `/apis/weir.dev/v1alpha1/announcements/${parsed ? announcementName(parsed) : ''}`
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the API server answers
  return ((await lab.api.call('GET', path)) as Announcement).status?.path?.mode
}

/** What calls fail with; undefined while they are answered. */
async function failureOf(address: string): Promise<string | undefined> {
  try {
    await caller.call(address)
    return undefined
  } catch (error) {
    return String(error)
  }
}

const failing = (address: string, how: RegExp) =>
  waitFor(async () => how.test((await failureOf(address)) ?? ''), {
    what: `${address} to fail with ${how}`,
    everyMs: 200,
  })

test.concurrent.each(['Cluster', 'Local'])(
  'externalTrafficPolicy %s: Pods on all nodes answer from each address, see the client, and need no node port',
  async policy => {
    const name = `web-${policy.toLowerCase()}`
    for (const address of await served(name, { spec: { externalTrafficPolicy: policy } })) {
      await caller.answeredBy(address, 40, answers => podsOf(answers).size === 3 && seesClient(address)(answers))
      expect(await pathOf(address)).toBe('direct')
    }
    expect((await user.find(name))?.spec.ports?.[0]).not.toHaveProperty('nodePort')
  },
)

test.concurrent('UDP too, over both families', async () => {
  const ports = [{ name: 'udp', port: 53, targetPort: 'udp', protocol: 'UDP' }]
  for (const address of await served('dns', { spec: { ports } })) {
    await waitFor(
      async () => {
        const answers = await caller.call(address, 40, 53, 'udp').catch(() => [])
        return podsOf(answers).size === 3 && seesClient(address)(answers)
      },
      { what: `answers over UDP from ${address}`, everyMs: 200 },
    )
  }
})

test.concurrent('from within the cluster the Service is reached by its ClusterIP and by its addresses', async () => {
  const addresses = await served('inside')
  const clusterIPs = (await user.kubectl(['get', 'service', 'inside', '-o', 'jsonpath={.spec.clusterIPs[*]}'])).split(' ')
  const pod = await user.kubectl(['get', 'pods', '-l', 'app=echo', '-o', 'jsonpath={.items[0].metadata.name}'])
  const program =
    'for (const url of process.argv.slice(1)) for (let i = 0; i < 10; i++) await fetch(url, { signal: AbortSignal.timeout(5000) }).then(answer => answer.json()); console.log("all")'
  const urls = [...clusterIPs, ...addresses].map(ip => (ip.includes(':') ? `http://[${ip}]/` : `http://${ip}/`))
  expect(urls).toHaveLength(4)
  const words = ['node', '--input-type=module', '-e', program, ...urls]
  // kube-proxy gathers changes for up to a second.
  await waitFor(async () => (await lab.pod(`${user.namespace}/${pod}`).tryExec(words)).stdout === 'all\n', {
    what: 'answers within the cluster',
    everyMs: 500,
  })
})

test.concurrent.each(['weir.dev/lan', 'weir.dev/lan-pods'])(
  'class %s: source ranges of the field and of the annotation decide who gets through',
  async lbClass => {
    const own = ['10.99.0.0/24', 'fd00:99::/64']
    const others = ['192.0.2.0/24', '2001:db8::/32']
    const name = `fenced-${lbClass.split('-').length}`
    const annotation = 'service.beta.kubernetes.io/load-balancer-source-ranges'
    const fencedBy = (loadBalancerSourceRanges: readonly string[] | undefined, annotations = {}) =>
      user.service(name, { class: lbClass, annotations, spec: { ...both, loadBalancerSourceRanges } })
    await fencedBy(undefined, { [annotation]: others.join(',') })
    const addresses = await user.servedAt(name, 2)
    for (const address of addresses) await failing(address, /no answer/)
    await fencedBy(undefined, { [annotation]: [...own, ...others].join(',') })
    for (const address of addresses) await caller.answeredBy(address, 5, () => true)
    // The field goes before the annotation.
    await fencedBy(others, { [annotation]: own.join(',') })
    for (const address of addresses) await failing(address, /no answer/)
    await user.kubectl(['patch', 'service', name, '-p', '{"spec":{"loadBalancerSourceRanges":null}}'])
    for (const address of addresses) await caller.answeredBy(address, 5, () => true)
  },
)

test.concurrent('a Service whose Pods cannot be reached straight is served all the same and hears why, until they can', async () => {
  const pods: readonly { readonly ip: string; readonly node: string }[] = (
    await user.kubectl([
      'get',
      'pods',
      '-l',
      'app=echo',
      '-o',
      'jsonpath={range .items[*]}{.status.podIP} {.spec.nodeName}{"\\n"}{end}',
    ])
  )
    .trim()
    .split('\n')
    .map(line => {
      const [ip = '', node = ''] = line.split(' ')
      return { ip, node }
    })
  const slice = (nodeName: (node: string) => object) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'by-hand-1', namespace: user.namespace, labels: { 'kubernetes.io/service-name': 'by-hand' } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: pods.map(({ ip, node }) => ({ addresses: [ip], conditions: { ready: true }, ...nodeName(node) })),
  })
  await user.apply(slice(() => ({})))
  await user.service('by-hand', { class: 'weir.dev/lan-pods', app: null })
  const address = await user.served('by-hand')
  const hears = (what: RegExp) =>
    user.until('by-hand', ({ status }) => status?.conditions?.some(({ message }) => what.test(message)), `message ${what}`)
  await hears(/does not go straight to pods: .*does not say on which node a pod is\. Set nodeName of its endpoints\./)
  expect(await pathOf(address)).toBe('masquerade')
  await caller.answeredBy(address, 40, answers => podsOf(answers).size === 3)
  const events = ['get', 'events', '--field-selector', 'involvedObject.name=by-hand,type=Warning,reason=DataPathFallback']
  await waitFor(async () => (await user.kubectl([...events, '-o', 'name'])) !== '', {
    what: 'the event DataPathFallback',
    timeoutMs: 60_000,
    everyMs: 200,
  })
  await user.apply(slice(node => ({ nodeName: node })))
  await waitFor(async () => (await pathOf(address)) === 'direct', { what: 'path direct', timeoutMs: 60_000, everyMs: 200 })
  await hears(/^Served at (?!.*straight)/)
  await caller.answeredBy(address, 40, answers => podsOf(answers).size === 3 && seesClient(address)(answers))
})

test.concurrent('healthCheckNodePort says which nodes have the Pods that answer', async () => {
  const program =
    'console.log(JSON.stringify(await Promise.all(process.argv.slice(1).map(url => fetch(url, { signal: AbortSignal.timeout(5000) }).then(({ status }) => status, String)))))'
  await user.echo('checked', 1, 'n0')
  const spec = { externalTrafficPolicy: 'Local' }
  const [address = ''] = await served('checked', { app: 'checked', spec })
  const port = (await user.find('checked'))?.spec.healthCheckNodePort
  expect(port).toBeGreaterThan(0)
  const urls = lab.nodes.map(node => `http://${node.address}:${port}/healthz`)
  for (const home of ['n0', 'n2']) {
    await user.echo('checked', 1, home)
    let last = ''
    await waitFor(
      async () => {
        last = (await lab.client.tryExec([process.execPath, '--input-type=module', '-e', program, ...urls])).stdout.trim()
        return last === JSON.stringify(lab.nodes.map(({ name }) => (name === home ? 200 : 503)))
      },
      { what: `health of ${home} alone`, timeoutMs: 60_000, everyMs: 200, explain: () => last },
    )
    const at = ['-l', 'app=checked', `--field-selector=spec.nodeName=${home}`]
    const pod = await user.kubectl(['get', 'pods', ...at, '-o', 'jsonpath={.items[0].metadata.name}'])
    await caller.answeredBy(address, 10, answers => answers.every(answer => answer.pod === pod))
  }
})

test.concurrent('sessionAffinity ClientIP keeps a client with one Pod', async () => {
  for (const address of await served('sticky', { spec: { sessionAffinity: 'ClientIP' } }))
    await caller.answeredBy(address, 30, answers => podsOf(answers).size === 1 && seesClient(address)(answers))
})

test.concurrent('without a Pod connections are refused, and the next Pod serves', async () => {
  await user.echo('empty', 1)
  const addresses = await served('empty', { app: 'empty' })
  for (const address of addresses) await caller.answeredBy(address, 5, seesClient(address))
  await user.kubectl(['scale', 'deployment/empty', '--replicas=0'])
  await user.reason('empty', 'NoReadyEndpoints')
  for (const address of addresses) await failing(address, /ECONNREFUSED/)
  await user.echo('empty', 1)
  for (const address of addresses) await caller.answeredBy(address, 5, seesClient(address))
})

test('a class that goes from Node to Pod and back: the addresses stay and calls go on being answered', async () => {
  const classWith = (targets: string) =>
    user.apply({
      apiVersion: 'weir.dev/v1alpha1',
      kind: 'LoadBalancerClass',
      metadata: { name: 'changing' },
      spec: { provider: 'local', targets },
    })
  await classWith('Node')
  const addresses = await served('changing', { class: 'weir.dev/changing' })
  const spread = (address: string) => caller.answeredBy(address, 30, answers => podsOf(answers).size === 3)
  for (const address of addresses) await spread(address)
  const seen = await whileCalling(
    lab,
    addresses,
    async () => {
      await classWith('Pod')
      for (const address of addresses) await caller.answeredBy(address, 30, seesClient(address))
      await classWith('Node')
      for (const address of addresses)
        await caller.answeredBy(address, 30, answers => podsOf(answers).size === 3 && !seesClient(address)(answers))
    },
    { patienceMs: 15_000 },
  )
  // A connection that is being opened in the very moment may be cut (docs/tasks/pod-targets.md): one per change and node at most, of hundreds.
  for (const { calls, unanswered } of Object.values(seen)) {
    expect(calls).toBeGreaterThan(100)
    expect(unanswered).toBeLessThanOrEqual(2 * lab.nodes.length)
  }
  expect(await user.servedAt('changing', 2)).toEqual(addresses)
})

test('a rolling update of a Deployment under steady load costs no call', async () => {
  await user.echo('shop', 3, { spread: true })
  // As every workload that is to be updated under load: it goes on serving until nobody is sent to it any more.
  const lifecycle = { preStop: { sleep: { seconds: 4 } } }
  const template = { spec: { terminationGracePeriodSeconds: 10, containers: [{ name: 'echo', lifecycle }] } }
  const strategy = { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } }
  const rolledOut = () => user.kubectl(['rollout', 'status', 'deployment/shop', '--timeout=180s'])
  await user.kubectl(['patch', 'deployment', 'shop', '-p', JSON.stringify({ spec: { strategy, template } })])
  await rolledOut()
  const addresses = await served('shop', { app: 'shop' })
  const pods = new Set<string>()
  for (const address of addresses) {
    const answers = await caller.answeredBy(address, 40, found => podsOf(found).size === 3 && seesClient(address)(found))
    for (const pod of podsOf(answers)) pods.add(pod)
  }
  const seen = await whileCalling(
    lab,
    addresses,
    async () => {
      await user.kubectl(['rollout', 'restart', 'deployment/shop'])
      await rolledOut()
    },
    { patienceMs: 15_000 },
  )
  expect(Object.values(seen).map(({ unanswered }) => unanswered)).toEqual([0, 0])
  for (const address of addresses) expect(podsOf(await caller.call(address, 20)).isDisjointFrom(pods)).toBe(true)
})

test('the node that announces is drained: connections to Pods on all nodes stay open', async () => {
  const [address = ''] = await served('held')
  await caller.answeredBy(address, 40, answers => podsOf(answers).size === 3 && seesClient(address)(answers))
  const before = await ownerWhen(lab, address, () => true)
  const program = join(import.meta.dirname, '..', 'lab', 'hold-connections.ts')
  await using holding = await lab.client.start('hold-pods', [process.execPath, program, address, '80', '24'])
  await holding.untilLine(/holding/)
  const label = (change: string) => lab.kubectl(['label', 'node', before.node, change])
  try {
    await label('weir.dev/drain=true')
    const after = await ownerWhen(lab, address, ({ node }) => node !== before.node)
    expect(await caller.neighbour(address)).toBe(after.mac)
    // And once more: each slot may have met two announcers by then.
    await caller.answeredBy(address, 40, seesClient(address))
  } finally {
    await label('weir.dev/drain-')
  }
  await holding.kill('SIGTERM')
  const held: readonly { readonly node: string; readonly client: string; readonly ended?: string }[] = JSON.parse(
    holding.output().trim().split('\n').at(-1) ?? '',
  )
  expect(held.filter(({ ended }) => ended !== undefined)).toEqual([])
  expect(new Set(held.map(({ client }) => client))).toEqual(new Set([lab.client.address]))
  expect(new Set(held.map(({ node }) => node)).size).toBe(3)
  expect((await ownerOf(lab, address))?.node).not.toBe(before.node)
})

test('RBAC refused nothing of all this', () => {
  expect(refusedRequests(lab)).toEqual([])
})
