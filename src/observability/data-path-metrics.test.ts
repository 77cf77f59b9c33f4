import { expect, test } from 'vitest'
import { createDataPathMetrics } from './data-path-metrics.ts'
import { agentMetrics } from './definitions/agent.ts'
import { createInstruments } from './instruments.ts'

test('what nft was given, what that cost, and what is served are told', async () => {
  const instruments = createInstruments(agentMetrics)
  const metrics = createDataPathMetrics(instruments)
  metrics.transaction({ elements: 120, durationMs: 30, failed: false })
  metrics.transaction({ elements: 0, durationMs: 4, failed: true })
  metrics.applied({ changed: 2, services: 7, durationMs: 40 })
  metrics.failed()
  const lines = (await instruments.render()).text.split('\n')
  expect(lines).toEqual(
    expect.arrayContaining([
      'weir_agent_datapath_transactions_total{result="done"} 1',
      'weir_agent_datapath_transactions_total{result="failed"} 1',
      'weir_agent_datapath_elements_total 120',
      'weir_agent_datapath_service_ports 7',
      'weir_agent_datapath_change_seconds_count 1',
      'weir_agent_datapath_failures_total 1',
    ]),
  )
})
