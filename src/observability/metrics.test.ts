// What a scrape of the controller shows.
import { expect, test } from 'vitest'
import type { ClusterReading } from './metrics.ts'
import { createMetrics } from './metrics.ts'

test('a scrape shows queues with the age of the oldest key, reconciles, errors, and what is in memory', async () => {
  const metrics = createMetrics()
  const queue = metrics.queue('service')
  queue.depth('high', 3)
  queue.waited('high', 20)
  queue.worked(7, false)
  queue.retried()
  queue.oldest(() => 2500)
  metrics.reconciled('service', 'Serving', 12)
  metrics.reconcileFailed('service', 'ProviderError')
  metrics.leading(true)
  metrics.watchTransport(() => ({ connections: 2, retries: 1 }))
  metrics.watchSize('Service', () => 1000)
  metrics.build({ program: 'controller', version: '1.2.3' })

  const { contentType, text } = await metrics.render()
  expect(contentType).toContain('text/plain')
  expect(text).toContain('weir_queue_depth{queue="service",priority="high"} 3')
  expect(text).toContain('weir_queue_oldest_seconds{queue="service"} 2.5')
  expect(text).toContain('weir_queue_retries_total{queue="service"} 1')
  expect(text).toContain('weir_reconcile_duration_seconds_count{controller="service",reason="Serving"} 1')
  expect(text).toContain('weir_reconcile_errors_total{controller="service",reason="ProviderError"} 1')
  expect(text).toContain('weir_leading 1')
  expect(text).toContain('weir_kubernetes_connections_total 2')
  expect(text).toContain('weir_objects{kind="Service"} 1000')
  expect(text).toContain(`weir_build_info{program="controller",version="1.2.3",node_version="${process.version}"} 1`)
})

test('calls are told by service, operation and outcome; how long a watch lasted is not', async () => {
  const metrics = createMetrics()
  metrics.called({ service: 'ec2', operation: 'CreateTags', outcome: 'ok', ms: 40, throttles: 2 })
  metrics.called({ service: 'ec2', operation: 'CreateTags', outcome: 'throttled', ms: 40 })
  metrics.called({ service: 'kubernetes', operation: 'watch services', outcome: 'ok', ms: 300_000, isWatch: true })
  const { text } = await metrics.render()
  expect(text).toContain('weir_api_calls_total{service="ec2",operation="CreateTags",outcome="throttled"} 1')
  expect(text).toContain('weir_api_throttles_total{service="ec2",operation="CreateTags"} 3')
  expect(text).toContain('weir_api_call_duration_seconds_count{service="ec2",operation="CreateTags"} 2')
  expect(text).toContain('weir_api_calls_total{service="kubernetes",operation="watch services",outcome="ok"} 1')
  expect(text).not.toContain('weir_api_call_duration_seconds_count{service="kubernetes"')
})

test('watches tell how long nothing came and how often they were begun anew', async () => {
  const metrics = createMetrics()
  let ageMs: number | undefined
  metrics.watchWatches(() => [{ resource: 'services', ageMs, restarts: 4 }])
  const before = (await metrics.render()).text
  expect(before).toContain('weir_watch_restarts_total{resource="services"} 4')
  expect(before).not.toContain('weir_watch_age_seconds{')
  ageMs = 61_000
  expect((await metrics.render()).text).toContain('weir_watch_age_seconds{resource="services"} 61')
})

test('the cluster is counted by who leads, from one walk, and what is gone is not told any more', async () => {
  const metrics = createMetrics()
  let walks = 0
  let readings: ClusterReading[] = [
    ['weir_pool_addresses_free', { pool: 'office' }, 5],
    ['weir_announcer', { address: '192.0.2.1', pool: 'office', node: 'n1', interface: 'eth0' }, 1],
  ]
  metrics.watchCluster(() => {
    walks++
    return readings
  })
  expect((await metrics.render()).text).not.toContain('weir_announcer{')
  metrics.leading(true)
  const { text } = await metrics.render()
  expect(text).toContain('weir_announcer{address="192.0.2.1",pool="office",node="n1",interface="eth0"} 1')
  expect(text).toContain('weir_pool_addresses_free{pool="office"} 5')
  expect(walks).toBe(1)
  readings = readings.slice(0, 1)
  expect((await metrics.render()).text).not.toContain('weir_announcer{')
})

test('two sets of metrics in one process do not meet', async () => {
  const one = createMetrics()
  createMetrics()
  one.reconciled('class', 'Accepted', 1)
  expect((await one.render()).text).toContain('controller="class"')
})
