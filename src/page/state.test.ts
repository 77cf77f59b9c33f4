// What the page shows of a small cluster, of a large one, and of one in trouble.
import { expect, test } from 'vitest'
import { lan, service } from '../cli/cluster-under-test.ts'
import { hostile, pageCluster, serve } from './cluster-under-test.ts'
import type { PageState, TableId } from './model.ts'
import { readQuery } from './query.ts'
import { pageState } from './state.ts'

const asked = (text = '') => readQuery(new URLSearchParams(text))

const tableOf = (state: PageState, id: TableId) => {
  const table = state.tables.find(each => each.id === id)
  if (!table) throw new Error(`no table ${id}`)
  return table
}

/** Each row as its column labels and texts. */
const textsOf = (state: PageState, id: TableId) => {
  const { columns, rows } = tableOf(state, id)
  return rows.map(({ cells }) => Object.fromEntries(cells.map((cell, index) => [columns[index]?.label, cell.text])))
}

test('Services show state, address, announcer, listeners, targets and class; those that are not Weir’s are left out', () => {
  expect(textsOf(pageState(pageCluster().sources(), asked()), 'services')).toEqual([
    {
      Service: 'default/broken',
      State: 'RequestedAddressOutsidePools',
      Address: '–',
      'Announced by': '–',
      Listeners: '80/TCP',
      Targets: '0/0 ready',
      Class: 'lan',
    },
    {
      Service: 'default/shop',
      State: 'ready',
      Address: '10.201.200.2',
      'Announced by': 'n0 eth0',
      Listeners: '80/TCP',
      Targets: '1/2 ready',
      Class: 'lan',
    },
    {
      Service: 'default/web',
      State: 'ready',
      Address: '10.201.200.1',
      'Announced by': 'n1 eth0',
      Listeners: '80/TCP',
      Targets: '1/2 ready',
      Class: 'lan',
    },
  ])
})

test('addresses show who announces them and who is next, pools how full they are, nodes what they carry', () => {
  const state = pageState(pageCluster().sources(), asked())
  expect(textsOf(state, 'addresses')[0]).toMatchObject({
    Address: '10.201.200.1',
    'Announced by': 'n1',
    'Next in line': 'n2, n0',
    Services: 'default/web',
    'Data path': 'direct',
    Moves: '0',
  })
  expect(textsOf(state, 'pools').map(pool => [pool['Pool'], pool['State'], pool['Used'], pool['Free']])).toEqual([
    ['office', 'ready', '3 of 256', '251'],
    ['small', 'Overlapping', '4 of 4', '0'],
  ])
  expect(
    textsOf(state, 'nodes').map(node => [
      node['Node'],
      node['Agent'],
      node['Announces'],
      node['Next in line for'],
      node['Gateway'],
    ]),
  ).toEqual([
    ['n0', 'alive', '1 address', '0 addresses', '1 Envoy'],
    ['n1', 'alive', '1 address', '0 addresses', '1 Envoy'],
    ['n2', 'alive', '0 addresses', '2 addresses', '1 Envoy'],
  ])
})

test('classes, Ingresses, load balancers of AWS and events each have their table', () => {
  const state = pageState(pageCluster().sources(), asked())
  expect(textsOf(state, 'classes')).toMatchObject([
    { Class: 'lan', State: 'ready', Provider: 'local', Targets: 'Pod', Services: '3' },
  ])
  expect(
    textsOf(state, 'ingresses').map(({ Ingress, State, Hosts, Address, Routes }) => [Ingress, State, Hosts, Address, Routes]),
  ).toEqual([
    ['default/old', 'RoutesNotInEffect', '–', '–', '2 of 3'],
    ['default/site', 'ready', 'shop.example.com', '10.201.200.3', '2'],
  ])
  expect(textsOf(state, 'load-balancers')).toMatchObject([
    { Serves: 'Service default/api', State: 'ready', Listeners: '443', Targets: 'healthy', Class: 'aws-public' },
  ])
  expect(textsOf(state, 'events').map(({ Reason, About }) => [Reason, About])).toEqual([
    ['RequestedAddressOutsidePools', 'Service default/web'],
    ['Serving', 'Service default/web'],
  ])
})

test('the figures count what is not well', () => {
  const cluster = pageCluster()
  cluster.dead.add('n1')
  const { figures } = pageState(cluster.sources(), asked())
  expect(figures.map(({ label, value, note, tone }) => [label, value, note, tone])).toEqual([
    ['Services', '2 of 3', '1 not ready', 'bad'],
    ['Ingresses', '1 of 2', '1 not ready', 'bad'],
    ['Addresses', '2', 'all announced', 'good'],
    ['Addresses given', '7', 'from 2 pools, 1 not ready', 'bad'],
    ['Agents', '2 of 3', '1 not alive', 'bad'],
  ])
})

