// How long nobody answers for an address, as a neutral station sees it that asks all the time.
import { setTimeout as sleep } from 'node:timers/promises'
import { requestFrame } from '../../providers/local/agent/announcer/arp.ts'
import type { Prober } from '../../providers/local/agent/announcer/lan-under-test.ts'
import { formatMac, parseMac } from '../../providers/local/agent/announcer/mac.ts'
import { parseAddress } from '../../src/model/address.ts'
import type { AgentsOnLan } from '../contract/agents-on-lan.ts'

export interface Outage {
  /** The longest time without an answer of anybody. */
  readonly gapMs: number
  /** Who answers at the end. */
  readonly owner: string
  /** Answers of another node after the last owner's first. */
  readonly duplicates: number
}

export interface OutageOptions {
  readonly world: AgentsOnLan
  readonly prober: Prober
  readonly address: string
  /** Who answers before. */
  readonly before: string
  readonly disturb: () => unknown
}

const askEveryMs = 2
const settleMs = 600
const patienceMs = 20_000

/** Calls `disturb` and watches until another node answers and a while longer. */
export async function outage({ world, prober, address, before, disturb }: OutageOptions): Promise<Outage> {
  const from = parseMac(world.lan.client.mac) ?? new Uint8Array(6)
  const targetIp = Number(parseAddress(address)?.value)
  const answers: { readonly at: number; readonly node: string }[] = []
  const successor = { at: Number.POSITIVE_INFINITY }
  const ask = async () => {
    prober.send(requestFrame({ from, senderIp: 0x0ac9_6363, targetIp }))
    await sleep(askEveryMs)
    for (const seen of prober.hear(0)) {
      const node = seen.senderIp === targetIp ? world.nodeOf(formatMac(seen.senderMac)) : undefined
      if (node === undefined) continue
      const at = performance.now()
      answers.push({ at, node })
      if (node !== before) successor.at = Math.min(successor.at, at)
    }
  }
  prober.hear(0)
  const calmUntil = performance.now() + 200
  while (performance.now() < calmUntil) await ask()
  const started = performance.now()
  const disturbed = disturb()
  while (performance.now() < successor.at + settleMs) {
    if (successor.at === Number.POSITIVE_INFINITY && performance.now() > started + patienceMs)
      throw new Error(`nobody took ${address} over from ${before}`)
    await ask()
  }
  await disturbed
  const owner = answers.at(-1)?.node ?? ''
  const first = answers.findIndex(({ node }) => node === owner)
  let gapMs = 0
  for (const [index, { at }] of answers.entries()) gapMs = Math.max(gapMs, at - (answers[index - 1]?.at ?? at))
  return { gapMs, owner, duplicates: answers.slice(first).filter(({ node }) => node !== owner).length }
}
