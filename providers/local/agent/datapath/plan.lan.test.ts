// The planner against a kernel: whatever way led to a desired table, what stands there is what writing it fresh gives.
import { spawnSync } from 'node:child_process'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseAddress, parseCidr } from '../../../../src/model/address.ts'
import type { IpAddress } from '../../../../src/model/address.ts'
import { insideNamespace, missingForLan } from '../announcer/lan-under-test.ts'
import { openNetlinkSocket } from '../announcer/netlink-socket.ts'
import { serviceKey } from './desired.ts'
import type { DesiredNode, DesiredService, DesiredTable, ServicePath } from './desired.ts'
import { createElementWriter } from './element-writer.ts'
import { netfilterProtocol } from './flows.ts'
import { createNft } from './nft.ts'
import { planTable } from './plan.ts'
import { readPreflight } from './preflight.ts'
import { presentQuestions, readPresentTable } from './present-table.ts'
import { firstNumber } from './registry.ts'
import { frame, generationParts, removeGeneration, switchTo } from './skeleton.ts'
import { buildSlots, slotTable } from './slots.ts'
import { emptyTable } from './written-table.ts'
import type { WrittenTable } from './written-table.ts'

const missing = missingForLan()

function address(text: string): IpAddress {
  const parsed = parseAddress(text)
  if (!parsed) throw new Error(text)
  return parsed
}

const nodeNames = ['n1', 'n2', 'n3']
const nodes = new Map<string, DesiredNode>(
  nodeNames.map((name, index) => [
    name,
    { number: index + 1, mac: index === 0 ? '' : `02:00:00:00:00:0${index + 1}`, alive: true },
  ]),
)

const anyService = fc.record({
  key: fc.constantFrom<readonly [string, 'TCP' | 'UDP', number]>(
    ['10.201.200.1', 'TCP', 80],
    ['10.201.200.1', 'UDP', 53],
    ['10.201.200.2', 'TCP', 80],
    ['fd00:201::c8:1', 'TCP', 80],
    ['fd00:201::c8:1', 'UDP', 53],
  ),
  path: fc.constantFrom<ServicePath>('direct', 'direct', 'direct', 'masquerade', 'local', 'refuse', 'silent', 'elsewhere'),
  weights: fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2)),
  former: fc.option(fc.constantFrom(...nodeNames), { nil: undefined }),
  affinity: fc.option(fc.constantFrom(60, 10_800), { nil: undefined }),
  sources: fc.subarray(['10.0.0.0/8', '10.1.0.0/16', '192.0.2.7/32', 'fd00::/16', 'fd00:1::/32']),
})

function service(of: typeof anyService extends fc.Arbitrary<infer T> ? T : never): DesiredService {
  const [vip, protocol, port] = of.key
  const { family } = address(vip)
  const pod = (node: number, index: number) =>
    address(family === 'IPv4' ? `10.244.${node}.${index + 2}` : `fd00:244:${node}::${index + 2}`)
  const everywhere = of.weights.flatMap((count, node) =>
    Array.from({ length: count }, (_, index) => ({ address: pod(node, index), port: 8080 + node, local: node === 0 })),
  )
  const slots = buildSlots(new Map(nodeNames.map((name, node) => [name, of.weights[node] ?? 0])))
  const path = of.path === 'direct' && !slots ? 'refuse' : of.path
  return {
    address: address(vip),
    protocol,
    port,
    path,
    endpoints: path === 'masquerade' ? everywhere : everywhere.filter(each => each.local),
    ...(path === 'direct' && slots && { slots }),
    ...(of.former !== undefined && { previous: slotTable(Array.from({ length: 64 }, () => of.former ?? '')) }),
    ...(of.affinity !== undefined && { affinitySeconds: of.affinity }),
    sources: of.sources.flatMap(text => {
      const network = parseCidr(text)?.network
      return network?.family === family ? [network] : []
    }),
  }
}

const anyTable = fc
  .record({
    services: fc.array(anyService, { maxLength: 5 }),
    interfaces: fc.subarray(['eth0', 'eth1']),
    alive: fc.subarray(nodeNames),
    known: fc.subarray(nodeNames, { minLength: 1 }),
  })
  .map(({ services, interfaces, alive, known }): DesiredTable => {
    const list = services.map(service)
    return {
      interfaces,
      seed: 0x1234,
      nodes: new Map(
        [...nodes]
          .filter(([name]) => name === 'n1' || known.includes(name))
          .map(([name, node]) => [name, { ...node, alive: alive.includes(name) }]),
      ),
      services: new Map(list.map(each => [serviceKey(each), each])),
    }
  })

