// The way from what is written in the kernel to what is desired, as transactions for nft. Pure.
import type { DesiredNode, DesiredService, DesiredTable, SlotTable } from './desired.ts'
import { classOf, familyOf, formerClassOf, pickClassOf, serviceElements, slotElements, slotNumbers } from './elements.ts'
import type { Element, ServiceNumbers } from './elements.ts'
import type { Chain } from './expressions.ts'
import { classMask, nodeMark, selfMark, sharedNames } from './names.ts'
import type { Generation } from './names.ts'
import { editRegistry, emptyRegistry } from './registry.ts'
import type { Registry, RegistryEdit } from './registry.ts'
import { classChains, formerChains, pickChains } from './service-chains.ts'
import { transactions } from './transactions.ts'
import type { Change } from './transactions.ts'

/** The numbers of a Service, and the content of its slot tables as they were numbered. */
export interface Taken extends ServiceNumbers {
  readonly slotContent?: string
  readonly previousContent?: string
}

/** What is in the kernel, as far as we put it there. Never changed in place. */
export interface WrittenTable {
  readonly generation: Generation
  readonly seed: number
  readonly interfaces: readonly string[]
  readonly nodes: ReadonlyMap<string, DesiredNode>
  readonly services: ReadonlyMap<string, { readonly service: DesiredService; readonly taken: Taken }>
  readonly classes: Registry
  readonly formers: Registry
  readonly picks: Registry
  readonly slots: Registry
  readonly own: Registry
  /** Elements that several Services need. */
  readonly counted: Registry
}

/** A generation with nothing in it. */
export function emptyTable(generation: Generation, seed: number): WrittenTable {
  return {
    generation,
    seed,
    interfaces: [],
    nodes: new Map(),
    services: new Map(),
    classes: emptyRegistry(classMask),
    formers: emptyRegistry(classMask),
    picks: emptyRegistry(0xff_ffff),
    slots: emptyRegistry(0xf_ffff),
    own: emptyRegistry(0xff_ffff),
    counted: emptyRegistry(0x7fff_ffff),
  }
}

/**
 * The transactions, each atomic and in this order, and what is written after them. First what nothing leads to yet, then the Services, each
 * of them in one transaction, then what nothing leads to any more; so everything works between two transactions, and when
 * they end early. Services that are the same object as what is written cost nothing but the comparison.
 */
export function planTable(
  desired: DesiredTable,
  written: WrittenTable,
): { readonly transactions: readonly string[]; readonly written: WrittenTable } {
  const { generation } = written
  const edits = editsOf(written)
  const make: Change[] = []
  const change: Change[] = []
  const clean: Change[] = []
  const services = new Map(written.services)
  const slots = slotContents(desired.nodes)
  const sameNumbers = haveSameNumbers(desired.nodes, written.nodes)

  for (const [key, { service, taken }] of written.services) {
    if (desired.services.has(key)) continue
    services.delete(key)
    drop(edits, service, taken)
    change.push({ remove: serviceElements(service, taken, generation), add: [] })
  }
  for (const [key, service] of desired.services) {
    const old = written.services.get(key)
    if (old?.service === service && sameNumbers) continue
    const { taken, made } = use({ edits, service, slots, desired, generation })
    make.push(...made)
    if (old) drop(edits, old.service, old.taken)
    services.set(key, { service, taken })
    const before = old ? serviceElements(old.service, old.taken, generation) : []
    const difference = differing(before, serviceElements(service, taken, generation))
    if (difference.remove.length + difference.add.length > 0) change.push(difference)
  }
  const { registries, cleaned } = finish(edits, written, generation)
  clean.push(...cleaned)
  return {
    transactions: transactions([make, [...change, ...sharedChange(desired, written)], clean]),
    written: {
      generation,
      seed: written.seed,
      interfaces: desired.interfaces,
      nodes: desired.nodes,
      services,
      ...registries,
    },
  }
}

type Edits = Readonly<Record<'classes' | 'formers' | 'picks' | 'slots' | 'own' | 'counted', RegistryEdit>>

