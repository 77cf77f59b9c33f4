// docs/metrics.md tells of every metric that is exported, and of none that is not.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createAgentMetrics } from './agent-metrics.ts'
import { agentMetrics } from './definitions/agent.ts'
import { commonMetrics } from './definitions/common.ts'
import { controllerMetrics } from './definitions/controller.ts'
import { createMetrics } from './metrics.ts'

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'metrics.md'), 'utf8')

function agent() {
  return createAgentMetrics({
    frames: () => [],
    heartbeats: () => [],
    announced: () => 0,
    leaseAgeMs: () => undefined,
    interfaces: () => [],
    gateway: () => undefined,
  })
}

test.for([
  ['controller', createMetrics(), { ...commonMetrics, ...controllerMetrics }],
  ['agent', agent(), { ...commonMetrics, ...agentMetrics }],
] as const)('the %s exports what its tables say, each with a row in docs/metrics.md', async ([, metrics, tables]) => {
  expect(metrics.names().toSorted()).toEqual(Object.keys(tables).toSorted())
  const { text } = await metrics.render()
  const exported = [...text.matchAll(/^# TYPE (weir_\S+) (\S+)$/gm)].map(([, name, type]) => ({ name, type }))
  expect(exported).toHaveLength(Object.keys(tables).length)
  for (const { name, type } of exported) expect(page).toContain(`| \`${name}\` | ${type} |`)
})

test('every label of a metric is explained', () => {
  for (const definition of Object.values({ ...commonMetrics, ...controllerMetrics, ...agentMetrics })) {
    for (const label of 'labels' in definition ? definition.labels : [])
      expect(page).toMatch(new RegExp(`^\\| \`${label}\` \\| `, 'm'))
  }
})
