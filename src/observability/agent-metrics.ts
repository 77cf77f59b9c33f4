// What Prometheus is told of an agent: frames by protocol, heartbeats, and how addresses came and went. No library's types outside.
import { createCommonMetrics } from './common-metrics.ts'
import type { CommonMetrics } from './common-metrics.ts'
import { createDataPathMetrics } from './data-path-metrics.ts'
import type { DataPathMetrics } from './data-path-metrics.ts'
import { agentMetrics } from './definitions/agent.ts'
import { commonMetrics } from './definitions/common.ts'
import { createInstruments } from './instruments.ts'
import type { Scrape } from './instruments.ts'

/** Totals since the start, by interface and by a name of the announcer's or the heartbeats' own. */
export type Totals = Iterable<readonly [interfaceName: string, totals: ReadonlyMap<string, number>]>

/** Each is read at every scrape. */
export interface AgentMetricsOptions {
  readonly frames: () => Totals
  readonly heartbeats: () => Totals
  readonly announced: () => number
  /** Since the Lease of the node was renewed last; undefined before the first time. */
  readonly leaseAgeMs: () => number | undefined
  /** The interfaces of the node; `listening` only of those with addresses. */
  readonly interfaces: () => Iterable<{ readonly name: string; readonly isUp: boolean; readonly listening: boolean | undefined }>
  /** Undefined where no Envoys can connect. */
  readonly gateway: () => { readonly envoys: number; readonly held: number } | undefined
}

export interface AgentMetrics extends CommonMetrics {
  /** An address is announced from here now, or no more. */
  moved(to: 'here' | 'away'): void
  /** The address of an owner that died was taken, so long after it was heard last. */
  tookOver(silentMs: number): void
  /** The packet loop stood still. */
  paused(): void
  readonly dataPath: DataPathMetrics
  render(): Promise<Scrape>
  names(): readonly string[]
}

type Labels = Readonly<Record<string, string>>
type TotalName = Exclude<
  Extract<keyof typeof agentMetrics, `weir_agent_${string}_total`>,
  `weir_agent_datapath_${string}` | 'weir_agent_transitions_total' | 'weir_agent_pauses_total'
>
type Row = readonly [metric: TotalName, labels: Labels]

const protocols = { arp: '', ndp: 'ndp-', ping: 'ping-' } as const

/** What a counter of frames means as a metric. What is not here, with its protocol taken off, was dropped for the reason it names. */
const frameRows: Readonly<Record<string, TotalName>> = {
  requests: 'weir_agent_requests_total',
  replies: 'weir_agent_replies_total',
  announcements: 'weir_agent_gratuitous_total',
}
const frameCounters: Readonly<Record<string, Row>> = {
  conflicts: ['weir_agent_conflicts_total', {}],
  defences: ['weir_agent_defences_total', {}],
  probes: ['weir_agent_probes_total', {}],
  'send-failed': ['weir_agent_failures_total', { what: 'send' }],
  'receive-failed': ['weir_agent_failures_total', { what: 'receive' }],
  stale: ['weir_agent_dropped_total', { protocol: 'any', reason: 'stale' }],
}
const heartbeatRows: Readonly<Record<string, TotalName>> = {
  sent: 'weir_agent_heartbeats_sent_total',
  received: 'weir_agent_heartbeats_received_total',
  lost: 'weir_agent_heartbeats_lost_total',
  missed: 'weir_agent_peers_lost_total',
}
const ofFrames: readonly TotalName[] = [
  ...Object.values(frameRows),
  'weir_agent_conflicts_total',
  'weir_agent_defences_total',
  'weir_agent_probes_total',
  'weir_agent_failures_total',
  'weir_agent_dropped_total',
]
const ofHeartbeats: readonly TotalName[] = [...Object.values(heartbeatRows), 'weir_agent_heartbeats_refused_total']

/** Labels have few values: interfaces, protocols and reasons; never addresses or nodes. */
export function createAgentMetrics(options: AgentMetricsOptions): AgentMetrics {
  const instruments = createInstruments({ ...commonMetrics, ...agentMetrics })
  const readTotals = (names: readonly TotalName[], read: () => Totals, meaning: (counted: string) => Row) => {
    for (const metric of names) instruments.read(metric, () => totalsOf(metric, read(), meaning))
  }
  readTotals(ofFrames, options.frames, frameRow)
  readTotals(ofHeartbeats, options.heartbeats, heartbeatRow)
  instruments.read('weir_agent_announced_addresses', () => [[{}, options.announced()]])
  instruments.read('weir_agent_lease_age_seconds', () => {
    const ageMs = options.leaseAgeMs()
    return ageMs === undefined ? [] : [[{}, ageMs / 1000]]
  })
  instruments.read('weir_agent_interface_up', () =>
    Array.from(options.interfaces(), ({ name, isUp }) => [{ interface: name }, isUp ? 1 : 0]),
  )
  instruments.read('weir_agent_interface_listening', () =>
    [...options.interfaces()].flatMap(({ name, listening }) =>
      listening === undefined ? [] : [[{ interface: name }, listening ? 1 : 0] as const],
    ),
  )
  instruments.read('weir_agent_gateway_envoys', () => [[{}, options.gateway()?.envoys ?? 0]])
  instruments.read('weir_agent_gateway_held', () => [[{}, options.gateway()?.held ?? 0]])
  const transitions = instruments.counter('weir_agent_transitions_total')
  const failover = instruments.histogram('weir_agent_failover_seconds')
  const pauses = instruments.counter('weir_agent_pauses_total')
  pauses.inc({}, 0)
  return {
    ...createCommonMetrics(instruments),
    moved: to => transitions.inc({ to }),
    tookOver: silentMs => failover.observe({}, silentMs / 1000),
    paused: () => pauses.inc({}),
    dataPath: createDataPathMetrics(instruments),
    render: () => instruments.render(),
    names: () => instruments.names(),
  }
}

/** Several names of the announcer may mean one series. */
function* totalsOf(
  metric: TotalName,
  read: Totals,
  meaning: (counted: string) => Row,
): Iterable<readonly [labels: Labels, value: number]> {
  for (const [name, totals] of read) {
    for (const [counted, value] of totals) {
      const [of, labels] = meaning(counted)
      if (of === metric && value > 0) yield [{ interface: name, ...labels }, value]
    }
  }
}

function frameRow(counted: string): Row {
  const known = frameCounters[counted]
  if (known) return known
  const [protocol, prefix] = Object.entries(protocols).findLast(([, prefix]) => counted.startsWith(prefix)) ?? ['arp', '']
  const bare = counted.slice(prefix.length)
  const metric = frameRows[bare]
  return metric === undefined ? ['weir_agent_dropped_total', { protocol, reason: bare }] : [metric, { protocol }]
}

function heartbeatRow(counted: string): Row {
  const metric = heartbeatRows[counted]
  return metric === undefined ? ['weir_agent_heartbeats_refused_total', { reason: counted }] : [metric, {}]
}
