// Services that share a load balancer at a fake AWS, for tests of groups.
import { fakeAws } from '../../../test/fake-aws/fake-aws.ts'
import type { FakeAws } from '../../../test/fake-aws/fake-aws.ts'
import { idOf, testWorld } from './world-under-test.ts'
import type { TestService, World } from './world-under-test.ts'

export function member(name: string, port: number, more: Partial<TestService> = {}): TestService {
  return {
    name,
    ports: [{ name: 'p', port, targetPort: 8080, protocol: 'TCP' }],
    createdAt: `2026-01-0${name.length}T00:00:00Z`,
    ...more,
    annotations: { 'weir.dev/load-balancer-group': 'edge', ...more.annotations },
  }
}

export const [a, bb, ccc] = [member('a', 80), member('bb', 81), member('ccc', 82)]
export const alone = (service: TestService): TestService => ({ ...service, annotations: {} })

export async function world(services: readonly TestService[] = [a, bb, ccc]) {
  const aws = await fakeAws()
  const vpc = aws.createVpc()
  const [subnet] = vpc.privateSubnets
  if (!subnet) throw new Error('the VPC has no private subnet')
  const node = aws.createInstance({ subnet, pods: 16 })
  const cluster = testWorld(aws, { vpcId: vpc.id })
  services.forEach((service, index) => cluster.pods(service, node.podIps.slice(2 * index, 2 * index + 2)))
  return { aws, vpc, node, cluster, [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose]() }
}

/** All are in the cluster before the first is looked at. */
export async function serve(cluster: World, services: readonly TestService[]): Promise<void> {
  for (const service of services) cluster.members.set(idOf(service).uid, service)
  await cluster.settleAll(services)
}

export const balancers = (aws: FakeAws) => aws.world.loadBalancers.values()
export const ports = (aws: FakeAws) =>
  aws.world.listeners
    .values()
    .map(({ port }) => port)
    .toSorted((one, other) => one - other)
export const hostOf = (outcome: { readonly ingress: readonly object[] }) =>
  outcome.ingress.map(point => ('hostname' in point ? point.hostname : ''))
