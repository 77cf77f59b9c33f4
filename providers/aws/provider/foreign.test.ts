// Nothing that is not ours by its tags is ever changed, whatever Services do; and AWS may answer with what was some seconds ago.
import * as fc from 'fast-check'
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { expect, test } from 'vitest'
import { fakeAws } from '../../../test/fake-aws/fake-aws.ts'
import type { FakeAws, FakeAwsOptions } from '../../../test/fake-aws/fake-aws.ts'
import { clusterUid, testWorld } from './world-under-test.ts'
import type { TestService } from './world-under-test.ts'

async function world(fake: FakeAwsOptions = {}) {
  const aws = await fakeAws(fake)
  const vpc = aws.createVpc()
  const [subnet] = vpc.privateSubnets
  if (!subnet) throw new Error('the VPC has no private subnet')
  const group = aws.createSecurityGroup({ vpcId: vpc.id, name: 'nodes', tags: { 'kubernetes.io/cluster/shop': 'owned' } })
  const node = aws.createInstance({ subnet, pods: 20, groups: [group.id] })
  return {
    aws,
    vpc,
    node,
    group,
    cluster: testWorld(aws, { vpcId: vpc.id, maxAttempts: 1 }),
    [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose](),
  }
}

/** Things of others, of the same forms and with names like ours, and other tags of ours. */
async function strangers({ aws, vpc }: Awaited<ReturnType<typeof world>>): Promise<() => string> {
  const { elbv2 } = aws.clients()
  const others = [
    {
      name: 'weir-default-web-0123456789',
      tags: {
        'weir.dev/cluster': 'another',
        'weir.dev/owner': 'default/web',
        'weir.dev/owner-uid': 'uid-default-web',
        'weir.dev/resource': 'load-balancer',
      },
    },
    {
      name: 'k8s-default-web-0123456789',
      tags: {
        'elbv2.k8s.aws/cluster': 'shop',
        'service.k8s.aws/stack': 'default/web',
        'service.k8s.aws/resource': 'LoadBalancer',
      },
    },
    { name: 'made-by-hand', tags: {} },
  ]
  const kept: string[] = []
  for (const { name, tags } of others) {
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
    const tagged = Tags.length === 0 ? {} : { Tags }
    const balancer = await elbv2.send(
      new CreateLoadBalancerCommand({
        Name: name,
        Type: 'network',
        Scheme: 'internal',
        Subnets: vpc.privateSubnets.map(({ id }) => id),
        ...tagged,
      }),
    )
    const target = await elbv2.send(
      new CreateTargetGroupCommand({
        Name: `${name.slice(0, 28)}-tg`,
        Protocol: 'TCP',
        Port: 80,
        VpcId: vpc.id,
        TargetType: 'ip',
        ...tagged,
      }),
    )
    const LoadBalancerArn = balancer.LoadBalancers?.[0]?.LoadBalancerArn ?? ''
    const TargetGroupArn = target.TargetGroups?.[0]?.TargetGroupArn ?? ''
    const listener = await elbv2.send(
      new CreateListenerCommand({
        LoadBalancerArn,
        Port: 80,
        Protocol: 'TCP',
        DefaultActions: [{ Type: 'forward', TargetGroupArn }],
      }),
    )
    const security = aws.createSecurityGroup({ vpcId: vpc.id, name, tags })
    kept.push(LoadBalancerArn, TargetGroupArn, listener.Listeners?.[0]?.ListenerArn ?? '', security.id)
  }
  kept.push(vpc.defaultSecurityGroup)
  return () => JSON.stringify(kept.map(id => recordOf(aws, id)))
}

function recordOf(aws: FakeAws, id: string): unknown {
  const { loadBalancers, targetGroups, listeners, securityGroups } = aws.world
  return loadBalancers.get(id) ?? targetGroups.get(id) ?? listeners.get(id) ?? securityGroups.get(id)
}

const variants: readonly Partial<TestService>[] = [
  {},
  { aws: { scheme: 'internet-facing' } },
  { aws: { 'healthcheck-interval': '20', attributes: 'load_balancing.cross_zone.enabled=true' } },
  { aws: { 'additional-resource-tags': 'team=shop' }, spec: { loadBalancerSourceRanges: ['192.0.2.0/24', '198.51.100.0/24'] } },
  {
    ports: [
      { name: 'a', port: 80, targetPort: 8080 },
      { name: 'b', port: 81, targetPort: 8081, protocol: 'UDP' as const },
    ],
  },
]

