import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { createAnnouncer } from './announcer.ts'
import type { AnnouncerOptions, Conflict } from './announcer.ts'
import { announcementFrames, requestFrame } from './arp.ts'
import { allNodes } from './ipv6-groups.ts'
import { isMember, makeLan, missingForLan, openNdpProber, openProber, ping } from './lan-under-test.ts'
import type { Lan, SeenArp, SeenNdp, Station } from './lan-under-test.ts'
import { formatMac, parseMac } from './mac.ts'
import { advertisementFrame, solicitationFrame } from './ndp.ts'

const missing = missingForLan()
/** Longer than anything takes on a busy machine. */
const atLast = { timeout: 60_000 }
const net = 0xfd00_0201n << 96n
const web = net + 0xbb_0000_1111n
const dns = net + 0xcc_0000_1111n
const other = net + 0x2222n
const web4 = 0x0ac9_c801
const stranger = parseMac('02:00:00:00:00:99') ?? new Uint8Array(6)
const macs = (seen: readonly SeenNdp[]) => [...new Set(seen.map(({ targetMac }) => targetMac && formatMac(targetMac)))]

async function announceFrom(lan: Lan, station: Station, options: Partial<AnnouncerOptions> = {}) {
  const conflicts: Conflict[] = []
  const troubles: string[] = []
  const announcer = await lan.inside(station, () =>
    createAnnouncer({
      workerUrl: new URL('worker.ts', import.meta.url),
      onConflict: conflict => conflicts.push(conflict),
      onTrouble: trouble => troubles.push('recovered' in trouble ? 'recovered' : trouble.code),
      onFailure: error => troubles.push(error.message),
      ...options,
    }),
  )
  return { announcer, conflicts, troubles }
}

