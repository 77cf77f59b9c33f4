// Reads the shapes of AWS's service models as the SDK clients publish them, so that every field has its wire name from there.

/** Names of a member on the wire; what the models say beside that is of no use here. */
export type WireNames = { readonly xmlName?: string; readonly ec2QueryName?: string; readonly xmlFlattened?: 1 }

export type Member = { readonly shape: Shape; readonly names: WireNames }

export type Shape =
  | { readonly kind: 'string' | 'number' | 'boolean' | 'timestamp' | 'blob' }
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
const simpleKinds: ReadonlyMap<number, 'string' | 'number' | 'boolean' | 'timestamp' | 'blob'> = new Map([
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
const structureShape = 3
const unionShape = 4
const errorShape = -3
const operationShape = 9

const known = new Map<unknown, Shape>()

/** The shape behind one of the SDK's schema references. Shapes may contain themselves, so structures fill their members on first use. */
function shapeOf(reference: unknown): Shape {
  if (typeof reference === 'function') return shapeOf(reference())
  if (typeof reference === 'number') return numberShape(reference)
  if (reference === 'unit' || reference === undefined) return { kind: 'structure', members: new Map(), required: [] }
  const found = known.get(reference)
  if (found) return found
  const shape = arrayShape(reference as readonly unknown[])
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

function arrayShape(reference: readonly unknown[]): Shape {
  const [kind, , , , first, second, required] = reference
  if (kind === simpleShape) return shapeOf(first)
  if (kind === listShape) return lazy('list', () => ({ item: memberOf(first) }))
  if (kind === mapShape) return lazy('map', () => ({ key: memberOf(first), value: memberOf(second) }))
  if (kind === structureShape || kind === unionShape || kind === errorShape) {
    const names = (first ?? []) as readonly string[]
    const shapes = (second ?? []) as readonly unknown[]
    return lazy('structure', () => ({
      members: new Map(names.map((name, index) => [name, memberOf(shapes[index])])),
      required: names.slice(0, (required as number | undefined) ?? 0),
    }))
  }
  throw new Error(`the service model has a shape of an unknown kind: ${String(kind)}`)
}

/** A shape whose parts are read on first use, since a shape may contain itself. */
function lazy<K extends 'list' | 'map' | 'structure'>(kind: K, read: () => Omit<Extract<Shape, { kind: K }>, 'kind'>): Shape {
  let parts: Record<string, unknown> | undefined
  return new Proxy({ kind } as unknown as Shape, {
    get: (target, property) =>
      property === 'kind' ? target.kind : (parts ??= read() as Record<string, unknown>)[String(property)],
  })
}

/** A member is a reference, or a pair of a reference and its traits. */
function memberOf(reference: unknown): Member {
  if (!Array.isArray(reference) || typeof reference[1] === 'string') return { shape: shapeOf(reference), names: {} }
  const traits: unknown = reference[1]
  return { shape: shapeOf(reference[0]), names: typeof traits === 'object' && traits !== null ? traits : {} }
}

/** The operation `name` of a client package (or of a module with shapes in the same notation); undefined when it has none. */
export function operationIn(model: object, name: string): Operation | undefined {
  const schema = (model as Record<string, unknown>)[`${name}$`]
  if (!Array.isArray(schema) || schema[0] !== operationShape) return undefined
  return { name, input: shapeOf(schema[4]), output: shapeOf(schema[5]) }
}

/** All errors that a client package models. */
export function errorsIn(model: object): readonly ErrorShape[] {
  return Object.values(model)
    .filter((schema): schema is unknown[] => Array.isArray(schema) && schema[0] === errorShape)
    .map(schema => {
      const name = String(schema[2])
      const traits = schema[3] as { awsQueryError?: readonly [string, number]; httpError?: number; error?: string }
      const status = traits.httpError ?? (traits.error === 'server' ? 500 : 400)
      return { name, code: traits.awsQueryError?.[0] ?? name, status: traits.awsQueryError?.[1] ?? status }
    })
}