/** A network namespace of its own with an nft in it. */
function privateKernel() {
  const namespace = `weir-plan-${process.pid}`
  spawnSync('ip', ['netns', 'add', namespace])
  const elements = createElementWriter(
    insideNamespace(namespace, () => openNetlinkSocket({ groups: 0, protocol: netfilterProtocol })),
  )
  const nft = createNft(['ip', 'netns', 'exec', namespace, 'nft'])
  const dispose = () => {
    elements[Symbol.dispose]()
    spawnSync('ip', ['netns', 'del', namespace])
  }
  return { nft, elements, [Symbol.dispose]: dispose }
}

const lines = (text: readonly string[]) => `${text.join('\n')}\n`

describe.skipIf(missing !== undefined)(missing ? `planning: not run, ${missing}` : 'planning', () => {
  test('this kernel takes the table, and asking leaves nothing behind', async () => {
    using kernel = privateKernel()
    const facts = await readPreflight(kernel.nft, { families: { ipv4: true, ipv6: true }, interfaces: [] })
    expect(facts.refused).toBeUndefined()
    expect(JSON.stringify(await kernel.nft.list(['list', 'tables']))).not.toContain('weir')
    await expect(kernel.nft.run('add rule inet weir nowhere accept\n')).rejects.toMatchObject({ code: 'NftRefused' })
  })

  test('any sequence of changes gives the table that writing the last one fresh gives', { timeout: 300_000 }, async () => {
    using kernel = privateKernel()
    const { nft } = kernel
    const content = () => nft.list(['list', 'table', 'inet', 'weir'])
    const presentTable = async () =>
      readPresentTable(await nft.list(presentQuestions.active), await nft.list(presentQuestions.chains))
    const start = async () => {
      await nft.run('add table inet weir\ndelete table inet weir\n')
      await nft.run(lines([...frame(), ...generationParts('a', 0x1234), ...switchTo('a', 0x1234)]))
      return emptyTable('a', 0x1234)
    }
    const apply = async (desired: DesiredTable, written: WrittenTable) => {
      const plan = planTable(desired, written)
      for (const each of plan.transactions) await (typeof each === 'string' ? nft.run(each) : kernel.elements.write(each))
      return plan.written
    }
    await fc.assert(
      fc.asyncProperty(fc.array(anyTable, { minLength: 1, maxLength: 5 }), async tables => {
        let written = await start()
        for (const desired of tables) written = await apply(desired, written)
        const changed = await content()
        const last = tables.at(-1)
        if (!last) throw new Error('no table')
        expect(planTable(last, written).transactions).toEqual([])
        const fresh = await apply(last, await start())
        // Where a number was taken by what is gone since then, or by what was first, the tables differ in that number and in no more.
        const leaf = hasDisplaced(written) || hasDisplaced(fresh) ? withoutNumber : (value: unknown) => value
        expect(JSON.stringify(sorted(changed, leaf))).toBe(JSON.stringify(sorted(await content(), leaf)))
        const present = await presentTable()
        expect(present.generation).toBe('a')
        await nft.run(lines([...generationParts('b', 0x1234), ...switchTo('b', 0x1234), ...removeGeneration('a', present)]))
        expect((await presentTable()).generation).toBe('b')
        const names = JSON.stringify(await nft.list(['list', 'table', 'inet', 'weir'])).match(/"name": ?"[a-z0-9_]+"/g)
        expect(names?.filter(name => /a(_[a-z]+)?"$/.test(name))).toEqual([])
      }),
      { numRuns: 40 },
    )
  })
})

/** Whether something has another number than its first choice, because that was taken. */
function hasDisplaced({ classes, formers, picks, slots, own }: WrittenTable): boolean {
  return [classes, formers, picks, slots, own].some(({ entries, last }) =>
    [...entries].some(([key, { number }]) => number !== firstNumber(key, last)),
  )
}

/** A value without what may be a number of ours: marks, keys, and names of chains (`class3047a`). */
function withoutNumber(value: unknown): unknown {
  if (typeof value === 'number') return '#'
  return typeof value === 'string' ? value.replace(/\d+(?=[ab]$)/, '#') : value
}

/** Without what depends on when something was made: handles, and the order of elements and chains. */
function sorted(value: unknown, leaf: (value: unknown) => unknown): unknown {
  if (Array.isArray(value))
    return value
      .map(each => sorted(each, leaf))
      .map(each => JSON.stringify(each))
      .toSorted()
  if (typeof value !== 'object' || value === null) return leaf(value)
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== 'handle' && name !== 'index')
      .map(([name, inner]) => [name, sorted(inner, leaf)]),
  )
}
