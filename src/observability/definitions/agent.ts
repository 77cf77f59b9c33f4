// The metrics of the agents alone. Everything is of their own node.
import type { Definitions } from './definition.ts'

const pathBuckets = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5] as const

export const agentMetrics = {
  weir_agent_requests_total: {
    type: 'counter',
    meaning: 'ARP requests, neighbour solicitations and pings for addresses announced here.',
    labels: ['interface', 'protocol'],
  },
  weir_agent_replies_total: { type: 'counter', meaning: 'Answers sent to them.', labels: ['interface', 'protocol'] },
  weir_agent_gratuitous_total: {
    type: 'counter',
    meaning: 'Frames that tell the segment unasked where an address is.',
    labels: ['interface', 'protocol'],
  },
  weir_agent_conflicts_total: {
    type: 'counter',
    meaning: 'Frames by which another station claims an address announced here.',
    labels: ['interface'],
  },
  weir_agent_defences_total: { type: 'counter', meaning: 'Announcements sent against a conflict.', labels: ['interface'] },
  weir_agent_probes_total: {
    type: 'counter',
    meaning: 'Frames that ask whether an address is free before its first use.',
    labels: ['interface'],
  },
  weir_agent_failures_total: {
    type: 'counter',
    meaning: 'Frames that could not be sent or received.',
    labels: ['interface', 'what'],
  },
  weir_agent_dropped_total: {
    type: 'counter',
    meaning: 'Frames that were not answered, by reason.',
    labels: ['interface', 'protocol', 'reason'],
  },
  weir_agent_heartbeats_sent_total: { type: 'counter', meaning: 'Heartbeats sent.', labels: ['interface'] },
  weir_agent_heartbeats_received_total: {
    type: 'counter',
    meaning: 'Heartbeats that were authentic, new and meant for this node.',
    labels: ['interface'],
  },
  weir_agent_heartbeats_lost_total: {
    type: 'counter',
    meaning: 'Beats of living peers that did not come.',
    labels: ['interface'],
  },
  weir_agent_heartbeats_refused_total: {
    type: 'counter',
    meaning: 'Heartbeats that were not taken in, by reason.',
    labels: ['interface', 'reason'],
  },
  weir_agent_peers_lost_total: {
    type: 'counter',
    meaning: 'How often a peer fell silent and was taken for dead.',
    labels: ['interface'],
  },
  weir_agent_announced_addresses: { type: 'gauge', meaning: 'Addresses announced from this node now.' },
  weir_agent_transitions_total: {
    type: 'counter',
    meaning: 'Addresses that this node began to announce (here) or announces no more (away).',
    labels: ['to'],
  },
  weir_agent_failover_seconds: {
    type: 'histogram',
    meaning:
      'Failovers: the time from the last sign of life of an owner that died until this node announced its address, by heartbeats.',
    buckets: [0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2, 5, 15],
  },
  weir_agent_pauses_total: {
    type: 'counter',
    meaning: 'How often the agent stood still for so long that it listened again before it answered.',
  },
  weir_agent_lease_age_seconds: { type: 'gauge', meaning: 'Time since the Lease of this node was renewed last.' },
  weir_agent_interface_up: {
    type: 'gauge',
    meaning: '1 for an interface of the node with a carrier, 0 for one without.',
    labels: ['interface'],
  },
  weir_agent_interface_listening: {
    type: 'gauge',
    meaning:
      '1 for an interface with announced addresses that the agent can send on and hear, 0 when its sockets cannot be opened.',
    labels: ['interface'],
  },
  weir_agent_gateway_envoys: { type: 'gauge', meaning: 'Envoys of this node that are connected.' },
  weir_agent_gateway_held: {
    type: 'gauge',
    meaning: 'Ingresses whose last change an Envoy of this node refused; what was served before goes on.',
  },
  weir_agent_datapath_transactions_total: { type: 'counter', meaning: 'Transactions given to nft.', labels: ['result'] },
  weir_agent_datapath_elements_total: {
    type: 'counter',
    meaning: 'Elements of sets and maps that were added or deleted.',
  },
  weir_agent_datapath_transaction_seconds: {
    type: 'histogram',
    meaning: 'How long a transaction took.',
    buckets: pathBuckets,
  },
  weir_agent_datapath_change_seconds: {
    type: 'histogram',
    meaning: 'From the beginning of building a change until it was in force.',
    buckets: pathBuckets,
  },
  weir_agent_datapath_failures_total: {
    type: 'counter',
    meaning: 'Changes that could not be written and were tried again.',
  },
  weir_agent_datapath_service_ports: { type: 'gauge', meaning: 'Service ports that the data path serves.' },
} as const satisfies Definitions
