// A true API server and an AWS account beside it: Services of class `aws`, pods at addresses of the account's instances.
import type { LoadBalancerClass } from '../../src/api/load-balancer-class.ts'
import { startCluster, weirPath } from './cluster.ts'
import type { Cluster, Json } from './cluster.ts'
import { fakeAws } from '../fake-aws/fake-aws.ts'
import type { FakeAws, FakeAwsOptions } from '../fake-aws/fake-aws.ts'
import type { PresetInstance, Vpc } from '../fake-aws/presets.ts'
import { waitFor } from '../lab/waiting.ts'

export const awsPrefix = 'service.beta.kubernetes.io/aws-load-balancer-'

/** A part of the account that the cluster runs in. */
export interface Site {
  readonly vpcId: string
  /** Addresses for pods. */
  readonly podIps: readonly string[]
}

export interface AwsServiceOptions {
  /** Without their long prefix. */
  readonly aws?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly spec?: object
  readonly pods?: readonly string[]
  readonly class?: string
}

export interface AwsCluster extends AsyncDisposable {
  readonly cluster: Cluster
  readonly site: Site
  /** A Service of type LoadBalancer, and a slice with ready pods at the given addresses (the first two unless told). */
  service(name: string, options?: AwsServiceOptions): Promise<Json>
  /** Sets the ready pods of a Service. */
  pods(name: string, addresses: readonly string[]): Promise<void>
  lbClass(name: string, spec?: Partial<LoadBalancerClass['spec']>): Promise<Json>
}

export interface FakeWorld extends AwsCluster {
  readonly aws: FakeAws
  readonly vpc: Vpc
  readonly node: PresetInstance
  /** Until nobody has called AWS for a while. */
  quiet(): Promise<void>
}

/** Everything AWS takes time for happens at once, unless told; the variables lead the SDK of this process to the fake. */
export async function startFakeWorld(options: FakeAwsOptions = {}): Promise<FakeWorld> {
  const timings = { provisioningMs: 0, initialHealthMs: 0, interfacesLingerMs: 0, targetGroupsLingerMs: 0, capacityMs: 0 }
  const aws = await fakeAws({ quotas: { networkLoadBalancers: 500 }, ...options, timings: { ...timings, ...options.timings } })
  const vpc = aws.createVpc()
  const [subnet] = vpc.privateSubnets
  if (!subnet) throw new Error('the VPC has no private subnet')
  const node = aws.createInstance({ subnet, pods: 250 })
  // Calls are counted here; whether targets are still well is asked by turns, and shown elsewhere.
  const environment = useEnvironment({ ...aws.environment, WEIR_AWS_VPC_ID: vpc.id, WEIR_AWS_HEALTH_SECONDS: '3600' })
  const cluster = await startAwsCluster({ vpcId: vpc.id, podIps: node.podIps })
  return {
    ...cluster,
    aws,
    vpc,
    node,
    async quiet() {
      const counts: number[] = []
      await waitFor(
        async () => {
          counts.push(aws.calls.count())
          // Twice in a row: the machine may have been busy with something else for a while.
          return counts.length > 2 && new Set(counts.slice(-3)).size === 1
        },
        { what: 'AWS to be left alone', everyMs: 700 },
      )
    },
    async [Symbol.asyncDispose]() {
      await cluster[Symbol.asyncDispose]()
      environment[Symbol.dispose]()
      await aws[Symbol.asyncDispose]()
    },
  }
}

/** Sets variables of this process and puts back what was there. */
export function useEnvironment(variables: Readonly<Record<string, string>>): Disposable {
  const before = Object.keys(variables).map(name => [name, process.env[name]] as const)
  Object.assign(process.env, variables)
  return {
    [Symbol.dispose]() {
      for (const [name, value] of before) {
        if (value === undefined) Reflect.deleteProperty(process.env, name)
        else process.env[name] = value
      }
    },
  }
}

/** The API server with class `aws` whose targets are pods. */
export async function startAwsCluster(site: Site): Promise<AwsCluster> {
  const cluster = await startCluster()
  const lbClass: AwsCluster['lbClass'] = (name, spec = {}) =>
    cluster.create(weirPath('loadbalancerclasses'), {
      apiVersion: 'weir.dev/v1alpha1',
      kind: 'LoadBalancerClass',
      metadata: { name },
      spec: { provider: 'aws', targets: 'Pod', ...spec },
    })
  await lbClass('aws')
  return {
    cluster,
    site,
    lbClass,
    async service(name, options = {}) {
      const aws = Object.entries(options.aws ?? {}).map(([key, value]) => [`${awsPrefix}${key}`, value])
      const made = await cluster.service(name, {
        class: options.class ?? 'weir.dev/aws',
        endpoints: false,
        annotations: { ...Object.fromEntries(aws), ...options.annotations },
        ...(options.spec ? { spec: options.spec } : {}),
      })
      await cluster.create(slicesPath, {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { name, labels: { 'kubernetes.io/service-name': name } },
        addressType: 'IPv4',
        endpoints: endpointsAt(options.pods ?? site.podIps.slice(0, 2)),
        ports: [{ name: '', port: 8080, protocol: 'TCP' }],
      })
      return made
    },
    async pods(name, addresses) {
      await cluster.patch(`${slicesPath}/${name}`, { endpoints: endpointsAt(addresses) })
    },
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  }
}

const slicesPath = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices'

function endpointsAt(addresses: readonly string[]): readonly object[] {
  return addresses.map(address => ({
    addresses: [address],
    nodeName: 'n0',
    conditions: { ready: true, serving: true, terminating: false },
  }))
}
