// Two allocators over one API server, in every order of events, with crashes between: no address is ever given twice, none
// that is kept is given at all.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseRange } from '../../../src/model/address.ts'
import type { IpAddress } from '../../../src/model/address.ts'
import type { AddressBlock } from '../../../src/api/address-block.ts'
import { createServer } from '../simulation/simulation.ts'
import { createAllocator } from './allocator.ts'
import { parseBitmap, hasBit } from './bitmap.ts'
import { createBlockIndex } from './block-index.ts'

const range = parseRange('10.0.0.254-10.0.1.3')
if ('error' in range) throw new Error(range.error)
const source = { name: 'office', ranges: [range], avoidBuggyIPs: false }
const never = new AbortController().signal

/** Nobody of this test. */
const keptForAnother = { pool: 'office', until: '2027-01-01T00:00:00Z', for: { namespace: 'default', name: 'another' } }

type Crash = 'before' | 'after' | undefined

/** A process with its own memory. Its writes may be cut off before or after they take effect at the API server. */
function startProcess(server: ReturnType<typeof createServer<AddressBlock>>, s: fc.Scheduler, crashes: () => Crash) {
  const index = createBlockIndex({ onFreed: () => {}, onGiven: () => {} })
  for (const block of server.objects.values()) index.put(block)
  const write = async (attempt: () => AddressBlock | 'conflict') => {
    await s.schedule(Promise.resolve(), 'request')
    const crash = crashes()
    if (crash === 'before') throw new Error('connection reset')
    const result = attempt()
    await s.schedule(Promise.resolve(), 'response')
    if (crash === 'after') throw new Error('connection reset')
    return result
  }
  const store = {
    read: async (name: string) => {
      await s.schedule(Promise.resolve(), 'read')
      return server.read(name)
    },
    create: (block: AddressBlock) => write(() => server.create(block)),
    update: (block: AddressBlock) => write(() => server.update(block)),
    remove: async (seen: AddressBlock) => server.remove(seen),
  }
  return { index, allocator: createAllocator({ index, store, signal: never }) }
}

const step = fc.record({
  process: fc.nat({ max: 1 }),
  kind: fc.constantFrom('give', 'give', 'give', 'free', 'free and keep', 'end keeping', 'restart'),
  pick: fc.nat(),
})

test('two allocators never give one address to two Services, whatever order and crashes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(step, { minLength: 5, maxLength: 40 }),
      fc.infiniteStream(fc.constantFrom<Crash>(undefined, undefined, undefined, 'before', 'after')),
      async (s, steps, crashes) => {
        /** What callers were told they have. */
        const told = new Map<string, { readonly address: IpAddress; readonly uid: string }>()
        const before = new Map<string, AddressBlock>()
        const stolen: string[] = []
        const server = createServer<AddressBlock>((name, block) => {
          for (const offset of Object.keys(before.get(name)?.spec.reserved ?? {}))
            if (block?.spec.allocations[offset]) stolen.push(`${name} ${offset}`)
          if (block) before.set(name, block)
        })
        const nextCrash = (): Crash => crashes.next().value
        const processes = [startProcess(server, s, nextCrash), startProcess(server, s, nextCrash)]
        const work: Promise<void>[] = []
        let count = 0
        for (const { process, kind, pick } of steps) {
          const { index, allocator } = processes[process] ?? processes[0] ?? startProcess(server, s, nextCrash)
          if (kind === 'restart') processes[process] = startProcess(server, s, nextCrash)
          if (kind === 'give') {
            const address = index.free.next(source, 'IPv4')
            const owner = { uid: `u${count++}`, namespace: 'default', name: 'web' }
            if (!address || !index.hold(address, { owner, why: 'pending' })) continue
            const change = { kind: 'give', address, owner, pool: 'office', since: '2026-01-01T00:00:00Z' } as const
            const remember = async () => {
              const result = await allocator.give(change, never).catch(() => 'unknown')
              if (result !== 'given') return
              expect(told.get(address.text)).toBeUndefined()
              told.set(address.text, { address, uid: owner.uid })
            }
            work.push(remember())
          }
          if (kind === 'end keeping') {
            const [kept] = index.reservations()
            if (kept) work.push(allocator.unreserve(kept.address, never).catch(() => {}))
          }
          if (kind === 'free' || kind === 'free and keep') {
            const holder = [...told.values()][pick % Math.max(told.size, 1)]
            if (!holder) continue
            // From here on nobody relies on it any more.
            told.delete(holder.address.text)
            const options = kind === 'free and keep' ? { reserve: keptForAnother } : {}
            const release = async () => void (await allocator.free(holder.address, holder.uid, never, options).catch(() => {}))
            work.push(release())
          }
          if (pick % 3 === 0) await s.waitFor(Promise.resolve())
        }
        await s.waitFor(Promise.all(work))
        expect(stolen).toEqual([])
        for (const { address, uid } of told.values()) {
          const allocation = ownersAt(server, address)
          expect(allocation).toEqual([uid])
        }
        for (const block of server.objects.values()) expectConsistent(block)
      },
    ),
    { numRuns: 300 },
  )
})

