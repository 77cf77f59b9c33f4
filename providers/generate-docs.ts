// What is made from the rows of the providers and the tables of metrics: docs/aws.md and its like, docs/metrics.md, deploy/monitoring.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dashboardJson } from '../deploy/monitoring/dashboard.ts'
import { prometheusRule } from '../deploy/monitoring/rules.ts'
import { awsReference } from './aws/annotations/docs.ts'
import { ingressReference } from './aws/annotations/ingress/docs.ts'
import { metricsReference } from '../src/observability/reference.ts'
import { gatewayReference } from './local/gateway/annotations/docs.ts'

/** Writes those that are stale; with `check` it only says which are, and gives false. */
export function writePages({ check }: { readonly check: boolean }): boolean {
  const pages = {
    'docs/aws.md': awsReference(),
    'docs/aws-ingress.md': ingressReference(),
    'docs/ingress-annotations.md': gatewayReference(),
    'docs/metrics.md': metricsReference(),
    'deploy/monitoring/dashboard.json': dashboardJson(),
    'deploy/monitoring/rules.yaml': prometheusRule(),
  }
  let isCurrent = true
  for (const [path, text] of Object.entries(pages)) {
    const file = join(import.meta.dirname, '..', path)
    if (existsSync(file) && readFileSync(file, 'utf8') === text) continue
    isCurrent &&= !check
    if (!check) writeFileSync(file, text)
    process.stdout.write(check ? `${path} is stale. Run: npm run generate\n` : `wrote ${path}\n`)
  }
  return isCurrent
}