test('an agent whose Lease ends is gone, and an address without announcer says so', () => {
  const cluster = pageCluster()
  cluster.dead.add('n1')
  const web = [...cluster.stores.announcements.values()].find(({ spec }) => spec.address === '10.201.200.1')
  if (!web) throw new Error('no announcement')
  cluster.stores.announcements.put({ ...web, status: { epoch: 2, node: '', reason: 'no candidate lives' } })
  const state = pageState(cluster.sources(), asked())
  expect(textsOf(state, 'nodes').map(node => node['Agent'])).toEqual(['alive', 'gone', 'alive'])
  expect(tableOf(state, 'addresses').rows[0]).toMatchObject({ bad: true })
  expect(tableOf(state, 'addresses').rows[0]?.cells[1]).toEqual({ text: 'nobody', tone: 'bad', more: 'no candidate lives' })
  expect(textsOf(state, 'services')[2]).toMatchObject({ 'Announced by': 'nobody' })
})

test('a filter keeps rows that hold each word, in any column and any table', () => {
  const state = pageState(pageCluster().sources(), asked('q=N1+Web'))
  expect(textsOf(state, 'services').map(each => each['Service'])).toEqual(['default/web'])
  expect(textsOf(state, 'addresses').map(each => each['Address'])).toEqual(['10.201.200.1'])
  expect(tableOf(state, 'pools')).toMatchObject({ rows: [], total: 2, matching: 0 })
})

test('a filter finds a Service by the class that serves it, also where the Service does not name it', () => {
  const cluster = pageCluster()
  const standard = { ...lan, metadata: { name: 'standard' }, spec: { ...lan.spec, default: true, aliases: ['example.com/old'] } }
  cluster.stores.classes.put(standard)
  const { loadBalancerClass: _class, ...spec } = service('x').spec
  cluster.stores.services.put({ ...service('unnamed', { ready: true }), spec })
  cluster.stores.services.put(service('alias', { ready: true, spec: { loadBalancerClass: 'example.com/old' } }))
  const state = pageState(cluster.sources(), asked('q=standard'))
  expect(textsOf(state, 'services').map(each => [each['Service'], each['Class']])).toEqual([
    ['default/alias', 'standard'],
    ['default/unnamed', 'standard'],
  ])
})

test('what is not well is shown alone when asked for', () => {
  const state = pageState(pageCluster().sources(), asked('bad=1'))
  expect(textsOf(state, 'services').map(each => each['Service'])).toEqual(['default/broken'])
  expect(textsOf(state, 'pools').map(each => each['Pool'])).toEqual(['small'])
  expect(textsOf(state, 'nodes')).toEqual([])
})

test('of ten thousand Services a hundred are shown, with the way to the others', () => {
  const cluster = pageCluster()
  for (let i = 0; i < 10_000; i++) serve(cluster.stores, `s${String(i).padStart(5, '0')}`, `10.60.${i >> 8}.${i & 255}`, 'n0')
  const first = tableOf(pageState(cluster.sources(), asked()), 'services')
  expect(first).toMatchObject({ total: 10_003, matching: 10_003, from: 0 })
  expect(first.rows).toHaveLength(100)
  const later = tableOf(pageState(cluster.sources(), asked('services=10000')), 'services')
  expect(later.rows.map(({ key }) => key)).toEqual(['default/s09999', 'default/shop', 'default/web'])
  expect(tableOf(pageState(cluster.sources(), asked('services=99999')), 'services')).toMatchObject({ from: 10_000 })
  const found = tableOf(pageState(cluster.sources(), asked('q=s0777')), 'services')
  expect(found.rows.map(({ key }) => key)).toEqual(Array.from({ length: 10 }, (_, i) => `default/s0777${i}`))
})

test('nothing in it changes by time alone, and nothing that users keep to themselves is in it', () => {
  const cluster = pageCluster()
  const text = JSON.stringify(pageState(cluster.sources(), asked()))
  expect(JSON.stringify(pageState(cluster.sources(), asked()))).toBe(text)
  for (const secret of ['hunter2', 'the-external-id', 'assumeRole']) expect(text).not.toContain(secret)
})

test('hostile words are carried as they are, as text', () => {
  const cluster = pageCluster()
  cluster.stores.services.put(service('nasty', { ready: false, reason: 'Refused', message: hostile }))
  const row = tableOf(pageState(cluster.sources(), asked('q=nasty')), 'services').rows[0]
  expect(row?.cells[1]).toEqual({ text: 'Refused', tone: 'bad', more: hostile })
})
