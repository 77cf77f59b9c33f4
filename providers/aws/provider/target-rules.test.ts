// Rules at the targets beside those of others: what is there already is no obstacle, and what others made stays.
import { AuthorizeSecurityGroupIngressCommand } from '@aws-sdk/client-ec2'
import { expect, test } from 'vitest'
import { fakeAws } from '../../../test/fake-aws/fake-aws.ts'
import { testWorld } from './world-under-test.ts'

const web = { name: 'web' }
const port = (number: number, protocol: 'TCP' | 'UDP' = 'TCP') => ({
  name: `${protocol}-${number}`.toLowerCase(),
  port: number,
  targetPort: number,
  protocol,
})

async function world() {
  const aws = await fakeAws()
  const vpc = aws.createVpc()
  const node = aws.createInstance({ subnet: vpc.privateSubnets[0]!, pods: 4 })
  const cluster = testWorld(aws, { vpcId: vpc.id })
  const serve = async (ports: readonly ReturnType<typeof port>[]) => {
    const service = { ...web, ports }
    cluster.pods(service, node.podIps.slice(0, 2))
    return cluster.settle(service)
  }
  const { ec2 } = aws.clients()
  const inbound = () =>
    aws.world.securityGroups
      .get(vpc.defaultSecurityGroup)!
      .rules.filter(({ egress }) => !egress)
      .map(({ protocol, from, to, description }) => `${protocol} ${from}-${to} ${description}`)
      .toSorted()
  const allow = (group: string, protocol: string, number: number) =>
    ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId: vpc.defaultSecurityGroup,
        IpPermissions: [
          {
            IpProtocol: protocol,
            FromPort: number,
            ToPort: number,
            UserIdGroupPairs: [{ GroupId: group, Description: 'by hand' }],
          },
        ],
      }),
    )
  return { aws, vpc, cluster, serve, inbound, allow, [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose]() }
}

test('one rule that came since the last listing does not keep the others out', async () => {
  await using at = await world()
  await at.serve([port(80)])
  const backend = at.aws.world.securityGroups.values().find(({ name }) => name.startsWith('weir-backend'))
  await at.allow(backend?.id ?? '', 'udp', 53)
  await at.serve([port(80), port(90), port(53, 'UDP')])
  expect(at.inbound()).toContainEqual(expect.stringMatching(/^tcp 53-90 /))
})

test('rules that others made for a shared group of the administrator stay, however many there are', async () => {
  await using at = await world()
  const { aws, vpc, cluster } = at
  const own = aws.createSecurityGroup({ vpcId: vpc.id, name: 'shared' })
  cluster.class = { ...cluster.class, spec: { ...cluster.class.spec, aws: { backendSecurityGroup: own.id } } }
  for (const number of [1, 3, 5, 7, 9, 11]) await at.allow(own.id, 'tcp', number)
  await at.serve([port(80)])
  expect(at.inbound()).toHaveLength(7)
})

test('rules for a shared group of the administrator go when nobody needs them', async () => {
  await using at = await world()
  const { aws, vpc, cluster } = at
  const own = aws.createSecurityGroup({ vpcId: vpc.id, name: 'shared' })
  cluster.class = { ...cluster.class, spec: { ...cluster.class.spec, aws: { backendSecurityGroup: own.id } } }
  await at.allow(own.id, 'tcp', 22)
  await at.serve([port(80), port(90)])
  expect(at.inbound()).toEqual(['tcp 22-22 by hand', expect.stringMatching(/^tcp 80-90 weir.dev\/targets/)])
  await at.serve([port(80)])
  cluster.restart()
  aws.advance(120_000)
  await cluster.provider.sweep(AbortSignal.timeout(5000))
  expect(at.inbound()).toEqual(['tcp 22-22 by hand', expect.stringMatching(/^tcp 80-80 weir.dev\/targets/)])
  await cluster.settleRemoval({ ...web, ports: [port(80)] })
  expect(at.inbound()).toEqual(['tcp 22-22 by hand'])
})
