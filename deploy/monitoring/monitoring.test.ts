// Dashboard and alerts ask for metrics and labels that there are, all metrics are looked at somewhere, and each alert has its advice.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { reasons } from '../../src/api/reasons.ts'
import { agentMetrics } from '../../src/observability/definitions/agent.ts'
import { commonMetrics } from '../../src/observability/definitions/common.ts'
import { controllerMetrics } from '../../src/observability/definitions/controller.ts'
import { labels } from '../../src/observability/definitions/definition.ts'
import type { MetricDefinition } from '../../src/observability/definitions/definition.ts'
import { gatewayMetrics } from '../../src/observability/definitions/gateway.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { rows } from './dashboard.ts'
import { readExpression } from './promql.ts'

interface Alert {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly severity: string }
  readonly annotations: Readonly<Record<'summary' | 'description', string>>
}

const read = (path: string) => readFileSync(join(import.meta.dirname, path), 'utf8')
const alerts: readonly Alert[] = parse(read('alerts.yaml')).groups.flatMap(
  (group: { readonly rules: readonly Alert[] }) => group.rules,
)
const advice = read('../../docs/tasks/observability.md')
const panels = rows.flatMap(row => row.panels)
const shown = [
  ...alerts.map(({ alert, expr }) => ({ where: alert, expr, words: Object.values(alertOf(alert).annotations).join(' ') })),
  ...panels.flatMap(({ title, queries }) => queries.map(([expr, legend = '']) => ({ where: title, expr, words: legend }))),
]
const definitions: Readonly<Record<string, MetricDefinition<string>>> = {
  ...commonMetrics,
  ...controllerMetrics,
  ...agentMetrics,
  ...gatewayMetrics,
}
/** What scraping adds; `program` comes by group_left from weir_build_info. */
const ofScrapes = new Set(['pod', 'namespace', 'job', 'instance'])

function alertOf(name: string): Alert {
  const found = alerts.find(({ alert }) => alert === name)
  if (!found) throw new Error(`no alert ${name}`)
  return found
}

/** The definition behind a series: those of a histogram have three endings. */
function definitionOf(series: string): MetricDefinition<string> | undefined {
  const histogram = definitions[series.replace(/_(bucket|count|sum)$/, '')]
  return histogram?.type === 'histogram' ? (series in definitions ? undefined : histogram) : definitions[series]
}

const processMetrics = (await createMetrics().render()).text

test('expressions are read as Prometheus reads them', () => {
  expect(readExpression('sum by (pool, le) (rate(weir_a_bucket{pool=~"x|y", le!=""}[5m])) / on (pod) weir_b')).toEqual({
    metrics: [
      {
        name: 'weir_a_bucket',
        matchers: [
          { label: 'pool', operator: '=~', value: 'x|y' },
          { label: 'le', operator: '!=', value: '' },
        ],
      },
      { name: 'weir_b', matchers: [] },
    ],
    groupings: ['pool', 'le', 'pod'],
  })
})

test.for(shown)('$where: $expr', ({ expr, words }) => {
  const { metrics, groupings } = readExpression(expr)
  expect(metrics.length).toBeGreaterThan(0)
  const known = new Set(ofScrapes)
  for (const { name, matchers } of metrics) {
    if (/^(process|nodejs)_/.test(name)) {
      expect(processMetrics).toContain(`# TYPE ${name} `)
      continue
    }
    const definition = definitionOf(name)
    expect(definition, `${name} is exported`).toBeDefined()
    const own = new Set([...ofScrapes, ...(definition?.labels ?? []), ...(name.endsWith('_bucket') ? ['le'] : [])])
    for (const label of own) known.add(label)
    for (const { label } of matchers) expect([...own], `labels of ${name}`).toContain(label)
  }
  for (const label of groupings) expect([...known], `by ${label}`).toContain(label)
  const named = [...words.matchAll(/\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}/g)].map(([, label]) => label)
  for (const label of named) expect([...known], `{{${label}}}`).toContain(label)
})

test('values that are asked for are values that there are', () => {
  const words = (label: 'state' | 'outcome' | 'health') => [...labels[label].matchAll(/`([\w-]+)`/g)].map(([, word]) => word)
  const matchers = shown.flatMap(({ expr }) => readExpression(expr).metrics.flatMap(metric => metric.matchers))
  for (const { label, value } of matchers) {
    if (label === 'reason') for (const reason of value.split('|')) expect(Object.keys(reasons)).toContain(reason)
    if (label === 'state' || label === 'outcome' || label === 'health')
      for (const word of value.split('|')) expect(words(label)).toContain(word)
  }
})

test('every metric of ours is looked at somewhere', () => {
  const asked = new Set(
    shown.flatMap(({ expr }) => readExpression(expr).metrics.map(({ name }) => name.replace(/_(bucket|count|sum)$/, ''))),
  )
  expect(Object.keys({ ...commonMetrics, ...controllerMetrics, ...agentMetrics }).filter(name => !asked.has(name))).toEqual([])
})

test.for(alerts)(
  '$alert has samples that make it fire, a severity, and advice under its name',
  ({ alert, labels: { severity } }) => {
    expect(read('alerts.test.yaml')).toContain(`alertname="${alert}"`)
    expect(['critical', 'warning']).toContain(severity)
    const section = new RegExp(`^### ${alert}\\n\\n([\\s\\S]*?)(?=\\n#|$(?![\\s\\S]))`, 'm').exec(advice)?.[1]
    expect(section?.length ?? 0).toBeGreaterThan(80)
  },
)

test('there is no advice for an alert that does not exist', () => {
  const told = [...advice.matchAll(/^### (Weir\w+)$/gm)].map(([, name]) => name)
  expect(new Set(told)).toEqual(new Set(alerts.map(({ alert }) => alert)))
})

test('panels of the dashboard have numbers of their own and stand beside each other, not upon', () => {
  const {
    panels: drawn,
  }: { readonly panels: readonly { id: number; gridPos: { x: number; y: number; w: number; h: number } }[] } = JSON.parse(
    read('dashboard.json'),
  )
  expect(new Set(drawn.map(({ id }) => id)).size).toBe(drawn.length)
  const taken = new Set<string>()
  for (const { gridPos } of drawn) {
    expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect(taken.has(`${x} ${y}`)).toBe(false)
        taken.add(`${x} ${y}`)
      }
  }
})

test('what is scraped are ports that the pods name', () => {
  const monitors = parseAllDocuments(read('pod-monitors.yaml')).map(document => document.toJS())
  const named = (file: string) => new Set([...read(file).matchAll(/name: (\w+)\n\s+containerPort/g)].map(([, name]) => name))
  const ports: Readonly<Record<string, ReadonlySet<string | undefined>>> = {
    'weir-controller': named('../base/controller.yaml'),
    'weir-agent': named('agents/listen.yaml'),
    'weir-gateway': named('../local/gateway.yaml'),
  }
  expect(monitors).toHaveLength(3)
  for (const { metadata, spec } of monitors) {
    expect(spec.selector.matchLabels).toEqual({ 'app.kubernetes.io/name': metadata.name })
    for (const { port } of spec.podMetricsEndpoints) expect([...(ports[metadata.name] ?? [])]).toContain(port)
  }
})
