// The agent's command line and environment, read once.
import { isIP } from 'node:net'
import { parseArgs } from 'node:util'
import { systemNamespace } from '../../../src/api/group.ts'
import type { ConflictPolicy } from './conflicts.ts'

export const agentLogLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const

export interface ProgramOptions {
  readonly node: string
  readonly namespace: string
  readonly kubeconfig: string | undefined
  readonly context: string | undefined
  /** On 127.0.0.1: the agent shares the network of its node. 0 serves none. */
  readonly healthPort: number
  /** Where metrics are served besides; undefined: nowhere. */
  readonly metricsListen: { readonly host: string; readonly port: number } | undefined
  /** A file with the bearer token that is asked for there; empty: none is. */
  readonly metricsTokenFile: string
  readonly logLevel: (typeof agentLogLevels)[number]
  /** Answers echo requests to announced addresses. */
  readonly ping: boolean
  /** Between two announcements of an address at rest; 0 for never. */
  readonly refreshMs: number
  readonly conflictPolicy: ConflictPolicy
  /** Drops packets for announced addresses that no rule claims; `auto`: where the agent has the right to. */
  readonly dropUnclaimed: (typeof dropChoices)[number]
  /** Where Envoys of this node get what they serve; empty: nowhere, this agent is without gateway. */
  readonly gatewaySocket: string
  /** The group whose processes may connect there; undefined: none but this one's own user. */
  readonly gatewayGroup: number | undefined
}

const switches = ['on', 'off'] as const
const dropChoices = ['auto', 'on', 'off'] as const
const conflictPolicies: readonly ConflictPolicy[] = ['defend', 'yield']

export const agentUsage = `Usage: weir-agent [options]

  --node NAME           The node this agent is on (default: NODE_NAME)
  --namespace NAME      Weir's own namespace (default: WEIR_NAMESPACE, POD_NAMESPACE, else ${systemNamespace})
  --kubeconfig FILE     How to reach the cluster; inside of one, its ServiceAccount (default)
  --context NAME        A context of the kubeconfig other than its current one
  --health-port PORT    /healthz, /readyz and /metrics on 127.0.0.1; 0 serves none (default: 8080)
  --metrics-listen ADDRESS:PORT
                        Serve /metrics, and nothing else, there too, for a Prometheus that is not on this node
  --metrics-token-file FILE
                        Serve them there only to who brings the bearer token in this file
  --ping on|off         Answer ping of announced addresses (default: on)
  --refresh SECONDS     Tell the LAN again where an address is, so often; 0 for never (default: 60)
  --on-conflict POLICY  When another station uses an address: defend it, or yield after a second conflict within 10 s
                        (default: defend)
  --drop-unclaimed WHEN on, off, or auto (default): drop packets for announced addresses that no Service port claims,
                        instead of forwarding them; needs the capability NET_ADMIN, auto does without where it is missing
  --gateway-socket PATH A unix socket in a folder of its own, where Envoys of this node get what they serve; without it
                        there is no gateway for Ingresses here
  --gateway-group GID   The group of these Envoys, which may enter the folder of the socket
  --uninstall           Take what the data path of this node left out of the kernel, and end; needs no cluster
  --log-level LEVEL     ${agentLogLevels.join(', ')} (default: info)
  --help                This text
`

/** What was typed cannot be used; the message says what can. */
export class AgentUsageError extends Error {
  override readonly name = 'AgentUsageError'
}

/** Reads the options, or what is asked for in their place. Throws AgentUsageError. */
export function readAgentOptions(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ProgramOptions | 'help' | 'uninstall' {
  const values = parse(argv)
  if (values.help) return 'help'
  if (values.uninstall) return 'uninstall'
  const node = values.node ?? env['NODE_NAME']
  if (!node) throw new AgentUsageError('which node is this? Set NODE_NAME (spec.nodeName by the downward API) or pass --node')
  const logLevel = oneOf('--log-level', values['log-level'], agentLogLevels)
  const healthPort = Number(values['health-port'])
  if (!/^\d{1,5}$/.test(values['health-port']) || healthPort > 65_535) {
    throw new AgentUsageError(`--health-port: ${values['health-port']} is no port`)
  }
  const metricsListen = readListen(values['metrics-listen'])
  const refreshSeconds = Number(values.refresh)
  if (!/^\d{1,6}$/.test(values.refresh)) throw new AgentUsageError(`--refresh: ${values.refresh} is no number of seconds`)
  const ping = oneOf('--ping', values.ping, switches) === 'on'
  const conflictPolicy = oneOf('--on-conflict', values['on-conflict'], conflictPolicies)
  const dropUnclaimed = oneOf('--drop-unclaimed', values['drop-unclaimed'], dropChoices)
  const gatewayGroup = values['gateway-group']
  if (gatewayGroup !== undefined && !/^\d{1,10}$/.test(gatewayGroup))
    throw new AgentUsageError(`--gateway-group: ${gatewayGroup} is no number of a group`)
  const namespace = values.namespace ?? env['WEIR_NAMESPACE'] ?? env['POD_NAMESPACE'] ?? systemNamespace
  return {
    node,
    namespace,
    kubeconfig: values.kubeconfig,
    context: values.context,
    healthPort,
    metricsListen,
    metricsTokenFile: values['metrics-token-file'],
    logLevel,
    ping,
    refreshMs: refreshSeconds * 1000,
    conflictPolicy,
    dropUnclaimed,
    gatewaySocket: values['gateway-socket'],
    gatewayGroup: gatewayGroup === undefined ? undefined : Number(gatewayGroup),
  }
}

/** As 192.0.2.1:9464 or [2001:db8::1]:9464; an IPv6 address without brackets is taken as well, as the downward API gives it. */
function readListen(text: string): ProgramOptions['metricsListen'] {
  if (text === '') return undefined
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|(.+)):(\d{1,5})$/.exec(text) ?? []
  const host = bracketed ?? plain
  if (host === undefined || isIP(host) === 0 || port === undefined || Number(port) > 65_535)
    throw new AgentUsageError(`--metrics-listen: ${text} is no address with a port, as 192.0.2.1:9464`)
  return { host, port: Number(port) }
}

function oneOf<T extends string>(option: string, value: string, choices: readonly T[]): T {
  const chosen = choices.find(choice => choice === value)
  if (chosen === undefined) throw new AgentUsageError(`${option}: ${value} is none of ${choices.join(', ')}`)
  return chosen
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
        'metrics-listen': { type: 'string', default: '' },
        'metrics-token-file': { type: 'string', default: '' },
        'log-level': { type: 'string', default: 'info' },
        ping: { type: 'string', default: 'on' },
        refresh: { type: 'string', default: '60' },
        'on-conflict': { type: 'string', default: 'defend' },
        'drop-unclaimed': { type: 'string', default: 'auto' },
        'gateway-socket': { type: 'string', default: '' },
        'gateway-group': { type: 'string' },
        uninstall: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    throw new AgentUsageError(error instanceof Error ? error.message : String(error))
  }
}
