// A fake AWS in this process: Elastic Load Balancing, and what it needs of EC2, ACM, WAFv2 and STS, on a loopback port.
import { ACMClient } from '@aws-sdk/client-acm'
import { EC2Client } from '@aws-sdk/client-ec2'
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import { WAFV2Client } from '@aws-sdk/client-wafv2'
import type { CallLog } from './call-log.ts'
import { callLog } from './call-log.ts'
import type { Account } from './call.ts'
import { identifiers } from './call.ts'
import { credentials } from './credentials.ts'
import { watches } from './elbv2/watch.ts'
import type { Watch } from './elbv2/watch.ts'
import type { Fault, FaultHandle } from './faults.ts'
import { faults } from './faults.ts'
import type { Presets } from './presets.ts'
import { presets } from './presets.ts'
import type { Quotas } from './quotas.ts'
import { listen } from './server.ts'
import { operationNames } from './services.ts'
import type { Timings } from './settings.ts'
import { settings } from './settings.ts'
import type { Buckets } from './throttle.ts'
import { throttle } from './throttle.ts'
import type { HealthOverride, LoadBalancer } from './records.ts'
import type { World } from './world.ts'
import { emptyWorld } from './world.ts'

export type FakeAwsOptions = {
  /** Where time comes from; the machine when absent. `advance` moves the fake's time on top of it. */
  readonly clock?: { readonly now: () => number; readonly sleep?: (ms: number) => Promise<void> }
  readonly region?: string
  /** The account's twelve digits. */
  readonly account?: string
  readonly quotas?: Partial<Quotas>
  readonly timings?: Partial<Timings>
  /** Limits of calls; none when absent. `awsLikeBuckets` has some like AWS's. */
  readonly throttle?: Buckets
  /** How long every answer takes; 0 when absent. */
  readonly latencyMs?: number
  /** Makes the identifiers of two fakes differ. */
  readonly seed?: string
}

export type AwsClients = {
  readonly elbv2: ElasticLoadBalancingV2Client
  readonly ec2: EC2Client
  readonly acm: ACMClient
  readonly wafv2: WAFV2Client
}

export type FakeAws = AsyncDisposable &
  Presets & {
    /** One address for all services. */
    readonly endpoint: string
    readonly region: string
    readonly account: string
    /** Variables that lead a program's SDK here. */
    readonly environment: Readonly<Record<string, string>>
    readonly calls: CallLog & { clear(): void }
    /** What the account holds now; for looking, not for changing. */
    readonly world: World
    /** Clients of this endpoint that do not retry unless told; they are closed with the fake. */
    clients(options?: { readonly maxAttempts?: number; readonly accessKeyId?: string }): AwsClients
    /** Makes calls fail. Disposing the handle takes it back. */
    fail(fault: Fault): FaultHandle
    /** Denies an IAM action such as `elasticloadbalancing:CreateListener` or `ec2:*`. */
    deny(action: string): Disposable
    /** Every call's connection breaks until the handle is disposed. */
    away(): FaultHandle
    /** Keys expire: all that were used so far, or one. */
    expireCredentials(accessKeyId?: string): Disposable
    /** Replaces the limits of calls; full buckets. */
    throttle(buckets: Buckets): void
    now(): number
    /** Moves the fake's time forward: provisioning, health, draining and lingering interfaces follow. */
    advance(ms: number): void
    /** Decides the health of a target (`id`, `id:port` or `group-arn id:port`) until undone with undefined. */
    setHealth(target: string, health: HealthOverride['state'] | HealthOverride | undefined): void
    /** AWS could not set it up, or lacks what it needs to scale it, until undone with undefined (API_LoadBalancerState). */
    setState(loadBalancerArn: string, state: LoadBalancer['state']): void
    /** From now on, the fewest healthy targets that the listener had after any change. */
    watch(listenerArn: string): Watch
  }

/**
 * Starts a fake AWS account that holds nothing. It answers the SDK's clients as AWS would, or more strictly:
 *
 *     await using aws = await fakeAws({ clock, timings: { initialHealthMs: 10_000 } })
 *     const vpc = aws.createVpc()
 *     aws.fail({ operation: 'CreateListener', when: 'after', error: 'reset' })
 *     …
 *     expect(aws.calls.counts()).toEqual({ … })
 */
export async function fakeAws(options: FakeAwsOptions = {}): Promise<FakeAws> {
  const clock = options.clock ?? { now: () => Date.now() }
  let advanced = 0
  const now = () => clock.now() + advanced
  const configured = settings(options)
  const keys = credentials(configured.account, operationNames, now)
  const world = emptyWorld(now)
  const account: Account = {
    world,
    settings: configured,
    now,
    newId: identifiers(options.seed ?? 'weir'),
    rememberSession: keys.remember,
  }
  const log = callLog()
  const injected = faults(operationNames)
  const limits = throttle(now, options.throttle)
  const watching = watches(account)
  const server = await listen({
    account,
    faults: injected,
    throttle: limits,
    credentials: keys,
    log,
    changed: watching.sample,
    delay: delayOf(options),
  })
  const opened: { destroy(): void }[] = []
  const remove = (key: string) => world.healthOverrides.delete(key)
  return {
    ...presets(account),
    endpoint: server.url,
    region: configured.region,
    account: configured.account,
    environment: {
      AWS_ENDPOINT_URL: server.url,
      AWS_REGION: configured.region,
      AWS_ACCESS_KEY_ID: 'AKIAFAKE',
      AWS_SECRET_ACCESS_KEY: 'fake',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    calls: log,
    world,
    clients({ maxAttempts = 1, accessKeyId = 'AKIAFAKE' } = {}) {
      const config = {
        endpoint: server.url,
        region: configured.region,
        maxAttempts,
        credentials: { accessKeyId, secretAccessKey: 'fake' },
      }
      const clients = {
        elbv2: new ElasticLoadBalancingV2Client(config),
        ec2: new EC2Client(config),
        acm: new ACMClient(config),
        wafv2: new WAFV2Client(config),
      }
      opened.push(...Object.values(clients))
      return clients
    },
    fail: injected.fail,
    deny: keys.deny,
    away: () => injected.fail({ operation: '*', when: 'before', error: 'reset', times: Number.POSITIVE_INFINITY }),
    expireCredentials: keys.expire,
    throttle: limits.set,
    now,
    advance: ms => void (advanced += ms),
    setHealth(target, health) {
      if (health === undefined) remove(target)
      else world.healthOverrides.put(target, typeof health === 'string' ? { state: health } : health)
      watching.sample()
    },
    setState(arn, state) {
      const found = world.loadBalancers.get(arn)
      if (!found) throw new Error(`there is no load balancer ${arn}`)
      const { state: _before, ...rest } = found
      world.loadBalancers.put(arn, state ? { ...rest, state } : rest)
    },
    watch: watching.watch,
    async [Symbol.asyncDispose]() {
      for (const client of opened) client.destroy()
      await server.close()
    },
  }
}

function delayOf({ latencyMs = 0, clock }: FakeAwsOptions): () => Promise<void> {
  if (latencyMs <= 0) return () => Promise.resolve()
  const sleep = clock?.sleep ?? (ms => new Promise<void>(resolve => setTimeout(resolve, ms)))
  return () => sleep(latencyMs)
}