function editsOf(written: WrittenTable): Edits {
  const { classes, formers, picks, slots, own, counted } = written
  return {
    classes: editRegistry(classes),
    formers: editRegistry(formers),
    picks: editRegistry(picks),
    slots: editRegistry(slots),
    own: editRegistry(own),
    counted: editRegistry(counted),
  }
}

const serviceName = ({ address, protocol, port }: DesiredService) => `${address.text} ${protocol} ${port}`

/** Elements that belong to an address or a pod, whichever of its Services needs them. */
function countedKeys(service: DesiredService): readonly string[] {
  const family = familyOf(service)
  const { address, path, endpoints } = service
  const keys =
    path === 'elsewhere' ? [] : [`addresses${family} 0x${address.value.toString(16).padStart(family === 4 ? 8 : 32, '0')}`]
  if (path !== 'masquerade') return keys
  const own = endpoints.filter(({ local }) => local).map(pod => `own${family} ${pod.address.text}`)
  return [...keys, `masqueraded${family} ${address.text}`, ...own]
}

function countedElement(key: string, generation: Generation): Element {
  const [name = '', element = ''] = key.split(' ')
  return { set: `${name}${generation}`, key: element }
}

/** Takes the numbers that a Service needs; `made` is what has to be there first. */
function use({
  edits,
  service,
  slots: contentOf,
  desired,
  generation,
}: {
  readonly edits: Edits
  readonly service: DesiredService
  readonly slots: (table: SlotTable) => string
  readonly desired: DesiredTable
  readonly generation: Generation
}): { readonly taken: Taken; readonly made: readonly Change[] } {
  const made: Change[] = []
  const take = (edit: RegistryEdit, key: unknown, make: (number: number) => Change): number => {
    const { number, first } = edit.use(JSON.stringify(key))
    if (first) made.push(make(number))
    return number
  }
  const slots = (content: string) => {
    const { number, first } = edits.slots.use(content)
    if (first) made.push({ remove: [], add: slotElements(content, number, generation) })
    return number
  }
  const handler = (map: string, number: number, chains: readonly Chain[]): Change => ({
    chains,
    remove: [],
    add: [{ set: `${map}${generation}`, key: `${number}`, value: `goto ${chains[0]?.name}` }],
  })
  const numbers: { -readonly [name in keyof Taken]: Taken[name] } = {}
  const its = { class: classOf(service), former: formerClassOf(service), pick: pickClassOf(service) }
  if (its.class) {
    const { class: of } = its
    numbers.class = take(edits.classes, of, number =>
      handler('classes', number, classChains(of, number, generation, desired.seed)),
    )
    if (of.path === 'direct' && service.slots) {
      numbers.slotContent = contentOf(service.slots)
      numbers.slots = slots(numbers.slotContent)
    }
  }
  if (its.former && service.previous) {
    const { former } = its
    numbers.former = take(edits.formers, former, number =>
      handler('formerly', number, formerChains(former, number, generation, desired.seed)),
    )
    numbers.previousContent = contentOf(service.previous)
    numbers.previous = slots(numbers.previousContent)
  }
  if (its.pick) {
    const { pick } = its
    numbers.pick = take(edits.picks, pick, number => ({
      chains: pickChains(pick, number, generation, desired.seed),
      remove: [],
      add: [],
    }))
    numbers.service = edits.own.use(serviceName(service)).number
  }
  for (const key of countedKeys(service)) {
    if (edits.counted.use(key).first) made.push({ remove: [], add: [countedElement(key, generation)] })
  }
  return { taken: numbers, made }
}

/** Gives back what `use` took. */
function drop(edits: Edits, service: DesiredService, taken: Taken): void {
  const its = { class: classOf(service), former: formerClassOf(service), pick: pickClassOf(service) }
  if (its.class) edits.classes.drop(JSON.stringify(its.class))
  if (taken.slotContent !== undefined) edits.slots.drop(taken.slotContent)
  if (its.former) edits.formers.drop(JSON.stringify(its.former))
  if (taken.previousContent !== undefined) edits.slots.drop(taken.previousContent)
  if (its.pick) {
    edits.picks.drop(JSON.stringify(its.pick))
    edits.own.drop(serviceName(service))
  }
  for (const key of countedKeys(service)) edits.counted.drop(key)
}

