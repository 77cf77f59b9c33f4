// The controller's command line and environment, read once.
import { parseArgs } from 'node:util'
import { systemNamespace } from '../api/group.ts'
import { logLevels } from '../observability/log.ts'
import type { LogLevel } from '../observability/log.ts'

export interface ControllerOptions {
  readonly providers: readonly string[]
  readonly kubeconfig: string | undefined
  readonly context: string | undefined
  /** Of the Leases: those of the agents and that of the election. */
  readonly namespace: string
  readonly identity: string
  readonly leaderElect: boolean
  /** 0 serves no health port. */
  readonly healthPort: number
  /** Of the page, on loopback; 0 serves none. */
  readonly pagePort: number
  readonly logLevel: LogLevel
}

/** What was typed cannot be used; the message says what can. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const usage = `Usage: weir-controller [options]

  --providers NAMES     Providers to run, separated by commas (default: local)
  --kubeconfig FILE     How to reach the cluster; inside of one, its ServiceAccount (default)
  --context NAME        A context of the kubeconfig other than its current one
  --namespace NAME      Weir's own namespace (default: WEIR_NAMESPACE, else ${systemNamespace})
  --identity NAME       Name of this process in Leases and events (default: POD_NAME, else the host name)
  --leader-elect BOOL   Work only while holding the Lease of the active controller (default: true)
  --health-port PORT    /healthz, /readyz and /metrics; 0 serves none (default: 8080)
  --page-port PORT      A page to look at, on loopback, for kubectl port-forward; 0 serves none (default: 0)
  --log-level LEVEL     ${logLevels.join(', ')} (default: info)
  --help                This text
`

const flags = {
  providers: { type: 'string', default: 'local' },
  kubeconfig: { type: 'string' },
  context: { type: 'string' },
  namespace: { type: 'string' },
  identity: { type: 'string' },
  'leader-elect': { type: 'string', default: 'true' },
  'health-port': { type: 'string', default: '8080' },
  'page-port': { type: 'string', default: '0' },
  'log-level': { type: 'string', default: 'info' },
  help: { type: 'boolean', default: false },
} as const

export interface Environment {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly hostname: string
  /** The providers there are. */
  readonly known: readonly string[]
}

/** Reads the options; 'help' when the usage was asked for. Throws UsageError. */
export function readOptions(argv: readonly string[], { env, hostname, known }: Environment): ControllerOptions | 'help' {
  const values = parse(argv)
  if (values.help) return 'help'
  const providers = values.providers.split(',').flatMap(name => name.trim() || [])
  const unknown = providers.find(name => !known.includes(name))
  if (unknown !== undefined) throw new UsageError(`--providers: ${unknown} is none of ${known.join(', ')}`)
  if (providers.length === 0) throw new UsageError(`--providers: name at least one of ${known.join(', ')}`)
  return {
    providers: [...new Set(providers)],
    kubeconfig: values.kubeconfig,
    context: values.context,
    namespace: values.namespace ?? env['WEIR_NAMESPACE'] ?? systemNamespace,
    identity: values.identity ?? env['POD_NAME'] ?? hostname,
    leaderElect: oneOf('--leader-elect', values['leader-elect'], ['true', 'false']) === 'true',
    healthPort: portOf('--health-port', values['health-port']),
    pagePort: portOf('--page-port', values['page-port']),
    logLevel: oneOf('--log-level', values['log-level'], logLevels),
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: flags, allowPositionals: false }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function oneOf<const Choice extends string>(flag: string, text: string, choices: readonly Choice[]): Choice {
  const found = choices.find(choice => choice === text)
  if (found === undefined) throw new UsageError(`${flag}: ${text} is none of ${choices.join(', ')}`)
  return found
}

function portOf(flag: string, text: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new UsageError(`${flag}: ${text} is no port`)
  return port
}
