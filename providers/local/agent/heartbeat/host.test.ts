// Two nodes on two segments: what is heard on one says nothing about the other.
import { expect, test } from 'vitest'
import { createHeartbeatHost } from './host.ts'
import type { HeartbeatHost, HeartbeatReport } from './host.ts'
import { keyOne } from './segment-under-test.ts'

const office = '10.201.200.1'
const guests = '10.202.200.1'
const wires = ['eth0', 'eth1']

/** Both on both wires; frames pass at once, but on a wire that is cut. */
function twoNodes() {
  const cut = new Set<string>()
  const owned = new Map<string, Set<string>>()
  const reports: HeartbeatReport[] = []
  let now = 0
  let boots = 1n
  let frames: { readonly wire: string; readonly from: string; readonly frame: Uint8Array }[] = []
  const hosts = new Map<string, HeartbeatHost>()
  for (const [at, self] of ['n0', 'n1'].entries()) {
    owned.set(self, new Set())
    const host = createHeartbeatHost({
      random: () => boots++,
      send: (wire, frame) => void frames.push({ wire, from: self, frame }),
      tell: report => void reports.push(report),
      act(_wire, event) {
        if (event.kind === 'own') owned.get(self)?.add(event.address)
        if (event.kind === 'lose' || event.kind === 'let-go') owned.get(self)?.delete(event.address)
      },
    })
    host.obey({ kind: 'keys', keys: keyOne }, now)
    host.obey(
      {
        kind: 'leases',
        alive: [
          ['n0', true],
          ['n1', true],
        ],
      },
      now,
    )
    for (const [index, name] of wires.entries()) {
      const mac = Uint8Array.of(2, 0, 0, 0, index, at)
      host.obey({ kind: 'open', self, place: { name, index: index + 2, mac } }, now)
    }
    hosts.set(self, host)
  }
  const plan = (name: string, address: string, candidates: readonly string[], on: readonly string[] = ['n0', 'n1']) => {
    for (const node of on) {
      const plans = [{ address, candidates, able: true, term: 0 }]
      hosts.get(node)?.obey({ kind: 'plan', interface: name, plans }, now)
    }
  }
  const advance = (ms: number) => {
    for (const until = now + ms; now < until; now += 5) {
      const passing = frames
      frames = []
      for (const { wire, from, frame } of passing)
        for (const [node, host] of hosts) if (node !== from && !cut.has(wire)) host.receive(wire, frame, now)
      for (const host of hosts.values()) host.work(now)
    }
  }
  const owners = (address: string) => [...owned].flatMap(([node, own]) => (own.has(address) ? [node] : []))
  return { plan, advance, owners, cut, reports, hosts, now: () => now }
}

test('who is not heard on one segment keeps what it has on the other', () => {
  const lan = twoNodes()
  lan.plan('eth0', office, ['n0', 'n1'])
  lan.plan('eth1', guests, ['n0', 'n1'])
  lan.advance(2000)
  expect([lan.owners(office), lan.owners(guests)]).toEqual([['n0'], ['n0']])
  lan.cut.add('eth1')
  lan.advance(1000)
  expect([lan.owners(office), lan.owners(guests)]).toEqual([['n0'], ['n0', 'n1']])
  const deaths = lan.reports.flatMap(report =>
    report.kind === 'events'
      ? report.events.flatMap(event => (event.kind === 'peer' && !event.alive ? [report.interface] : []))
      : [],
  )
  expect(new Set(deaths)).toEqual(new Set(['eth1']))
  lan.cut.clear()
  lan.advance(300)
  expect([lan.owners(office), lan.owners(guests)]).toEqual([['n0'], ['n1']])
})

test('a segment that is closed says goodbye there, and only there', () => {
  const lan = twoNodes()
  lan.plan('eth0', office, ['n0', 'n1'])
  lan.plan('eth1', guests, ['n0', 'n1'])
  lan.advance(2000)
  lan.hosts.get('n0')?.obey({ kind: 'close', interface: 'eth1' }, lan.now())
  lan.advance(50)
  expect(lan.owners(office)).toEqual(['n0'])
  expect(lan.owners(guests)).toContain('n1')
})

test('who is spoken with no more is told as forgotten', () => {
  const lan = twoNodes()
  lan.plan('eth0', office, ['n0', 'n1'])
  lan.advance(2000)
  lan.plan('eth0', office, ['n0'], ['n0'])
  lan.advance(100)
  const left = lan.reports.flatMap(report =>
    report.kind === 'events' ? report.events.filter(({ kind }) => kind === 'peer-forgotten') : [],
  )
  expect(left).toEqual([{ kind: 'peer-forgotten', node: 'n1' }])
})
