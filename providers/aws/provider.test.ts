// The provider at the fake AWS, through the real SDK: what it makes, changes and takes away.
import { expect, test } from 'vitest'
import { fakeAws } from '../../test/fake-aws/fake-aws.ts'
import type { FakeAws } from '../../test/fake-aws/fake-aws.ts'
import { nodeObject, testWorld } from './provider/world-under-test.ts'
import type { WorldOptions } from './provider/world-under-test.ts'

const web = { name: 'web' }

async function world(
  options: Partial<WorldOptions> = {},
  fake: Parameters<typeof fakeAws>[0] = {},
  vpcOptions: Parameters<FakeAws['createVpc']>[0] = {},
) {
  const aws = await fakeAws(fake)
  const vpc = aws.createVpc(vpcOptions)
  const [subnet] = vpc.privateSubnets
  if (!subnet) throw new Error('the VPC has no private subnet')
  const node = aws.createInstance({ subnet, pods: 40 })
  const cluster = testWorld(aws, { vpcId: vpc.id, ...options })
  cluster.pods(web, node.podIps.slice(0, 2))
  return { aws, vpc, node, cluster, [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose]() }
}

const balancers = (aws: FakeAws) => aws.world.loadBalancers.values()
const groups = (aws: FakeAws) => aws.world.targetGroups.values()
const listeners = (aws: FakeAws) => aws.world.listeners.values()
const madeGroups = (aws: FakeAws) => aws.world.securityGroups.values().filter(({ name }) => name.startsWith('weir-'))
/** Everything of the account that is not as it was before a Service came. */
const leftOvers = (aws: FakeAws) => [balancers(aws), groups(aws), listeners(aws), madeGroups(aws)].flat().map(({ tags }) => tags)

test('a Service with ip targets gets a load balancer and serves', async () => {
  await using at = await world()
  const { aws, cluster, node } = at
  const first = await cluster.look(web)
  expect(first.ingress).toEqual([{ hostname: balancers(aws)[0]?.dnsName }])
  expect(first.readiness.reason).toBe('Provisioning')
  const outcome = await cluster.settle(web)
  expect(outcome.readiness).toMatchObject({ ready: true, reason: 'Serving' })
  expect(listeners(aws).map(({ port, protocol }) => `${protocol} ${port}`)).toEqual(['TCP 80'])
  expect([...(groups(aws)[0]?.targets.keys() ?? [])]).toEqual(node.podIps.slice(0, 2).map(ip => `${ip}:8080`))
})

test('nodes become targets at their node port; one without a provider id is skipped with a warning', async () => {
  await using at = await world({ targets: 'Node' })
  const { aws, cluster, node, vpc } = at
  const other = aws.createInstance({ subnet: vpc.privateSubnets[1] ?? vpc.privateSubnets[0]! })
  cluster.nodes.set('n1', nodeObject('n1', node.providerId))
  cluster.nodes.set('n2', nodeObject('n2', other.providerId))
  cluster.nodes.set('n3', nodeObject('n3', undefined))
  cluster.nodes.set(
    'n4',
    nodeObject('n4', other.providerId, { 'node.kubernetes.io/exclude-from-external-load-balancers': 'true' }),
  )
  const outcome = await cluster.settle(web)
  expect(outcome.readiness.reason).toBe('Serving')
  expect([...(groups(aws)[0]?.targets.keys() ?? [])].toSorted()).toEqual([`${node.id}:30080`, `${other.id}:30080`].toSorted())
  expect(outcome.warnings).toMatchObject([{ reason: 'TargetsSkipped', message: expect.stringContaining('n3') }])
})

test('the security groups of targets are opened for the shared group, and that stands at the load balancer', async () => {
  await using at = await world()
  const { aws, cluster, vpc } = at
  await cluster.settle(web)
  const backend = madeGroups(aws).find(({ name }) => name.startsWith('weir-backend'))
  expect(balancers(aws)[0]?.securityGroups).toHaveLength(2)
  expect(balancers(aws)[0]?.securityGroups).toContain(backend?.id)
  const rules = aws.world.securityGroups.get(vpc.defaultSecurityGroup)?.rules.filter(({ egress }) => !egress)
  expect(rules).toMatchObject([{ protocol: 'tcp', from: 8080, to: 8080, group: backend?.id }])
})

