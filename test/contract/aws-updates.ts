// Every way a Service of class aws can change, and what AWS shows then. Registered as tests of whatever account is handed.
import { DescribeLoadBalancersCommand, DescribeTargetGroupsCommand } from '@aws-sdk/client-elastic-load-balancing-v2'
import { expect, test } from 'vitest'
import type { AwsClients } from '../fake-aws/fake-aws.ts'
import { waitFor } from '../lab/waiting.ts'
import { awsPrefix } from './aws.ts'
import type { AwsCluster } from './aws.ts'
import { lookAt } from './aws-look.ts'
import type { Standing } from './aws-look.ts'
import { readyOf, servicePath } from './cluster.ts'
import type { Json } from './cluster.ts'

export interface Account {
  readonly cluster: AwsCluster
  readonly clients: Pick<AwsClients, 'elbv2' | 'ec2'>
  readonly certificates: readonly [string, string]
  /** Why listeners cannot become TLS or UDP here; what needs that is skipped with these words. */
  readonly listenersKeepProtocol?: string
  /** Begins to watch a listener; gives the fewest healthy targets it ever had. Where an account can tell. */
  readonly watch?: (listener: string) => () => number
}

const slices = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices'

/** Registers the tests, each with Services of its own, side by side; `account` is there when they run. */
export function updatePaths(account: () => Account): void {
  const cluster = () => account().cluster.cluster
  const pods = (from: number, to: number) => account().cluster.site.podIps.slice(from, to)
  const hostOf = ({ status }: Json): string => status.loadBalancer?.ingress?.[0]?.hostname ?? ''

  const made = async (name: string, options: Parameters<AwsCluster['service']>[1] = {}) => {
    await account().cluster.service(name, options)
    return standing(name)
  }
  const standing = async (name: string): Promise<Standing> => {
    const service = await cluster().untilReason(name, 'Serving')
    const found = await lookAt(account().clients, hostOf(service))
    if (!found) throw new Error(`${name} has no load balancer`)
    return found
  }
  /** Until AWS shows what `holds` asks of it. */
  const until = (name: string, what: string, holds: (found: Standing) => boolean): Promise<Standing> => {
    let last: Standing | undefined
    return waitFor(
      async () => {
        last = await lookAt(account().clients, hostOf(await cluster().get(servicePath(name))))
        return last && holds(last) ? last : undefined
      },
      {
        what: `${name} to ${what}`,
        everyMs: 200,
        explain: async () => `${readyOf(await cluster().get(servicePath(name)))?.message} ${JSON.stringify(last)}`,
      },
    )
  }
  const annotate = (name: string, values: Readonly<Record<string, string | null>>, prefix = awsPrefix) =>
    cluster().patch(servicePath(name), {
      metadata: { annotations: Object.fromEntries(Object.entries(values).map(([key, value]) => [prefix + key, value])) },
    })
  const removed = async (name: string, arn: string) => {
    await cluster().remove(servicePath(name))
    await waitFor(async () => (await cluster().find(servicePath(name))) === undefined, {
      what: `${name} to go`,
    })
    const left = await account().clients.elbv2.send(new DescribeLoadBalancersCommand({}))
    expect(left.LoadBalancers?.some(({ LoadBalancerArn }) => LoadBalancerArn === arn) ?? false).toBe(false)
    const groups = await account().clients.elbv2.send(new DescribeTargetGroupsCommand({}))
    expect(
      (groups.TargetGroups ?? []).filter(({ TargetGroupName }) => TargetGroupName?.startsWith(`weir-default-${name}-`)),
    ).toEqual([])
  }
  const ports = (...list: readonly (readonly [name: string, port: number, protocol?: string])[]) =>
    list.map(([name, port, protocol = 'TCP']) => ({ name, port, protocol, targetPort: 8080 }))
  const portsOfSlice = async (name: string, ...list: readonly (readonly [name: string, protocol?: string])[]) => {
    await cluster().patch(`${slices}/${name}`, {
      ports: list.map(([port, protocol = 'TCP']) => ({ name: port, port: 8080, protocol })),
    })
  }
  const nth = (found: Standing, key: string) => found.listeners[key]?.groups[0]

  test.concurrent('a port that is added gets a listener, one that changes its protocol another, and one that goes takes its own along', async ({
    skip,
  }) => {
    const { listenersKeepProtocol } = account()
    skip(listenersKeepProtocol !== undefined, listenersKeepProtocol)
    await account().cluster.service('ports', { spec: { ports: ports(['a', 80]) } })
    await portsOfSlice('ports', ['a'], ['b'], ['c', 'UDP'])
    const before = await standing('ports')
    await cluster().patch(servicePath('ports'), { spec: { ports: ports(['a', 80], ['b', 81]) } })
    await until('ports', 'listen on 81', found => nth(found, 'TCP-81')?.targets.length === 2)
    await cluster().patch(servicePath('ports'), { spec: { ports: ports(['a', 80], ['c', 81, 'UDP']) } })
    const changed = await until('ports', 'listen on 81 by UDP', found => nth(found, 'UDP-81')?.targets.length === 2)
    expect(Object.keys(changed.listeners).toSorted()).toEqual(['TCP-80', 'UDP-81'])
    await cluster().patch(servicePath('ports'), { spec: { ports: ports(['c', 81, 'UDP']) } })
    const after = await until('ports', 'listen on 81 alone', found => Object.keys(found.listeners).join() === 'UDP-81')
    expect(after.arn).toBe(before.arn)
    await removed('ports', after.arn)
  })

  test.concurrent('targets that become nodes, and pods again: the other target group is filled before the listener moves to it', async () => {
    await made('types', { spec: { type: 'LoadBalancer' } })
    const first = await standing('types')
    const fewest = account().watch?.(first.listeners['TCP-80']?.arn ?? '')
    await annotate('types', { 'nlb-target-type': 'instance' })
    const nodes = await until('types', 'send to nodes alone', found => {
      const groups = found.listeners['TCP-80']?.groups ?? []
      return groups.length === 1 && groups[0]?.type === 'instance' && groups[0].targets.length === 1
    })
    expect(nodes.arn).toBe(first.arn)
    await annotate('types', { 'nlb-target-type': null })
    await until('types', 'send to pods alone', found => {
      const groups = found.listeners['TCP-80']?.groups ?? []
      return groups.length === 1 && groups[0]?.type === 'ip'
    })
    if (fewest) expect(fewest()).toBeGreaterThan(0)
    await removed('types', first.arn)
  })

  test.concurrent('another scheme is another load balancer; the Service moves to it when it serves, and both go with the Service', async () => {
    const before = await made('scheme', { aws: { scheme: 'internal' } })
    await annotate('scheme', { scheme: 'internet-facing' })
    const after = await until('scheme', 'face the internet', found => found.scheme === 'internet-facing')
    expect(after.arn).not.toBe(before.arn)
    expect(nth(after, 'TCP-80')?.targets).toEqual(nth(before, 'TCP-80')?.targets)
    const { LoadBalancers } = await account().clients.elbv2.send(new DescribeLoadBalancersCommand({}))
    expect(LoadBalancers?.map(({ LoadBalancerArn }) => LoadBalancerArn)).toContain(before.arn)
    await removed('scheme', before.arn)
    await expectGone(account().clients, after.arn)
  })

  test.concurrent('what an annotation set goes back to the default when it is taken away', async () => {
    const asked = {
      attributes: 'load_balancing.cross_zone.enabled=true',
      'target-group-attributes': 'deregistration_delay.timeout_seconds=30',
      'healthcheck-protocol': 'HTTP',
      'additional-resource-tags': 'team=shop',
    }
    const before = await made('back', { aws: asked })
    expect(before.attributes['load_balancing.cross_zone.enabled']).toBe('true')
    expect(nth(before, 'TCP-80')?.attributes['deregistration_delay.timeout_seconds']).toBe('30')
    expect(nth(before, 'TCP-80')?.check).toMatch(/^HTTP /)
    expect(before.tags['team']).toBe('shop')
    await annotate('back', Object.fromEntries(Object.keys(asked).map(key => [key, null])))
    const after = await until(
      'back',
      'be as AWS has it',
      found =>
        found.attributes['load_balancing.cross_zone.enabled'] === 'false' &&
        nth(found, 'TCP-80')?.attributes['deregistration_delay.timeout_seconds'] === '300' &&
        nth(found, 'TCP-80')?.check.startsWith('TCP ') === true &&
        found.tags['team'] === undefined,
    )
    expect(after.arn).toBe(before.arn)
    await removed('back', after.arn)
  })

  test.concurrent('externalTrafficPolicy Local has nodes checked at healthCheckNodePort, and Cluster at the port of the traffic', async () => {
    const before = await made('policy', { aws: { 'nlb-target-type': 'instance' } })
    expect(nth(before, 'TCP-80')?.check).toBe('TCP traffic-port')
    const local = await cluster().patch(servicePath('policy'), { spec: { externalTrafficPolicy: 'Local' } })
    await until(
      'policy',
      'be checked for pods',
      found => nth(found, 'TCP-80')?.check === `HTTP ${local.spec.healthCheckNodePort} /healthz`,
    )
    await cluster().patch(servicePath('policy'), { spec: { externalTrafficPolicy: 'Cluster' } })
    await until('policy', 'be checked as before', found => nth(found, 'TCP-80')?.check.startsWith('TCP traffic-port') === true)
    await removed('policy', before.arn)
  })

  test.concurrent('source ranges decide who may connect, at once and until they go', async () => {
    const before = await made('sources')
    expect(before.lets).toEqual(['tcp 80 0.0.0.0/0'])
    await cluster().patch(servicePath('sources'), { spec: { loadBalancerSourceRanges: ['10.0.0.0/8', '192.0.2.0/24'] } })
    await until('sources', 'let in two networks', found => found.lets.join() === 'tcp 80 10.0.0.0/8,tcp 80 192.0.2.0/24')
    await cluster().patch(servicePath('sources'), { spec: { loadBalancerSourceRanges: null } })
    const after = await until('sources', 'let in everybody', found => found.lets.join() === 'tcp 80 0.0.0.0/0')
    await removed('sources', after.arn)
  })

  test.concurrent('certificates make a listener TLS, others take their place, and without any it is TCP again', async ({
    skip,
  }) => {
    const { listenersKeepProtocol } = account()
    skip(listenersKeepProtocol !== undefined, listenersKeepProtocol)
    const [one, other] = account().certificates
    const before = await made('certs', { aws: { 'ssl-cert': one } })
    expect(before.listeners['TLS-80']?.certificates[0]).toBe(one)
    await annotate('certs', { 'ssl-cert': other })
    await until('certs', 'show the other certificate', found => found.listeners['TLS-80']?.certificates[0] === other)
    await annotate('certs', { 'ssl-cert': null })
    const after = await until('certs', 'be TCP', found => Object.keys(found.listeners).join() === 'TCP-80')
    expect(after.arn).toBe(before.arn)
    await removed('certs', after.arn)
  })

  test.concurrent('a listener shares connections with another Service, follows its pods, and forgets it', async () => {
    const [blue = '', green = ''] = pods(40, 42)
    await account().cluster.service('canary', { pods: [blue], spec: { type: 'ClusterIP', loadBalancerClass: null } })
    const before = await made('share')
    const targetGroups = [{ serviceName: 'canary', servicePort: 80, weight: 10 }]
    const action = { type: 'forward', forwardConfig: { baseServiceWeight: 90, targetGroups } }
    await annotate('share', { 'actions.TCP-80': JSON.stringify(action) }, 'service.beta.kubernetes.io/')
    const groups = (found: Standing) => (found.listeners['TCP-80']?.groups ?? []).toSorted((a, b) => b.weight - a.weight)
    await until(
      'share',
      'share',
      found =>
        groups(found)
          .map(({ weight }) => weight)
          .join() === '90,10',
    )
    await account().cluster.pods('canary', [blue, green])
    await until('share', 'know the new pod of the other', found => groups(found)[1]?.targets.length === 2)
    await annotate('share', { 'actions.TCP-80': null }, 'service.beta.kubernetes.io/')
    await until('share', 'be alone again', found => groups(found).length === 1)
    await removed('share', before.arn)
    await cluster().remove(servicePath('canary'))
  })

  test.concurrent('a Service that is no load balancer any more loses it, its hostname and our finalizer, and stays', async () => {
    const before = await made('demoted')
    await cluster().patch(servicePath('demoted'), {
      spec: { type: 'ClusterIP', loadBalancerClass: null, allocateLoadBalancerNodePorts: null, externalTrafficPolicy: null },
    })
    const after = await cluster().until(servicePath('demoted'), ({ metadata }) => !metadata.finalizers?.length)
    expect(after.status.loadBalancer).toEqual({})
    await expectGone(account().clients, before.arn)
    await cluster().remove(servicePath('demoted'))
  })

  test.concurrent('a Service that is made again by the same name gets a load balancer of its own', async () => {
    const before = await made('again')
    await removed('again', before.arn)
    await cluster().remove(`${slices}/again`)
    const after = await made('again')
    expect(after.arn).not.toBe(before.arn)
    await removed('again', after.arn)
  })
}

async function expectGone({ elbv2 }: Pick<AwsClients, 'elbv2'>, arn: string): Promise<void> {
  const { LoadBalancers = [] } = await elbv2.send(new DescribeLoadBalancersCommand({}))
  expect(LoadBalancers.map(({ LoadBalancerArn }) => LoadBalancerArn)).not.toContain(arn)
}