test('everything that is freed can be given again', async () => {
  const server = createServer<AddressBlock>()
  const index = createBlockIndex({ onFreed: () => {}, onGiven: () => {} })
  const store = {
    read: async (name: string) => server.read(name),
    create: async (block: AddressBlock) => server.create(block),
    update: async (block: AddressBlock) => server.update(block),
    remove: async (seen: AddressBlock) => server.remove(seen),
  }
  const allocator = createAllocator({ index, store, signal: never })
  const fill = async (round: number) => {
    const given: IpAddress[] = []
    for (let address = index.free.next(source, 'IPv4'); address; address = index.free.next(source, 'IPv4')) {
      const owner = { uid: `u${round}-${address.text}`, namespace: 'default', name: 'web' }
      index.hold(address, { owner, why: 'pending' })
      expect(await allocator.give({ kind: 'give', address, owner, pool: 'office', since: '' }, never)).toBe('given')
      given.push(address)
    }
    return given
  }
  for (const round of [1, 2, 3]) {
    const given = await fill(round)
    expect(given.map(({ text }) => text).toSorted()).toHaveLength(6)
    await Promise.all(given.map(address => allocator.free(address, `u${round}-${address.text}`, never)))
    expect(index.usedIn(source.ranges)).toBe(0)
  }
})

test('an aborted wait that was not written yet gives nothing', async () => {
  const server = createServer<AddressBlock>()
  const index = createBlockIndex({ onFreed: () => {}, onGiven: () => {} })
  const store = {
    read: async () => undefined,
    create: async (block: AddressBlock) => server.create(block),
    update: async (block: AddressBlock) => server.update(block),
    remove: async (seen: AddressBlock) => server.remove(seen),
  }
  const allocator = createAllocator({ index, store, signal: never })
  const address = index.free.next(source, 'IPv4')
  if (!address) throw new Error('the pool is empty at the start')
  const owner = { uid: 'u', namespace: 'default', name: 'web' }
  index.hold(address, { owner, why: 'pending' })
  const ending = new AbortController()
  const giving = allocator.give({ kind: 'give', address, owner, pool: 'office', since: '' }, ending.signal)
  ending.abort(new Error('shutting down'))
  await expect(giving).rejects.toThrow('shutting down')
  expect(server.objects.size).toBe(0)
  expect(index.free.next(source, 'IPv4')).toEqual(address)
})

function ownersAt(server: ReturnType<typeof createServer<AddressBlock>>, address: IpAddress): readonly string[] {
  const name = `ipv4-10-0-${Number(address.value >> 8n) & 255}-0`
  return server.read(name)?.spec.allocations[Number(address.value & 255n)]?.owners.map(({ uid }) => uid) ?? []
}

function expectConsistent({ spec }: AddressBlock): void {
  const bitmap = parseBitmap(spec.bitmap)
  if (!bitmap) throw new Error(`unreadable bitmap ${spec.bitmap}`)
  const set = Array.from({ length: 256 }, (_, at) => at).filter(at => hasBit(bitmap, at))
  const accounted = [...Object.keys(spec.allocations), ...Object.keys(spec.reserved ?? {})].map(Number)
  expect(set).toEqual(accounted.toSorted((one, other) => one - other))
  for (const { owners } of Object.values(spec.allocations)) expect(owners).toHaveLength(1)
}
