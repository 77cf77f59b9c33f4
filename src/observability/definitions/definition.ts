// What a metric is: the rows of the tables beside it are what is exported, what is documented and what dashboards are checked against.

/** Every label there is. Each has few values, or as many as its meaning says. */
export const labels = {
  address: 'An address of a load balancer: one series for each that is announced.',
  controller: 'The loop: `service`, `ingress`, `membership`, `announcement`, `class`, `pool`, `binding`.',
  failed: '`true` or `false`.',
  health: '`healthy`, `unhealthy`, `draining`; of AWS also `initial`, `unused` and `unavailable`, as its health checks say them.',
  interface: 'A network interface of the node.',
  kind: 'What is held in memory, by its kind.',
  le: 'Upper bound of a bucket of a histogram.',
  node: 'The name of a node.',
  node_version: 'The release of Node.js.',
  operation: 'An operation of AWS, as `RegisterTargets`; of Kubernetes the verb and the resource, as `patch services/status`.',
  outcome:
    '`ok`, `conflict`, `not-found`, `throttled`, `denied`, `refused` (another mistake of ours), `failed` (of theirs), `unreachable`.',
  pool: 'The name of an AddressPool.',
  priority: '`high` or `low`.',
  program: '`controller` or `agent`.',
  protocol: '`arp`, `ndp`, `ping`, or `any`.',
  provider: '`local` or `aws`.',
  queue: 'The queue of work, named after its loop.',
  ready: '`true` or `false`.',
  reason: 'A reason of [conditions.md](conditions.md), or of a frame that was not answered.',
  resource: 'What is watched, as `services`.',
  result: '`done` or `failed`.',
  service: '`kubernetes`, `elasticloadbalancing`, `ec2`, `acm`, `wafv2`.',
  state: 'Of agents `alive` or `silent`; of Announcements `announced`, `unannounced` or `conflict`.',
  to: '`here` or `away`.',
  version: 'The release of Weir.',
  what: '`send` or `receive`.',
} as const

export type LabelName = keyof typeof labels

export interface MetricDefinition<Label extends string = LabelName> {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly meaning: string
  readonly labels?: readonly Label[]
  /** Of a histogram. */
  readonly buckets?: readonly number[]
}

export type Definitions = Readonly<Record<string, MetricDefinition>>

/** Names of one type in a table. */
export type NamesOf<Table extends Definitions, Type extends MetricDefinition['type']> = {
  [Name in keyof Table]: Table[Name]['type'] extends Type ? Name : never
}[keyof Table] &
  string

/** From a millisecond to a minute. */
export const secondsBuckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60] as const
