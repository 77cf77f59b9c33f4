// Asks the neighbours on eth0 who has an IPv6 address, as arping does for IPv4, and prints every answer as JSON.
// node ask-ndp.ts ADDRESS COUNT [WAIT_MS]
import { execFileSync } from 'node:child_process'
import { z } from 'zod'
import { openPacketSocket, etherTypeIpv6 } from '../../providers/local/agent/announcer/packet-socket.ts'
import { formatMac, parseMac } from '../../providers/local/agent/announcer/mac.ts'
import { parseNdp, solicitationFrame } from '../../providers/local/agent/announcer/ndp.ts'
import { createPoller } from '../../providers/local/agent/announcer/poller.ts'
import { parseAddress } from '../../src/model/address.ts'

const links = z.tuple([
  z.object({
    ifindex: z.number(),
    address: z.string(),
    addr_info: z.array(z.object({ family: z.string(), local: z.string(), scope: z.string() })),
  }),
])
const all = [0x06, 0, 0, 0x40000] as const

/** The advertisements for `target` with their MACs, and how long after the question each came. */
function ask(target: bigint, count: number, waitMs: number): readonly { readonly mac: string; readonly ms: number }[] {
  const told = execFileSync('ip', ['-json', 'addr', 'show', 'dev', 'eth0'], { encoding: 'utf8' })
  const [{ ifindex, address: mac, addr_info: addresses }] = links.parse(JSON.parse(told))
  const own = addresses.find(({ family, scope }) => family === 'inet6' && scope === 'global')?.local ?? '::'
  const from = parseMac(mac)
  if (!from) throw new Error(`eth0 has no MAC: ${mac}`)
  using socket = openPacketSocket({ interfaceIndex: ifindex, etherType: etherTypeIpv6, filter: [all] })
  const poller = createPoller([socket.fd])
  const buffer = new Uint8Array(2048)
  const answers: { mac: string; ms: number }[] = []
  for (let i = 0; i < count; i++) {
    const asked = performance.now()
    socket.send(solicitationFrame({ from, senderIp: parseAddress(own)?.value ?? 0n, target }))
    for (let left = waitMs; left > 0; left = asked + waitMs - performance.now()) {
      const length = socket.receive(buffer)
      const seen = length > 0 ? parseNdp(buffer.slice(0, length)) : undefined
      if (length === 0) poller.wait(left)
      if (seen?.kind !== 'advertisement' || seen.target !== target) continue
      answers.push({ mac: formatMac(seen.targetMac ?? seen.source), ms: performance.now() - asked })
      if (count === 1) return answers
    }
  }
  return answers
}

const [text = '', count = '1', waitMs = '1000'] = process.argv.slice(2)
const target = parseAddress(text)
if (target?.family !== 'IPv6') throw new Error(`${text} is no IPv6 address`)
console.log(JSON.stringify(ask(target.value, Number(count), Number(waitMs))))
