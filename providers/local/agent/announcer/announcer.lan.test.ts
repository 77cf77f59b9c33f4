import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { createAnnouncer } from './announcer.ts'
import type { Announcer, Conflict } from './announcer.ts'
import { announcementFrames, requestFrame } from './arp.ts'
import { linkIndex, makeLan, missingForLan, openProber } from './lan-under-test.ts'
import type { Lan, Station } from './lan-under-test.ts'
import { formatMac, parseMac } from './mac.ts'

const missing = missingForLan()
/** Longer than anything takes on a busy machine. */
const atLast = { timeout: 60_000 }

const web = 0x0ac9_c801 // 10.201.200.1
const dns = 0x0ac9_c802
const foreign = 0x0ac9_c8ff
const stranger = parseMac('02:00:00:00:00:99') ?? new Uint8Array(6)

interface Running {
  readonly announcer: Announcer
  readonly conflicts: Conflict[]
  readonly troubles: string[]
}

/** An announcer whose worker lives in the station's namespace. */
async function announceFrom(lan: Lan, station: Station): Promise<Running> {
  const conflicts: Conflict[] = []
  const troubles: string[] = []
  const announcer = await lan.inside(station, () =>
    createAnnouncer({
      workerUrl: new URL('worker.ts', import.meta.url),
      onConflict: conflict => conflicts.push(conflict),
      onTrouble: trouble => troubles.push('recovered' in trouble ? 'recovered' : trouble.code),
      onFailure: error => troubles.push(error.message),
    }),
  )
  return { announcer, conflicts, troubles }
}