test('when a Service goes, nothing of it is left', async () => {
  await using at = await world()
  const { aws, cluster, vpc } = at
  await cluster.settle(web)
  const outcome = await cluster.settleRemoval(web)
  expect(outcome.gone).toBe(true)
  expect(leftOvers(aws)).toEqual([])
  expect(cluster.ledger.records.size).toBe(0)
  expect(aws.world.securityGroups.get(vpc.defaultSecurityGroup)?.rules.filter(({ egress }) => !egress)).toEqual([])
})

test('a Service that never was anything outside is gone without a call', async () => {
  await using at = await world()
  expect(await at.cluster.remove(web)).toMatchObject({ gone: true })
  expect(at.aws.calls.count()).toBe(0)
})

test('several Services share the backend group, which goes with the last of them', async () => {
  await using at = await world()
  const { aws, cluster, node } = at
  const api = { name: 'api' }
  cluster.pods(api, [node.podIps[5]!])
  await Promise.all([cluster.settle(web), cluster.settle(api)])
  expect(madeGroups(aws).filter(({ name }) => name.startsWith('weir-backend'))).toHaveLength(1)
  await cluster.settleRemoval(web)
  expect(madeGroups(aws).filter(({ name }) => name.startsWith('weir-backend'))).toHaveLength(1)
  await cluster.settleRemoval(api)
  expect(leftOvers(aws)).toEqual([])
})

test('two Services that go at once leave nothing', async () => {
  await using at = await world()
  const { aws, cluster, node } = at
  const api = { name: 'api' }
  cluster.pods(api, [node.podIps[5]!])
  await Promise.all([cluster.settle(web), cluster.settle(api)])
  await Promise.all([cluster.settleRemoval(web), cluster.settleRemoval(api)])
  expect(leftOvers(aws)).toEqual([])
})

test('a port that is added gets a listener and a target group; one that is removed loses both', async () => {
  await using at = await world()
  const { aws, cluster, node } = at
  await cluster.settle(web)
  const two = {
    ...web,
    ports: [
      { name: 'http', port: 80, targetPort: 8080 },
      { name: 'admin', port: 9000, targetPort: 9090 },
    ],
  }
  cluster.pods(two, node.podIps.slice(0, 2))
  await cluster.settle(two)
  expect(listeners(aws).map(({ port }) => port)).toEqual([80, 9000])
  expect(groups(aws)).toHaveLength(2)
  cluster.pods(web, node.podIps.slice(0, 2))
  await cluster.settle(web)
  expect(listeners(aws).map(({ port }) => port)).toEqual([80])
  expect(groups(aws)).toHaveLength(1)
})

test('a health check changes in place', async () => {
  await using at = await world()
  const { aws, cluster } = at
  await cluster.settle(web)
  const [before] = groups(aws)
  await cluster.settle({
    ...web,
    aws: { 'healthcheck-protocol': 'HTTP', 'healthcheck-path': '/ready', 'healthcheck-interval': '20' },
  })
  expect(groups(aws)).toHaveLength(1)
  expect(groups(aws)[0]).toMatchObject({
    arn: before?.arn,
    healthCheck: { protocol: 'HTTP', path: '/ready', intervalSeconds: 20 },
  })
})

test('attributes are set, and go back to what AWS has when nobody asks for them any more', async () => {
  await using at = await world()
  const { aws, cluster } = at
  const asked = {
    ...web,
    aws: {
      attributes: 'load_balancing.cross_zone.enabled=true',
      'target-group-attributes': 'deregistration_delay.timeout_seconds=30,preserve_client_ip.enabled=true',
      'listener-attributes.TCP-80': 'tcp.idle_timeout.seconds=600',
    },
  }
  await cluster.settle(asked)
  expect(balancers(aws)[0]?.attributes).toEqual({ 'load_balancing.cross_zone.enabled': 'true' })
  expect(groups(aws)[0]?.attributes).toEqual({
    'deregistration_delay.timeout_seconds': '30',
    'preserve_client_ip.enabled': 'true',
  })
  expect(listeners(aws)[0]?.attributes).toEqual({ 'tcp.idle_timeout.seconds': '600' })
  await cluster.settle(web)
  expect(balancers(aws)[0]?.attributes).toEqual({ 'load_balancing.cross_zone.enabled': 'false' })
  expect(groups(aws)[0]?.attributes).toEqual({
    'deregistration_delay.timeout_seconds': '300',
    'preserve_client_ip.enabled': 'false',
  })
  expect(listeners(aws)[0]?.attributes).toEqual({ 'tcp.idle_timeout.seconds': '350' })
})

