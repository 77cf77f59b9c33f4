// Decodes the form of AWS's query protocols (`Tags.member.1.Key=a`) into a value of the operation's input shape.
import { awsError } from '../errors.ts'
import type { Member, Shape } from './shapes.ts'
import { recordOf } from './values.ts'

/** How a dialect writes lists and names its members. */
export type FormDialect = {
  /** The word before the index of a list item; undefined when the index follows the list's name at once. */
  readonly listWord: string | undefined
  memberName(name: string, member: Member): string
  missing(name: string): Error
}

type Node = { value?: string; readonly children: Map<string, Node> }

/** The input as the operation's handler takes it. Throws for unknown, missing or malformed parameters. */
export function decodeForm(form: URLSearchParams, shape: Shape, dialect: FormDialect): Readonly<Record<string, unknown>> {
  const root: Node = { children: new Map() }
  for (const [key, value] of form) {
    if (key === 'Action' || key === 'Version') continue
    let node = root
    for (const part of key.split('.')) {
      let next = node.children.get(part)
      if (!next) node.children.set(part, (next = { children: new Map() }))
      node = next
    }
    node.value = value
  }
  return recordOf(decode(root, shape, dialect, ''))
}

function decode(node: Node, shape: Shape, dialect: FormDialect, path: string): unknown {
  if (shape.kind === 'structure') return decodeStructure(node, shape, dialect, path)
  if (shape.kind === 'list') return decodeList(node, shape.item, dialect, path)
  if (shape.kind === 'map') return decodeMap(node, shape, dialect, path)
  const value = text(node, path)
  if (shape.kind === 'number') return numberOf(value, path)
  if (shape.kind === 'timestamp') return new Date(value)
  if (shape.kind === 'blob') return new Uint8Array(Buffer.from(value, 'base64'))
  if (shape.kind === 'boolean' && value !== 'true' && value !== 'false') throw malformed(path, 'true or false')
  return shape.kind === 'boolean' ? value === 'true' : value
}

function numberOf(value: string, path: string): number {
  const number = Number(value)
  if (!Number.isFinite(number)) throw malformed(path, 'a number')
  return number
}

function decodeStructure(node: Node, shape: Extract<Shape, { kind: 'structure' }>, dialect: FormDialect, path: string): unknown {
  const result: Record<string, unknown> = {}
  const left = new Map(node.children)
  for (const [name, member] of shape.members) {
    const wireName = dialect.memberName(name, member)
    const child = left.get(wireName)
    if (!child) continue
    left.delete(wireName)
    result[name] = decode(child, member.shape, dialect, `${path}${wireName}.`)
  }
  for (const name of shape.required) if (result[name] === undefined) throw dialect.missing(`${path}${name}`)
  const unknown = left.keys().next().value
  if (unknown !== undefined) throw awsError('UnknownParameter', `The parameter ${path}${unknown} is not recognized`)
  return result
}

function decodeList(node: Node, item: Member, dialect: FormDialect, path: string): unknown {
  if (node.value === '' && node.children.size === 0) return []
  const word = dialect.listWord === undefined ? undefined : (item.names.xmlName ?? dialect.listWord)
  const items = word === undefined ? node : node.children.get(word)
  if (!items) throw malformed(path, 'a list')
  return [...items.children]
    .toSorted(([left], [right]) => Number(left) - Number(right))
    .map(([index, child]) => decode(child, item.shape, dialect, `${path}${word === undefined ? '' : `${word}.`}${index}.`))
}

function decodeMap(node: Node, shape: Extract<Shape, { kind: 'map' }>, dialect: FormDialect, path: string): unknown {
  const entries = [...(node.children.get('entry') ?? node).children.values()]
  const keyName = shape.key.names.xmlName ?? 'key'
  const valueName = shape.value.names.xmlName ?? 'value'
  const pairs = entries.map(entry => {
    const [key, value] = [entry.children.get(keyName), entry.children.get(valueName)]
    if (!key || !value) throw malformed(path, 'a map')
    return [text(key, path), decode(value, shape.value.shape, dialect, path)] as const
  })
  return Object.fromEntries(pairs)
}

function text(node: Node, path: string): string {
  if (node.value === undefined || node.children.size > 0) throw malformed(path, 'a single value')
  return node.value
}

function malformed(path: string, wanted: string): Error {
  return awsError('MalformedInput', `The parameter ${path.replace(/\.$/, '')} must be ${wanted}`)
}
