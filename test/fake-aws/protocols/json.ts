// AWS's JSON protocol (Smithy awsJson1_1): the operation in a header, JSON in and out. Spoken by ACM.
import { awsError } from '../errors.ts'
import type { Protocol } from './protocol.ts'
import type { Shape } from './shapes.ts'
import { base64Of, dateOf, listOf, recordOf, textOf } from './values.ts'

const contentType = 'application/x-amz-json-1.1'

/** The JSON protocol of a service whose targets begin with `prefix` and a point. */
export function jsonProtocol(prefix: string): Protocol {
  return {
    operationName: request => {
      const target = String(request.headers['x-amz-target'] ?? '')
      return target.startsWith(`${prefix}.`) ? target.slice(prefix.length + 1) : undefined
    },
    decode: (request, operation) => recordOf(fromJson(parse(request.body), operation.input, '')),
    encode: (result, { output }) => ({ status: 200, contentType, body: JSON.stringify(toJson(result, output)) }),
    encodeError: error => ({
      status: error.status,
      contentType,
      body: JSON.stringify({ __type: error.code, message: error.message }),
    }),
  }
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body || '{}')
  } catch {
    throw awsError('SerializationException', 'The body is not JSON')
  }
}

function fromJson(value: unknown, shape: Shape, path: string): unknown {
  if (shape.kind === 'structure') return structureFromJson(value, shape, path)
  if (shape.kind === 'list') return listOf(value).map((item, index) => fromJson(item, shape.item.shape, `${path}${index}.`))
  if (shape.kind === 'timestamp') return new Date(Number(value) * 1000)
  if (shape.kind === 'blob') return new Uint8Array(Buffer.from(textOf(value), 'base64'))
  return value
}

function structureFromJson(value: unknown, shape: Extract<Shape, { kind: 'structure' }>, path: string): unknown {
  const given = recordOf(value)
  const unknown = Object.keys(given).find(name => !shape.members.has(name))
  if (unknown !== undefined) throw awsError('ValidationException', `The parameter ${path}${unknown} is not recognized`)
  const missing = shape.required.find(name => given[name] === undefined)
  if (missing !== undefined) throw awsError('ValidationException', `Value at '${path}${missing}' must not be null`)
  const present = [...shape.members].filter(([name]) => given[name] !== undefined && given[name] !== null)
  return Object.fromEntries(present.map(([name, member]) => [name, fromJson(given[name], member.shape, `${path}${name}.`)]))
}

function toJson(value: unknown, shape: Shape): unknown {
  if (shape.kind === 'list') return listOf(value).map(item => toJson(item, shape.item.shape))
  if (shape.kind === 'timestamp') return dateOf(value).getTime() / 1000
  if (shape.kind === 'blob') return base64Of(value)
  if (shape.kind !== 'structure') return value
  const members = Object.entries(recordOf(value)).filter(([, content]) => content !== undefined)
  return Object.fromEntries(
    members.map(([name, content]) => {
      const member = shape.members.get(name)
      if (!member) throw new Error(`the service model has no member ${name} in this result`)
      return [name, toJson(content, member.shape)]
    }),
  )
}
