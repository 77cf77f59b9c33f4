// Addresses that nodes have of their own: never given, whoever asks, and free for Services once the node has them no more.
import { expect, test } from 'vitest'
import type { IngressPoint } from '../../../src/provider.ts'
import { simulatedLan } from '../simulation/simulated-lan.ts'
import { nodeNamed, poolNamed, reportOf, serviceNamed } from '../simulation/simulation.ts'

const ipsOf = (ingress: readonly IngressPoint[]) => ingress.map(point => ('ip' in point ? point.ip : point.hostname))
const asking = (address: string) => ({ annotations: { 'weir.dev/load-balancer-ips': address } })
const nodeAt = (name: string, address: string) => ({
  ...nodeNamed(name),
  status: { addresses: [{ type: 'InternalIP', address }] },
})
const pool = poolNamed('wide', ['10.201.200.1-10.201.200.4'])

test('no address of a node is given by itself, neither of its status nor of its report', async () => {
  const lan = await simulatedLan({ pools: [pool], nodes: ['n0'] })
  lan.nodes.put(nodeAt('n0', '10.201.200.1'))
  lan.reports.put(reportOf('n0', ['10.201.200.2/16']))
  await Promise.resolve()
  expect(ipsOf((await lan.bring(serviceNamed('a'))).ingress)).toEqual(['10.201.200.3'])
  expect(ipsOf((await lan.bring(serviceNamed('b'))).ingress)).toEqual(['10.201.200.4'])
  expect((await lan.bring(serviceNamed('c'))).readiness.reason).toBe('PoolsExhausted')
  const conditions = lan.provider.poolStatuses.get('wide')?.conditions ?? []
  expect(conditions[0]).toMatchObject({ type: 'Ready', status: 'True' })
  expect(conditions.find(({ type }) => type === 'Overlap')).toMatchObject({
    status: 'True',
    reason: 'AddressOfNode',
    message: expect.stringContaining('10.201.200.1 of node n0, 10.201.200.2 of node n0'),
  })
})

test('who asks for the address of a node is refused by name, and gets it when no node has it any more', async () => {
  const lan = await simulatedLan({ pools: [pool], nodes: ['n0'] })
  lan.nodes.put(nodeAt('n0', '10.201.200.2'))
  const web = serviceNamed('web', asking('10.201.200.2'))
  const refused = await lan.bring(web)
  expect(refused).toMatchObject({ ingress: [], readiness: { ready: false, reason: 'AddressOfNode' } })
  expect(refused.readiness.message).toContain('10.201.200.2 is an address of node n0')
  lan.woken()
  lan.nodes.put(nodeAt('n0', '10.201.0.11'))
  await Promise.resolve()
  expect(lan.woken()).toContain('web')
  expect(ipsOf((await lan.bring(web)).ingress)).toEqual(['10.201.200.2'])
})

test('an address that its Service had before the node stays with the Service, and is never given again', async () => {
  const lan = await simulatedLan({ pools: [pool], nodes: ['n0'] })
  const web = serviceNamed('web')
  await lan.bring(web)
  lan.nodes.put(nodeAt('n0', '10.201.200.1'))
  await Promise.resolve()
  expect(ipsOf((await lan.bring(web)).ingress)).toEqual(['10.201.200.1'])
  for (let step = 0; step < 3; step++) await lan.remove(web.id)
  expect(ipsOf((await lan.bring(serviceNamed('next'))).ingress)).toEqual(['10.201.200.2'])
})

test('a status that names the address of a node does not get it', async () => {
  const web = serviceNamed('web', { statusAddresses: ['10.201.0.11'] })
  const lan = await simulatedLan({
    pools: [poolNamed('wide', ['10.201.0.11-10.201.0.12'])],
    existing: [{ id: web.id, createdAt: web.createdAt, addresses: ['10.201.0.11'] }],
  })
  expect(ipsOf((await lan.bring(web)).ingress)).toEqual(['10.201.0.12'])
})
