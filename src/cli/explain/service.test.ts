// What `weir explain service/NAME` says of Services in the states that people ask about.
import { expect, test } from 'vitest'
import { announcement, lan, noon, service, slice } from '../cluster-under-test.ts'
import { render } from '../render.ts'
import { emptySnapshot, type Snapshot } from '../snapshot.ts'
import { explainService } from './service.ts'

const web = service('web', { ready: true, addresses: ['10.201.200.2'] })
const served: Snapshot = {
  ...emptySnapshot,
  classes: [lan],
  services: [web],
  slices: [
    slice('web', [
      { pod: 'web-0', address: '10.244.0.10' },
      { pod: 'web-1', address: '10.244.1.11', ready: false },
      { pod: 'web-2', address: '10.244.2.12', ends: true },
    ]),
  ],
  pods: [
    {
      metadata: { namespace: 'default', name: 'web-1' },
      status: { containerStatuses: [{ name: 'app', ready: false, state: { waiting: { reason: 'CrashLoopBackOff' } } }] },
    },
  ],
  announcements: [
    announcement('10.201.200.2', {
      epoch: 2,
      node: 'n2',
      interface: 'eth0',
      mac: '02:00:00:00:00:02',
      since: '2026-05-01T11:59:30Z',
      next: 'n0',
      path: { mode: 'masquerade', reason: 'OtherSegment', node: 'n1', message: 'n1 is on another segment.' },
    }),
  ],
  blocks: [
    {
      apiVersion: 'weir.dev/v1alpha1',
      kind: 'AddressBlock',
      metadata: { name: 'ipv4-10-201-200-0' },
      spec: {
        base: '10.201.200.0',
        bitmap: '0'.repeat(64),
        allocations: {
          '2': {
            pool: 'office',
            since: '2026-05-01T10:22:04Z',
            owners: [{ namespace: 'default', name: 'web', uid: 'uid-web' }],
          },
        },
      },
    },
  ],
}

const textOf = (asked: typeof web, snapshot: Snapshot) =>
  render(explainService(asked, snapshot, noon), { format: 'table', colour: false })
    .split('\n')
    .slice(0, -1)

test('a Service that is served: class, address, who announces it and who is next, data path, each endpoint', () => {
  expect(textOf(web, served)).toEqual([
    'default/web is served at 10.201.200.2',
    '  class               lan (spec.loadBalancerClass: weir.dev/lan) → provider local, targets Pod; ready since 2026-05-01T11:58:00Z',
    '  address             10.201.200.2 from pool office, given 2026-05-01T10:22:04Z',
    '  announced           by n2 eth0 02:00:00:00:00:02 for 30s; next in line n0, n1; 1 move',
    '  data path           to pods; those of other nodes see the address of the announcing node',
    '                      not direct: OtherSegment at n1',
    '                      n1 is on another segment.',
    '  port 80/TCP → http  in    web-0  10.244.0.10:8080  n1  ready',
    '                      out   web-1  10.244.1.11:8080  n1  not ready: container app waits: CrashLoopBackOff',
    '                      out   web-2  10.244.2.12:8080  n1  ends and still serves what it has; others are ready',
    '  rules               clients from anywhere; affinity none; externalTrafficPolicy Cluster',
  ])
  expect(explainService(web, served, noon).healthy).toBe(true)
})

test('a port without endpoints says whether the selector or the name of the target port finds none', () => {
  const typo = service('web', { ready: true, spec: { ports: [{ port: 80, targetPort: 'htpp' }] } })
  const [one] = served.slices
  if (!one) throw new Error('no slice')
  const portsOf = (slices: Snapshot['slices']) => textOf(typo, { ...served, services: [typo], slices }).join('\n')
  expect(portsOf([{ ...one, ports: null }])).toMatch(/port 80\/TCP → htpp +no endpoints: no pod has a port named htpp/)
  expect(portsOf([])).toMatch(/port 80\/TCP → htpp +no endpoints: no pod matches its selector/)
})

test('one that is not ready says the condition, and is not healthy', () => {
  const broken = service('broken', { ready: false, reason: 'PoolsExhausted', message: 'Pool office has no free address.' })
  const view = explainService(broken, { ...served, services: [broken] }, noon)
  expect(view.healthy).toBe(false)
  const [headline, why] = textOf(broken, { ...served, services: [broken] })
  expect(headline).toBe('default/broken is not ready: PoolsExhausted')
  expect(why).toContain('Pool office has no free address.')
})

test('one that the controller has not looked at asks whether it runs', () => {
  const fresh = service('fresh')
  expect(textOf(fresh, served).slice(0, 2)).toEqual([
    'default/fresh is not ready: the controller has not looked at it yet',
    '  why                 there is no condition weir.dev/Ready on it: does the controller run?',
  ])
})

test.each([
  [{ type: 'ClusterIP' }, 'its type is ClusterIP, not LoadBalancer'],
  [
    { loadBalancerClass: 'example.com/other' },
    "its loadBalancerClass example.com/other is another's; Weir's classes are weir.dev/lan",
  ],
] as const)('one that is not Weir’s says why: %o', (spec, why) => {
  const other = service('other', { spec })
  expect(textOf(other, served)).toEqual(["default/other is not Weir's", `  why  ${why}`])
})

test('an endpoint that ends is used where no other is ready', () => {
  const last: Snapshot = { ...served, slices: [slice('web', [{ pod: 'web-2', address: '10.244.2.12', ends: true }])] }
  expect(textOf(web, last).join('\n')).toContain('in    web-2  10.244.2.12:8080  n1  ends, and is used because no other is ready')
})

test('what users wrote cannot steer the terminal', () => {
  const nasty = service('nasty', { ready: false, reason: 'Refused', message: 'bad \u001b[2J\u001b]0;title\u0007\nname' })
  const text = render(explainService(nasty, served, noon), { format: 'table', colour: true })
  // oxlint-disable-next-line no-control-regex
  expect(text.replaceAll(/\u001b\[3[12]m|\u001b\[39m/g, '')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/)
})