describe.skipIf(missing !== undefined)(missing ? `on a LAN: not run, ${missing}` : 'on a LAN', () => {
  test('an address is answered to broadcasts and to requests to our own MAC, and not after it was withdrawn', async () => {
    using lan = makeLan('ans')
    const { node, client } = lan
    using prober = openProber(lan, client)
    const { announcer } = await announceFrom(lan, node)
    await using _ = announcer
    await announcer.set(node, new Set([web]))

    expect(prober.answers(web)).toEqual([node.mac])
    expect(prober.answers(web, { to: node.mac })).toEqual([node.mac])
    expect(prober.answers(web, { senderIp: 0 })).toEqual([node.mac])
    expect(prober.ask(foreign)).toEqual([])
    expect(prober.ask(web, { to: '01:00:5e:00:00:01' })).toEqual([])
    prober.send(requestFrame({ from: stranger, senderIp: 0, targetIp: web, to: stranger }))

    await announcer.set(node, new Set([dns]))
    expect(prober.ask(web)).toEqual([])
    expect(prober.answers(dns)).toEqual([node.mac])
    expect(Object.fromEntries(announcer.counts().get('eth0') ?? [])).toMatchObject({
      requests: 4,
      replies: 4,
      'not-announced': 2,
      'not-to-us': 1,
      malformed: 0,
      conflicts: 0,
    })
  })

  test('a claim is told to the segment five times, as request and as reply, and no more after a withdrawal', async () => {
    using lan = makeLan('gra')
    const { node, client } = lan
    using prober = openProber(lan, client)
    const { announcer } = await announceFrom(lan, node)
    await using _ = announcer

    await announcer.set(node, new Set([web, dns]))
    // Both of two rounds.
    const before = [...prober.gather(8, () => true)]
    await announcer.set(node, new Set([web]))
    before.push(...prober.hear(0))
    const missed = 10 - before.filter(({ senderIp }) => senderIp === web).length
    const after = [...prober.gather(missed, () => true), ...prober.hear(2000)]

    const heard = [...before, ...after]
    const about = (address: number) => heard.filter(frame => frame.senderIp === address)
    expect(about(web).map(frame => frame.operation)).toEqual(Array.from({ length: 5 }, () => ['request', 'reply']).flat())
    expect(after.filter(({ senderIp }) => senderIp === dns)).toEqual([])
    for (const frame of heard) {
      expect(formatMac(frame.destination)).toBe('ff:ff:ff:ff:ff:ff')
      expect(formatMac(frame.senderMac)).toBe(node.mac)
      expect(frame.targetIp).toBe(frame.senderIp)
    }
  })

  test('another station that claims our address is reported once with its MAC and gets no answer', async () => {
    using lan = makeLan('con')
    const { node, client } = lan
    using prober = openProber(lan, client)
    const { announcer, conflicts } = await announceFrom(lan, node)
    await using _ = announcer
    await announcer.set(node, new Set([web]))
    prober.hear(100)

    for (const frame of announcementFrames(stranger, web)) prober.send(frame)
    for (const frame of announcementFrames(stranger, foreign)) prober.send(frame)
    await vi.waitFor(() => expect(conflicts).not.toEqual([]), atLast)

    expect(conflicts).toEqual([{ interface: 'eth0', address: web, mac: formatMac(stranger) }])
    expect(prober.hear(50).filter(frame => formatMac(frame.destination) === formatMac(stranger))).toEqual([])
    await announcer.repeat('eth0', [web])
    expect(prober.gather(2, () => true).map(frame => frame.senderIp)).toEqual([web, web])
  })

  test('a link that goes down and up, and an interface that is made anew, are answered on again', async () => {
    using lan = makeLan('lnk')
    const { node, client } = lan
    using prober = openProber(lan, client)
    const { announcer, troubles } = await announceFrom(lan, node)
    await using _ = announcer
    await announcer.set(node, new Set([web]))

    lan.run(node, ['ip', 'link', 'set', 'eth0', 'down'])
    await sleep(100)
    lan.run(node, ['ip', 'link', 'set', 'eth0', 'up'])
    await vi.waitFor(() => expect(prober.ask(web)).toEqual([node.mac]), atLast)
    lan.run(node, ['ip', 'link', 'del', 'eth0'])
    await sleep(1000)
    expect(announcer.counts().get('eth0')?.get('receive-failed'), 'word of the link that went, not a loop').toBeLessThan(5)

    const { switchNamespace } = lan
    lan.run(node, [
      'ip',
      'link',
      'add',
      'eth0',
      'address',
      '02:00:00:00:00:aa',
      'type',
      'veth',
      'peer',
      'name',
      'again',
      'netns',
      switchNamespace,
    ])
    lan.run({ ...node, namespace: switchNamespace }, ['ip', 'link', 'set', 'again', 'master', 'br0', 'up'])
    lan.run(node, ['ip', 'link', 'set', 'eth0', 'up'])
    await announcer.set({ name: 'eth0', index: linkIndex(node.namespace, 'eth0'), mac: '02:00:00:00:00:aa' }, new Set([web]))
    await vi.waitFor(() => expect(prober.ask(web)).toEqual(['02:00:00:00:00:aa']), atLast)
    expect(troubles).toEqual([])
  })

  test('an interface that does not exist is reported once and tried again, while others go on', async () => {
    using lan = makeLan('bad')
    const { node, client } = lan
    using prober = openProber(lan, client)
    const { announcer, troubles } = await announceFrom(lan, node)
    await using _ = announcer
    await announcer.set({ name: 'eth7', index: 4711, mac: '02:00:00:00:00:77' }, new Set([dns]))
    await announcer.set(node, new Set([web]))
    await sleep(1200)
    expect(prober.answers(web)).toEqual([node.mac])
    await vi.waitFor(() => expect(troubles).toEqual(['ENODEV']), atLast)
  })

  test('it answers while the main thread is busy', async () => {
    using lan = makeLan('bsy')
    const { node, client } = lan
    using prober = openProber(lan, client)
    const { announcer } = await announceFrom(lan, node)
    await using _ = announcer
    await announcer.set(node, new Set([web]))
    // The prober waits in this very thread, so the event loop of the announcer's owner does not turn once.
    const answers = Array.from({ length: 100 }, () => prober.answers(web, { quietMs: 5 })).flat()
    expect(answers).toEqual(Array.from({ length: 100 }, () => node.mac))
  })

  test('ten thousand addresses are all answered, each announced, and all withdrawn at once', async () => {
    using lan = makeLan('big')
    const { node, client } = lan
    using prober = openProber(lan, client)
    const { announcer } = await announceFrom(lan, node)
    await using _ = announcer
    const all = Array.from({ length: 10_000 }, (_, i) => 0x0ac9_0100 + i)
    await announcer.set(node, new Set(all))
    await sleep(500)
    prober.hear(50)
    for (const address of [all[0], all[4999], all[9999]]) expect(prober.answers(address ?? 0)).toEqual([node.mac])
    const announcements = () => announcer.counts().get('eth0')?.get('announcements')
    await vi.waitFor(() => expect(announcements()).toBeGreaterThanOrEqual(20_000), atLast)
    await announcer.set(node, new Set())
    prober.hear(50)
    expect(prober.ask(all[4999] ?? 0)).toEqual([])
  })

  test('it ends at once while nothing arrives', async () => {
    using lan = makeLan('end')
    const { node } = lan
    const { announcer, troubles } = await announceFrom(lan, node)
    await announcer.set(node, new Set([web]))
    await announcer[Symbol.asyncDispose]()
    await announcer[Symbol.asyncDispose]()
    await expect(announcer.set(node, new Set([dns]))).rejects.toThrow('packet worker ended')
    expect(troubles).toEqual([])
  })
})
