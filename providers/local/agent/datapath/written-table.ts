// What we have put into the kernel, with the numbers that its parts were given.
import type { DesiredNode, DesiredService } from './desired.ts'
import type { ServiceNumbers } from './elements.ts'
import { classMask } from './names.ts'
import type { Generation } from './names.ts'
import { emptyRegistry } from './registry.ts'
import type { Registry } from './registry.ts'

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

/** Slot tables have numbers up to this. */
export const lastSlotTable = 0xf_ffff

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
    slots: emptyRegistry(lastSlotTable),
    own: emptyRegistry(0xff_ffff),
    counted: emptyRegistry(0x7fff_ffff),
  }
}
