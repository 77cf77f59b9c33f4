// What Prometheus is told of an agent: frames by protocol, heartbeats, and how addresses came and went. No library's types outside.
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import { createDataPathMetrics } from './data-path-metrics.ts'
import type { DataPathMetrics } from './data-path-metrics.ts'

/** Totals since the start, by interface and by a name of the announcer's or the heartbeats' own. */
export type Totals = Iterable<readonly [interfaceName: string, totals: ReadonlyMap<string, number>]>

export interface AgentMetricsOptions {
  /** Each is read at every scrape. */
  readonly frames: () => Totals
  readonly heartbeats: () => Totals
  readonly announced: () => number
}

export interface AgentMetrics {
  /** An address is announced from here now, or no more. */
  moved(to: 'here' | 'away'): void
  /** The address of an owner that died was taken, so long after it was heard last. */
  tookOver(silentMs: number): void
  /** The packet loop stood still. */
  paused(): void
  readonly dataPath: DataPathMetrics
  render(): Promise<{ readonly contentType: string; readonly text: string }>
}

type Labels = Readonly<Record<string, string>>
type Row = readonly [metric: string, labels: Labels]

const protocols = { arp: '', ndp: 'ndp-', ping: 'ping-' } as const

/** What a counter of frames means as a metric. What is not here, with its protocol taken off, was dropped for the reason it names. */
const frameRows: Readonly<Record<string, string>> = {
  requests: 'requests',
  replies: 'replies',
  announcements: 'gratuitous',
}
const frameCounters: Readonly<Record<string, Row>> = {
  conflicts: ['conflicts', {}],
  defences: ['defences', {}],
  probes: ['probes', {}],
  'send-failed': ['failures', { what: 'send' }],
  'receive-failed': ['failures', { what: 'receive' }],
  stale: ['dropped', { protocol: 'any', reason: 'stale' }],
}
const heartbeatRows: Readonly<Record<string, string>> = {
  sent: 'heartbeats_sent',
  received: 'heartbeats_received',
  lost: 'heartbeats_lost',
  missed: 'peers_lost',
}

const help: Readonly<Record<string, string>> = {
  requests: 'ARP requests, neighbour solicitations and pings for addresses announced here.',
  replies: 'Answers sent to them.',
  gratuitous: 'Frames that tell the segment unasked where an address is.',
  conflicts: 'Frames by which another station claims an address announced here.',
  defences: 'Announcements sent against a conflict.',
  probes: 'Frames that ask whether an address is free before its first use.',
  failures: 'Frames that could not be sent or received.',
  dropped: 'Frames that were not answered, by reason.',
  heartbeats_sent: 'Heartbeats sent.',
  heartbeats_received: 'Heartbeats that were authentic, new and meant for this node.',
  heartbeats_lost: 'Beats of living peers that did not come.',
  heartbeats_refused: 'Heartbeats that were not taken in, by reason.',
  peers_lost: 'How often a peer fell silent and was taken for dead.',
}
const labelNames: Readonly<Record<string, readonly string[]>> = {
  requests: ['interface', 'protocol'],
  replies: ['interface', 'protocol'],
  gratuitous: ['interface', 'protocol'],
  failures: ['interface', 'what'],
  dropped: ['interface', 'protocol', 'reason'],
  heartbeats_refused: ['interface', 'reason'],
}

/** Labels have few values: interfaces, protocols and reasons; never addresses or nodes. */
export function createAgentMetrics(options: AgentMetricsOptions): AgentMetrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  for (const metric of Object.keys(help)) {
    const counter = new Counter({
      registers,
      name: `weir_agent_${metric}_total`,
      help: help[metric] ?? '',
      labelNames: labelNames[metric] ?? ['interface'],
      collect() {
        this.reset()
        const ofHeartbeats = metric.startsWith('heartbeats') || metric === 'peers_lost'
        const [read, meaning] = ofHeartbeats ? [options.heartbeats, heartbeatRow] : [options.frames, frameRow]
        for (const [name, totals] of read()) {
          for (const [counted, value] of totals) {
            const [of, labels] = meaning(counted)
            if (of === metric && value > 0) this.inc({ interface: name, ...labels }, value)
          }
        }
      },
    })
    void counter
  }
  const announced = new Gauge({
    registers,
    name: 'weir_agent_announced_addresses',
    help: 'Addresses announced from this node now.',
    collect() {
      this.set(options.announced())
    },
  })
  void announced
  const transitions = new Counter({
    registers,
    name: 'weir_agent_transitions_total',
    help: 'Addresses that this node began to announce (here) or announces no more (away).',
    labelNames: ['to'],
  })
  const failover = new Histogram({
    registers,
    name: 'weir_agent_failover_seconds',
    help: 'Time from the last sign of life of an owner that died until this node announced its address, by heartbeats.',
    buckets: [0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2, 5, 15],
  })
  const pauses = new Counter({
    registers,
    name: 'weir_agent_pauses_total',
    help: 'How often the agent stood still for so long that it listened again before it answered.',
  })
  return {
    moved: to => transitions.inc({ to }),
    tookOver: silentMs => failover.observe(silentMs / 1000),
    paused: () => pauses.inc(),
    dataPath: createDataPathMetrics(registers),
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  }
}

function frameRow(counted: string): Row {
  const known = frameCounters[counted]
  if (known) return known
  const [protocol, prefix] = Object.entries(protocols).findLast(([, prefix]) => counted.startsWith(prefix)) ?? ['arp', '']
  const bare = counted.slice(prefix.length)
  const metric = frameRows[bare]
  return metric === undefined ? ['dropped', { protocol, reason: bare }] : [metric, { protocol }]
}

function heartbeatRow(counted: string): Row {
  const metric = heartbeatRows[counted]
  return metric === undefined ? ['heartbeats_refused', { reason: counted }] : [metric, {}]
}
