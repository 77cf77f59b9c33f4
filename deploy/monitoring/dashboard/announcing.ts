// The row of the dashboard about announcing and failover.
import { quantile, rate } from './panel.ts'
import type { Row } from './panel.ts'

export const failovers: Row = {
  title: 'Announcing and failover',
  panels: [
    {
      title: 'Failovers',
      about: 'Addresses taken over from a node that died.',
      queries: [['sum by (pod) (increase(weir_agent_failover_seconds_count[5m]))', '{{pod}}']],
    },
    {
      title: 'How long failovers took',
      about: 'From the last sign of life of the old owner.',
      unit: 's',
      queries: [
        [quantile(0.5, 'weir_agent_failover_seconds'), 'half of them'],
        [quantile(0.99, 'weir_agent_failover_seconds'), '99 %'],
      ],
    },
    {
      title: 'Addresses that came and went',
      about: 'By node, for whatever reason.',
      queries: [['sum by (pod, to) (increase(weir_agent_transitions_total[5m]))', '{{pod}} {{to}}']],
    },
    {
      title: 'Asked and answered',
      about: 'ARP requests, neighbour solicitations and pings for announced addresses.',
      unit: 'reqps',
      queries: [
        [`sum by (protocol) (rate(weir_agent_requests_total[${rate}]))`, '{{protocol}} asked'],
        [`sum by (protocol) (rate(weir_agent_replies_total[${rate}]))`, '{{protocol}} answered'],
      ],
    },
    {
      title: 'Told unasked, probed, defended',
      about: 'Gratuitous frames, probes before a first use, announcements against a conflict.',
      unit: 'reqps',
      queries: [
        [`sum(rate(weir_agent_gratuitous_total[${rate}]))`, 'gratuitous'],
        [`sum(rate(weir_agent_probes_total[${rate}]))`, 'probes'],
        [`sum(rate(weir_agent_defences_total[${rate}]))`, 'defences'],
      ],
    },
    {
      title: 'Conflicts and failures',
      about: 'Other stations with our addresses; frames that could not be sent or received; frames that were not answered.',
      queries: [
        ['sum by (interface) (increase(weir_agent_conflicts_total[5m]))', 'conflict on {{interface}}'],
        ['sum by (pod, what) (increase(weir_agent_failures_total[5m]))', '{{pod}} {{what}} failed'],
        ['sum by (reason) (increase(weir_agent_dropped_total[5m]))', 'dropped: {{reason}}'],
      ],
    },
    {
      title: 'Heartbeats',
      about: 'Lost ones on a node under load: it gets too little CPU.',
      unit: 'reqps',
      queries: [
        [`sum by (pod) (rate(weir_agent_heartbeats_sent_total[${rate}]))`, '{{pod}} sent'],
        [`sum by (pod) (rate(weir_agent_heartbeats_received_total[${rate}]))`, '{{pod}} received'],
        [`sum by (pod) (rate(weir_agent_heartbeats_lost_total[${rate}]))`, '{{pod}} lost'],
        [`sum by (reason) (rate(weir_agent_heartbeats_refused_total[${rate}]))`, 'refused: {{reason}}'],
      ],
    },
    {
      title: 'Peers lost and pauses',
      about: 'How often a peer was taken for dead, and how often an agent itself stood still.',
      queries: [
        ['sum by (pod) (increase(weir_agent_peers_lost_total[5m]))', '{{pod}} lost a peer'],
        ['sum by (pod) (increase(weir_agent_pauses_total[5m]))', '{{pod}} stood still'],
      ],
    },
    {
      title: 'Leases and interfaces',
      about: 'Time since the Lease of a node was renewed; interfaces with addresses that cannot be listened on.',
      unit: 's',
      queries: [
        ['max by (pod) (weir_agent_lease_age_seconds)', '{{pod}} Lease'],
        ['count by (pod, interface) (weir_agent_interface_listening == 0)', '{{pod}} {{interface}} deaf'],
        ['count by (pod, interface) (weir_agent_interface_up == 0)', '{{pod}} {{interface}} down'],
      ],
    },
  ],
}
