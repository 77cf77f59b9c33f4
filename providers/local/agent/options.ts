// The agent's command line and environment, read once.
import { parseArgs } from 'node:util'
import { systemNamespace } from '../../../src/api/group.ts'

export const agentLogLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const

export interface ProgramOptions {
  readonly node: string
  readonly namespace: string
  readonly kubeconfig: string | undefined
  readonly context: string | undefined
  /** On 127.0.0.1: the agent shares the network of its node. 0 serves none. */
  readonly healthPort: number
  readonly logLevel: (typeof agentLogLevels)[number]
}

export const agentUsage = `Usage: weir-agent [options]

  --node NAME           The node this agent is on (default: NODE_NAME)
  --namespace NAME      Weir's own namespace (default: WEIR_NAMESPACE, POD_NAMESPACE, else ${systemNamespace})
  --kubeconfig FILE     How to reach the cluster; inside of one, its ServiceAccount (default)
  --context NAME        A context of the kubeconfig other than its current one
  --health-port PORT    /healthz and /readyz on 127.0.0.1; 0 serves none (default: 8080)
  --log-level LEVEL     ${agentLogLevels.join(', ')} (default: info)
  --help                This text
`

/** What was typed cannot be used; the message says what can. */
export class AgentUsageError extends Error {
  override readonly name = 'AgentUsageError'
}

/** Reads the options; 'help' when the usage was asked for. Throws AgentUsageError. */
export function readAgentOptions(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ProgramOptions | 'help' {
  const values = parse(argv)
  if (values.help) return 'help'
  const node = values.node ?? env['NODE_NAME']
  if (!node) throw new AgentUsageError('which node is this? Set NODE_NAME (spec.nodeName by the downward API) or pass --node')
  const logLevel = agentLogLevels.find(level => level === values['log-level'])
  if (!logLevel) throw new AgentUsageError(`--log-level: ${values['log-level']} is none of ${agentLogLevels.join(', ')}`)
  const healthPort = Number(values['health-port'])
  if (!/^\d{1,5}$/.test(values['health-port']) || healthPort > 65_535) {
    throw new AgentUsageError(`--health-port: ${values['health-port']} is no port`)
  }
  const namespace = values.namespace ?? env['WEIR_NAMESPACE'] ?? env['POD_NAMESPACE'] ?? systemNamespace
  return { node, namespace, kubeconfig: values.kubeconfig, context: values.context, healthPort, logLevel }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: false,
      options: {
        node: { type: 'string' },
        namespace: { type: 'string' },
        kubeconfig: { type: 'string' },
        context: { type: 'string' },
        'health-port': { type: 'string', default: '8080' },
        'log-level': { type: 'string', default: 'info' },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    throw new AgentUsageError(error instanceof Error ? error.message : String(error))
  }
}
