// `weir plan` and `weir diff` against a true API server and the local provider: what they foretell is what comes, and nothing is touched.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FakeAgents, fakeAgents } from '../../../test/contract/agents.ts'
import { addressesOf, type Cluster, servicePath, startCluster, weirPath } from '../../../test/contract/cluster.ts'
import { commandLine } from '../../../test/contract/command-line.ts'
import { type RunningController, runController } from '../../../test/contract/controller.ts'
import { waitFor } from '../../../test/lab/waiting.ts'

let cluster: Cluster
let agents: FakeAgents
let controller: RunningController
let weir: ReturnType<typeof commandLine>

beforeAll(async () => {
  cluster = await startCluster()
  agents = await fakeAgents(cluster, ['n0', 'n1', 'n2'])
  agents.claim()
  await cluster.lbClass('lan')
  await cluster.pool('office', ['10.201.200.0/24'])
  await cluster.create('/apis/networking.k8s.io/v1/ingressclasses', {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name: 'web' },
    spec: {
      controller: 'weir.dev/ingress',
      parameters: { apiGroup: 'weir.dev', kind: 'LoadBalancerClass', name: 'lan', scope: 'Cluster' },
    },
  })
  controller = runController({ cluster })
  await controller.working
  await cluster.service('first')
  await cluster.untilReason('first', 'Serving')
  weir = commandLine(cluster.plane.kubeconfig)
})
afterAll(async () => {
  await controller?.[Symbol.asyncDispose]()
  await agents?.[Symbol.asyncDispose]()
  await cluster?.[Symbol.asyncDispose]()
})

const manifest = (name: string, spec: object = {}, annotations: Readonly<Record<string, string>> = {}) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, annotations },
    spec: { type: 'LoadBalancer', loadBalancerClass: 'weir.dev/lan', ports: [{ port: 80, protocol: 'TCP' }], ...spec },
  })

/** Everything that Weir or a user would write, as the API server has it. */
async function everything(): Promise<string> {
  const paths = [
    weirPath('addressblocks'),
    weirPath('announcements'),
    '/api/v1/services',
    '/apis/networking.k8s.io/v1/ingresses',
    '/apis/weir.dev/v1alpha1/ingressreports',
  ]
  const lists = await Promise.all(paths.map(path => cluster.list(path)))
  return JSON.stringify(lists)
}

test('plan -f says which address a Service would get and who would announce it; it gets just that', async () => {
  const before = await everything()
  const { code, stdout } = await weir(['plan', '-f', '-'], manifest('second'))
  expect(await everything()).toBe(before)
  expect(code).toBe(0)
  const address = /^default\/second would get (\S+) \(class lan → provider local\)$/m.exec(stdout)?.[1] ?? ''
  const announced = /^ {2}\+ announcement {2}(\S+) by (n\d), after it (n\d), (n\d)$/m.exec(stdout)
  expect(announced?.[1]).toBe(address)
  expect(stdout).toContain('  + address       any IPv4 address of pool office\n')
  expect(stdout).toContain('Nothing has been changed.')
  await cluster.service('second')
  const made = await cluster.untilReason('second', 'Serving')
  expect(addressesOf(made)).toEqual([address])
  const found = (await cluster.list(weirPath('announcements'))).find(({ spec }) => spec.address === address)
  expect(found?.spec.nodes).toEqual(announced?.slice(2))
})

test('plan of what is as it should be has no action; of a mistake it says what is wrong and what to do, with exit code 1', async () => {
  const settled = await weir(['plan', 'service/first'])
  expect(settled.stdout).toMatch(/^default\/first would stay as it is at 10\.201\.200\.\d+ /)
  expect(settled.code).toBe(0)
  const wrong = await weir(['plan', '-f', '-'], manifest('wrong', {}, { 'weir.dev/load-balancer-ips': '10.9.9.9' }))
  expect(wrong.stdout).toMatch(
    /default\/wrong would not be served .*: RequestedAddressOutsidePools\n +why +10\.9\.9\.9 is in no pool/,
  )
  expect(wrong.code).toBe(1)
  const [held = ''] = addressesOf(await cluster.get(servicePath('first')))
  const taken = await weir(['plan', '-f', '-'], manifest('taken', {}, { 'weir.dev/load-balancer-ips': held }))
  expect(taken.stdout).toMatch(
    /^default\/taken would not be served .*: RequestedAddressInUse\n +why +.* belongs to default\/first/,
  )
  expect(taken.stdout).toContain('\n0 actions. Nothing has been changed.')
  expect(taken.code).toBe(1)
  const bad = await weir(['plan', '-f', '-'], manifest('bad', { ports: [{ port: 99999 }] }))
  expect(bad.stdout).toMatch(/^Service default\/bad would not be taken by the API server\n +why +.*99999/)
  expect(bad.code).toBe(1)
})

