import { expect, test } from 'vitest'
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

test('it is written when something changed, keeps the time of its last transition, and goes with the node', async () => {
  let stored: NodeReport | undefined
  let writes = 0
  let interfaces = [eth0]
  let now = 0
  const reporter = createReporter({
    input: () => ({ ...input, interfaces }),
    writer: {
      read: async () => stored,
      create: async report => void ((stored = report), writes++),
      replace: async report => void ((stored = report), writes++),
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
