// Reads the shapes of AWS's service models as the SDK clients publish them, so that every field has its wire name from there.
import { listOf as itemsOf, recordOf, textOf } from './values.ts'

/** Names of a member on the wire; what the models say beside that is of no use here. */
export type WireNames = {
  readonly xmlName?: string | undefined
  readonly ec2QueryName?: string | undefined
  readonly xmlFlattened?: true | undefined
}

export type Member = { readonly shape: Shape; readonly names: WireNames }

type Simple = 'string' | 'number' | 'boolean' | 'timestamp' | 'blob'

export type Shape =
  | { readonly kind: Simple }
  | { readonly kind: 'list'; readonly item: Member }
  | { readonly kind: 'map'; readonly key: Member; readonly value: Member }
  | {
      readonly kind: 'structure'
      readonly members: ReadonlyMap<string, Member>
      /** Names that must be there. */
      readonly required: readonly string[]
    }

export type Operation = { readonly name: string; readonly input: Shape; readonly output: Shape }

/** A modelled error: the class name the SDK surfaces, the code on the wire, the HTTP status. */
export type ErrorShape = { readonly name: string; readonly code: string; readonly status: number }

const listOf = 64
const mapOf = 128
const simpleKinds: ReadonlyMap<number, Simple> = new Map([
  [0, 'string'],
  [1, 'number'],
  [2, 'boolean'],
  [4, 'timestamp'],
  [5, 'timestamp'],
  [6, 'timestamp'],
  [7, 'timestamp'],
  [15, 'string'],
  [17, 'number'],
  [19, 'number'],
  [21, 'blob'],
  [42, 'blob'],
])
const simpleShape = 0
const listShape = 1
const mapShape = 2
const structureShapes: ReadonlySet<unknown> = new Set([3, 4, -3])
const errorShape = -3
const operationShape = 9

const known = new Map<unknown, Shape>()

/** The shape behind one of the SDK's schema references. */
function shapeOf(reference: unknown): Shape {
  if (typeof reference === 'function') return shapeOf(reference())
  if (typeof reference === 'number') return numberShape(reference)
  if (reference === 'unit' || reference === undefined) return { kind: 'structure', members: new Map(), required: [] }
  const found = known.get(reference)
  if (found) return found
  const shape = arrayShape(itemsOf(reference))
  known.set(reference, shape)
  return shape
}

function numberShape(reference: number): Shape {
  if (reference >= mapOf) return { kind: 'map', key: memberOf(0), value: memberOf(reference - mapOf) }
  if (reference >= listOf) return { kind: 'list', item: memberOf(reference - listOf) }
  const kind = simpleKinds.get(reference)
  if (!kind) throw new Error(`the service model has a shape of an unknown kind: ${reference}`)
  return { kind }
}

/** A shape may contain itself, so its parts are read when they are first asked for. */
function arrayShape([kind, , , , first, second, required]: readonly unknown[]): Shape {
  if (kind === simpleShape) return shapeOf(first)
  if (kind === listShape) {
    const item = once(() => memberOf(first))
    return {
      kind: 'list',
      get item() {
        return item()
      },
    }
  }
  if (kind === mapShape) return { kind: 'map', key: memberOf(first), value: memberOf(second) }
  if (!structureShapes.has(kind)) throw new Error(`the service model has a shape of an unknown kind: ${String(kind)}`)
  const names = itemsOf(first ?? []).map(textOf)
  const shapes = itemsOf(second ?? [])
  const members = once(() => new Map(names.map((name, index) => [name, memberOf(shapes[index])] as const)))
  return {
    kind: 'structure',
    required: names.slice(0, Number(required ?? 0)),
    get members() {
      return members()
    },
  }
}

function once<T>(read: () => T): () => T {
  let value: { readonly read: T } | undefined
  return () => (value ??= { read: read() }).read
}

/** A member is a reference, or a pair of a reference and its traits. */
function memberOf(reference: unknown): Member {
  if (!Array.isArray(reference) || typeof reference[1] === 'string') return { shape: shapeOf(reference), names: {} }
  const [shape, traits]: readonly unknown[] = reference
  return { shape: shapeOf(shape), names: typeof traits === 'object' ? namesOf(recordOf(traits)) : {} }
}

function namesOf(traits: Readonly<Record<string, unknown>>): WireNames {
  const text = (name: string) => (traits[name] === undefined ? undefined : textOf(traits[name]))
  return {
    xmlName: text('xmlName'),
    ec2QueryName: text('ec2QueryName'),
    xmlFlattened: traits['xmlFlattened'] === 1 ? true : undefined,
  }
}

/** The operation `name` of a client package (or of a module with shapes in the same notation); undefined when it has none. */
export function operationIn(model: object, name: string): Operation | undefined {
  const schema: unknown = new Map<string, unknown>(Object.entries(model)).get(`${name}$`)
  if (!Array.isArray(schema) || schema[0] !== operationShape) return undefined
  return { name, input: shapeOf(schema[4]), output: shapeOf(schema[5]) }
}

/** All errors that a client package models. */
export function errorsIn(model: object): readonly ErrorShape[] {
  const schemas = Object.values(model).filter(schema => Array.isArray(schema) && schema[0] === errorShape)
  return schemas.map(schema => {
    const [, , name, given] = itemsOf(schema)
    const traits = typeof given === 'object' ? recordOf(given) : {}
    const [code, status] = itemsOf(traits['awsQueryError'] ?? [])
    const otherwise = traits['httpError'] ?? (traits['error'] === 'server' ? 500 : 400)
    return { name: textOf(name), code: textOf(code ?? name), status: Number(status ?? otherwise) }
  })
}
