// The SDK clients of one place (region, role, endpoints), imported when the first call needs them.
import type { ElasticLoadBalancingV2ClientConfig } from '@aws-sdk/client-elastic-load-balancing-v2'
import { ProviderError } from '../../../src/provider.ts'
import type { Send, Transports } from './calls.ts'
import { providerError } from './errors.ts'
import { assumedRole } from './sts.ts'
import type { Keys, Role } from './sts.ts'

/** Where to work and as whom. Absent credentials: the SDK's own chain (environment, profile, web identity, container, instance). */
export interface ClientOptions {
  readonly region: string
  /** Override those of the environment, which the SDK reads itself (AWS_ENDPOINT_URL_…). */
  readonly endpoints?: {
    readonly elasticLoadBalancingV2?: string | undefined
    readonly ec2?: string | undefined
    readonly acm?: string | undefined
    readonly wafv2?: string | undefined
    readonly sts?: string | undefined
  }
  readonly credentials?: NonNullable<ElasticLoadBalancingV2ClientConfig['credentials']>
  /** A role to take on with those credentials. */
  readonly assumeRole?: Role
  /** How often a call is sent at most, the first time included. 5 when absent. */
  readonly maxAttempts?: number
}

/** Without these a call whose answer never comes would wait for ever: the SDK has no limits of its own. */
const requestHandler = { connectionTimeout: 5000, requestTimeout: 20_000, throwOnRequestTimeout: true } as const

/** A client of the SDK, as far as it is used here. */
interface Client {
  send(command: never, options: { readonly abortSignal: AbortSignal }): Promise<unknown>
  destroy(): void
}

interface Opened {
  readonly client: Client
  readonly commands: Readonly<Record<string, new (input: never) => object>>
}

/** Transports through the AWS SDK. `close` ends the connections. */
export function sdkTransports(options: ClientOptions): Transports & { close(): Promise<void> } {
  const opened = new Set<Promise<Opened>>()
  let session: (() => Promise<Keys>) | undefined
  /** Counts how often keys were given up: clients of an earlier count are not used any more. */
  let era = 0
  const lazily = (open: (config: ReturnType<typeof configOf>) => Promise<Opened>, endpoint: string | undefined): Send => {
    let opening: Promise<Opened> | undefined
    let openedIn = era
    let underWay = new Set<Promise<unknown>>()
    return async (operation, input, abortSignal) => {
      if (!opening || openedIn !== era) {
        if (opening) void discard(opening, underWay)
        underWay = new Set()
        openedIn = era
        if (options.assumeRole) session ??= sessionOf(options, options.assumeRole)
        opening = open(configOf(options, endpoint, session ?? options.credentials))
        opened.add(opening)
      }
      const [usedIn, mine] = [openedIn, underWay]
      const { client, commands } = await opening
      const Command = commands[operation]
      if (!Command) throw new TypeError(`${operation} is not in the table of commands`)
      try {
        // Names and inputs were matched by the types of AwsCalls.
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion
        const call = client.send(new Command(input as never) as never, { abortSignal })
        mine.add(call)
        return await call.finally(() => mine.delete(call))
      } catch (error) {
        // The SDK believes in keys until the end they came with; AWS does not any more, so the next call gets new ones.
        if (isAboutKeys(error) && usedIn === era) {
          session = undefined
          era++
        }
        throw error
      }
    }
  }
  const discard = async (opening: Promise<Opened>, underWay: ReadonlySet<Promise<unknown>>) => {
    opened.delete(opening)
    const { client } = await opening
    await Promise.allSettled(underWay)
    client.destroy()
  }
  const { endpoints } = options
  return {
    elasticloadbalancing: lazily(async config => {
      const { ElasticLoadBalancingV2Client, elbCommands } = await import('./elbv2.ts')
      return { client: new ElasticLoadBalancingV2Client(config), commands: elbCommands }
    }, endpoints?.elasticLoadBalancingV2),
    ec2: lazily(async config => {
      const { EC2Client, ec2Commands } = await import('./ec2.ts')
      return { client: new EC2Client(config), commands: ec2Commands }
    }, endpoints?.ec2),
    acm: lazily(async config => {
      const { ACMClient, acmCommands } = await import('./acm.ts')
      return { client: new ACMClient(config), commands: acmCommands }
    }, endpoints?.acm),
    wafv2: lazily(async config => {
      const { WAFV2Client, wafCommands } = await import('./wafv2.ts')
      return { client: new WAFV2Client(config), commands: wafCommands }
    }, endpoints?.wafv2),
    async close() {
      for (const { client } of await Promise.all(opened)) client.destroy()
    },
  }
}

function configOf(
  { region, maxAttempts = 5 }: ClientOptions,
  endpoint: string | undefined,
  credentials: ClientOptions['credentials'] | undefined,
) {
  return {
    region,
    maxAttempts,
    retryMode: 'standard',
    requestHandler,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  }
}

/** Keys of the role, taken on with the controller's own identity: as given, or by the SDK's chain. */
function sessionOf(options: ClientOptions, role: Role): () => Promise<Keys> {
  const { region, endpoints, credentials } = options
  const base = async (): Promise<Keys> => {
    if (credentials !== undefined) return typeof credentials === 'function' ? credentials() : credentials
    const { ElasticLoadBalancingV2Client } = await import('./elbv2.ts')
    // A client knows the chain; it opens no connection for it.
    return new ElasticLoadBalancingV2Client({ region }).config.credentials()
  }
  return assumedRole({ role, region, base, endpoint: endpoints?.sts, environment: process.env })
}

function isAboutKeys(error: unknown): boolean {
  const told = providerError(error, { service: 'sts', operation: '' })
  return told instanceof ProviderError && told.code === 'CredentialsInvalid'
}