test('plan of a change shows what changes, and what of the file nobody looks at', async () => {
  const [held] = addressesOf(await cluster.get(servicePath('first')))
  const file = `${manifest('first', {}, { 'weir.dev/load-balancer-ips': '10.201.200.77' })}\n---\n{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"}}`
  const before = await everything()
  const { stdout, code } = await weir(['plan', '-f', '-'], file)
  expect(await everything()).toBe(before)
  expect(code).toBe(0)
  expect(stdout).toContain('  + address       10.201.200.77 of pool office')
  expect(stdout).toContain(`  - address       ${held}`)
  expect(stdout).toContain('Not looked at: ConfigMap x.')
})

test('plan of an Ingress shows the gateway that would be made, and the address that it would get', async () => {
  const ingress = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'shop' },
    spec: {
      ingressClassName: 'web',
      rules: [
        {
          host: 'shop.example.com',
          http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'first', port: { number: 80 } } } }] },
        },
      ],
    },
  }
  const before = await everything()
  const { stdout, code } = await weir(['plan', '-f', '-'], JSON.stringify(ingress))
  expect(await everything()).toBe(before)
  expect(stdout).toMatch(/^default\/shop would get a gateway on the nodes \(class lan → provider local\)$/m)
  expect(stdout).toContain('  + gateway       Service weir-system/weir-gateway-lan')
  expect(stdout).toMatch(/^Service weir-system\/weir-gateway-lan of it would get 10\.201\.200\.\d+ /m)
  expect(code).toBe(0)
})

test('doctor finds nothing wrong, names what it cannot know, and tells the same to programs', async () => {
  let stdout = ''
  // On a busy machine a Lease may be late for a moment.
  await waitFor(
    async () => {
      const said = await weir(['doctor'])
      stdout = said.stdout
      return said.code === 0
    },
    { what: 'nothing to be wrong', explain: () => stdout },
  )
  expect(stdout).toMatch(/^✔ Kubernetes +v1\.\d+\.\d+; 3 nodes/m)
  expect(stdout).toMatch(/^✔ agents +3 live$/m)
  expect(stdout).toMatch(/^– kube-proxy +there is no ConfigMap kube-system\/kube-proxy/m)
  expect(stdout).toMatch(/^– AWS +no class uses it$/m)
  const { checks } = JSON.parse((await weir(['doctor', '-o', 'json'])).stdout)
  expect(checks).toContainEqual({ check: 'AWS', state: 'unknown', found: 'no class uses it' })
})

test('diff finds nothing where all is well, and then what somebody has changed', async () => {
  await waitFor(async () => (await weir(['diff'])).code === 0, { what: 'nothing to differ' })
  await controller.stop()
  const service = await cluster.get(servicePath('second'))
  const [address = ''] = addressesOf(service)
  await cluster.patch(`${servicePath('second')}/status`, { status: { loadBalancer: { ingress: [{ ip: '10.201.200.99' }] } } })
  const name = (await cluster.list(weirPath('announcements'))).find(({ spec }) => spec.address === address)?.metadata.name
  await cluster.patch(weirPath('announcements', name), { spec: { nodes: ['n9'] } })
  const { stdout, code } = await weir(['diff', 'service/second'])
  expect(code).toBe(1)
  expect(stdout).toContain('service default/second\n')
  expect(stdout).toMatch(new RegExp(`^  ~ announcement {2}${address} by n\\d, after it n\\d, n\\d; before by n9$`, 'm'))
  expect((await weir(['diff', 'service/first'])).code).toBe(0)
  expect((await weir(['diff', 'service/nobody'])).code).toBe(4)
})
