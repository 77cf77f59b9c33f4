// `weir plan` and `weir diff` against the fake AWS: what would be made is told in full, and not one call changes anything.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FakeWorld, startFakeWorld } from '../../../test/contract/aws.ts'
import { albClass, backend } from '../../../test/contract/aws-ingress.ts'
import { servicePath } from '../../../test/contract/cluster.ts'
import { commandLine } from '../../../test/contract/command-line.ts'
import { type RunningController, runController } from '../../../test/contract/controller.ts'
import { waitFor } from '../../../test/lab/waiting.ts'

let world: FakeWorld
let controller: RunningController
let weir: ReturnType<typeof commandLine>

beforeAll(async () => {
  world = await startFakeWorld()
  await albClass(world)
  weir = commandLine(world.cluster.plane.kubeconfig)
})
afterAll(async () => {
  await controller?.[Symbol.asyncDispose]()
  await world?.[Symbol.asyncDispose]()
})

const manifest = (name: string, extra: object = {}) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, ...extra },
    spec: {
      type: 'LoadBalancer',
      loadBalancerClass: 'weir.dev/aws',
      selector: { app: 'api' },
      ports: [{ port: 443, targetPort: 'https', protocol: 'TCP' }],
    },
  })

/** Calls since a moment that are no questions. */
const changes = (mark: number) =>
  world.aws.calls
    .since(mark)
    .entries.map(({ operation }) => operation)
    .filter(operation => !/^(?:Describe|Get|List)/.test(operation))

/** As a kubelet would say that it runs. */
async function pod(name: string, ip: string): Promise<void> {
  const path = '/api/v1/namespaces/default/pods'
  const spec = { containers: [{ name: 'api', image: 'api', ports: [{ name: 'https', containerPort: 8443 }] }] }
  await world.cluster.create(path, { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: 'api' } }, spec })
  await world.cluster.patch(`${path}/${name}/status`, {
    status: { phase: 'Running', podIP: ip, podIPs: [{ ip }], conditions: [{ type: 'Ready', status: 'True' }] },
  })
}

test('plan -f tells every resource of a Network Load Balancer with the pods that would be its targets, and only asks AWS', async () => {
  const [first = '', second = ''] = world.site.podIps
  await pod('api-0', first)
  await pod('api-1', second)
  const mark = world.aws.calls.mark()
  const { code, stdout } = await weir(['plan', '-f', '-'], manifest('api'))
  expect(stdout).toMatch(/^default\/api would get a Network Load Balancer in \S+ \(class aws → provider aws\)$/m)
  for (const what of ['+ security group', '+ target group', '+ load balancer', '+ listener'])
    expect(stdout).toContain(`  ${what}`)
  expect(stdout).toContain(
    `  + targets         443: ${[first, second]
      .map(ip => `${ip}:8443`)
      .toSorted()
      .join(', ')}\n`,
  )
  expect(stdout).toContain('Nothing has been changed.')
  expect(code).toBe(0)
  expect(changes(mark)).toEqual([])
  expect(await world.cluster.find(servicePath('api'))).toBeUndefined()
})

test('plan -f of an Ingress tells its Application Load Balancer with listeners and rules', async () => {
  await backend(world, 'shop', world.site.podIps.slice(0, 1))
  const mark = world.aws.calls.mark()
  const ingress = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'shop', annotations: { 'alb.ingress.kubernetes.io/scheme': 'internal' } },
    spec: {
      ingressClassName: 'alb',
      rules: [
        {
          host: 'shop.example.com',
          http: { paths: [{ path: '/cart', pathType: 'Prefix', backend: { service: { name: 'shop', port: { number: 80 } } } }] },
        },
      ],
    },
  }
  const { code, stdout } = await weir(['plan', '-f', '-'], JSON.stringify(ingress))
  expect(stdout).toMatch(/^default\/shop would get an Application Load Balancer in /m)
  expect(stdout).toMatch(/\+ rule +80\/100: host shop\.example\.com, path \/cart/)
  expect(code).toBe(0)
  expect(changes(mark)).toEqual([])
})

test('a mistake that only AWS knows is told with its remedy', async () => {
  const annotations = { 'service.beta.kubernetes.io/aws-load-balancer-subnets': 'subnet-0123456789abcdef0' }
  const { code, stdout } = await weir(['plan', '-f', '-'], manifest('lost', { annotations }))
  expect(stdout).toMatch(/^default\/lost would not be served: SubnetsNotFound\n +why +.*subnet-0123456789abcdef0.*\n +do +\S/m)
  expect(code).toBe(1)
})

test('without rights at AWS nothing is foretold, and it says which right is missing', async () => {
  using _ = world.aws.fail({ operation: 'DescribeSubnets', when: 'before', times: 1000, error: 'UnauthorizedOperation' })
  const { code, stdout } = await weir(['plan', '-f', '-'], manifest('api'))
  expect(code).toBe(1)
  expect(stdout).toMatch(
    /^default\/api: what would be done cannot be told from here: AccessDenied\n +why +.*ec2:DescribeSubnets/m,
  )
})

