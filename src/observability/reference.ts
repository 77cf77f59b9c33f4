// docs/metrics.md from the tables of definitions.
import { agentMetrics } from './definitions/agent.ts'
import { commonMetrics } from './definitions/common.ts'
import { controllerMetrics } from './definitions/controller.ts'
import { labels } from './definitions/definition.ts'
import type { MetricDefinition } from './definitions/definition.ts'
import { gatewayLabels, gatewayMetrics } from './definitions/gateway.ts'

/** The page, as Markdown. */
export function metricsReference(): string {
  return `# Metrics

<!-- Generated from src/observability/definitions by npm run generate; edit the tables there. -->

How they are scraped, the dashboard, the alerts and what to do about each: [tasks/observability.md](tasks/observability.md).
Every program also tells what [prom-client](https://github.com/siimon/prom-client) knows of its process (\`process_*\`, \`nodejs_*\`).

## Controller and agents

${table(commonMetrics)}

## Controller

Both replicas serve these. What counts objects of the cluster comes from the active one alone, so that sums are right.

${table(controllerMetrics)}

## Agents

Of one node each.

${table(agentMetrics)}

## Gateway

Envoy tells these by itself at \`:9901/stats/prometheus\` of each \`weir-gateway\` pod; they are those that the dashboard and the
alerts read, of [many more](https://www.envoyproxy.io/docs/envoy/v1.39.3/operations/stats_overview).

${table(gatewayMetrics)}

## Labels

| Label | Values |
|---|---|
${Object.entries({ ...labels, ...gatewayLabels })
  .toSorted(([one], [other]) => (one < other ? -1 : 1))
  .map(([name, meaning]) => `| \`${name}\` | ${meaning} |`)
  .join('\n')}
`
}

function table(definitions: Readonly<Record<string, MetricDefinition<string>>>): string {
  const rows = Object.entries(definitions).map(([name, { type, labels: of = [], meaning }]) => {
    const names = of.map(label => `\`${label}\``).join(', ')
    return `| \`${name}\` | ${type} | ${names} | ${meaning} |`
  })
  return ['| Metric | Type | Labels | Meaning |', '|---|---|---|---|', ...rows].join('\n')
}
