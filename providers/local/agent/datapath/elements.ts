// What one Service needs in the sets and maps of our table, from numbers and parsed addresses only.
import type { IpRange } from '../../../../src/model/address.ts'
import type { DesiredNode, DesiredService, PodEndpoint, SlotTable } from './desired.ts'
import { protocolNumber } from './desired.ts'
import { addressWords, portWord } from './element.ts'
import type { Element, Words } from './element.ts'
import { classBits, familyNumber, nodeMark, pickMarkBase, podNames, sharedNames, staticNames } from './names.ts'
import type { Family, Generation } from './names.ts'
import { chainOf } from './service-chains.ts'
import type { FormerClass, PickClass, ServiceClass } from './service-chains.ts'
import { hashText } from './slots.ts'

/** The numbers of what a Service shares with others, and its own. */
export interface ServiceNumbers {
  readonly class?: number
  readonly slots?: number
  readonly former?: number
  readonly previous?: number
  readonly pick?: number
  readonly service?: number
}

export const familyOf = ({ address }: Pick<DesiredService, 'address'>): Family => familyNumber[address.family]

/** How the packets of a Service are handled before they are translated; undefined when nothing is to be done. */
export function classOf(service: DesiredService): ServiceClass | undefined {
  const { path, protocol, slots, sources } = service
  const restricted = sources.length > 0
  if ((path === 'masquerade' || path === 'local' || path === 'elsewhere') && !restricted) return undefined
  const direct = path === 'direct'
  return {
    family: familyOf(service),
    protocol,
    path,
    slots: direct ? (slots?.nodes.length ?? 0) : 0,
    affinitySeconds: direct ? (service.affinitySeconds ?? 0) : 0,
    restricted,
    local: direct && service.endpoints.length > 0,
  }
}

/** How an earlier slot table of the Service is looked at; undefined without one. UDP has no connections that could be told from new ones. */
export function formerClassOf(service: DesiredService): FormerClass | undefined {
  if (service.path !== 'direct' || !service.previous || service.protocol === 'UDP') return undefined
  const slots = service.previous.nodes.length
  return { family: familyOf(service), slots, byClient: service.affinitySeconds !== undefined }
}

/** How a pod is picked on this node; undefined when none is. */
export function pickClassOf(service: DesiredService): PickClass | undefined {
  const { endpoints, path, affinitySeconds } = service
  if (endpoints.length === 0 || path === 'refuse' || path === 'silent' || path === 'elsewhere') return undefined
  return {
    family: familyOf(service),
    protocol: service.protocol,
    endpoints: endpoints.length,
    affinitySeconds: affinitySeconds ?? 0,
  }
}

/** The elements that are this Service's alone. */
export function serviceElements(service: DesiredService, numbers: ServiceNumbers, generation: Generation): readonly Element[] {
  const { address, protocol, port, sources } = service
  const names = staticNames(familyOf(service), generation)
  const at = addressWords(address)
  const key: Words = [...at, protocolNumber[protocol], portWord(port)]
  const mark = (slots: number | undefined, handler: number): Words => [(((slots ?? 0) << classBits) | handler) >>> 0]
  const elements: Element[] = []
  if (numbers.class !== undefined) elements.push({ set: names.services, key, value: mark(numbers.slots, numbers.class) })
  if (numbers.former !== undefined) elements.push({ set: names.previous, key, value: mark(numbers.previous, numbers.former) })
  for (const { family, first, last } of mergedRanges(sources)) {
    const end = (value: bigint) => [...key, ...addressWords({ family, value })]
    elements.push({ set: names.sources, key: end(first), last: end(last) })
  }
  if (numbers.pick !== undefined && numbers.service !== undefined) {
    const own = pickMarkBase + numbers.service
    elements.push(
      { set: names.local, key, value: chainOf('pick', numbers.pick, generation) },
      { set: names.numbers, key, value: [own] },
    )
    addPods(elements, service, own, generation)
  }
  return elements
}

function addPods(elements: Element[], service: DesiredService, own: number, generation: Generation): void {
  const { endpoints, targets } = podNames(familyOf(service), service.protocol === 'TCP' ? 'tcp' : 'udp', generation)
  const target = ({ address, port }: PodEndpoint): Words => [...addressWords(address), portWord(port)]
  if (service.affinitySeconds === undefined) {
    for (const [index, pod] of service.endpoints.entries())
      elements.push({ set: endpoints, key: [own, index], value: target(pod) })
    return
  }
  const ids = podIds(service.endpoints.map(({ address, port }) => `${address.text} . ${port}`))
  const at = [...addressWords(service.address), portWord(service.port)]
  for (const [index, pod] of service.endpoints.entries()) {
    const id = pickMarkBase + (ids[index] ?? 0)
    elements.push(
      { set: `members${generation}`, key: [own, index], value: [id] },
      { set: targets, key: [...at, id], value: target(pod) },
    )
  }
}

/** Numbers of 24 bits that stay with a pod whatever other pods its Service has: clients are remembered by them. */
function podIds(targets: readonly string[]): readonly number[] {
  const taken = new Set<number>()
  return targets.map(target => {
    let id = hashText(target) & 0xff_ffff
    while (taken.has(id)) id = (id + 1) & 0xff_ffff
    taken.add(id)
    return id
  })
}

/**
 * The content of a slot table in the kernel: the number of each slot's node. A node that is not known has 0 and no element, so packets of its
 * slots find nobody.
 */
export function slotNumbers(table: SlotTable, nodes: ReadonlyMap<string, DesiredNode>): string {
  return table.nodes.map(name => nodes.get(name)?.number ?? 0).join(' ')
}

/** The elements of the slot table with that content (`slotNumbers`) and that number. */
export function slotElements(content: string, number: number, generation: Generation): readonly Element[] {
  const set = sharedNames(generation).slots
  const mark = (number << classBits) >>> 0
  return content
    .split(' ')
    .flatMap((node, slot) => (node === '0' ? [] : { set, key: [mark, slot], value: [nodeMark(Number(node))] }))
}

/** Networks that touch become one: the kernel refuses ranges that overlap. */
export function mergedRanges(ranges: readonly IpRange[]): readonly IpRange[] {
  const merged: IpRange[] = []
  for (const range of ranges.toSorted((one, other) => (one.first < other.first ? -1 : one.first > other.first ? 1 : 0))) {
    const last = merged.at(-1)
    if (!last || range.first > last.last + 1n) merged.push(range)
    else if (range.last > last.last) merged[merged.length - 1] = { ...last, last: range.last }
  }
  return merged
}
