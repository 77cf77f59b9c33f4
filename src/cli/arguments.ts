// The command line of `weir`: which command, about which object, in which form.
import { parseArgs } from 'node:util'
import { systemNamespace } from '../api/group.ts'
import { type Format, formats } from './render.ts'

export const commands = [
  'status',
  'explain',
  'pools',
  'announcements',
  'drain',
  'undrain',
  'migrate',
  'uninstall',
  'version',
  'help',
] as const
export type Command = (typeof commands)[number]

export interface Arguments {
  readonly command: Command
  /** What follows the command. */
  readonly operands: readonly string[]
  /** Of the objects that are asked about; undefined: that of the context, else `default`. */
  readonly namespace: string | undefined
  readonly allNamespaces: boolean
  readonly format: Format
  readonly watch: boolean
  /** The project whose objects are migrated. */
  readonly from: string | undefined
  /** Files of manifests instead of the cluster; `-` is standard input. */
  readonly files: readonly string[]
  /** Name of the LoadBalancerClass that a migration writes. */
  readonly class: string | undefined
  /** A URL: which route of the Ingress takes a request for it. */
  readonly request: string | undefined
  readonly kubeconfig: string | undefined
  readonly context: string | undefined
  /** Where Weir itself lives. */
  readonly systemNamespace: string
}

/** What was typed cannot be used; the message says what can. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const usage = `Usage: weir COMMAND [options]      (also: kubectl weir COMMAND)

  status                       Every Service and Ingress of Weir: address, who announces it, endpoints, ready or why not
  explain service/NAME         The whole story of a Service: class, address, announcing, targets, what blocks, what to do
  explain ingress/NAME         The same of an Ingress: class, gateway, routes, certificates
      --request URL            Which route takes a request for this URL, and why
  pools                        Address pools and how full they are
  announcements                Each address: who announces it, who is next in line, which way its packets go
  drain NODE, undrain NODE     Let a node announce nothing while another one can; and again

  migrate --from metallb       Objects of MetalLB as ours, to apply, with a report of what changes its meaning
      -f, --filename FILE      Read manifests from files (- is standard input) instead of the cluster; may be repeated
      --class NAME             Name of the LoadBalancerClass that is written (default: lan)

  uninstall --check            What of Weir has to go before its programs are deleted, in order; changes nothing

  -n, --namespace NAME         Namespace of the object (default: that of the kubeconfig's context, else default)
  -A, --all-namespaces         status: of all namespaces (default); with -n only of one
  -o, --output FORM            ${formats.join(', ')} (default: text)
  -w, --watch                  Again each time something changes (every 2 seconds)
      --kubeconfig FILE        How to reach the cluster
      --context NAME           A context of the kubeconfig other than its current one
      --system-namespace NAME  Where Weir lives (default: ${systemNamespace})

Exit codes: 0 all is well; 1 something asked about is not as it should be; 2 cannot be understood; 3 the cluster cannot be
asked; 4 there is no such object.
`

const flags = {
  namespace: { type: 'string', short: 'n' },
  'all-namespaces': { type: 'boolean', short: 'A', default: false },
  output: { type: 'string', short: 'o', default: 'text' },
  watch: { type: 'boolean', short: 'w', default: false },
  request: { type: 'string' },
  from: { type: 'string' },
  filename: { type: 'string', short: 'f', multiple: true },
  class: { type: 'string' },
  check: { type: 'boolean', default: false },
  kubeconfig: { type: 'string' },
  context: { type: 'string' },
  'system-namespace': { type: 'string', default: systemNamespace },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/** Reads what was typed. Throws UsageError. */
export function readArguments(argv: readonly string[]): Arguments {
  const { values, positionals } = parse(argv)
  const [word = 'help', ...operands] = positionals
  const command = values.help ? 'help' : commands.find(known => known === word)
  if (!command) throw new UsageError(`there is no command ${word}; commands are ${commands.join(', ')}`)
  const format = formats.find(known => known === values.output)
  if (!format) throw new UsageError(`--output: ${values.output} is none of ${formats.join(', ')}`)
  if (values.request !== undefined && command !== 'explain') throw new UsageError('--request goes with explain ingress/NAME')
  if (values.check !== (command === 'uninstall'))
    throw new UsageError('say weir uninstall --check: it lists what is left and changes nothing')
  if (command !== 'migrate' && (values.from ?? values.class ?? values.filename) !== undefined)
    throw new UsageError('--from, --filename and --class go with migrate')
  if (values.namespace !== undefined && values['all-namespaces'])
    throw new UsageError('--namespace and --all-namespaces exclude each other')
  return {
    command,
    operands,
    namespace: values.namespace,
    allNamespaces: values['all-namespaces'],
    format,
    watch: values.watch,
    request: values.request,
    from: values.from,
    files: values.filename ?? [],
    class: values.class,
    kubeconfig: values.kubeconfig,
    context: values.context,
    systemNamespace: values['system-namespace'],
  }
}

export interface ObjectName {
  readonly kind: 'service' | 'ingress'
  /** Absent: that of the command line. */
  readonly namespace?: string
  readonly name: string
}

const kindWords: Readonly<Record<string, ObjectName['kind']>> = {
  service: 'service',
  services: 'service',
  svc: 'service',
  ingress: 'ingress',
  ingresses: 'ingress',
  ing: 'ingress',
}

/** Reads `service/web`, `svc/shop/web` (with a namespace), or the two words `service web`. Throws UsageError. */
export function readObjectName(operands: readonly string[]): ObjectName {
  const pieces = operands.flatMap(operand => operand.split('/'))
  const [word = '', ...rest] = pieces
  const kind = kindWords[word.toLowerCase()]
  const [first, second, ...more] = rest
  if (!kind || !first || second === '' || more.length > 0)
    throw new UsageError('say what to explain as service/NAME or ingress/NAME')
  return second === undefined ? { kind, name: first } : { kind, namespace: first, name: second }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: flags, allowPositionals: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
