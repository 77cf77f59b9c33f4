// What rows and panels of the dashboard are made of.

/** One query of a panel: PromQL, and how its series are called. */
export type Query = readonly [expression: string, legend?: string]

export interface Panel {
  readonly title: string
  readonly about: string
  readonly kind?: 'timeseries' | 'stat' | 'table' | 'bargauge'
  /** As Grafana names units. */
  readonly unit?: 'short' | 's' | 'reqps' | 'Bps' | 'percentunit' | 'bytes' | 'ms'
  readonly queries: readonly Query[]
  /** Values from which it turns orange and red. */
  readonly thresholds?: readonly [warning: number, critical: number]
  /** Of 24 columns; 8 unless told. */
  readonly width?: 4 | 6 | 8 | 12 | 24
  readonly stacked?: boolean
}

export interface Row {
  readonly title: string
  readonly panels: readonly Panel[]
}

/** A range that fits the width of the panel and the pauses between scrapes. */
export const rate = '$__rate_interval'

/** What so much of the observations stayed below. */
export const quantile = (q: number, metric: string, { by, of = '' }: { readonly by?: string; readonly of?: string } = {}) =>
  `histogram_quantile(${q}, sum by (le${by === undefined ? '' : `, ${by}`}) (rate(${metric}_bucket${of}[${rate}])))`
