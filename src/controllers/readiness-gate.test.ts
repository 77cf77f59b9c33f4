// A pod that waits asks about the Services that concern it, however many others there are.
import { expect, test } from 'vitest'
import { createStore } from '../kubernetes/store.ts'
import { simulatedClock } from '../kubernetes/simulated-clock.ts'
import type { Writer } from '../kubernetes/writes.ts'
import type { Pod, Service } from '../model/kubernetes-objects.ts'
import { createLog } from '../observability/log.ts'
import { createMetrics } from '../observability/metrics.ts'
import { startReadinessGate } from './readiness-gate.ts'
import { createStores } from './stores.ts'

const service = (namespace: string, name: string): Service => ({
  metadata: { namespace, name },
  spec: { type: 'LoadBalancer', ports: [{ port: 80 }], selector: { app: name } },
})

test('whose a Service is gets asked of those that select the pod, not of other Services and namespaces', async () => {
  const clock = simulatedClock()
  const log = createLog({ level: 'silent', program: 'test' })
  const stores = createStores(log)
  for (let index = 0; index < 50; index++) stores.services.put(service(index % 2 ? 'shop' : 'blog', `other-${index}`))
  for (const namespace of ['shop', 'blog']) stores.services.put(service(namespace, 'web'))
  const pods = createStore<Pod>()
  pods.put({
    metadata: { namespace: 'shop', name: 'web-1', uid: 'uid-1', labels: { app: 'web' } },
    spec: { readinessGates: [{ conditionType: 'weir.dev/targets-healthy' }] },
    status: { conditions: [{ type: 'ContainersReady', status: 'True' }] },
  })
  const asked: string[] = []
  const written: unknown[] = []
  const gate = startReadinessGate({
    surroundings: {
      stores,
      // Nothing but conditions of pods is written here.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      writer: { patchStatus: async (...args: readonly unknown[]) => void written.push(args[2]) } as unknown as Writer,
      events: { record: () => {} },
      clock,
      random: () => 0.5,
      log,
      metrics: createMetrics(),
    },
    pods,
    isOurs: ({ metadata }) => asked.push(`${metadata.namespace}/${metadata.name}`) > 0,
    groupsOf: async () => [],
    lookAtTargets: () => {},
  })
  await clock.advance(1000)
  expect(asked).toEqual(['shop/web'])
  expect(written).toMatchObject([
    { status: { conditions: [{ type: 'ContainersReady' }, { message: 'It is no endpoint of shop/web yet.' }] } },
  ])
  await gate.stop(0)
})