test('whatever Services ask for, and whenever calls fail, things of others stay as they are and nothing of ours is left', {
  timeout: 240_000,
}, async () => {
  const step = fc.record({
    service: fc.constantFrom('web', 'api'),
    what: fc.constantFrom('look', 'settle', 'remove', 'restart', 'sweep', 'inspect'),
    variant: fc.nat(variants.length - 1),
    fails: fc.option(fc.record({ when: fc.constantFrom('before', 'after'), nth: fc.integer({ min: 1, max: 12 }) }), {
      nil: undefined,
    }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 10 }), async steps => {
      await using at = await world()
      const { aws, cluster, node } = at
      const look = await strangers(at)
      const before = look()
      for (const { service, what, variant, fails } of steps) {
        const asked: TestService = { name: service, ...variants[variant] }
        cluster.pods(asked, node.podIps.slice(0, 3))
        using fault = fails ? aws.fail({ operation: '*', error: 'reset', ...fails }) : undefined
        try {
          if (what === 'look') await cluster.look(asked)
          else if (what === 'settle') await cluster.settle(asked)
          else if (what === 'remove') await cluster.settleRemoval(asked)
          else if (what === 'sweep') await cluster.provider.sweep(AbortSignal.timeout(5000))
          else if (what === 'inspect') cluster.provider.inspectNext()
          else cluster.restart()
        } catch {
          aws.advance(1000)
        }
        expect(look(), `after ${fault?.hits ?? 0} failed calls`).toBe(before)
      }
      for (const name of ['web', 'api']) {
        cluster.pods({ name }, node.podIps.slice(0, 3))
        // What was cut short may have to be found out by one more mistake.
        const outcome = await cluster.settle({ name }).catch(() => cluster.settle({ name }))
        expect(outcome.readiness.reason).toBe('Serving')
      }
      expect(aws.world.loadBalancers.values()).toHaveLength(3 + 2)
      expect(aws.world.targetGroups.values()).toHaveLength(3 + 2)
      for (const name of ['web', 'api']) await cluster.settleRemoval({ name })
      expect(look()).toBe(before)
      expect(aws.world.loadBalancers.values()).toHaveLength(3)
      expect(aws.world.targetGroups.values()).toHaveLength(3)
      expect(aws.world.securityGroups.get(at.group.id)?.rules.filter(({ egress }) => !egress)).toEqual([])
      expect(
        aws.world.securityGroups
          .values()
          .map(({ name }) => name)
          .filter(name => name.startsWith('weir-')),
      ).toHaveLength(1)
    }),
    { numRuns: 8 },
  )
})

test('answers of AWS that are seconds old make nothing twice', async () => {
  await using at = await world({ timings: { staleReadMs: 8000 } })
  const { aws, cluster, node } = at
  aws.advance(60_000)
  for (const variant of [variants[0], variants[2], variants[4], variants[0]]) {
    const asked: TestService = { name: 'web', ...variant }
    cluster.pods(asked, node.podIps.slice(0, 3))
    for (let turn = 0; turn < 300; turn++) {
      try {
        const { again } = await cluster.look(asked)
        if (again === 'on-change') break
        aws.advance(again.afterMs)
      } catch {
        aws.advance(3000)
      }
    }
    expect(aws.world.loadBalancers.values()).toHaveLength(1)
    expect(aws.world.listeners.values()).toHaveLength(asked.ports?.length ?? 1)
    expect(aws.world.targetGroups.values()).toHaveLength(asked.ports?.length ?? 1)
  }
  await cluster.settleRemoval({ name: 'web' })
  expect(aws.world.loadBalancers.values()).toEqual([])
})

test('of two clusters that choose the same name at the same minute, the second is told; neither touches what is not its own', async () => {
  await using at = await world()
  const { aws, vpc, node, group, cluster } = at
  const named: TestService = { name: 'web', aws: { name: 'shop-front', 'security-groups': group.id } }
  const other = testWorld(aws, { vpcId: vpc.id, maxAttempts: 1, dependencies: { cluster: 'another' } })
  for (const each of [cluster, other]) {
    each.pods(named, node.podIps.slice(0, 3))
    // Both have listed AWS before either makes anything.
    await each.provider.list(AbortSignal.timeout(5000))
    await each.settle({ name: 'api' })
  }
  await cluster.look(named)
  await expect(other.look(named)).rejects.toMatchObject({ code: 'NameTaken', message: expect.stringContaining('shop-front') })
  const { arn, tags } = aws.world.loadBalancers.values().find(({ name }) => name === 'shop-front')!
  expect(tags['weir.dev/cluster']).toBe(clusterUid)
  expect(aws.world.listeners.values().filter(each => each.loadBalancer === arn)).toHaveLength(1)
  await other.settleRemoval(named)
  expect(aws.world.loadBalancers.get(arn)?.tags).toEqual(tags)
  expect((await cluster.settle(named)).readiness.reason).toBe('Serving')
})
