// The command line of `weir`: which command, about which object, in which form.
import { parseArgs } from 'node:util'
import { nearest } from '../api/nearest.ts'
import { type Command, commands, commandTable, options, optionsOf } from './commands.ts'
import { type Format, formats } from './render.ts'

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
  /** Of that request, as `name: value`. */
  readonly headers: readonly string[]
  readonly kubeconfig: string | undefined
  readonly context: string | undefined
  /** Where Weir itself lives. */
  readonly systemNamespace: string
}

/** What was typed cannot be used; the message says what can. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Reads what was typed. Throws UsageError. */
export function readArguments(argv: readonly string[]): Arguments {
  const { values, positionals, tokens } = parse(argv)
  const [word = 'help', ...rest] = positionals
  const named = commandOf(word)
  const command = values.help ? 'help' : named
  const operands = values.help && positionals.length > 0 ? [named] : rest
  if (command !== 'help') checkOptions(command, tokens)
  const format = formatOf(values.output)
  if (values.header !== undefined && values.request === undefined) throw new UsageError('--header goes with --request URL')
  if (command === 'uninstall' && !values.check)
    throw new UsageError('say weir uninstall --check: it lists what is left and changes nothing')
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
    headers: values.header ?? [],
    from: values.from,
    files: values.filename ?? [],
    class: values.class,
    kubeconfig: values.kubeconfig,
    context: values.context,
    systemNamespace: values['system-namespace'],
  }
}

function commandOf(word: string): Command {
  const found = commands.find(known => known === word)
  if (found) return found
  const near = nearest(word, commands)
  throw new UsageError(
    `there is no command ${word}; ${near === undefined ? `commands are ${commands.join(', ')}` : `did you mean ${near}?`}`,
  )
}

function checkOptions(command: Command, tokens: readonly { readonly kind: string; readonly name?: string }[]): void {
  const known: readonly string[] = optionsOf(command)
  for (const { kind, name } of tokens) {
    if (kind !== 'option' || name === undefined || known.includes(name)) continue
    const takers = commands.filter(other => {
      const own: readonly string[] = commandTable[other].options
      return own.includes(name)
    })
    throw new UsageError(`--${name} does not go with ${command}, but with ${takers.join(', ')}`)
  }
}

/** `text` is what the table was called before. */
function formatOf(text: string): Format {
  const format = formats.find(known => known === (text === 'text' ? 'table' : text))
  if (!format) throw new UsageError(`--output: ${text} is none of ${formats.join(', ')}${meant(text, formats)}`)
  return format
}

/** `; did you mean X?` where something is near, to be put after a message. */
export function meant(word: string, known: readonly string[]): string {
  const near = nearest(word, known)
  return near === undefined ? '' : `; did you mean ${near}?`
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

const verbs = { explain: 'explain', plan: 'plan for', diff: 'compare' } as const

/** Reads `service/web`, `svc/shop/web` (with a namespace), or the two words `service web`. Throws UsageError. */
export function readObjectName(operands: readonly string[], command: keyof typeof verbs = 'explain'): ObjectName {
  const pieces = operands.flatMap(operand => operand.split('/'))
  const [word = '', ...rest] = pieces
  const kind = kindWords[word.toLowerCase()]
  const [first, second, ...more] = rest
  if (!kind || !first || second === '' || more.length > 0)
    throw new UsageError(
      `say what to ${verbs[command]} as service/NAME or ingress/NAME${isName(operands) ? `, for instance weir ${command} service/${word}` : ''}`,
    )
  return second === undefined ? { kind, name: first } : { kind, namespace: first, name: second }
}

/** One word that may be what an object is called. */
function isName([word = '', ...more]: readonly string[]): boolean {
  return more.length === 0 && /^[a-z0-9][a-z0-9.-]*$/.test(word) && kindWords[word] === undefined
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, tokens: true })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const unknown = /^Unknown option '-*([^']+)'/.exec(message)?.[1]
    if (unknown === undefined) throw new UsageError(message)
    const near = nearest(unknown, Object.keys(options))
    throw new UsageError(`there is no option --${unknown}${near === undefined ? '' : `; did you mean --${near}?`}`)
  }
}
