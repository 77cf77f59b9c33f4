// Services at one address and the announce rules of their pool: one node has to announce for all, and who is left without says so.
import { expect, test } from 'vitest'
import type { AddressPool } from '../../../src/api/address-pool.ts'
import type { IngressPoint } from '../../../src/provider.ts'
import { simulatedLan } from '../simulation/simulated-lan.ts'
import type { SimulatedLan } from '../simulation/simulated-lan.ts'
import { nodeNamed, poolNamed, serviceNamed } from '../simulation/simulation.ts'

type Rules = NonNullable<NonNullable<AddressPool['spec']['announce']>['layer2']>

const office = (layer2: Rules) => poolNamed('office', ['10.201.200.0/24'], { announce: { layer2 } })
const rule = (app: string, rack: string) => ({
  serviceSelector: { matchLabels: { app } },
  nodeSelector: { matchLabels: { rack } },
})
const sharing = (app: string, port: number) =>
  serviceNamed(app, {
    labels: { app },
    annotations: { 'weir.dev/allow-shared-ip': 'edge' },
    listeners: [{ port, protocol: 'TCP', portName: '', nodePort: 30_000 + port }],
  })
const ipsOf = (ingress: readonly IngressPoint[]) => ingress.flatMap(point => ('ip' in point ? point.ip : []))
const name = 'ip-10-201-200-1'

async function twoRacks(rules: Rules, after?: SimulatedLan) {
  const lan = await simulatedLan({ pools: [office(rules)], nodes: ['n0', 'n1', 'n2'], ...(after && { after }) })
  for (const [node, rack] of [
    ['n0', 'a'],
    ['n1', 'b'],
    ['n2', 'b'],
  ] as const)
    lan.nodes.put(nodeNamed(node, { rack, any: '' }))
  await Promise.resolve()
  return lan
}

test('only nodes that all rules allow announce a shared address, and all of them again when one Service leaves', async () => {
  const everywhere = { serviceSelector: { matchLabels: { app: 'dns' } } }
  const lan = await twoRacks([rule('web', 'b'), everywhere])
  const [web, dns] = [sharing('web', 80), sharing('dns', 53)]
  expect((await lan.bring(dns)).ingress).toMatchObject([{ ip: '10.201.200.1' }])
  await lan.announce()
  expect(lan.announcements.read(name)?.spec.nodes.toSorted()).toEqual(['n0', 'n1', 'n2'])
  expect((await lan.bring(web)).ingress).toMatchObject([{ ip: '10.201.200.1' }])
  await lan.announce()
  expect(lan.announcements.read(name)?.spec).toMatchObject({ serviceNames: 'default/dns, default/web' })
  expect(lan.announcements.read(name)?.spec.nodes.toSorted()).toEqual(['n1', 'n2'])
  await lan.remove(web.id)
  await lan.announce()
  expect(lan.announcements.read(name)?.spec.nodes.toSorted()).toEqual(['n0', 'n1', 'n2'])
})

test('after a restart nobody is added to those who announce a shared address before all its Services are known', async () => {
  const rules = [rule('web', 'b'), { serviceSelector: { matchLabels: { app: 'dns' } } }]
  const [web, dns] = [sharing('web', 80), sharing('dns', 53)]
  const before = await twoRacks(rules)
  for (const service of [dns, web]) await before.bring(service)
  await before.announce()
  const lan = await twoRacks(rules, before)
  const shown = { statusAddresses: ['10.201.200.1'] }
  await lan.bring({ ...dns, ...shown })
  await lan.announce()
  expect(lan.announcements.read(name)?.spec.nodes.toSorted()).toEqual(['n1', 'n2'])
  await lan.bring({ ...web, ...shown })
  lan.setAlive('n1', false)
  await lan.announce()
  expect(lan.announcements.read(name)?.spec.nodes).not.toContain('n0')
})

test('who could only be announced by other nodes does not get the address', async () => {
  const lan = await twoRacks([rule('web', 'b'), rule('dns', 'a')])
  expect((await lan.bring(sharing('web', 80))).ingress).toMatchObject([{ ip: '10.201.200.1' }])
  expect((await lan.bring(sharing('dns', 53))).ingress).toMatchObject([{ ip: '10.201.200.2' }])
})

test('when rules change so that no node is left for all, one keeps the address and the other gets its own', async () => {
  const lan = await twoRacks([rule('web', 'b'), rule('dns', 'b')])
  const services = [sharing('web', 80), sharing('dns', 53)]
  const shown = new Map<string, readonly string[]>()
  const settle = async () => {
    for (const service of [...services, ...services, ...services]) {
      const { name: own } = service.id
      const { ingress } = await lan.bring({ ...service, statusAddresses: shown.get(own) ?? [] })
      shown.set(own, ipsOf(ingress))
      await lan.announce()
    }
  }
  await settle()
  expect([...shown.values()]).toEqual([['10.201.200.1'], ['10.201.200.1']])
  lan.pools.put(office([rule('web', 'b'), rule('dns', 'a')]))
  await Promise.resolve()
  expect(lan.woken()).toEqual(expect.arrayContaining(['web', 'dns']))
  await settle()
  const nodesOf = (own: string) =>
    lan.announcements.read(`ip-${shown.get(own)?.[0]?.replaceAll('.', '-')}`)?.spec.nodes.toSorted()
  expect(nodesOf('web')).toEqual(['n1', 'n2'])
  expect(nodesOf('dns')).toEqual(['n0'])
})
