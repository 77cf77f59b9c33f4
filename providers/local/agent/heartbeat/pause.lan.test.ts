import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseAddress } from '../../../../src/model/address.ts'
import { acquainted, agentsOnLan } from '../../../../test/contract/agents-on-lan.ts'
import type { AgentsOnLan } from '../../../../test/contract/agents-on-lan.ts'
import { requestFrame } from '../announcer/arp.ts'
import { missingForLan, openNdpProber, openProber } from '../announcer/lan-under-test.ts'
import type { NdpProber, Prober } from '../announcer/lan-under-test.ts'
import { formatMac, parseMac } from '../announcer/mac.ts'
import { solicitationFrame } from '../announcer/ndp.ts'

const missing = missingForLan()
const four = { text: '10.201.200.1', number: 0x0ac9_c801 }
const six = { text: 'fd00:201::c801', number: parseAddress('fd00:201::c801')?.value ?? 0n }

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
      for (const { text } of [four, six]) await world.announce(text, ['n0', 'n1'])
      for (const { text } of [four, six]) await world.untilOwned(text, 'n0')
      await acquainted()
    })
    afterAll(() => resources.disposeAsync())

    const ask = () => {
      const from = parseMac(world.lan.client.mac) ?? new Uint8Array(6)
      arp.send(requestFrame({ from, senderIp: 0x0ac9_6363, targetIp: four.number }))
      ndp.send(solicitationFrame({ from, senderIp: 0xfd00_0201n << 96n, target: six.number }))
    }
    /** Who says to have one of the addresses, in what has arrived until now. */
    const claimants = () => [
      ...arp.hear(0).flatMap(seen => (seen.senderIp === four.number ? formatMac(seen.senderMac) : [])),
      ...ndp
        .hear(0)
        .flatMap(seen =>
          seen.kind === 'advertisement' && seen.target === six.number ? formatMac(seen.targetMac ?? seen.source) : [],
        ),
    ]
    const settledOn = (node: string) => {
      ask()
      return sleep(60).then(() => expect(new Set(claimants().map(mac => world.nodeOf(mac)))).toEqual(new Set([node])))
    }

    test.each([450, 800, 1600, 2600])(
      'after %i ms no answer and no announcement goes out from it any more, of what was asked meanwhile neither',
      async pauseMs => {
        const before = world.nodeOf(arp.ask(four.number)[0]) ?? ''
        const after = world.names.find(name => name !== before) ?? ''
        await settledOn(before)
        const { pid } = world.agent(before)
        process.kill(pid, 'SIGSTOP')
        for (const end = performance.now() + pauseMs; performance.now() < end; ) {
          ask()
          await sleep(10)
        }
        claimants()
        process.kill(pid, 'SIGCONT')
        const heard: string[] = []
        for (const end = performance.now() + 1500; performance.now() < end; ) {
          ask()
          await sleep(2)
          heard.push(...claimants())
        }
        expect(heard.filter(mac => mac === world.station(before).mac)).toEqual([])
        expect(heard.length).toBeGreaterThan(100)
        await settledOn(after)
        for (const { text } of [four, six]) await world.untilOwned(text, after)
      },
    )
  },
)
