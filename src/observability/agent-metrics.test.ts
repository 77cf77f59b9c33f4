// What a scrape of an agent shows.
import { expect, test } from 'vitest'
import { createAgentMetrics } from './agent-metrics.ts'

async function linesOf(frames: Readonly<Record<string, number>>, heartbeats: Readonly<Record<string, number>> = {}) {
  const metrics = createAgentMetrics({
    frames: () => [['eth0', new Map(Object.entries(frames))]],
    heartbeats: () => [['eth0', new Map(Object.entries(heartbeats))]],
    announced: () => 3,
    leaseAgeMs: () => 1500,
    interfaces: () => [
      { name: 'eth0', isUp: true, listening: false },
      { name: 'eth1', isUp: false, listening: undefined },
    ],
    gateway: () => ({ envoys: 2, held: 1 }),
  })
  metrics.moved('here')
  metrics.tookOver(320)
  metrics.paused()
  const { text } = await metrics.render()
  return text.split('\n').filter(line => line.startsWith('weir_agent_'))
}

test('frames are told by protocol, and what was not answered by reason', async () => {
  const lines = await linesOf({
    requests: 5,
    'ndp-replies': 4,
    announcements: 2,
    'ping-malformed': 1,
    'not-to-us': 7,
    conflicts: 1,
  })
  expect(lines).toEqual(
    expect.arrayContaining([
      'weir_agent_requests_total{interface="eth0",protocol="arp"} 5',
      'weir_agent_replies_total{interface="eth0",protocol="ndp"} 4',
      'weir_agent_gratuitous_total{interface="eth0",protocol="arp"} 2',
      'weir_agent_dropped_total{interface="eth0",protocol="ping",reason="malformed"} 1',
      'weir_agent_dropped_total{interface="eth0",protocol="arp",reason="not-to-us"} 7',
      'weir_agent_conflicts_total{interface="eth0"} 1',
    ]),
  )
})

test('so are heartbeats, moves, takeovers and pauses', async () => {
  const lines = await linesOf({}, { sent: 9, lost: 2, missed: 1, replayed: 4 })
  expect(lines).toEqual(
    expect.arrayContaining([
      'weir_agent_heartbeats_sent_total{interface="eth0"} 9',
      'weir_agent_heartbeats_lost_total{interface="eth0"} 2',
      'weir_agent_peers_lost_total{interface="eth0"} 1',
      'weir_agent_heartbeats_refused_total{interface="eth0",reason="replayed"} 4',
      'weir_agent_announced_addresses 3',
      'weir_agent_lease_age_seconds 1.5',
      'weir_agent_interface_up{interface="eth1"} 0',
      'weir_agent_interface_listening{interface="eth0"} 0',
      'weir_agent_gateway_envoys 2',
      'weir_agent_gateway_held 1',
      'weir_agent_transitions_total{to="here"} 1',
      'weir_agent_failover_seconds_bucket{le="0.3"} 0',
      'weir_agent_failover_seconds_bucket{le="0.4"} 1',
      'weir_agent_pauses_total 1',
    ]),
  )
})
