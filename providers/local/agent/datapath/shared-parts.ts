// What several Services have in common in the kernel (chains, slot tables, addresses): made for the first that needs it, taken away after the last.
import { parseAddress } from '../../../../src/model/address.ts'
import type { DesiredService, DesiredTable, SlotTable } from './desired.ts'
import { classOf, familyOf, formerClassOf, pickClassOf, slotElements } from './elements.ts'
import { addressWords } from './element.ts'
import type { Element } from './element.ts'
import type { Chain } from './expressions.ts'
import type { Generation } from './names.ts'
import { editRegistry } from './registry.ts'
import type { RegistryEdit } from './registry.ts'
import { classChains, formerChains, pickChains } from './service-chains.ts'
import type { Change } from './transactions.ts'
import type { Taken, WrittenTable } from './written-table.ts'

export type Edits = Readonly<Record<'classes' | 'formers' | 'picks' | 'slots' | 'own' | 'counted', RegistryEdit>>

export function editsOf(written: WrittenTable): Edits {
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

/** Elements that belong to an address or a pod, whichever of its Services needs them, as names: `own4 10.244.1.2`. */
function countedKeys(service: DesiredService): readonly string[] {
  const family = familyOf(service)
  const { address, path, endpoints } = service
  const keys = path === 'elsewhere' ? [] : [`addresses${family} ${address.text}`]
  if (path !== 'masquerade') return keys
  const own = endpoints.filter(({ local }) => local).map(pod => `own${family} ${pod.address.text}`)
  return [...keys, `masqueraded${family} ${address.text}`, ...own]
}

function countedElement(name: string, generation: Generation): Element {
  const [set = '', text = ''] = name.split(' ')
  const address = parseAddress(text)
  return { set: `${set}${generation}`, key: address ? addressWords(address) : [] }
}

/** Takes the numbers that a Service needs; `made` is what has to be there first. */
export function use({
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
    add: [{ set: `${map}${generation}`, key: [number], value: chains[0]?.name ?? '' }],
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
export function drop(edits: Edits, service: DesiredService, taken: Taken): void {
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

/** What nobody needs any more, and the registries without it. */
export function finish(edits: Edits, written: WrittenTable, generation: Generation) {
  const classes = edits.classes.finish()
  const formers = edits.formers.finish()
  const picks = edits.picks.finish()
  const slots = edits.slots.finish()
  const own = edits.own.finish()
  const counted = edits.counted.finish()
  const gone = (number: number, map: string, chains: readonly Chain[]): Change => ({
    remove: [{ set: `${map}${generation}`, key: [number] }],
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
