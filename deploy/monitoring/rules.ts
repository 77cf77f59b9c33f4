// rules.yaml for the Prometheus operator, made from alerts.yaml by npm run generate.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'

/** The same groups as a PrometheusRule. */
export function prometheusRule(): string {
  const { groups }: { readonly groups: unknown } = parse(readFileSync(join(import.meta.dirname, 'alerts.yaml'), 'utf8'))
  const rule = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'weir', namespace: 'weir-system', labels: { 'app.kubernetes.io/part-of': 'weir' } },
    spec: { groups },
  }
  return `# alerts.yaml for the Prometheus operator. Made by npm run generate.\n${stringify(rule, { lineWidth: 0 })}`
}