test('doctor finds subnets for load balancers of both schemes, and says where it may not look', async () => {
  const mark = world.aws.calls.mark()
  const { stdout } = await weir(['doctor'])
  expect(stdout).toMatch(/^✔ subnets +class aws, internal: subnet-\w+, subnet-\w+/m)
  expect(stdout).toMatch(/^✔ subnets +class aws, internet-facing: subnet-\w+, subnet-\w+/m)
  expect(stdout).toMatch(/^✔ IAM /m)
  expect(changes(mark)).toEqual([])
  using _ = world.aws.fail({ operation: 'DescribeSubnets', when: 'before', times: 1000, error: 'UnauthorizedOperation' })
  expect((await weir(['doctor'])).stdout).toMatch(/^✘ AWS +class aws, internal: .*ec2:DescribeSubnets.*\n +→ \S/m)
})

test('diff finds nothing where all is well, and then what somebody changed at AWS by hand', async () => {
  controller = runController({ kubeconfig: world.cluster.plane.kubeconfig, providers: ['local', 'aws'] })
  await controller.working
  await world.service('web')
  await world.cluster.untilReason('web', 'Serving')
  let last = ''
  await waitFor(
    async () => {
      const { code, stdout } = await weir(['diff'])
      last = stdout
      return code === 0
    },
    { what: 'nothing to differ', explain: () => last },
  )
  expect(last).toBe('1 object compared: what is there is what should be.\n')
  await controller.stop()
  const { listeners, targetGroups, securityGroups } = world.aws.world
  const mark = world.aws.calls.mark()
  const differing = async () => {
    const { code, stdout } = await weir(['diff', 'service/web'])
    expect(code).toBe(1)
    return stdout
  }

  const [listener] = listeners.values()
  listeners.delete(listener?.arn ?? '')
  expect(await differing()).toMatch(/^service default\/web\n {2}\+ listener +TCP 80 → 80\n1 object compared, 1 differs\./)
  if (listener) listeners.put(listener.arn, listener)

  const [group] = targetGroups.values()
  if (!group) throw new Error('there is no target group')
  const [gone, ...others] = group.targets
  targetGroups.put(group.arn, { ...group, targets: new Map(others) })
  expect(await differing()).toMatch(new RegExp(`^service default/web\\n  \\+ targets +80: ${gone?.[0]}\\n1 object`))
  const strange = world.site.podIps[9] ?? ''
  const registered = { id: strange, port: 8080, registeredAt: 0 }
  targetGroups.put(group.arn, { ...group, targets: new Map([...group.targets, [`${strange}:8080`, registered]]) })
  expect(await differing()).toMatch(new RegExp(`^service default/web\\n  - targets +80: ${strange}:8080\\n1 object`))
  targetGroups.put(group.arn, group)

  // At the pods, where the load balancer comes in: the same ports open to others are no stand-in.
  const shared = securityGroups.values().find(({ name }) => name.startsWith('weir-') && name.includes('backend'))
  const atPods = securityGroups.values().find(({ rules }) => rules.some(rule => rule.group === shared?.id))
  if (!shared || !atPods) throw new Error('nothing was opened at the pods')
  const closed = atPods.rules.map(rule => (rule.group === shared.id ? { ...rule, group: undefined, cidr: '192.0.2.0/24' } : rule))
  for (const rules of [atPods.rules.filter(rule => rule.group !== shared.id), closed]) {
    securityGroups.put(atPods.id, { ...atPods, rules })
    expect(await differing()).toMatch(
      new RegExp(`^service default/web\\n  \\+ rules +${atPods.id}: tcp 8080 from the load balancer\\n1 object`),
    )
  }
  securityGroups.put(atPods.id, atPods)

  // At the front, where clients come in.
  const front = securityGroups.values().find(({ rules }) => rules.some(rule => !rule.egress && rule.cidr === '0.0.0.0/0'))
  const [opened] = front?.rules.filter(rule => !rule.egress) ?? []
  if (!front || !opened) throw new Error('nothing was opened to clients')
  securityGroups.put(front.id, { ...front, rules: front.rules.filter(rule => rule !== opened) })
  expect(await differing()).toMatch(/^service default\/web\n {2}\+ rules .*0\.0\.0\.0\/0/)
  securityGroups.put(front.id, { ...front, rules: [...front.rules, { ...opened, id: 'sgr-by-hand', from: 22, to: 22 }] })
  expect(await differing()).toMatch(/^service default\/web\n {2}- rules .*\b22\b/)
  securityGroups.put(front.id, front)

  expect((await weir(['diff', 'service/web'])).stdout).toBe('1 object compared: what is there is what should be.\n')
  expect(changes(mark)).toEqual([])
})
