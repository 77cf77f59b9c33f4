// The commands of `weir` and their options, a row each: parsing, help, completion and docs/command-line.md are made of these.
import { systemNamespace } from '../api/group.ts'
import { formats } from './render.ts'

export interface OptionDefinition {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  /** What stands for its value in help. */
  readonly value?: string
  readonly multiple?: true
  readonly default?: string | boolean
  readonly doc: string
  /** Values, for completion. */
  readonly values?: readonly string[]
}

/** Every option there is. */
export const options = {
  namespace: { type: 'string', short: 'n', value: 'NAME', doc: 'Only of this namespace; of a named object, where it is' },
  'all-namespaces': { type: 'boolean', short: 'A', default: false, doc: 'Of all namespaces; that is so unless -n names one' },
  output: { type: 'string', short: 'o', value: 'FORM', default: 'table', values: formats, doc: formats.join(', ') },
  watch: { type: 'boolean', short: 'w', default: false, doc: 'Again each time something changes (asks every 2 seconds)' },
  request: { type: 'string', value: 'URL', doc: 'Of an Ingress: which route takes a request for this URL, and why that one' },
  header: {
    type: 'string',
    short: 'H',
    value: "'NAME: VALUE'",
    multiple: true,
    doc: 'A header of that request, by which a canary may be chosen; may be repeated',
  },
  from: {
    type: 'string',
    value: 'PROJECT',
    doc: 'The project whose objects are read',
    values: ['metallb', 'aws-lbc', 'ingress-nginx'],
  },
  filename: {
    type: 'string',
    short: 'f',
    value: 'FILE',
    multiple: true,
    doc: 'Manifests of this file (- is standard input); may be repeated',
  },
  class: {
    type: 'string',
    value: 'NAME',
    doc: 'Name of the LoadBalancerClass that is written (default: lan; with --from aws-lbc: aws)',
  },
  check: { type: 'boolean', default: false, doc: 'Only lists what is left; there is nothing else that it does' },
  kubeconfig: { type: 'string', value: 'FILE', doc: 'How to reach the cluster (default: KUBECONFIG, else ~/.kube/config)' },
  context: { type: 'string', value: 'NAME', doc: 'A context of the kubeconfig other than its current one' },
  'system-namespace': { type: 'string', value: 'NAME', default: systemNamespace, doc: 'Where Weir lives' },
  help: { type: 'boolean', short: 'h', default: false, doc: 'What a command does, with examples' },
} as const satisfies Readonly<Record<string, OptionDefinition>>

export type OptionName = keyof typeof options

export interface CommandDefinition {
  /** What follows the name. */
  readonly operands: string
  readonly summary: string
  /** Besides those that every command has. */
  readonly options: readonly OptionName[]
  /** What exit code 1 means here. */
  readonly unwell?: string
  readonly examples: readonly string[]
}

const shown = ['output', 'watch'] as const

