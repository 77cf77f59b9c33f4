// What a scrape shows.
import { expect, test } from 'vitest'
import { createMetrics } from './metrics.ts'

test('a scrape shows queues, reconciles, errors, API calls and object counts', async () => {
  const metrics = createMetrics()
  const queue = metrics.queue('service')
  queue.depth('high', 3)
  queue.waited('high', 20)
  queue.worked(7, false)
  queue.retried()
  metrics.reconciled('service', 'Serving', 12)
  metrics.reconcileFailed('service', 'ProviderError')
  metrics.leading(true)
  let requests = 5
  metrics.watchApiCalls(() => ({ connections: 2, requests, retries: 1 }))
  metrics.watchSize('Service', () => 1000)

  const { contentType, text } = await metrics.render()
  expect(contentType).toContain('text/plain')
  expect(text).toContain('weir_queue_depth{queue="service",priority="high"} 3')
  expect(text).toContain('weir_queue_retries_total{queue="service"} 1')
  expect(text).toContain('weir_reconcile_seconds_count{controller="service",reason="Serving"} 1')
  expect(text).toContain('weir_reconcile_errors_total{controller="service",reason="ProviderError"} 1')
  expect(text).toContain('weir_leading 1')
  expect(text).toContain('weir_api_requests_total 5')
  expect(text).toContain('weir_objects{kind="Service"} 1000')

  requests = 9
  expect((await metrics.render()).text).toContain('weir_api_requests_total 9')
})

test('two sets of metrics in one process do not meet', async () => {
  const one = createMetrics()
  createMetrics()
  one.reconciled('class', 'Accepted', 1)
  expect((await one.render()).text).toContain('controller="class"')
})
