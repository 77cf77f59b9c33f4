// The SDK clients of one place (region, role, endpoints), imported when the first call needs them.
import type { ElasticLoadBalancingV2ClientConfig } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Send, Transports } from './calls.ts'

/** Where to work and as whom. Absent credentials: the SDK's own chain (environment, profile, web identity, container, instance). */
export interface ClientOptions {
  readonly region: string
  /** Override those of the environment, which the SDK reads itself (AWS_ENDPOINT_URL_…). */
  readonly endpoints?: { readonly elasticLoadBalancingV2?: string | undefined; readonly ec2?: string | undefined }
  readonly credentials?: NonNullable<ElasticLoadBalancingV2ClientConfig['credentials']>
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
  const opened: Promise<Opened>[] = []
  const lazily = (open: () => Promise<Opened>): Send => {
    let opening: Promise<Opened> | undefined
    return async (operation, input, abortSignal) => {
      if (!opening) {
        opening = open()
        opened.push(opening)
      }
      const { client, commands } = await opening
      const Command = commands[operation]
      if (!Command) throw new TypeError(`${operation} is not in the table of commands`)
      // Names and inputs were matched by the types of AwsCalls.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      return client.send(new Command(input as never) as never, { abortSignal })
    }
  }
  const config = (endpoint: string | undefined) => ({
    region: options.region,
    maxAttempts: options.maxAttempts ?? 5,
    retryMode: 'standard',
    requestHandler,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
  })
  return {
    elasticloadbalancing: lazily(async () => {
      const { ElasticLoadBalancingV2Client, elbCommands } = await import('./elbv2.ts')
      return {
        client: new ElasticLoadBalancingV2Client(config(options.endpoints?.elasticLoadBalancingV2)),
        commands: elbCommands,
      }
    }),
    ec2: lazily(async () => {
      const { EC2Client, ec2Commands } = await import('./ec2.ts')
      return { client: new EC2Client(config(options.endpoints?.ec2)), commands: ec2Commands }
    }),
    async close() {
      for (const { client } of await Promise.all(opened)) client.destroy()
    },
  }
}