describe.skipIf(missing !== undefined)(missing ? `IPv6 on a LAN: not run, ${missing}` : 'IPv6 on a LAN', () => {
  test('an address is answered to its group, to our own MAC, without the option, and to who is about to take it', async () => {
    using lan = makeLan('nan')
    const { node, client } = lan
    using prober = openNdpProber(lan, client)
    const { announcer } = await announceFrom(lan, node)
    await using _ = announcer
    await announcer.set(node, new Set([web, web4]))
    await sleep(100)
    prober.hear(50)

    expect(prober.answers(web)).toMatchObject([{ solicited: true, override: true, router: false, sourceIp: web }])
    expect(macs(prober.answers(web, { to: node.mac }))).toEqual([node.mac])
    expect(macs(prober.answers(web, { to: node.mac, option: false }))).toEqual([node.mac])
    expect(prober.answers(web, { senderIp: 0n })[0]).toMatchObject({ solicited: false, destinationIp: allNodes })
    expect(prober.ask(other)).toEqual([])

    await announcer.set(node, new Set([web4]))
    expect(prober.ask(web)).toEqual([])
    expect(announcer.counts().get('eth0')?.get('ndp-replies')).toBe(4)
    expect(announcer.counts().get('eth0')?.get('ndp-malformed')).toBe(0)
  })

  test('the kernel of a neighbour finds it, and its ping is answered in both families; ping can be turned off', async () => {
    using lan = makeLan('nke')
    const { node, client } = lan
    const { announcer } = await announceFrom(lan, node)
    {
      await using _ = announcer
      await announcer.set(node, new Set([web, web4]))
      expect(ping(lan, client, web4, 1400)).toBe('answered')
      expect(ping(lan, client, web)).toBe('answered')
      const neighbours = lan.run(client, ['ip', 'neigh', 'show', 'fd00:201::bb:0:1111', 'dev', 'eth0'])
      expect(neighbours).toContain(node.mac)
      expect(neighbours).not.toContain('router')
    }
    const silent = await announceFrom(lan, node, { ping: false })
    await using _ = silent.announcer
    await silent.announcer.set(node, new Set([web, web4]))
    expect(ping(lan, client, web4, 56, 1500)).toBe('silence')
    expect(ping(lan, client, web, 56, 1500)).toBe('silence')
  })

  test('addresses with the same last 24 bits share one membership, which ends with the last of them', async () => {
    using lan = makeLan('nmb')
    const { node } = lan
    const { announcer } = await announceFrom(lan, node)
    await using _ = announcer
    await announcer.set(node, new Set([web, dns]))
    expect(isMember(lan, node, web)).toBe(true)
    await announcer.set(node, new Set([dns]))
    expect(isMember(lan, node, web)).toBe(true)
    await announcer.set(node, new Set([other]))
    expect(isMember(lan, node, web)).toBe(false)
    expect(isMember(lan, node, other)).toBe(true)
  })

  test('three thousand memberships are spread over sockets, though one socket takes fewer', async () => {
    using lan = makeLan('nbg')
    const { node, client } = lan
    lan.run(node, ['sysctl', '-qw', 'net.core.optmem_max=8192'])
    using prober = openNdpProber(lan, client)
    const { announcer, troubles } = await announceFrom(lan, node)
    await using _ = announcer
    const all = Array.from({ length: 3000 }, (_each, i) => net + 0x10_0000n + BigInt(i))
    await announcer.set(node, new Set(all))
    await sleep(500)
    prober.hear(50)
    for (const address of [all[0], all[1499], all[2999]]) expect(macs(prober.answers(address ?? 0n))).toEqual([node.mac])
    expect(isMember(lan, node, all[2999] ?? 0n)).toBe(true)
    expect(troubles).toEqual([])
  })

  test('memberships and answers outlive a link that flaps and a new MAC, and follow an interface that is made anew', async () => {
    using lan = makeLan('nfl')
    const { node, client, switchNamespace } = lan
    using prober = openNdpProber(lan, client)
    const changes: (readonly number[])[] = []
    const { announcer, troubles } = await announceFrom(lan, node, { onNetwork: ({ lost }) => changes.push(lost) })
    await using _ = announcer
    expect(announcer.hearsNetwork).toBe(true)
    await announcer.set(node, new Set([web]))
    lan.run(node, ['ip', 'link', 'set', 'eth0', 'down'])
    lan.run(node, ['ip', 'link', 'set', 'eth0', 'up'])
    await vi.waitFor(() => expect(changes.flat()).toContain(node.index), atLast)
    await vi.waitFor(() => expect(macs(prober.ask(web))).toEqual([node.mac]), atLast)
    expect(isMember(lan, node, web)).toBe(true)

    lan.run(node, ['ip', 'link', 'set', 'eth0', 'address', '02:00:00:00:00:ab'])
    await announcer.set({ ...node, mac: '02:00:00:00:00:ab' }, new Set([web]))
    const announced = ({ targetMac }: SeenNdp) => targetMac !== undefined && formatMac(targetMac) === '02:00:00:00:00:ab'
    expect(prober.gather(1, announced)).toHaveLength(1)
    expect(macs(prober.answers(web))).toEqual(['02:00:00:00:00:ab'])

    lan.run(node, ['ip', 'link', 'del', 'eth0'])
    await sleep(100)
    lan.run(node, ['ip', 'link', 'add', 'eth0', 'address', '02:00:00:00:00:ac', 'type', 'veth', 'peer', 'name', 'again'])
    lan.run(node, ['ip', 'link', 'set', 'again', 'netns', switchNamespace])
    lan.run({ ...node, namespace: switchNamespace }, ['ip', 'link', 'set', 'again', 'master', 'br0', 'up'])
    lan.run(node, ['ip', 'link', 'set', 'eth0', 'up'])
    const index = Number.parseInt(lan.run(node, ['ip', '-o', 'link', 'show', 'eth0']), 10)
    await announcer.set({ name: 'eth0', index, mac: '02:00:00:00:00:ac' }, new Set([web]))
    await vi.waitFor(() => expect(macs(prober.ask(web))).toEqual(['02:00:00:00:00:ac']), atLast)
    expect(isMember(lan, node, web)).toBe(true)
    expect(troubles).toEqual([])
  })

  test('a claim is told to all nodes five times, and an address at rest again at a low rate', async () => {
    using lan = makeLan('nre')
    const { node, client } = lan
    using prober = openNdpProber(lan, client)
    using arp = openProber(lan, client)
    const isWeb = ({ target }: SeenNdp) => target === web
    {
      const { announcer } = await announceFrom(lan, node)
      await using _ = announcer
      await announcer.set(node, new Set([web]))
      const claimed = prober.gather(5, isWeb)
      expect(claimed).toHaveLength(5)
      expect(claimed[0]).toMatchObject({ destinationIp: allNodes, solicited: false, override: true, router: false })
      expect(prober.hear(2000).filter(isWeb)).toEqual([])
    }
    const { announcer } = await announceFrom(lan, node, { refreshMs: 1000 })
    await using _ = announcer
    await announcer.set(node, new Set([web, web4]))
    expect(prober.gather(7, isWeb)).toHaveLength(7)
    expect(arp.gather(14, ({ senderIp }) => senderIp === web4)).toHaveLength(14)
  })

  test('another station that advertises our address is reported with its MAC, and defended once', async () => {
    using lan = makeLan('nco')
    const { node, client } = lan
    using prober = openNdpProber(lan, client)
    const { announcer, conflicts } = await announceFrom(lan, node)
    await using _ = announcer
    await announcer.set(node, new Set([web]))
    prober.hear(100)
    prober.send(advertisementFrame({ self: stranger, address: web }))
    prober.send(advertisementFrame({ self: stranger, address: other }))
    await vi.waitFor(() => expect(conflicts).not.toEqual([]), atLast)
    expect(conflicts).toEqual([{ interface: 'eth0', address: web, mac: formatMac(stranger) }])
    prober.hear(20)
    await announcer.defend('eth0', [web])
    expect(prober.gather(1, ({ target }) => target === web)).toHaveLength(1)
    expect(announcer.counts().get('eth0')?.get('defences')).toBe(1)
  })

  test('before a first use the segment is asked three times, and a station that has the address is found in both families', async () => {
    using lan = makeLan('nda')
    const { node, client } = lan
    using prober = openNdpProber(lan, client)
    using arp = openProber(lan, client)
    const { announcer } = await announceFrom(lan, node)
    await using _ = announcer
    // The client's own kernel has .2 and ::2.
    expect(await announcer.probe(node, 0x0ac9_0002)).toEqual({ owner: client.mac })
    expect(await announcer.probe(node, net + 2n)).toEqual({ owner: client.mac })
    prober.hear(50)
    arp.hear(50)
    const both = await Promise.all([announcer.probe(node, web4), announcer.probe(node, web)])
    expect(both).toEqual([{ free: true }, { free: true }])
    expect(isMember(lan, node, web)).toBe(false)
    expect(arp.hear(20).filter(({ senderIp, targetIp }) => senderIp === 0 && targetIp === web4)).toHaveLength(3)

    // Another one asks at the same time, which is no claim yet: we wait and ask again. It was first, so it says that it has it.
    const asksFor4 = ({ senderIp, targetIp }: SeenArp) => senderIp === 0 && targetIp === web4
    const asksFor6 = ({ kind, target }: SeenNdp) => kind === 'solicitation' && target === web
    arp.hear(0)
    prober.hear(0)
    const waiting = [announcer.probe(node, web4), announcer.probe(node, web)]
    expect(arp.gather(1, asksFor4)).toHaveLength(1)
    arp.send(requestFrame({ from: stranger, senderIp: 0, targetIp: web4 }))
    expect(prober.gather(1, asksFor6)).toHaveLength(1)
    prober.send(solicitationFrame({ from: stranger, senderIp: 0n, target: web }))
    expect(arp.gather(1, asksFor4)).toHaveLength(1)
    arp.send(requestFrame({ from: stranger, senderIp: web4, targetIp: web4 }))
    expect(prober.gather(1, asksFor6)).toHaveLength(1)
    prober.send(advertisementFrame({ self: stranger, address: web }))
    expect(await Promise.all(waiting)).toEqual([{ owner: formatMac(stranger) }, { owner: formatMac(stranger) }])

    // And one that asked and then did without leaves the address to us.
    arp.hear(0)
    const patient = announcer.probe(node, web4)
    expect(arp.gather(1, asksFor4)).toHaveLength(1)
    arp.send(requestFrame({ from: stranger, senderIp: 0, targetIp: web4 }))
    expect(await patient).toEqual({ free: true })
    await expect(announcer.probe({ name: 'eth7', index: 4711, mac: node.mac }, web)).rejects.toThrow('cannot be probed')
  })

  test('a storm of frames that are malformed, spoofed or for others is counted, and requests in between are answered', async () => {
    using lan = makeLan('nst')
    const { node, client } = lan
    using prober = openNdpProber(lan, client)
    using arp = openProber(lan, client)
    const { announcer, conflicts, troubles } = await announceFrom(lan, node)
    await using _ = announcer
    await announcer.set(node, new Set([web, web4]))
    const asked = solicitationFrame({ from: stranger, senderIp: other, target: web })
    const notOurs = () => announcer.counts().get('eth0')?.get('not-announced') ?? 0
    // What the kernel has no room for is not counted; it goes on until enough was.
    for (let i = 0; i < 20_000 || (i < 1_000_000 && notOurs() <= 10_000); i++) {
      arp.send(requestFrame({ from: stranger, senderIp: 1, targetIp: 0x0ac9_0000 + (i & 0xfff) }))
      if (i % 10 === 0) prober.send(asked.map((byte, at) => (at === 12 + (i % (asked.length - 12)) ? byte ^ (i & 255) : byte)))
      if (i % 10 === 1) prober.send(asked.subarray(0, 14 + (i % (asked.length - 14))))
      if (i % 1000 === 0) for (const frame of announcementFrames(stranger, web4)) arp.send(frame)
    }
    await sleep(200)
    arp.hear(20)
    prober.hear(20)
    expect(arp.answers(web4)).toEqual([node.mac])
    expect(macs(prober.answers(web))).toEqual([node.mac])
    expect(notOurs()).toBeGreaterThan(10_000)
    expect(new Set(conflicts.map(({ mac }) => mac))).toEqual(new Set([formatMac(stranger)]))
    expect(troubles).toEqual([])
  })

  test('a node that forwards drops what no rule claims, answers ping once and nothing else, and leaves nothing behind', async () => {
    using lan = makeLan('ndr')
    const { node, client } = lan
    lan.run(node, ['sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1'])
    // Left by a process that was killed.
    lan.run(node, ['ip', 'route', 'add', 'blackhole', '10.201.200.9', 'table', '20180'])
    lan.run(node, ['ip', 'rule', 'add', 'iif', 'eth0', 'lookup', '20180', 'priority', '20180'])
    const refusals: string[] = []
    const routes = () => ['-4', '-6'].map(family => lan.run(node, ['ip', family, 'route', 'show', 'table', '20180']))
    const rules = () => ['-4', '-6'].map(family => lan.run(node, ['ip', family, 'rule', 'show', 'priority', '20180']))
    const { announcer } = await announceFrom(lan, node, { dropUnclaimed: true, onDropRefused: code => refusals.push(code) })
    {
      await using _ = announcer
      expect(rules()).toEqual(['', ''])
      await announcer.set(node, new Set([web, web4]))
      expect(routes().map(text => text.trim())).toEqual([
        expect.stringMatching(/^blackhole 10\.201\.200\.1/),
        expect.stringMatching(/^blackhole fd00:201::bb:0:1111/),
      ])
      expect(rules()[0]).toContain('iif eth0 lookup 20180')
      using arp = openProber(lan, client)
      arp.hear(100)
      for (let i = 0; i < 3; i++) {
        expect(ping(lan, client, web4)).toBe('answered')
        expect(ping(lan, client, web)).toBe('answered')
      }
      expect(
        arp.hear(200).filter(({ targetIp, senderIp }) => targetIp === web4 && senderIp !== web4),
        'not sent on',
      ).toEqual([])
      await announcer.set(node, new Set([web]))
      expect(routes()[0]).toBe('')
      await announcer.set(node, new Set([web, web4]))
    }
    expect([...routes(), ...rules()]).toEqual(['', '', '', ''])
    expect(refusals).toEqual([])
  })
})
