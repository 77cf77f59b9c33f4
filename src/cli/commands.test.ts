// The command line and the tables: what is understood, what is refused, and what programs get.
import { expect, test } from 'vitest'
import { announcementsView } from './announcements.ts'
import { readArguments, readObjectName, UsageError } from './arguments.ts'
import { announcement, lan, noon, service, shop, slice } from './cluster-under-test.ts'
import { drainPatch, drainView } from './drain.ts'
import { readNamedFile } from './files.ts'
import { poolsView } from './pools.ts'
import { render } from './render.ts'
import { emptySnapshot } from './snapshot.ts'
import { statusView } from './status.ts'

const text = { format: 'table', colour: false } as const

test.each([
  [['service/web'], { kind: 'service', name: 'web' }],
  [['svc/shop/web'], { kind: 'service', namespace: 'shop', name: 'web' }],
  [['ingress', 'web'], { kind: 'ingress', name: 'web' }],
] as const)('explain %j', (operands, name) => {
  expect(readObjectName(operands)).toEqual(name)
})

test.each([[[]], [['web']], [['pod/web']], [['service/']], [['service/a/b/c']]])('explain %j is refused', operands => {
  expect(() => readObjectName(operands)).toThrow(UsageError)
})

test.each([
  [['foo'], /no command foo; commands are status/],
  [['status', '-o', 'xml'], /xml is none of table, wide, json, yaml/],
  [['status', '--request', 'http://x/'], /--request does not go with status, but with explain/],
  [['status', '--nonsense'], /nonsense/],
])('%j is refused with what there is', (argv, words) => {
  expect(() => readArguments(argv)).toThrow(words)
})

test('what lacks a kind is shown how to be written, for each command', () => {
  expect(() => readObjectName(['mine'])).toThrow(/as service\/NAME or ingress\/NAME, for instance weir explain service\/mine$/)
  expect(() => readObjectName(['mine'], 'diff')).toThrow(/to compare as .*weir diff service\/mine$/)
  expect(() => readObjectName(['service'], 'plan')).toThrow(/to plan for as service\/NAME or ingress\/NAME$/)
})

test('a file that is not there is named in plain words', () => {
  expect(() => readNamedFile('/nonexistent/web.yaml')).toThrow(
    new UsageError('cannot read /nonexistent/web.yaml: there is no such file'),
  )
})

test('status: a row for each Service and each further address, Ingresses apart, and a count', () => {
  const web = service('web', { ready: true, addresses: ['10.201.200.2', 'fd00::2'] })
  const foreign = service('foreign', { spec: { loadBalancerClass: 'example.com/other' } })
  const snapshot = {
    ...shop({ name: 'shop', rules: { 'a.example.com': { 'Prefix /': 'web' } } }),
    services: [web, service('waits'), foreign],
    slices: [slice('web', [{ pod: 'web-0', address: '10.244.0.10' }])],
    announcements: [announcement('10.201.200.2', { epoch: 1, node: 'n1', interface: 'eth0', mac: '02:00:00:00:00:01' })],
  }
  const view = statusView(snapshot, { wide: false })
  expect(render(view, text).split('\n')).toEqual([
    'SERVICE        CLASS  TARGETS  ADDRESS       ANNOUNCED BY               ENDPOINTS  READY',
    'default/waits  lan    Pod      –             –                          0/0        no: not looked at yet',
    'default/web    lan    Pod      10.201.200.2  n1 eth0 02:00:00:00:00:01  1/1        yes',
    '                               fd00::2       –',
    '',
    'INGRESS       CLASS  SERVED WITH       ADDRESS  ROUTES  READY',
    'default/shop  lan    weir-gateway-lan  –        0       no: not looked at yet',
    '2 Services, 1 Ingress: 2 not ready.',
    '',
  ])
  expect(view.healthy).toBe(false)
  expect(JSON.parse(render(view, { format: 'json', colour: false }))).toMatchObject({
    services: [
      { name: 'waits', ready: false },
      { name: 'web', addresses: [{ address: '10.201.200.2', node: 'n1' }, { address: 'fd00::2' }] },
    ],
    ingresses: [{ name: 'shop', group: 'weir-gateway-lan' }],
  })
})

test('announcements: IPv4 first, in the order of addresses; nobody and a stranger are not healthy', () => {
  const view = announcementsView(
    {
      announcements: [
        announcement('10.201.200.10', { epoch: 1, node: 'n1', since: '2026-05-01T11:00:00Z', next: 'n2' }),
        announcement('10.201.200.9'),
      ],
    },
    { wide: false, now: noon },
  )
  const [, first, second] = render(view, text).split('\n')
  expect(first).toMatch(/^10\.201\.200\.9 +default\/web +– nobody/)
  expect(second).toMatch(/^10\.201\.200\.10 +default\/web +n1 +– +– +60m +n2 +kube-proxy$/)
  expect(view.healthy).toBe(false)
})

test('pools: how full they are', () => {
  const pool = {
    apiVersion: 'weir.dev/v1alpha1',
    kind: 'AddressPool',
    metadata: { name: 'office' },
    spec: { addresses: ['10.201.200.0/24'], autoAssign: true, avoidBuggyIPs: true },
    status: {
      used: 3,
      free: '251',
      conditions: [
        { type: 'Ready', status: 'True' as const, reason: 'Ready', message: '', lastTransitionTime: '2026-05-01T11:00:00Z' },
      ],
    },
  }
  expect(render(poolsView({ pools: [pool] }, { wide: false }), text)).toBe(
    'POOL    ADDRESSES        USED  FREE  AUTO  READY\noffice  10.201.200.0/24  3     251   yes   yes\n',
  )
  expect(render(poolsView(emptySnapshot, { wide: false }), text)).toBe('There is no AddressPool.\n')
})

test('drain sets a label once, and says what moves', () => {
  const node = { metadata: { name: 'n1' } }
  const drained = { metadata: { name: 'n1', labels: { 'weir.dev/drain': 'true' } } }
  expect(drainPatch(node, true)).toEqual({ metadata: { labels: { 'weir.dev/drain': 'true' } } })
  expect(drainPatch(drained, true)).toBeUndefined()
  expect(drainPatch(drained, false)).toEqual({ metadata: { labels: { 'weir.dev/drain': null } } })
  const announcements = [announcement('10.201.200.2', { epoch: 1, node: 'n1' })]
  expect(render(drainView({ name: 'n1', wanted: true, changed: true, announcements }), text)).toBe(
    'Node n1 is drained. It announces 10.201.200.2 now; each moves to the next node in line. Follow with: weir announcements --watch\n',
  )
})

test('no class, no Service: says how to ask', () => {
  expect(render(statusView({ ...emptySnapshot, classes: [lan] }, { wide: false }), text)).toContain('weir.dev/NAME')
})
