// The Grafana dashboard; dashboard.json is made from its rows by npm run generate.
import { failovers } from './dashboard/announcing.ts'
import { addresses, overview } from './dashboard/cluster.ts'
import type { Panel, Row } from './dashboard/panel.ts'
import { dataPath, gateway } from './dashboard/traffic.ts'
import { calls, loops, programs } from './dashboard/work.ts'

export const rows: readonly Row[] = [overview, addresses, failovers, loops, calls, gateway, dataPath, programs]

/** dashboard.json: for Grafana 10 and later, with the data source to be chosen. */
export function dashboardJson(): string {
  let id = 0
  let y = 0
  const panels: object[] = []
  for (const { title, panels: inside } of rows) {
    panels.push({ id: ++id, type: 'row', title, collapsed: false, gridPos: { x: 0, y: y++, w: 24, h: 1 }, panels: [] })
    let x = 0
    let height = 0
    for (const panel of inside) {
      const w = panel.width ?? 8
      const h = panel.kind === 'stat' ? 4 : 8
      if (x + w > 24) [x, y, height] = [0, y + height, 0]
      panels.push({ id: ++id, gridPos: { x, y, w, h }, ...panelJson(panel) })
      x += w
      height = Math.max(height, h)
    }
    y += height
  }
  const dashboard = {
    uid: 'weir',
    title: 'Weir',
    description: 'Load balancers by Weir: addresses, who announces them, loops, calls, gateway, data path.',
    tags: ['weir', 'kubernetes', 'load-balancer'],
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    templating: {
      list: [{ name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', current: {}, hide: 0 }],
    },
    annotations: {
      list: [
        {
          name: 'The active controller changed',
          datasource,
          enable: true,
          iconColor: 'orange',
          expr: 'changes(weir_leading[1m]) > 0',
        },
      ],
    },
    panels,
  }
  return `${JSON.stringify(dashboard, undefined, 2)}\n`
}

const datasource = { type: 'prometheus', uid: '${datasource}' }

function panelJson({ title, about, kind = 'timeseries', unit = 'short', queries, thresholds, stacked = false }: Panel): object {
  const steps = [
    { color: 'green', value: null },
    ...(thresholds
      ? [
          { color: 'orange', value: thresholds[0] },
          { color: 'red', value: thresholds[1] },
        ]
      : []),
  ]
  const isTable = kind === 'table'
  const custom = kind === 'timeseries' ? { fillOpacity: stacked ? 30 : 8, stacking: { mode: stacked ? 'normal' : 'none' } } : {}
  return {
    type: kind,
    title,
    description: about,
    datasource,
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        color: { mode: thresholds ? 'thresholds' : 'palette-classic' },
        thresholds: { mode: 'absolute', steps },
        custom,
      },
      overrides: [],
    },
    options: optionsOf(kind),
    ...(isTable && {
      transformations: [
        { id: 'merge', options: {} },
        {
          id: 'organize',
          options: {
            excludeByName: {
              Time: true,
              __name__: true,
              job: true,
              instance: true,
              pod: true,
              namespace: true,
              container: true,
              endpoint: true,
            },
          },
        },
      ],
    }),
    targets: queries.map(([expr, legendFormat = ''], index) => ({
      refId: String.fromCodePoint(65 + index),
      datasource,
      expr,
      legendFormat,
      ...(isTable && { format: 'table', instant: true }),
      ...((kind === 'stat' || kind === 'bargauge') && { instant: true }),
    })),
  }
}

function optionsOf(kind: NonNullable<Panel['kind']>): object {
  if (kind === 'timeseries')
    return { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } }
  if (kind === 'table') return { showHeader: true }
  const reduceOptions = { calcs: ['lastNotNull'], fields: '', values: false }
  return kind === 'stat'
    ? { reduceOptions, colorMode: 'value', graphMode: 'area' }
    : { reduceOptions, displayMode: 'gradient', orientation: 'horizontal' }
}
