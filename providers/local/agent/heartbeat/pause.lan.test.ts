// Agents as they run, on a LAN: a process that stood still says nothing of what others may have taken over meanwhile.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseAddress } from '../../../../src/model/address.ts'
import { acquainted, agentsOnLan } from '../../../../test/contract/agents-on-lan.ts'
import type { AgentsOnLan } from '../../../../test/contract/agents-on-lan.ts'
import { waitFor } from '../../../../test/lab/waiting.ts'
import { requestFrame } from '../announcer/arp.ts'
import { missingForLan, openNdpProber, openProber } from '../announcer/lan-under-test.ts'
import type { NdpProber, Prober } from '../announcer/lan-under-test.ts'
import { formatMac, parseMac } from '../announcer/mac.ts'
import { solicitationFrame } from '../announcer/ndp.ts'

const missing = missingForLan()
const four = { text: '10.201.200.1', number: 0x0ac9_c801 }
const six = { text: 'fd00:201::c801', number: parseAddress('fd00:201::c801')?.value ?? 0n }
const addresses = [four.text, six.text]
/** So long a process that stood still only listens; see announcer/pauses.ts. */
const listenMs = 400
/** More than a process reads in one turn. */
const burst = 150

/** Somebody says to have an address. */
interface Word {
  readonly address: string
  readonly node: string | undefined
  /** When it was read here, so it was sent before. */
  readonly atMs: number
}

describe.skipIf(missing !== undefined)(
  missing ? `a process that stands still, on a LAN: not run, ${missing}` : 'a process that stands still, on a LAN',
  () => {
    let world: AgentsOnLan
    let arp: Prober
    let ndp: NdpProber
    const resources = new AsyncDisposableStack()

    beforeAll(async () => {
      world = resources.use(await agentsOnLan({ name: 'pse', nodes: ['n0', 'n1'] }))
      arp = resources.use(openProber(world.lan, world.lan.client))
      ndp = resources.use(openNdpProber(world.lan, world.lan.client))
      for (const address of addresses) await world.announce(address, ['n0', 'n1'])
      for (const address of addresses) await world.untilOwned(address, 'n0')
      await acquainted()
    })
    afterAll(() => resources.disposeAsync())

    const ask = () => {
      const from = parseMac(world.lan.client.mac) ?? new Uint8Array(6)
      arp.send(requestFrame({ from, senderIp: 0x0ac9_6363, targetIp: four.number }))
      ndp.send(solicitationFrame({ from, senderIp: 0xfd00_0201n << 96n, target: six.number }))
    }
    /** What has arrived until now, each address in the order in which it was said. */
    const said = (): readonly Word[] => {
      const word = (address: string, mac: Uint8Array): Word => ({
        address,
        node: world.nodeOf(formatMac(mac)),
        atMs: performance.now(),
      })
      return [
        ...arp.hear(0).flatMap(seen => (seen.senderIp === four.number ? word(four.text, seen.senderMac) : [])),
        ...ndp
          .hear(0)
          .flatMap(seen =>
            seen.kind === 'advertisement' && seen.target === six.number ? word(six.text, seen.targetMac ?? seen.source) : [],
          ),
      ]
    }
    /** Waits until both addresses are answered by one node, and gives that. */
    const owner = () =>
      waitFor(
        async () => {
          said()
          ask()
          await sleep(60)
          const words = said()
          const nodes = new Set(words.map(({ node }) => node))
          const isWhole = addresses.every(address => words.some(word => word.address === address))
          return isWhole && nodes.size === 1 ? [...nodes][0] : undefined
        },
        { what: 'one node to answer for both addresses' },
      )
    const pausesOf = (node: string) => world.agent(node).log.filter(line => line.includes('stood still')).length

    test.each([450, 800, 1600, 2600])(
      'after %i ms no answer and no announcement goes out from it any more, of what was asked meanwhile neither',
      async pauseMs => {
        const before = await owner()
        const after = world.names.find(name => name !== before) ?? ''
        const pauses = pausesOf(after)
        const { pid } = world.agent(before)
        const words: Word[] = []
        // So that it stops in the middle of answering.
        for (let count = 0; count < burst; count++) ask()
        process.kill(pid, 'SIGSTOP')
        const tookOver = () => addresses.every(address => words.some(word => word.node === after && word.address === address))
        const askUntil = async (isOver: () => boolean) => {
          while (!isOver()) {
            ask()
            await sleep(10)
            words.push(...said())
          }
        }
        const end = performance.now() + pauseMs
        await askUntil(() => performance.now() > end)
        // In the shortest pause it may come back first; the others last until it lost both addresses.
        if (pauseMs > listenMs * 1.5) await askUntil(() => tookOver() || performance.now() > end + 60_000)
        expect(tookOver() || pauseMs < listenMs * 1.5).toBe(true)
        const wokenAt = performance.now()
        process.kill(pid, 'SIGCONT')
        const later: Word[] = []
        while (performance.now() < wokenAt + 1500) {
          ask()
          await sleep(2)
          later.push(...said())
        }
        // One frame may have been on its way into the kernel; nobody can call that back.
        const early = later.filter(({ node, atMs }) => node === before && atMs < wokenAt + listenMs)
        expect(early.slice(1)).toEqual([])
        // Who took over keeps it, unless it stood still itself.
        if (pausesOf(after) > pauses) return
        for (const address of addresses) {
          const nodes = [...words, ...later].filter(word => word.address === address && word !== early[0]).map(({ node }) => node)
          expect(nodes.slice(nodes.indexOf(after) + 1)).not.toContain(nodes.includes(after) ? before : 'nobody')
        }
        const last = await owner()
        for (const address of addresses) await world.untilOwned(address, last)
      },
    )
  },
)