/** By name, in the order in which help shows them. */
export const commandTable = {
  status: {
    operands: '',
    summary: 'Every Service and Ingress of Weir: address, who announces it, endpoints, ready or why not',
    options: ['namespace', 'all-namespaces', ...shown],
    unwell: 'one of them is not ready',
    examples: ['weir status', 'weir status -n shop -o wide', 'weir status --watch'],
  },
  explain: {
    operands: 'service/NAME | ingress/NAME',
    summary: 'The whole story of one: claimed or not and why, class, address, routes, targets, what blocks, what to do',
    options: ['namespace', 'request', 'header', ...shown],
    unwell: 'it is not served, or the request is answered with 404 or 503',
    examples: [
      'weir explain service/web',
      'weir explain svc/shop/web -o yaml',
      'weir explain ingress/shop --request https://shop.example.com/cart',
      "weir explain ingress/shop --request https://shop.example.com/ -H 'x-canary: always'",
    ],
  },
  plan: {
    operands: '[service/NAME | ingress/NAME]',
    summary: 'What would be done for an object, or for those of a file if it were applied; changes nothing anywhere',
    options: ['namespace', 'filename', ...shown],
    unwell: 'one of them would be refused',
    examples: ['weir plan -f service.yaml', 'weir plan service/web', 'kubectl get svc web -o yaml | weir plan -f -'],
  },
  diff: {
    operands: '[service/NAME | ingress/NAME]',
    summary: 'Where what is there is not what it should be: drift of one object, or of all',
    options: ['namespace', 'all-namespaces', ...shown],
    unwell: 'something differs',
    examples: ['weir diff', 'weir diff service/web', 'weir diff -n shop -o json'],
  },
  pools: {
    operands: '',
    summary: 'Address pools and how full they are',
    options: [...shown],
    unwell: 'one of them is not usable',
    examples: ['weir pools', 'weir pools -o wide'],
  },
  announcements: {
    operands: '',
    summary: 'Each address: who announces it, who is next in line, which way its packets go',
    options: [...shown],
    unwell: 'nobody announces one of them, or a station of others uses it',
    examples: ['weir announcements', 'weir announcements --watch'],
  },
  doctor: {
    operands: '',
    summary: 'Checks the surroundings: nodes, kube-proxy, network, AWS, clocks, versions; what is wrong comes with a fix',
    options: [...shown],
    unwell: 'a check found something wrong',
    examples: ['weir doctor', 'weir doctor -o json'],
  },
  drain: {
    operands: 'NODE',
    summary: 'Lets a node announce nothing while another one can',
    options: ['output'],
    examples: ['weir drain n1'],
  },
  undrain: {
    operands: 'NODE',
    summary: 'Makes a node a candidate again',
    options: ['output'],
    examples: ['weir undrain n1'],
  },
  migrate: {
    operands: '',
    summary: 'Objects of another project as ours, to apply, with a report of what changes its meaning',
    options: ['from', 'filename', 'class', 'output'],
    unwell: 'something is left out or means something else in some case',
    examples: [
      'weir migrate --from metallb > weir.yaml',
      'weir migrate --from metallb -f metallb.yaml --class lan',
      'weir migrate --from aws-lbc > weir.yaml',
    ],
  },
  uninstall: {
    operands: '',
    summary: 'What of Weir has to go before its programs are deleted, in order; changes nothing',
    options: ['check', ...shown],
    unwell: 'something is left',
    examples: ['weir uninstall --check'],
  },
  completion: {
    operands: 'bash | zsh | fish',
    summary: 'The script by which a shell completes commands and options',
    options: [],
    examples: ['source <(weir completion bash)', 'weir completion fish > ~/.config/fish/completions/weir.fish'],
  },
  version: { operands: '', summary: 'The version of this program', options: [], examples: ['weir version'] },
  help: {
    operands: '[COMMAND]',
    summary: 'What there is, or what one command does',
    options: [],
    examples: ['weir help', 'weir help plan', 'weir plan --help'],
  },
} as const satisfies Readonly<Record<string, CommandDefinition>>

export type Command = keyof typeof commandTable

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys are exactly these
export const commands = Object.keys(commandTable) as readonly Command[]

/** Those that ask a cluster take these as well. */
export const everywhere = ['kubeconfig', 'context', 'system-namespace', 'help'] as const satisfies readonly OptionName[]

const withoutCluster: ReadonlySet<string> = new Set<Command>(['completion', 'version', 'help'])

export function optionsOf(command: Command): readonly OptionName[] {
  const own: readonly OptionName[] = commandTable[command].options
  return withoutCluster.has(command) ? [...own, 'help'] : [...own, ...everywhere]
}

/** `-n, --namespace NAME`. */
export function optionText(name: OptionName): string {
  const { short, value }: OptionDefinition = options[name]
  return `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`
}

export const exitCodes: readonly (readonly [number, string])[] = [
  [0, 'all is well'],
  [1, 'something that was asked about is not as it should be; what that means for a command is said with it'],
  [2, 'the command line cannot be understood, or names a file or a namespace that is not there'],
  [3, 'the cluster, or AWS, cannot be asked: no kubeconfig, not reachable, no right'],
  [4, 'there is no such object'],
]
