// Instruments made from the tables of definitions, so that nothing is exported that no table tells of.
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { Definitions, MetricDefinition, NamesOf } from './definitions/definition.ts'

export type LabelValues = Readonly<Record<string, string>>

/** Series as they are at a scrape. */
export type Readings = Iterable<readonly [labels: LabelValues, value: number]>

export interface Scrape {
  readonly contentType: string
  readonly text: string
}

/** Those of a table, or of a part of it. */
export type InstrumentsOf<Table extends Definitions> = Instruments<
  NamesOf<Table, 'counter'>,
  NamesOf<Table, 'gauge'>,
  NamesOf<Table, 'histogram'>
>

/** The instruments of one process, by the names there are of each type. Each name is asked for once. */
export interface Instruments<in CounterName extends string, in GaugeName extends string, in HistogramName extends string> {
  counter(name: CounterName): { inc(labels: LabelValues, by?: number): void }
  gauge(name: GaugeName): { set(labels: LabelValues, value: number): void }
  histogram(name: HistogramName): { observe(labels: LabelValues, value: number): void }
  /** A counter or a gauge that somebody else keeps: asked at every scrape, and all of its series are what it says then. */
  read(name: CounterName | GaugeName, ask: () => Readings): void
  render(): Promise<Scrape>
  /** Names that were asked for. */
  names(): readonly string[]
}

export function createInstruments<Table extends Definitions>(table: Table): InstrumentsOf<Table> {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  // Gauges with the ending of counters; the same are there by type without it.
  for (const name of ['handles', 'requests', 'resources']) registry.removeSingleMetric(`nodejs_active_${name}_total`)
  const asked = new Set<string>()
  const optionsOf = (name: string) => {
    const definition: MetricDefinition | undefined = table[name]
    if (!definition) throw new TypeError(`${name} is in no table of metrics`)
    asked.add(name)
    return {
      registers: [registry],
      name,
      help: definition.meaning.replaceAll('`', ''),
      labelNames: [...(definition.labels ?? [])],
    }
  }
  return {
    counter(name) {
      const counter = new Counter(optionsOf(name))
      return { inc: (labels, by = 1) => counter.inc(labels, by) }
    },
    gauge(name) {
      const gauge = new Gauge(optionsOf(name))
      return { set: (labels, value) => gauge.set(labels, value) }
    },
    histogram(name) {
      const buckets = table[name]?.buckets
      const histogram = new Histogram({ ...optionsOf(name), ...(buckets && { buckets: [...buckets] }) })
      return { observe: (labels, value) => histogram.observe(labels, value) }
    },
    read(name, ask) {
      const options = optionsOf(name)
      const made =
        table[name]?.type === 'counter'
          ? new Counter({
              ...options,
              // A counter cannot be set, so each scrape starts it anew.
              collect() {
                this.reset()
                for (const [labels, value] of ask()) this.inc(labels, value)
              },
            })
          : new Gauge({
              ...options,
              collect() {
                this.reset()
                for (const [labels, value] of ask()) this.set(labels, value)
              },
            })
      void made
    },
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
    names: () => [...asked],
  }
}
