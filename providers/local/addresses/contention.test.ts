// Somebody else writes the same blocks all the time: what is lost is looked at anew, and there is an end to trying.
import { expect, test } from 'vitest'
import type { AddressBlock } from '../../../src/api/address-block.ts'
import { parseAddress } from '../../../src/model/address.ts'
import type { IpAddress } from '../../../src/model/address.ts'
import { ProviderError } from '../../../src/provider.ts'
import { readPools } from '../pools/pools.ts'
import { createServer, poolNamed, serviceNamed } from '../simulation/simulation.ts'
import { createAllocator } from './allocator.ts'
import { applyChanges } from './block-changes.ts'
import { createBlockIndex } from './block-index.ts'
import { createGiver } from './giver.ts'
import { createWaiters } from './waiters.ts'

const never = new AbortController().signal
const stranger = { uid: 'stranger', namespace: 'other', name: 'cluster' }

function addressAt(text: string): IpAddress {
  const address = parseAddress(text)
  if (!address) throw new Error(text)
  return address
}

/** A giver whose writes are preceded by `before`: what another process writes between our read and our write. */
function contended(before: (server: ReturnType<typeof createServer<AddressBlock>>, block: AddressBlock) => void) {
  const server = createServer<AddressBlock>()
  const freed: string[] = []
  const index = createBlockIndex({ onFreed: address => freed.push(address.text), onGiven: () => {} })
  const write = async (block: AddressBlock, attempt: () => AddressBlock | 'conflict') => {
    before(server, block)
    return attempt()
  }
  const store = {
    read: async (name: string) => server.read(name),
    create: (block: AddressBlock) => write(block, () => server.create(block)),
    update: (block: AddressBlock) => write(block, () => server.update(block)),
    remove: async (seen: AddressBlock) => server.remove(seen),
  }
  const allocator = createAllocator({ index, store, signal: never })
  const pools = readPools([poolNamed('office', ['10.0.0.0/24'])])
  const giver = createGiver({
    index,
    allocator,
    waiters: createWaiters(),
    pools: () => pools,
    timestamp: () => '2026-01-01T00:00:00Z',
    wake: () => {},
    gaveUnasked: () => {},
  })
  const web = serviceNamed('web')
  const ask = (request?: string) =>
    giver.give(
      { id: web.id, createdAt: web.createdAt },
      { kind: 'give-address', family: 'IPv4', pools: ['office'], ...(request === undefined ? {} : { request }) },
      never,
    )
  return { server, index, freed, ask }
}

/** Gives `address` to a stranger at the server, behind our back. */
function steal(server: ReturnType<typeof createServer<AddressBlock>>, name: string, address: IpAddress): void {
  const current = server.read(name)
  const change = { kind: 'give', address, owner: stranger, pool: 'office', since: '2026-01-01T00:00:00Z' } as const
  const { block } = applyChanges(current, [change])
  if (current) server.update(block)
  else server.create(block)
}

test('after a conflict the block is looked at anew: the address that was taken meanwhile is passed over', async () => {
  let thefts = 0
  const { server, index, ask } = contended((others, block) => {
    if (thefts++ === 0) steal(others, block.metadata.name, addressAt('10.0.0.1'))
  })
  expect(await ask()).toMatchObject({ kind: 'given', given: { address: addressAt('10.0.0.2') } })
  // Known from the answer to the conflict itself, before any watch tells.
  expect(index.given(addressAt('10.0.0.1'))?.owners).toEqual([stranger])
  expect(index.block('ipv4-10-0-0-0')).toEqual(server.read('ipv4-10-0-0-0'))
})

test('a block that was deleted meanwhile is made anew', async () => {
  let isGone = false
  const { server, index, ask } = contended((others, block) => {
    const seen = others.read(block.metadata.name)
    if (seen && !isGone) {
      isGone = true
      others.remove(seen)
    }
  })
  await ask('10.0.0.7')
  steal(server, 'ipv4-10-0-0-0', addressAt('10.0.0.9'))
  expect(await ask('10.0.0.8')).toMatchObject({ kind: 'given', given: { address: addressAt('10.0.0.8') } })
  expect(Object.keys(server.read('ipv4-10-0-0-0')?.spec.allocations ?? {})).toEqual(['8'])
  expect([...index.all()].map(({ address }) => address.text)).toEqual(['10.0.0.8'])
})

test('a block that is deleted again and again is forgotten with all it gave', async () => {
  let isHunted = false
  const { index, ask } = contended((others, block) => {
    const seen = others.read(block.metadata.name)
    if (!isHunted) return
    if (seen) others.remove(seen)
    else throw new Error('connection reset')
  })
  await ask('10.0.0.7')
  isHunted = true
  await expect(ask('10.0.0.8')).rejects.toThrow('connection reset')
  expect([...index.all()]).toEqual([])
})

test('who is told by the answer that the address has an owner names it, and the address is not theirs in memory either', async () => {
  let thefts = 0
  const { index, ask } = contended((others, block) => {
    if (thefts++ === 0) steal(others, block.metadata.name, addressAt('10.0.0.5'))
  })
  expect(await ask('10.0.0.5')).toEqual({ kind: 'in-use', address: '10.0.0.5', by: stranger })
  expect(index.heldFor('uid-of-web')).toEqual([])
})

test('a block that changes at every write is given up after twenty conflicts, to be tried later', async () => {
  let writes = 0
  const { index, freed, ask } = contended((others, block) => {
    // Another address each time, so that ours stays free and the write itself is all that fails.
    steal(others, block.metadata.name, addressAt(`10.0.0.${200 - writes++}`))
  })
  const failure = await ask().catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(ProviderError)
  expect(failure).toMatchObject({ code: 'ProviderError', retry: 'later' })
  expect(String(failure)).toContain('AddressBlock ipv4-10-0-0-0 changed 20 times while it was written.')
  expect(writes).toBe(21)
  // What the conflicts told is known, though nothing was written: the next one asks for nothing that others have.
  expect(index.given(addressAt('10.0.0.181'))?.owners).toEqual([stranger])
  // Nothing stays held for a Service that got nothing.
  expect(freed).toEqual(['10.0.0.1'])
  expect(index.heldFor('uid-of-web')).toEqual([])
})

test('a Service that loses fifty addresses in a row to others is put off, and what it lost stays with them', async () => {
  let losses = 0
  const { server, ask } = contended((others, block) => {
    losses++
    const current = others.read(block.metadata.name)
    const ours = Object.keys(block.spec.allocations).find(offset => !current?.spec.allocations[offset])
    steal(others, block.metadata.name, addressAt(`10.0.0.${ours}`))
  })
  const failure = await ask().catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'ProviderError', retry: 'later' })
  expect(String(failure)).toContain('50 addresses of office looked free and were given to others.')
  expect(losses).toBe(50)
  const owners = Object.values(server.read('ipv4-10-0-0-0')?.spec.allocations ?? {}).flatMap(allocation => allocation.owners)
  expect(new Set(owners.map(({ uid }) => uid))).toEqual(new Set(['stranger']))
  expect(owners).toHaveLength(50)
})
