// Pools as read: broken entries, overlaps, and which pools a Service may use in which order.
import { expect, test } from 'vitest'
import { parseRange } from '../../../src/model/address.ts'
import { allowedPools, givableSize, poolSize, readPools } from './pools.ts'
import { poolNamed, serviceNamed } from '../simulation/simulation.ts'

const aged = (name: string, day: number, addresses: readonly string[], spec = {}) => {
  const pool = poolNamed(name, addresses, spec)
  return { ...pool, metadata: { ...pool.metadata, creationTimestamp: `2026-01-0${day}T00:00:00Z` } }
}
const withClass = (pools: string[]) => {
  const desired = serviceNamed('web')
  return { ...desired, class: { ...desired.class, spec: { ...desired.class.spec, local: { pools } } } }
}
const namesFor = (pools: Parameters<typeof readPools>[0], desired = serviceNamed('web')) =>
  allowedPools(readPools(pools), desired).map(pool => pool.name)

test('of two pools that share addresses the younger gives none, both are marked, and a third that meets only it goes on', () => {
  const book = readPools([
    aged('third', 3, ['10.0.0.200-10.0.1.9']),
    aged('second', 2, ['10.0.0.100-10.0.0.210']),
    aged('first', 1, ['10.0.0.0-10.0.0.120']),
  ])
  expect(book.ordered.map(pool => [pool.name, pool.problem?.reason, pool.overlaps])).toEqual([
    ['first', undefined, ['second']],
    ['second', 'Overlap', ['first', 'third']],
    ['third', undefined, ['second']],
  ])
  expect(book.get('second')?.problem?.message).toContain('10.0.0.100-10.0.0.120 are also in the older pool first')
})

test('an entry that ends before it starts is named, and spoils only its own pool', () => {
  const book = readPools([aged('bad', 1, ['10.0.0.9-10.0.0.1', '10.0.1.0/24']), aged('good', 2, ['10.0.2.0/24'])])
  expect(book.get('bad')?.problem).toMatchObject({ reason: 'InvalidRange' })
  expect(book.get('bad')?.problem?.message).toContain('"10.0.0.9-10.0.0.1" ends before it starts')
  expect(book.get('good')?.problem).toBeUndefined()
})

test('entries that cover each other count once', () => {
  const book = readPools([aged('office', 1, ['10.0.0.0/24', '10.0.0.128/25', '10.0.1.0', 'fd00::/64'])])
  expect(book.ordered.map(pool => poolSize(pool, 'IPv4'))).toEqual([257n])
  expect(book.ordered[0]?.ranges).toHaveLength(2)
})

test('a pool kept for a namespace comes before one for all; a class that names pools decides alone', () => {
  const pools = [
    aged('all', 1, ['10.0.0.0/24']),
    aged('ours', 2, ['10.0.1.0/24'], { allow: { namespaces: ['default'] } }),
    aged('theirs', 3, ['10.0.2.0/24'], { allow: { namespaces: ['other'] } }),
    aged('db', 4, ['10.0.3.0/24'], { allow: { serviceSelector: { matchLabels: { tier: 'db' } } } }),
  ]
  expect(namesFor(pools)).toEqual(['ours', 'all'])
  expect(namesFor(pools, serviceNamed('pg', { labels: { tier: 'db' } }))).toEqual(['ours', 'db', 'all'])
  expect(namesFor(pools, withClass(['all', 'theirs', 'ours']))).toEqual(['all', 'ours'])
})

test.each([
  ['10.201.200.0/24', true, 254n],
  ['10.201.200.0/24', false, 256n],
  ['10.201.200.0/22', true, 1016n],
  ['10.201.200.255-10.201.201.0', true, 0n],
  ['10.201.200.9', true, 1n],
  ['0.0.0.0-0.0.1.0', true, 254n],
  ['fd00::/120', true, 256n],
] as const)('%s with avoidBuggyIPs %s gives %s addresses by itself', (range, avoidBuggyIPs, size) => {
  const [pool] = readPools([poolNamed('office', [range], { avoidBuggyIPs })]).ordered
  expect(pool && givableSize(pool)).toBe(size)
})

test('pools are asked by priority, then those kept for some, then the oldest; one without a priority comes last', () => {
  const pools = [
    aged('oldest', 1, ['10.0.0.0/24']),
    aged('second', 2, ['10.0.1.0/24'], { priority: 20 }),
    aged('first', 3, ['10.0.2.0/24'], { priority: 10 }),
    aged('ours', 4, ['10.0.3.0/24'], { allow: { namespaces: ['default'] } }),
    aged('equal', 5, ['10.0.4.0/24'], { priority: 10 }),
  ]
  expect(namesFor(pools)).toEqual(['first', 'equal', 'second', 'ours', 'oldest'])
  expect(namesFor(pools.toReversed())).toEqual(['first', 'equal', 'second', 'ours', 'oldest'])
})

test('a namespace may use a pool by its name or by its labels', () => {
  const pool = aged('office', 1, ['10.0.0.0/24'], {
    allow: { namespaces: ['ops'], namespaceSelector: { matchLabels: { tier: 'web' } } },
  })
  const of = (namespace: string, namespaceLabels?: Readonly<Record<string, string>>) => {
    const service = serviceNamed('web')
    return namesFor([pool], { ...service, id: { ...service.id, namespace }, ...(namespaceLabels && { namespaceLabels }) })
  }
  expect([of('ops'), of('shop', { tier: 'web' }), of('shop', { tier: 'db' }), of('shop')]).toEqual([
    ['office'],
    ['office'],
    [],
    [],
  ])
})

test('a pool in a range of pods or Services gives nothing and names the range; it stands in the way of no other pool', () => {
  const range = parseRange('10.244.1.0/24')
  if ('error' in range) throw new Error(range.error)
  const ranges = [{ range, what: 'pod range 10.244.1.0/24 of node n1' }]
  const book = readPools([aged('bad', 1, ['10.244.1.128-10.244.2.9']), aged('good', 2, ['10.244.2.0/24'])], ranges)
  expect(book.get('bad')?.problem).toMatchObject({ reason: 'OverlapsCluster' })
  expect(book.get('bad')?.problem?.message).toContain('10.244.1.128-10.244.1.255 are in the pod range 10.244.1.0/24 of node n1.')
  expect(book.get('good')?.problem).toBeUndefined()
})