function finish(edits: Edits, written: WrittenTable, generation: Generation) {
  const classes = edits.classes.finish()
  const formers = edits.formers.finish()
  const picks = edits.picks.finish()
  const slots = edits.slots.finish()
  const own = edits.own.finish()
  const counted = edits.counted.finish()
  const gone = (number: number, map: string, chains: readonly Chain[]): Change => ({
    remove: [{ set: `${map}${generation}`, key: `${number}` }],
    add: [],
    goneChains: chains.map(({ name }) => name),
  })
  const cleaned: Change[] = [
    ...classes.unused.map(([key, number]) =>
      gone(number, 'classes', classChains(JSON.parse(key), number, generation, written.seed)),
    ),
    ...formers.unused.map(([key, number]) =>
      gone(number, 'formerly', formerChains(JSON.parse(key), number, generation, written.seed)),
    ),
    ...picks.unused.map(([key, number]) => ({
      remove: [],
      add: [],
      goneChains: pickChains(JSON.parse(key), number, generation, written.seed).map(({ name }) => name),
    })),
    ...slots.unused.map(([content, number]) => ({ remove: slotElements(content, number, generation), add: [] })),
    ...counted.unused.map(([key]) => ({ remove: [countedElement(key, generation)], add: [] })),
  ]
  return {
    cleaned,
    registries: {
      classes: classes.registry,
      formers: formers.registry,
      picks: picks.registry,
      slots: slots.registry,
      own: own.registry,
      counted: counted.registry,
    },
  }
}

/** Elements that are in both with the same value stay as they are. */
function differing(before: readonly Element[], after: readonly Element[]): Change {
  const values = new Map(before.map(element => [`${element.set} ${element.key}`, element]))
  const add: Element[] = []
  for (const element of after) {
    const id = `${element.set} ${element.key}`
    const known = values.get(id)
    if (known && known.value === element.value) values.delete(id)
    else add.push(element)
  }
  return { remove: [...values.values()], add }
}

/** The content of slot tables, computed once for each. */
function slotContents(nodes: ReadonlyMap<string, DesiredNode>): (table: SlotTable) => string {
  const known = new Map<SlotTable, string>()
  return table => {
    const content = known.get(table) ?? slotNumbers(table, nodes)
    known.set(table, content)
    return content
  }
}

function haveSameNumbers(one: ReadonlyMap<string, DesiredNode>, other: ReadonlyMap<string, DesiredNode>): boolean {
  return one.size === other.size && [...one].every(([name, { number }]) => other.get(name)?.number === number)
}

/** Interfaces and nodes: who may send to us, and who may be sent to. */
function sharedChange(desired: DesiredTable, written: WrittenTable): readonly Change[] {
  const before = sharedElements(written, written.generation)
  const difference = differing(before, sharedElements(desired, written.generation))
  return difference.add.length + difference.remove.length === 0 ? [] : [difference]
}

/** Names of interfaces that may stand in a transaction as they are; the kernel would allow more. */
const plainName = /^[A-Za-z0-9_.@-]{1,15}$/

function sharedElements(table: Pick<DesiredTable, 'interfaces' | 'nodes'>, generation: Generation): readonly Element[] {
  const names = sharedNames(generation)
  const nodes = [...table.nodes.values()]
  const mark = (node: DesiredNode) => `0x${nodeMark(node.number).toString(16)}`
  const peers = nodes.filter(node => nodeMark(node.number) !== selfMark)
  return [
    ...table.interfaces.filter(name => plainName.test(name)).map(name => ({ set: names.interfaces, key: `"${name}"` })),
    ...[...new Set(peers.map(({ mac }) => mac))].map(mac => ({ set: names.peers, key: mac })),
    ...peers.map(node => ({ set: names.senders, key: `${node.mac} . ${mark(node)}` })),
    ...nodes.filter(({ alive }) => alive).map(node => ({ set: names.alive, key: mark(node) })),
  ]
}
