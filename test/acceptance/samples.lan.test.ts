// What somebody sees who installs Weir and applies the samples: addresses that a client on the LAN resolves and calls, and words.
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SharedLab } from '../lab/shared-lab.ts'
import { sharedLab } from '../lab/shared-lab.ts'
import { rows } from '../lab/rows.ts'
import type { Row } from '../lab/rows.ts'
import { countWords, walk } from '../lab/walk.ts'
import { macOf, nodeNamed, openCaller, ownerOf } from './user.ts'
import type { Caller } from './user.ts'
import { waitFor } from '../lab/waiting.ts'

let lab: SharedLab
let caller: Caller
let samples: readonly Row[]

beforeAll(async () => {
  lab = await sharedLab()
  caller = openCaller(lab)
  samples = await rows(lab)
})
afterAll(() => lab[Symbol.asyncDispose]())

const sample = (name: string) => {
  const [first] = samples.find(row => row.service === `default/${name}`)?.addresses ?? []
  if (!first) throw new Error(`no sample ${name} with an address`)
  return first
}

test('every sample that should answer does, over HTTP and UDP, IPv4 and IPv6, and the walk says who', async () => {
  const printed: string[] = []
  const closing = countWords(await walk(lab, text => printed.push(text)))
  expect(closing).toBe('8 Services: 7 answered, 1 pending as the sample intends.')
  const [table = ''] = printed
  expect(table.split('\n').find(Boolean)).toMatch(/^SERVICE +CLASS +TARGETS +ADDRESS +ANNOUNCED BY +ENDPOINTS +READY$/)
  expect(table).toMatch(/default\/web +lan +Node +10\.201\.200\.\d+ +n\d eth0 [0-9a-f:]{17} +3\/3 +yes/)
  expect(table).toMatch(
    /default\/web-dual +lan +Node +10\.201\.200\.\d+ +n\d eth0 [0-9a-f:]{17} +3\/3 +yes\n +fd00:201::200:\w+ +n\d eth0 /,
  )
  expect(table).toMatch(
    /default\/web-pods +lan-pods +Pod +10\.201\.200\.\d+ +n\d eth0 [0-9a-f:]{17} +3\/3 +yes\n +fd00:201::200:\w+ +n\d eth0 /,
  )
  expect(printed.join('\n')).toMatch(/GET \/ → web-\S+, (web-\S+, )+each saw 10\.99\.0\.10$/m)
  expect(printed.join('\n')).toMatch(
    /fd00:201::200:\w+ +NDP [\d.]+ ms +GET \/ → web-\S+, saw fd00:99::10 \(externalTrafficPolicy: Local\)$/m,
  )
})

test('the client resolves an address to the MAC of the node that announces it, and nobody else answers', async () => {
  const { address } = sample('web')
  const owner = await ownerOf(lab, address)
  const mac = await macOf(nodeNamed(lab, owner?.node ?? ''))
  expect(owner?.mac).toBe(mac)
  expect(await caller.neighbour(address)).toBe(mac)
  expect(await caller.answerers(address)).toEqual([mac])
})

test('kubectl describe service says why a Service is pending and what to do', async () => {
  const words = await lab.kubectl(['describe', 'service', 'broken'])
  expect(words).toMatch(/Warning +RequestedAddressOutsidePools/)
  expect(words).toContain('10.9.9.9')
  expect(words).toContain('office')
  expect(words).toMatch(/ask for an address of|leave the request out|weir\.dev\/load-balancer-ips/i)
})

test('the API server takes the samples of deploy/', async () => {
  const folders = ['samples', 'samples/ipv6'].flatMap(folder => ['-f', join(import.meta.dirname, '..', '..', 'deploy', folder)])
  const taken = await lab.kubectl(['apply', '--dry-run=server', ...folders])
  expect(taken.match(/(created|configured|unchanged) \(server dry run\)$/gm)).toHaveLength(10)
})

test('kubectl get tells the story: pool, class, announcement', async () => {
  // Those of the sample Services, and two of the gateway, which is not waited for before.
  const pools = () => lab.kubectl(['get', 'addresspools'])
  await waitFor(async () => /^office .*\b11\b/m.test(await pools()), {
    what: '11 used addresses',
    timeoutMs: 60_000,
    explain: pools,
  })
  expect(await lab.kubectl(['get', 'loadbalancerclasses'])).toMatch(/^lan +local/m)
  const { address } = sample('web')
  expect(await lab.kubectl(['get', 'announcements'])).toMatch(new RegExp(`${address} +default/web +n\\d +eth0 +[0-9a-f:]{17}`))
})

test('S1, S2: a Service of type LoadBalancer has a virtual IP and still a node port, which every node answers', async () => {
  const { address } = sample('web')
  expect(address).toMatch(/^10\.201\.200\.\d+$/)
  const nodePort = Number(await lab.kubectl(['get', 'service', 'web', '-o', 'jsonpath={.spec.ports[0].nodePort}']))
  for (const node of lab.nodes) expect(await caller.call(node.address, 1, nodePort)).toHaveLength(1)
})

test('S2: through kube-proxy the Pods of all nodes serve an address, and none of them sees the client', async () => {
  const answers = await caller.answeredBy(sample('web').address, 40, all => new Set(all.map(({ pod }) => pod)).size === 3)
  expect(answers.map(({ client }) => client)).not.toContain(lab.client.address)
})

test('S4: with externalTrafficPolicy Local the Pods see the client', async () => {
  const answers = await caller.call(sample('web-local').address, 10)
  expect(new Set(answers.map(({ client }) => client))).toEqual(new Set([lab.client.address]))
})
