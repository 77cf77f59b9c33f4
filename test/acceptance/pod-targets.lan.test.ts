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

test.concurrent('source ranges of the field and of the annotation decide who gets through', async () => {
  const own = ['10.99.0.0/24', 'fd00:99::/64']
  const others = ['192.0.2.0/24', '2001:db8::/32']
  const addresses = await served('fenced', { spec: { loadBalancerSourceRanges: own } })
  for (const address of addresses) await caller.answeredBy(address, 5, seesClient(address))
  await user.service('fenced', { class: 'weir.dev/lan-pods', spec: { ...both, loadBalancerSourceRanges: others } })
  for (const address of addresses) await failing(address, /no answer/)
  const annotation = 'service.beta.kubernetes.io/load-balancer-source-ranges'
  await user.kubectl(['patch', 'service', 'fenced', '-p', '{"spec":{"loadBalancerSourceRanges":null}}'])
  for (const address of addresses) await caller.answeredBy(address, 5, seesClient(address))
  await user.kubectl(['annotate', 'service', 'fenced', `${annotation}=${others.join(',')}`])
  for (const address of addresses) await failing(address, /no answer/)
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

test('a class that goes from Node to Pod and back: the addresses stay and no call fails', async () => {
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
  expect(Object.values(seen).map(({ unanswered }) => unanswered)).toEqual([0, 0])
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