test('source ranges become rules of the managed group; new ones are let in before old ones are shut out', async () => {
  await using at = await world()
  const { aws, cluster } = at
  await cluster.settle({ ...web, spec: { loadBalancerSourceRanges: ['192.0.2.0/24'] } })
  const rules = () =>
    madeGroups(aws)
      .find(({ name }) => name.startsWith('weir-default-web'))
      ?.rules.filter(({ egress }) => !egress)
      .map(({ cidr, from }) => `${cidr} ${from}`)
  expect(rules()).toEqual(['192.0.2.0/24 80'])
  const mark = aws.calls.mark()
  await cluster.settle({ ...web, spec: { loadBalancerSourceRanges: ['198.51.100.0/24'] } })
  expect(rules()).toEqual(['198.51.100.0/24 80'])
  const order = aws.calls
    .since(mark)
    .entries.map(({ operation }) => operation)
    .filter(name => name.includes('Ingress'))
  expect(order).toEqual(['AuthorizeSecurityGroupIngress', 'RevokeSecurityGroupIngress'])
})

test('TLS comes and goes without another target group; further certificates are attached and detached', async () => {
  await using at = await world()
  const { aws, cluster } = at
  const [one, two] = [aws.createCertificate({ domain: 'a.example.com' }), aws.createCertificate({ domain: 'b.example.com' })]
  await cluster.settle(web)
  const [group] = groups(aws)
  await cluster.settle({ ...web, aws: { 'ssl-cert': `${one},${two}`, 'alpn-policy': 'HTTP2Preferred' } })
  expect(listeners(aws)[0]).toMatchObject({ protocol: 'TLS', certificate: one, certificates: [two], alpn: ['HTTP2Preferred'] })
  await cluster.settle({ ...web, aws: { 'ssl-cert': two } })
  expect(listeners(aws)[0]).toMatchObject({ protocol: 'TLS', certificate: two, certificates: [] })
  await cluster.settle(web)
  expect(listeners(aws)[0]).toMatchObject({ protocol: 'TCP' })
  expect(groups(aws).map(({ arn }) => arn)).toEqual([group?.arn])
})

test('a replaced target group is healthy before the listener moves to it', async () => {
  await using at = await world()
  const { aws, cluster } = at
  const certificate = aws.createCertificate({ domain: 'a.example.com' })
  const before = { ...web, aws: { 'ssl-cert': certificate } }
  await cluster.settle(before)
  const watch = aws.watch(listeners(aws)[0]?.arn ?? '')
  expect(watch.healthy).toBe(2)
  await cluster.settle({ ...web, aws: { 'ssl-cert': certificate, 'backend-protocol': 'ssl' } })
  expect(watch.lowest.healthy).toBe(2)
  expect(groups(aws).map(({ protocol }) => protocol)).toEqual(['TLS'])
})

test('a replaced target group whose targets never get healthy takes over after five minutes', async () => {
  await using at = await world()
  const { aws, cluster, node } = at
  const certificate = aws.createCertificate({ domain: 'a.example.com' })
  await cluster.settle({ ...web, aws: { 'ssl-cert': certificate } })
  for (const ip of node.podIps) aws.setHealth(ip, 'unhealthy')
  const changed = { ...web, aws: { 'ssl-cert': certificate, 'backend-protocol': 'ssl' } }
  for (let turn = 0; turn < 80; turn++) {
    const { again } = await cluster.look(changed)
    aws.advance(again === 'on-change' ? 0 : again.afterMs)
  }
  const [listener] = listeners(aws)
  const targetGroup = aws.world.targetGroups.get(listener?.actions[0]?.TargetGroupArn ?? '')
  expect(targetGroup?.protocol).toBe('TLS')
})

