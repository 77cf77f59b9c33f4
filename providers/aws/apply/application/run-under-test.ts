// A run at an Application Load Balancer of the fake AWS, for tests of single steps.
import { CreateLoadBalancerCommand, CreateTargetGroupCommand } from '@aws-sdk/client-elastic-load-balancing-v2'
import { fakeAws } from '../../../../test/fake-aws/fake-aws.ts'
import type { FakeAws, FakeAwsOptions } from '../../../../test/fake-aws/fake-aws.ts'
import type { Pem } from '../../../../test/fake-aws/contract/subject.ts'
import type { SecretState } from '../../../../src/model/ingress-group.ts'
import { sdkTransports } from '../../calls/clients.ts'
import type { ImportedCertificate } from '../../model/application.ts'
import { freshRecord } from '../../model/ledger.ts'
import type { Owner } from '../../model/names.ts'
import { contentTag, ownershipTags } from '../../model/ownership.ts'
import { emptyMemory } from '../../observe/context.ts'
import type { Context, OidcClient } from '../../observe/context.ts'
import { createLocations } from '../../provider/locations.ts'
import { foundListener } from '../../snapshots/shapes.ts'
import type { FoundListener } from '../../snapshots/shapes.ts'
import type { Run } from '../run.ts'
import { nothingSeen } from '../../model/seen-under-test.ts'

const id = { kind: 'IngressGroup', class: 'aws', namespace: 'shop', name: 'web', uid: 'ingress/aws/shop/web' } as const
export const owner: Owner = { kind: 'IngressGroup', class: 'aws', namespace: 'shop', name: 'web' }

export interface RunUnderTest extends AsyncDisposable {
  readonly aws: FakeAws
  readonly clients: ReturnType<FakeAws['clients']>
  readonly run: Run & { readonly secrets: Map<string, SecretState> }
  /** Of what the run made. */
  arn(resource: string): string
  listeners(): readonly FoundListener[]
  /** Makes target groups with these keys. */
  targetGroups(...keys: readonly string[]): Promise<void>
}

export async function applicationRun({
  clients: oidc = {},
  maxAttempts = 1,
  ...options
}: FakeAwsOptions & {
  readonly clients?: Readonly<Record<string, OidcClient>>
  readonly maxAttempts?: number
} = {}): Promise<RunUnderTest> {
  const aws = await fakeAws(options)
  const vpc = aws.createVpc()
  const clients = aws.clients()
  const ending = new AbortController()
  const clock = { now: () => aws.now(), monotonic: () => aws.now(), schedule: later }
  const endpoint = aws.endpoint
  const locations = createLocations({
    transports: ({ region }) =>
      sdkTransports({
        region,
        endpoints: { elasticLoadBalancingV2: endpoint, ec2: endpoint, acm: endpoint, wafv2: endpoint },
        credentials: { accessKeyId: 'AKIAFAKE', secretAccessKey: 'fake' },
        maxAttempts,
      }),
    whereabouts: () => ({ region: aws.region, vpcId: vpc.id }),
    clock,
    signal: ending.signal,
  })
  const location = locations.of({ region: aws.region, vpcId: vpc.id })
  const Subnets = vpc.privateSubnets.map(subnet => subnet.id)
  const { LoadBalancers } = await clients.elbv2.send(
    new CreateLoadBalancerCommand({ Name: 'web', Type: 'application', Scheme: 'internal', Subnets }),
  )
  const parts: Pick<Context, 'cluster' | 'clock' | 'log' | 'memory' | 'confirmLeading' | 'oidcClient'> = {
    cluster: 'cluster-uid',
    clock,
    log: { debug: () => {}, info: () => {}, warn: () => {} },
    memory: emptyMemory(),
    confirmLeading: () => Promise.resolve(),
    oidcClient: ({ namespace, name }) => Promise.resolve(oidc[`${namespace}/${name}`]),
  }
  const run: RunUnderTest['run'] = {
    // Single steps need no more of it.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    context: parts as Context,
    id,
    location,
    caller: { key: id.uid, signal: ending.signal },
    goal: undefined,
    class: undefined,
    seen: nothingSeen,
    stack: stackOf(vpc.id),
    ids: new Map([['load-balancer', LoadBalancers?.[0]?.LoadBalancerArn ?? '']]),
    record: freshRecord('aws', location.place),
    warnings: [],
    failed: new Map(),
    secrets: new Map(),
  }
  return {
    aws,
    clients,
    run,
    arn: resource => run.ids.get(resource) ?? '',
    listeners: () =>
      aws.world.listeners
        .values()
        .map(({ arn, loadBalancer, port, protocol }) =>
          foundListener({ ListenerArn: arn, LoadBalancerArn: loadBalancer, Port: port, Protocol: protocol }),
        ),
    async targetGroups(...keys) {
      for (const [index, key] of keys.entries()) {
        const input = { Name: `group-${index}`, Protocol: 'HTTP', Port: 80, VpcId: vpc.id, TargetType: 'ip' } as const
        const { TargetGroups } = await clients.elbv2.send(new CreateTargetGroupCommand(input))
        run.ids.set(`target-group/${key}`, TargetGroups?.[0]?.TargetGroupArn ?? '')
      }
    },
    async [Symbol.asyncDispose]() {
      ending.abort()
      await aws[Symbol.asyncDispose]()
    },
  }
}

/** The Secret `shop/web-tls`, and the certificate that is to be made of it; `hash` stands for its content. */
export function secretOf(
  { certificate, key }: Pem,
  hash: string,
): { readonly secrets: SecretState; readonly certificate: ImportedCertificate } {
  const secret = { namespace: 'shop', name: 'web-tls' }
  const content = {
    kind: 'tls',
    fingerprint: hash,
    chain: Buffer.from(certificate).toString(),
    key: Buffer.from(key).toString(),
  } as const
  const tags = { team: 'shop', ...ownershipTags('cluster-uid', 'certificate/shop/web-tls', owner), [contentTag]: hash }
  return {
    secrets: { ref: { kind: 'tls', ...secret }, good: { fingerprint: hash }, content: () => Promise.resolve(content) },
    certificate: { key: 'shop/web-tls', secret, hash, tags },
  }
}

function later(ms: number, work: () => void): () => void {
  const timer = setTimeout(work, ms)
  return () => clearTimeout(timer)
}

function stackOf(vpcId: string): Run['stack'] {
  return {
    kind: 'application',
    id,
    vpcId,
    balancer: {
      type: 'application',
      name: 'web',
      scheme: 'internal',
      ipAddressType: 'ipv4',
      subnets: [],
      securityGroups: [],
      sourceNat: false,
      attributes: { asked: {}, defaults: {} },
      tags: {},
      isAdopted: false,
      isNamed: false,
    },
    targetGroups: [],
    listeners: [],
    imports: [],
    opensTargets: false,
    allowInterruption: false,
    foreignTags: [],
  }
}
