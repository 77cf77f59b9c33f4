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
  if (of.path !== 'refuse' && of.path !== 'silent') return [{ name, rules: [...allowed, 'meta mark set 0 accept'] }]
  const goesOn = of.protocol === 'TCP' ? [`${word.pinOf('tcp')} goto ${word.chain('pinned')}`] : []
  const opens = of.protocol === 'TCP' ? ['tcp flags & (syn | ack) == syn'] : []
  if (of.path === 'silent') return [{ name, rules: [...allowed, ...opens.map(when => `${when} drop`), ...goesOn, 'drop'] }]
  const refuse = of.protocol === 'TCP' ? 'meta l4proto tcp reject with tcp reset' : 'reject'
  const opening = opens.map(when => `${when} meta mark set 0 reject with tcp reset`)
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
    ...openChains(of, context, 'tcp'),
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
  const { word, name, senders, peers } = context
  const deliver = `goto deliver${word.generation}`
  // With a pod here, what a peer sends is for it, wherever we sent the flow when we had none.
  const fromPeer = of.local
    ? [`ether saddr @${peers} meta mark != ${self} meta mark set ${self} goto ${word.chain('note_udp')}`]
    : [`meta mark ${self} goto ${name}_again`, `ether saddr . meta mark @${senders} goto ${name}_again`]
  return [
    { name, rules: [...allowed, `${word.pinOf('udp')} goto ${name}_pinned`, `goto ${name}_open`] },
    {
      name: `${name}_pinned`,
      rules: [`meta mark != @${word.names.alive} goto ${name}_again`, ...fromPeer, ...word.keepPin('udp'), deliver],
    },
    { name: `${name}_again`, rules: [`meta mark set ${word.service} map @${word.names.services} goto ${name}_open`] },
    ...openChains(of, context, 'udp'),
  ]
}

/** Where a connection goes that begins: a peer that sends it means us; else the node its client had, or that of its slot. */
function openChains(
  of: ServiceClass,
  { word, name, slot, peers, senders }: ClassContext,
  protocol: 'tcp' | 'udp',
): readonly Chain[] {
  const note = `goto ${word.chain(`note_${protocol}`)}`
  const fromPeer = of.local ? [`ether saddr @${peers} meta mark set ${self} ${note}`] : []
  const service = `meta mark set ${word.service} map @${word.names.services}`
  // Without a pod of our own, what comes from the node of the slot goes back there: one of us is behind the other, and has not
  // heard yet who has pods. What comes back a second time, as it would for ever, ends here; the client tries again.
  const back: readonly Chain[] = of.local
    ? []
    : [
        { name: `${name}_back`, rules: [`${word.pinOf(protocol)} goto ${name}_bounce`, note] },
        { name: `${name}_bounce`, rules: [`ether saddr . meta mark @${senders} drop`, service, dropSlotBits, slot, note] },
      ]
  const toBack = of.local ? [] : [`ether saddr . meta mark @${senders} goto ${name}_back`]
  if (of.affinitySeconds === 0)
    return [{ name: `${name}_open`, rules: [...fromPeer, dropSlotBits, slot, ...toBack, note] }, ...back]
  const { sticky } = word.kept
  const timeout = `${of.affinitySeconds}s`
  const gone = [
    `meta mark != @${word.names.alive}`,
    ...(of.local ? [] : [`meta mark ${self}`, `ether saddr . meta mark @${senders}`]),
  ]
  return [
    {
      name: `${name}_open`,
      rules: [...fromPeer, `meta mark set ${word.clientKey} map @${sticky} goto ${name}_stuck`, `goto ${name}_stick`],
    },
    {
      name: `${name}_stuck`,
      rules: [...gone.map(when => `${when} goto ${name}_restick`), word.remember(sticky, word.clientKey, timeout), note],
    },
    { name: `${name}_restick`, rules: [`${service} goto ${name}_stick`] },
    {
      name: `${name}_stick`,
      rules: [dropSlotBits, slot, ...toBack, ...word.rewrite(sticky, word.clientKey, timeout), note],
    },
    ...back,
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