test('another scheme means another load balancer: the old one serves until the new one is healthy, and goes minutes later', async () => {
  await using at = await world()
  const { aws, cluster } = at
  await cluster.settle(web)
  const [old] = balancers(aws)
  const outside = { ...web, aws: { scheme: 'internet-facing' } }
  const seen: string[] = []
  for (let turn = 0; turn < 200; turn++) {
    const { ingress, again } = await cluster.look(outside)
    const [point] = ingress
    const hostname = point && 'hostname' in point ? point.hostname : ''
    if (seen.at(-1) !== hostname) {
      seen.push(hostname)
      const told = balancers(aws).find(({ dnsName }) => dnsName === hostname)
      const arn = aws.world.listeners.values().find(({ loadBalancer }) => loadBalancer === told?.arn)?.arn ?? ''
      expect(aws.watch(arn).healthy).toBe(2)
      expect(balancers(aws)).toHaveLength(2)
    }
    if (again === 'on-change') break
    aws.advance(again.afterMs)
  }
  expect(seen).toHaveLength(2)
  expect(seen[0]).toBe(old?.dnsName)
  expect(balancers(aws).map(({ scheme }) => scheme)).toEqual(['internet-facing'])
  expect(groups(aws)).toHaveLength(1)
})

test('without an asked scheme, a load balancer keeps the one it has', async () => {
  await using at = await world()
  const { aws, cluster } = at
  await cluster.settle({ ...web, aws: { scheme: 'internet-facing' } })
  await cluster.settle(web)
  expect(balancers(aws).map(({ scheme }) => scheme)).toEqual(['internet-facing'])
})

test('subnets that are named anew are changed in place', async () => {
  await using at = await world()
  const { aws, cluster, vpc } = at
  const [a, b, c] = vpc.privateSubnets.map(({ id }) => id)
  await cluster.settle({ ...web, aws: { subnets: `${a},${b}` } })
  await cluster.settle({ ...web, aws: { subnets: `${a},${c}` } })
  expect(balancers(aws)).toHaveLength(1)
  expect(balancers(aws)[0]?.zones.map(({ subnetId }) => subnetId)).toEqual([a, c])
})

test('a chosen name and another scheme need an interruption, which is refused unless it is allowed', async () => {
  await using at = await world()
  const { aws, cluster } = at
  await cluster.settle({ ...web, aws: { name: 'shop', scheme: 'internal' } })
  const changed = { ...web, aws: { name: 'shop', scheme: 'internet-facing' } }
  const refused = await cluster.look(changed)
  expect(refused.readiness.reason).toBe('InterruptionRefused')
  expect(refused.ingress).toHaveLength(1)
  expect(balancers(aws)[0]?.scheme).toBe('internal')
  const outcome = await cluster.settle({ ...changed, annotations: { 'weir.dev/allow-interruption': 'true' } })
  expect(outcome.readiness.reason).toBe('Serving')
  expect(balancers(aws).map(({ name, scheme }) => `${name} ${scheme}`)).toEqual(['shop internet-facing'])
  expect(outcome.ingress).toEqual([{ hostname: balancers(aws)[0]?.dnsName }])
})

test('tags follow what is asked for, on everything that was made', async () => {
  await using at = await world()
  const { aws, cluster } = at
  await cluster.settle({ ...web, aws: { 'additional-resource-tags': 'team=shop,cost=7' } })
  for (const { tags } of [...balancers(aws), ...groups(aws)]) expect(tags).toMatchObject({ team: 'shop', cost: '7' })
  await cluster.settle({ ...web, aws: { 'additional-resource-tags': 'team=shop' } })
  for (const { tags } of [...balancers(aws), ...groups(aws)]) {
    expect(tags['team']).toBe('shop')
    expect(tags['cost']).toBeUndefined()
  }
})

test('reserved capacity waits for the load balancer to be active, and is given back', async () => {
  await using at = await world()
  const { aws, cluster } = at
  await cluster.settle({ ...web, aws: { 'minimum-load-balancer-capacity': 'CapacityUnits=9000' } })
  expect(balancers(aws)[0]?.capacity?.units).toBe(9000)
  await cluster.settle(web)
  expect(balancers(aws)[0]?.capacity?.units).toBe(0)
})

test('TCP and UDP of one number share a listener', async () => {
  await using at = await world()
  const { aws, cluster, node } = at
  const dns = {
    ...web,
    ports: [
      { name: 'tcp', port: 53, targetPort: 5353, protocol: 'TCP' as const },
      { name: 'udp', port: 53, targetPort: 5353, protocol: 'UDP' as const },
    ],
  }
  cluster.pods(dns, [node.podIps[0]!])
  await cluster.settle(dns)
  expect(listeners(aws).map(({ protocol }) => protocol)).toEqual(['TCP_UDP'])
})
