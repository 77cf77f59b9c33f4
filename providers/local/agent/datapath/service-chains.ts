// The chains for Services that are handled alike: how a connection that is not remembered finds its node, and at its node a pod.
import type { DataPathProtocol, ServicePath } from './desired.ts'
import { vocabulary } from './expressions.ts'
import type { Chain } from './expressions.ts'
import { classMask, podNames, selfMark } from './names.ts'
import type { Family, Generation } from './names.ts'

/** What decides which chains handle a Service's packets before they are translated. */
export interface ServiceClass {
  readonly family: Family
  readonly protocol: DataPathProtocol
  readonly path: ServicePath
  /** Of its slot table; 0 without one. */
  readonly slots: number
  readonly affinitySeconds: number
  /** Not everyone may connect. */
  readonly restricted: boolean
  /** This node has a pod. */
  readonly local: boolean
}

/** How the slots of an earlier slot table are found. */
export interface FormerClass {
  readonly family: Family
  readonly slots: number
  readonly byClient: boolean
}

/** How one of so many pods is picked. */
export interface PickClass {
  readonly family: Family
  readonly protocol: DataPathProtocol
  readonly endpoints: number
  readonly affinitySeconds: number
}

export const chainOf = (kind: 'class' | 'former' | 'pick', number: number, generation: Generation) =>
  `${kind}${number}${generation}`

const dropSlotBits = `meta mark set meta mark & 0x${(~classMask >>> 0).toString(16)}`
const self = `0x${selfMark.toString(16)}`

interface ClassContext {
  readonly word: ReturnType<typeof vocabulary>
  readonly name: string
  readonly slot: string
  readonly peers: string
  readonly senders: string
}

/** The chains of a class; the first one is where packets come in, with the mark of the Service. */
export function classChains(of: ServiceClass, number: number, generation: Generation, seed: number): readonly Chain[] {
  const word = vocabulary(of.family, generation, seed)
  const name = chainOf('class', number, generation)
  const { sources, peers, senders } = word.names
  const allowed = of.restricted ? [`${word.service} . ${word.ip} saddr != @${sources} drop`] : []
  const slot = slotStep(of, generation, seed)
  const context: ClassContext = { word, name, slot, peers, senders }
  if (of.path === 'direct') return of.protocol === 'TCP' ? tcpChains(of, allowed, context) : udpChains(of, allowed, context)
  if (of.path !== 'refuse') return [{ name, rules: [...allowed, 'meta mark set 0 accept'] }]
  const goesOn = of.protocol === 'TCP' ? [`${word.pinOf('tcp')} goto ${word.chain('pinned')}`] : []
  const refuse = of.protocol === 'TCP' ? 'meta l4proto tcp reject with tcp reset' : 'reject'
  const opening = of.protocol === 'TCP' ? ['tcp flags & (syn | ack) == syn meta mark set 0 reject with tcp reset'] : []
  return [{ name, rules: [...allowed, ...opening, ...goesOn, 'meta mark set 0', refuse] }]
}

/** From the mark of a slot table and the packet to the mark of the node. */
function slotStep(
  of: { readonly family: Family; readonly slots: number; readonly byClient?: boolean; readonly affinitySeconds?: number },
  generation: Generation,
  seed: number,
): string {
  const { ip, names } = vocabulary(of.family, generation, seed)
  const client = (of.byClient ?? (of.affinitySeconds ?? 0) > 0) ? `${ip} saddr` : `${ip} saddr . th sport`
  return `meta mark set meta mark . jhash ${client} mod ${of.slots} seed 0x${seed.toString(16)} map @${names.slots}`
}

function tcpChains(of: ServiceClass, allowed: readonly string[], context: ClassContext): readonly Chain[] {
  const { word, name, slot, peers, senders } = context
  const note = `goto ${word.chain('note_tcp')}`
  return [
    {
      name,
      rules: [
        ...allowed,
        `tcp flags & (syn | ack) == syn goto ${name}_open`,
        `${word.pinOf('tcp')} goto ${word.chain('pinned')}`,
        `goto ${name}_unknown`,
      ],
    },
    ...openChains(of, context, { note, backwards: 'reject with tcp reset' }),
    {
      name: `${name}_unknown`,
      rules: [
        dropSlotBits,
        slot,
        `meta mark ${self} goto ${word.chain('before')}`,
        // A peer that sends it on has looked at the same slots, or knows that it was ours.
        `ether saddr @${peers} meta mark set ${self}`,
        `ether saddr . meta mark @${senders} meta mark set ${self}`,
        note,
      ],
    },
  ]
}

