import { expect, test } from 'vitest'
import { nodeReport } from '../../../src/api/node-report.ts'
import type { NodeReport } from '../../../src/api/node-report.ts'
import { createReporter, reportOf } from './report.ts'
import type { ReportInput } from './report.ts'

const eth0 = { name: 'eth0', index: 2, mac: '02:00:00:00:00:02', carrier: true, addresses: ['10.201.0.11/16'] }
const node = {
  metadata: { name: 'n0', uid: 'node-uid' },
  status: { addresses: [{ type: 'InternalIP', address: '10.201.0.11' }] },
}
const input: ReportInput = { self: 'n0', node, interfaces: [eth0], version: '0.1.0' }
const ready = (changed: Partial<ReportInput>) => reportOf({ ...input, ...changed }, undefined, 0).spec.conditions?.[0]

test('a node with an InternalIP and a usable interface can announce', () => {
  expect(ready({})).toMatchObject({ status: 'True', reason: 'Accepted', message: 'Can announce on eth0.' })
})

test('what a node lacks is said', () => {
  expect(ready({ node: { metadata: node.metadata } })).toMatchObject({ status: 'False', reason: 'NoInternalIP' })
  expect(ready({ node: undefined })).toMatchObject({ reason: 'NoInternalIP' })
  expect(ready({ interfaces: [] })).toMatchObject({ reason: 'NoUsableInterface', message: 'The node has no Ethernet interface.' })
  const broken = [
    { ...eth0, carrier: false },
    { ...eth0, name: 'eth1', addresses: [] },
  ]
  expect(ready({ interfaces: broken })?.message).toBe('No interface can be used: eth0 has no carrier, eth1 has no address.')
})

test('a trap is a condition of its own', () => {
  const trap = { reason: 'WirelessInterface', message: 'wlan0: announce elsewhere.' } as const
  const { conditions } = reportOf({ ...input, traps: [trap] }, undefined, 0).spec
  expect(conditions).toMatchObject([{ type: 'Ready' }, { type: 'WirelessInterface', status: 'True', ...trap }])
})

test('whether the node takes part in the data path is said while that is asked; until it is known, what was said last stays', () => {
  const obstacle = { reason: 'ForwardingOff', message: 'net.ipv4.ip_forward is 0.' } as const
  const cannot = reportOf({ ...input, dataPath: { able: false, obstacle } }, undefined, 0)
  const condition = { type: 'DataPath', status: 'False', ...obstacle, lastTransitionTime: '1970-01-01T00:00:00Z' }
  expect(cannot.spec.conditions?.[1]).toEqual(condition)
  expect(reportOf({ ...input, dataPath: 'as-before' }, cannot, 60_000).spec.conditions?.[1]).toEqual(condition)
  expect(reportOf({ ...input, dataPath: 'as-before' }, undefined, 0).spec.conditions).toHaveLength(1)
  const can = reportOf({ ...input, dataPath: { able: true } }, cannot, 60_000)
  expect(can.spec.conditions?.[1]).toMatchObject({ status: 'True', lastTransitionTime: '1970-01-01T00:01:00Z' })
  expect(nodeReport.schema.safeParse(can).error).toBeUndefined()
  expect(reportOf(input, can, 0).spec.conditions).toHaveLength(1)
})

test('it is written when something changed, keeps the time of its last transition, and goes with the node', async () => {
  let stored: NodeReport | undefined
  let writes = 0
  let interfaces = [eth0]
  let now = 0
  const reporter = createReporter({
    input: () => ({ ...input, interfaces }),
    writer: {
      read: async () => stored,
      create: async report => ((stored = report), writes++, report),
      replace: async report => ((stored = report), writes++, report),
    },
    clock: { now: () => now, monotonic: () => now, schedule: () => () => {} },
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  })
  const reconcile = () => reporter.reconcile(new AbortController().signal)
  await reconcile()
  await reconcile()
  expect(writes).toBe(1)
  expect(stored?.metadata).toMatchObject({ name: 'n0', ownerReferences: [{ kind: 'Node', uid: 'node-uid' }] })
  now = 60_000
  interfaces = [{ ...eth0, addresses: ['10.201.0.12/16'] }]
  await reconcile()
  expect(writes).toBe(2)
  expect(stored?.spec.conditions?.[0]?.lastTransitionTime).toBe('1970-01-01T00:00:00Z')
})

test('it names the Node of its name as that is now, and the last one while there is none', async () => {
  let stored: NodeReport | undefined
  let given: ReportInput['node'] = node
  const reporter = reporterOf({
    input: () => ({ ...input, node: given }),
    stored: () => stored,
    store: report => (stored = report),
  })
  const uid = async () => {
    await reporter.reconcile(new AbortController().signal)
    return stored?.metadata.ownerReferences?.[0]?.uid
  }
  expect(await uid()).toBe('node-uid')
  given = { ...node, metadata: { name: 'n0', uid: 'registered-again' } }
  expect(await uid()).toBe('registered-again')
  given = undefined
  expect(await uid()).toBe('registered-again')
})

test('a report that was not written is no success: it is tried again', async () => {
  const told: string[] = []
  const reporter = reporterOf({ input: () => input, stored: () => undefined, store: () => undefined, told })
  const reconciled = reporter.reconcile(new AbortController().signal)
  await expect(reconciled).rejects.toMatchObject({ code: 'ReportNotWritten', retry: 'later' })
  expect(told).toEqual([])
})

test('of more addresses than a report may hold, each subnet keeps one, and the condition says that there are more', () => {
  const many = Array.from({ length: 300 }, (_, at) => `10.201.${Math.floor(at / 250)}.${at % 250}/16`)
  const last = '192.168.7.1/24'
  const { interfaces, conditions } = reportOf(
    { ...input, interfaces: [{ ...eth0, addresses: [...many, '172.16.0.1/32', last] }] },
    undefined,
    0,
  ).spec
  expect(interfaces[0]?.addresses).toHaveLength(256)
  expect(interfaces[0]?.addresses).toEqual([...many.slice(0, 255), last])
  expect(conditions?.[0]?.message).toBe('Can announce on eth0. Of 302 addresses of eth0 256 are reported.')
})

test('whatever a node has, the report fits its schema', () => {
  const crowd = Array.from({ length: 5000 }, (_, index) => ({ ...eth0, name: `eth${index}`, index, carrier: index > 4000 }))
  const { spec } = reportOf({ ...input, interfaces: crowd }, undefined, 0)
  expect(nodeReport.schema.safeParse({ spec }).error).toBeUndefined()
  expect(spec.interfaces.filter(({ carrier }) => carrier)).toHaveLength(999)
})

function reporterOf(world: {
  readonly input: () => ReportInput
  readonly stored: () => NodeReport | undefined
  readonly store: (report: NodeReport) => NodeReport | undefined
  readonly told?: string[]
}) {
  return createReporter({
    input: world.input,
    writer: {
      read: async () => world.stored(),
      create: async report => world.store(report),
      replace: async report => world.store(report),
    },
    clock: { now: () => 0, monotonic: () => 0, schedule: () => () => {} },
    logger: { debug() {}, info: (_, message) => void world.told?.push(message), warn() {}, error() {} },
  })
}
