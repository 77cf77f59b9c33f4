// From Envoy's resources in their JSON form to the bytes that travel: every field is looked up, and one that does not exist is refused.
import protobuf from 'protobufjs/light.js'

/** A resource cannot be said in Envoy's protocol: it was built wrongly. */
export class EncodingError extends Error {
  override readonly name = 'EncodingError'
  readonly code = 'InvalidResource'
  readonly retry = 'when-changed'
  readonly remedy = 'Nothing to do in the cluster; this is a mistake of this program.'
}

export interface Encoder {
  /** The bytes of a message of the type with this full name, from its JSON form (field names as in the definitions). */
  encode(type: string, json: unknown): Uint8Array
  decode(type: string, bytes: Uint8Array): Readonly<Record<string, unknown>>
}

export const typePrefix = 'type.googleapis.com/'

export function createEncoder(definitions: protobuf.INamespace): Encoder {
  const root = protobuf.Root.fromJSON(definitions)
  root.resolveAll()
  const typed = (name: string) => {
    const type = root.lookup(name, [protobuf.Type])
    return type instanceof protobuf.Type ? type : undefined
  }
  const named = (name: string) => {
    const type = typed(name)
    if (!type) throw new EncodingError(`there is no message ${name}`)
    return type
  }
  const encode = (type: protobuf.Type, json: unknown, at: string): Uint8Array => type.encode(messageOf(type, json, at)).finish()

  /** Protocol Buffers, "ProtoJSON format"; some messages of Google's have a JSON form of their own. */
  const messageOf = (type: protobuf.Type, json: unknown, at: string): Record<string, unknown> => {
    const special = specials[type.fullName]
    if (special) return special(json, at)
    if (!isObject(json)) throw new EncodingError(`${at} is no object`)
    const message: Record<string, unknown> = {}
    for (const [name, value] of Object.entries(json)) {
      const field = type.fields[name]
      if (!field) throw new EncodingError(`${at}: ${type.fullName} has no field ${name}`)
      if (value !== undefined) message[name] = fieldOf(field, value, `${at}.${name}`)
    }
    return message
  }
  const fieldOf = (field: protobuf.Field, value: unknown, at: string): unknown => {
    if (field instanceof protobuf.MapField) {
      if (!isObject(value)) throw new EncodingError(`${at} is no object`)
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key.toWellFormed(), valueOf(field, each, at)]))
    }
    if (!field.repeated) return valueOf(field, value, at)
    if (!Array.isArray(value)) throw new EncodingError(`${at} is no list`)
    return value.map((each, index) => valueOf(field, each, `${at}[${index}]`))
  }
  const valueOf = ({ type, resolvedType }: protobuf.Field, value: unknown, at: string): unknown => {
    if (resolvedType instanceof protobuf.Type) return messageOf(resolvedType, value, at)
    if (resolvedType instanceof protobuf.Enum) {
      const number = resolvedType.values[String(value)]
      if (number === undefined) throw new EncodingError(`${at}: ${resolvedType.fullName} has no value ${String(value)}`)
      return number
    }
    const read = scalars[type] ?? asNumber
    const found = read(value)
    if (found === undefined) throw new EncodingError(`${at} is no ${type}`)
    return found
  }
  /** What is encoded already goes as it is. What no definition is there for is sent as a structure; Envoy finds its message by the name. */
  const anyOf = (json: unknown, at: string) => {
    if (isObject(json) && json['value'] instanceof Uint8Array) return { ...json }
    const { '@type': url, ...fields } = isObject(json) ? json : {}
    if (typeof url !== 'string' || !url.startsWith(typePrefix)) throw new EncodingError(`${at} has no @type`)
    const type = typed(url.slice(typePrefix.length))
    if (type) return { type_url: url, value: encode(type, fields, at) }
    const structure = named('xds.type.v3.TypedStruct')
    const value = structure.encode({ type_url: url, value: structOf(fields) }).finish()
    return { type_url: `${typePrefix}${structure.fullName.slice(1)}`, value }
  }
  const specials: Readonly<Record<string, (json: unknown, at: string) => Record<string, unknown>>> = {
    '.google.protobuf.Any': anyOf,
    '.google.protobuf.Duration': durationOf,
    '.google.protobuf.Struct': structOf,
    '.google.protobuf.Value': jsonValueOf,
    ...Object.fromEntries(
      ['Bool', 'UInt32', 'UInt64', 'Int32', 'Int64', 'Double', 'Float', 'String'].map(name => [
        `.google.protobuf.${name}Value`,
        (json: unknown, at: string) => {
          const found = (scalars[name.toLowerCase()] ?? asNumber)(json)
          if (found === undefined) throw new EncodingError(`${at} is no ${name}`)
          return { value: found }
        },
      ]),
    ),
  }
  return {
    encode: (type, json) => encode(named(type), json, type),
    decode(type, bytes) {
      const message = named(type)
      return message.toObject(message.decode(bytes), { longs: Number })
    },
  }
}

const asNumber = (value: unknown) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined)

const scalars: Readonly<Record<string, (value: unknown) => unknown>> = {
  // Half of a surrogate pair is no UTF-8, and would spoil the whole message.
  string: value => (typeof value === 'string' ? value.toWellFormed() : undefined),
  bool: value => (typeof value === 'boolean' ? value : undefined),
  bytes: value => (typeof value === 'string' ? Buffer.from(value, 'base64') : undefined),
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function durationOf(json: unknown, at: string) {
  const [, seconds = '', fraction = ''] = /^(\d{1,12})(?:\.(\d{1,9}))?s$/.exec(String(json)) ?? []
  if (seconds === '') throw new EncodingError(`${at} is no duration: ${String(json)}`)
  return { seconds: Number(seconds), nanos: Number(fraction.padEnd(9, '0')) }
}

function structOf(json: unknown): Record<string, unknown> {
  const fields = Object.entries(isObject(json) ? json : {}).filter(([, value]) => value !== undefined)
  return { fields: Object.fromEntries(fields.map(([name, value]) => [name.toWellFormed(), jsonValueOf(value)])) }
}

/** The names of its fields are those of protobuf.js, which brings this message. */
function jsonValueOf(json: unknown): Record<string, unknown> {
  if (typeof json === 'number') return { numberValue: json }
  if (typeof json === 'string') return { stringValue: json.toWellFormed() }
  if (typeof json === 'boolean') return { boolValue: json }
  if (Array.isArray(json)) return { listValue: { values: json.map(jsonValueOf) } }
  return isObject(json) ? { structValue: structOf(json) } : { nullValue: 0 }
}