function udpChains(of: ServiceClass, allowed: readonly string[], context: ClassContext): readonly Chain[] {
  const { word, name, senders } = context
  const deliver = `goto deliver${word.generation}`
  const returned = of.local ? `meta mark set ${self} goto ${word.chain('note_udp')}` : `goto ${name}_again`
  return [
    { name, rules: [...allowed, `${word.pinOf('udp')} goto ${name}_pinned`, `goto ${name}_open`] },
    {
      name: `${name}_pinned`,
      rules: [
        `meta mark != @${word.names.alive} goto ${name}_again`,
        ...(of.local ? [] : [`meta mark ${self} goto ${name}_again`]),
        `ether saddr . meta mark @${senders} ${returned}`,
        word.keepPin('udp'),
        deliver,
      ],
    },
    { name: `${name}_again`, rules: [`meta mark set ${word.service} map @${word.names.services} goto ${name}_open`] },
    ...openChains(of, context, { note: `goto ${word.chain('note_udp')}`, backwards: 'drop' }),
  ]
}

/** Where a connection goes that begins: a peer that sends it means us; else the node its client had, or that of its slot. */
function openChains(
  of: ServiceClass,
  { word, name, slot, peers, senders }: ClassContext,
  { note, backwards }: { readonly note: string; readonly backwards: string },
): readonly Chain[] {
  const fromPeer = of.local ? [`ether saddr @${peers} meta mark set ${self} ${note}`] : []
  // Who sent it to us, without a pod of its own, would only send it again.
  const notBack = of.local ? [] : [`ether saddr . meta mark @${senders} ${backwards}`]
  if (of.affinitySeconds === 0) return [{ name: `${name}_open`, rules: [...fromPeer, dropSlotBits, slot, ...notBack, note] }]
  const { sticky } = word.kept
  const timeout = `${of.affinitySeconds}s`
  return [
    {
      name: `${name}_open`,
      rules: [...fromPeer, `meta mark set ${word.clientKey} map @${sticky} goto ${name}_stuck`, `goto ${name}_stick`],
    },
    {
      name: `${name}_stuck`,
      rules: [
        `meta mark != @${word.names.alive} goto ${name}_restick`,
        ...(of.local ? [] : [`meta mark ${self} goto ${name}_restick`]),
        ...(of.local ? [] : [`ether saddr . meta mark @${senders} goto ${name}_restick`]),
        word.remember(sticky, word.clientKey, timeout),
        note,
      ],
    },
    { name: `${name}_restick`, rules: [`meta mark set ${word.service} map @${word.names.services} goto ${name}_stick`] },
    {
      name: `${name}_stick`,
      rules: [dropSlotBits, slot, ...notBack, ...word.rewrite(sticky, word.clientKey, timeout), note],
    },
  ]
}

/** Where the connection was by an earlier slot table, whose mark the packet has. */
export function formerChains(of: FormerClass, number: number, generation: Generation, seed: number): readonly Chain[] {
  const word = vocabulary(of.family, generation, seed)
  return [
    {
      name: chainOf('former', number, generation),
      rules: [dropSlotBits, slotStep(of, generation, seed), `goto ${word.chain('relay')}`],
    },
  ]
}

/** Picks a pod for a new connection. */
export function pickChains(of: PickClass, number: number, generation: Generation, seed: number): readonly Chain[] {
  const word = vocabulary(of.family, generation, seed)
  const name = chainOf('pick', number, generation)
  const { numbers, members } = word.names
  const transport = of.protocol === 'TCP' ? 'tcp' : 'udp'
  const { endpoints, targets } = podNames(of.family, transport, generation)
  const serviceNumber = `meta mark set ${word.service} map @${numbers}`
  const index = `meta mark . numgen random mod ${of.endpoints}`
  const toPod = (target: string) => `meta l4proto ${transport} dnat ${word.ip} to ${target}`
  if (of.affinitySeconds === 0) return [{ name, rules: [serviceNumber, toPod(`${index} map @${endpoints}`)] }]
  const { affinity } = word.kept
  const timeout = `${of.affinitySeconds}s`
  const toKnown = toPod(`${word.ip} daddr . ${transport} dport . meta mark map @${targets}`)
  return [
    { name, rules: [`meta mark set ${word.clientKey} map @${affinity} goto ${name}_known`, `goto ${name}_choose`] },
    // A pod that is gone is no target any more: another one is chosen.
    { name: `${name}_known`, rules: [word.remember(affinity, word.clientKey, timeout), toKnown, `goto ${name}_choose`] },
    {
      name: `${name}_choose`,
      rules: [
        serviceNumber,
        `meta mark set ${index} map @${members}`,
        ...word.rewrite(affinity, word.clientKey, timeout),
        toKnown,
      ],
    },
  ]
}
