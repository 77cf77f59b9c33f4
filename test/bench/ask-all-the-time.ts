// A neutral station, as a program of its own: asks all the time who has an address, and says who answers and for how long nobody does.
import { openPacketSocket } from '../../providers/local/agent/announcer/packet-socket.ts'
import { parseArp, requestFrame } from '../../providers/local/agent/announcer/arp.ts'
import { formatMac, parseMac } from '../../providers/local/agent/announcer/mac.ts'
import { createPoller } from '../../providers/local/agent/announcer/poller.ts'

/**
 * One line of its output, whenever another station answers than before: for how long nobody did, as far as this program was awake to
 * ask, and how often the one before had answered since the last line.
 */
export interface OwnerSeen {
  readonly mac: string
  readonly gapMs: number
  readonly formerAnswers: number
}

const askEveryMs = 2
/** What it came late itself is nobody's silence. */
const punctualMs = 5

async function main([index = '', mac = '', target = '']: readonly string[]): Promise<void> {
  const socket = openPacketSocket({ interfaceIndex: Number(index), etherType: 0x0806, filter: [[0x06, 0, 0, 0x40000]] })
  const poller = createPoller([socket.fd])
  const from = parseMac(mac) ?? new Uint8Array(6)
  const targetIp = Number(target)
  const buffer = new Uint8Array(2048)
  let owner = ''
  let silentMs = 0
  let formerAnswers = 0
  let turn = performance.now()
  let askAt = turn
  for (;;) {
    if (turn >= askAt) {
      socket.send(requestFrame({ from, senderIp: 0x0ac9_6363, targetIp }))
      askAt = turn + askEveryMs
    }
    poller.wait(Math.max(askAt - turn, 0))
    const now = performance.now()
    silentMs += Math.min(now - turn, punctualMs)
    turn = now
    for (let length = socket.receive(buffer); length > 0; length = socket.receive(buffer)) {
      const seen = parseArp(buffer.slice(0, length))
      if (seen?.operation !== 'reply' || seen.senderIp !== targetIp) continue
      const by = formatMac(seen.senderMac)
      if (by !== owner) {
        const told: OwnerSeen = { mac: by, gapMs: silentMs, formerAnswers }
        process.stdout.write(`${JSON.stringify(told)}\n`)
        owner = by
        formerAnswers = 0
      }
      formerAnswers++
      silentMs = 0
    }
    await new Promise(resolve => setImmediate(resolve))
  }
}

if (import.meta.main) await main(process.argv.slice(2))
