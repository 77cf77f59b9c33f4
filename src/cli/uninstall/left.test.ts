// What `weir uninstall --check` finds, and in which order it tells it to go.
import { expect, test } from 'vitest'
import { announcement, lan, service, shop } from '../cluster-under-test.ts'
import { render } from '../render.ts'
import { emptySnapshot } from '../snapshot.ts'
import { leftOf, leftView } from './left.ts'

test('an empty cluster has nothing of Weir, and says what comes next', () => {
  const view = leftView(emptySnapshot)
  expect(view.healthy).toBe(true)
  expect(render(view, { format: 'table', colour: false })).toContain('kubectl delete -k deploy/local')
})

test('Services and Ingresses first, then what they hold, classes last', () => {
  const web = service('web', { ready: true })
  const held = { ...web, metadata: { ...web.metadata, finalizers: ['weir.dev/load-balancer-cleanup'] } }
  const others = {
    ...web,
    metadata: { ...web.metadata, name: 'cloud', finalizers: ['service.kubernetes.io/load-balancer-cleanup'] },
    status: {},
  }
  const address = announcement('10.201.200.2')
  const snapshot = {
    ...shop({ name: 'shop' }),
    services: [held, others],
    classes: [{ ...lan, metadata: { ...lan.metadata, finalizers: ['weir.dev/in-use'] } }],
    announcements: [{ ...address, metadata: { ...address.metadata, finalizers: ['weir.dev/announced'] } }],
  }
  expect(leftOf(snapshot).map(({ title, objects }) => [title, objects])).toEqual([
    ['Services that Weir serves', ['default/web']],
    ['Ingresses that Weir serves', ['default/shop']],
    ['addresses that are announced', ['10.201.200.2 (held by weir.dev/announced)']],
    ['LoadBalancerClasses and AddressPools', ['LoadBalancerClass lan (held by weir.dev/in-use)']],
  ])
  expect(leftView(snapshot).healthy).toBe(false)
})

test('when the programs went first with their namespace, it is told how that goes before anything else', () => {
  const made = service('weir-gateway-lan', { ready: true })
  const metadata = {
    ...made.metadata,
    namespace: 'weir-system',
    finalizers: ['weir.dev/load-balancer-cleanup'],
    deletionTimestamp: '2026-05-01T12:00:00Z',
  }
  const [step, ...others] = leftOf({ ...emptySnapshot, services: [{ ...made, metadata }] })
  expect(step).toMatchObject({ objects: ['weir-system/weir-gateway-lan'], remedy: expect.stringContaining('patch service') })
  expect(others).toEqual([])
})
