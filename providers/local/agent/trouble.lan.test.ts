import { setTimeout as sleep } from 'node:timers/promises'
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { acquainted, agentsOnLan } from '../../../test/contract/agents-on-lan.ts'
import type { AgentsOnLan } from '../../../test/contract/agents-on-lan.ts'
import { announcementFrames, requestFrame } from './announcer/arp.ts'
import { missingForLan, openProber } from './announcer/lan-under-test.ts'
import type { Prober } from './announcer/lan-under-test.ts'
import { parseMac } from './announcer/mac.ts'
import { heartbeatEtherType, longestFrame } from './heartbeat/frame.ts'

const missing = missingForLan()
const web = { text: '10.201.200.1', number: 0x0ac9_c801 }
const stranger = parseMac('02:00:00:00:00:99') ?? new Uint8Array(6)

describe.skipIf(missing !== undefined)(missing ? `trouble on a LAN: not run, ${missing}` : 'trouble on a LAN', () => {
  let world: AgentsOnLan
  let prober: Prober
  const resources = new AsyncDisposableStack()

  beforeAll(async () => {
    world = resources.use(await agentsOnLan({ name: 'trb', nodes: ['n0', 'n1'] }))
    prober = resources.use(openProber(world.lan, world.lan.client))
    await world.announce(web.text, ['n0', 'n1'])
    await world.untilOwned(web.text, 'n0')
    await acquainted()
  })
  afterAll(() => resources.disposeAsync())

  const stays = async () => {
    prober.hear(100)
    expect(prober.answers(web.number).map(mac => world.nodeOf(mac))).toEqual(['n0'])
    expect(await world.status(web.text)).toMatchObject({ epoch: 1, node: 'n0' })
  }

  test('a storm of foreign ARP moves nothing', async () => {
    for (let i = 0; i < 20_000; i++) {
      prober.send(requestFrame({ from: stranger, senderIp: 0x0ac9_6363, targetIp: 0x0ac9_0000 + (i & 0x7fff) }))
      for (const frame of announcementFrames(stranger, 0x0ac9_7000 + (i & 0xfff))) prober.send(frame)
      if (i % 200 === 0) await sleep(2)
    }
    await stays()
  })

  test('nor do broken frames of ARP and of heartbeats, short, long and forged', async () => {
    const header = (etherType: number) => [...new Uint8Array(6).fill(255), ...stranger, etherType >> 8, etherType & 255]
    for (let i = 0; i < 3000; i++) {
      for (const etherType of [0x0806, 0x86dd, heartbeatEtherType]) {
        const length = i % 3 === 0 ? i % 46 : i % Math.min(1486, longestFrame + 40)
        prober.send(Uint8Array.from([...header(etherType), ...randomBytes(length)]))
      }
      if (i % 100 === 0) await sleep(2)
    }
    await stays()
    for (const node of world.names) expect(world.agent(node).log.join()).not.toContain('cannot be')
  })

  test('an interface that gets another name is announced on again under that', async () => {
    await world.announce(web.text, ['n0'])
    const { lan } = world
    const ip = (...words: readonly string[]) => lan.run(world.station('n0'), ['ip', 'link', 'set', ...words])
    ip('eth0', 'down')
    ip('eth0', 'name', 'lan0')
    ip('lan0', 'up')
    await world.cluster.until(
      '/apis/weir.dev/v1alpha1/announcements/ip-10-201-200-1',
      ({ status }) => status.node === 'n0' && status.interface === 'lan0',
      'the new name in the status',
    )
    // The other one may have taken it meanwhile, before it heard that it is no candidate any more.
    const answering = () => prober.ask(web.number).map(mac => world.nodeOf(mac))
    await vi.waitFor(() => expect(answering()).toEqual(['n0']), { timeout: 60_000 })
  })
})
