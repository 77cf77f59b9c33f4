// AWS's JSON protocol (Smithy awsJson1_1): the operation in a header, JSON in and out. Spoken by ACM.
import { awsError } from '../errors.ts'
import type { Protocol } from './protocol.ts'
import type { Shape } from './shapes.ts'

const contentType = 'application/x-amz-json-1.1'

/** The JSON protocol of a service whose targets begin with `prefix` and a point. */
export function jsonProtocol(prefix: string): Protocol {
  return {
    operationName: request => {
      const target = String(request.headers['x-amz-target'] ?? '')
      return target.startsWith(`${prefix}.`) ? target.slice(prefix.length + 1) : undefined
    },
    decode: (request, operation) => fromJson(parse(request.body), operation.input, '') as Record<string, unknown>,
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
  switch (shape.kind) {
    case 'structure': {
      const given = value as Record<string, unknown>
      for (const name of Object.keys(given)) {
        if (!shape.members.has(name)) throw awsError('ValidationException', `The parameter ${path}${name} is not recognized`)
      }
      for (const name of shape.required) {
        if (given[name] === undefined) throw awsError('ValidationException', `Value at '${path}${name}' must not be null`)
      }
      const present = [...shape.members].filter(([name]) => given[name] !== undefined && given[name] !== null)
      return Object.fromEntries(present.map(([name, member]) => [name, fromJson(given[name], member.shape, `${path}${name}.`)]))
    }
    case 'list':
      return (value as unknown[]).map((item, index) => fromJson(item, shape.item.shape, `${path}${index}.`))
    case 'map':
      return value
    case 'timestamp':
      return new Date(Number(value) * 1000)
    case 'blob':
      return new Uint8Array(Buffer.from(String(value), 'base64'))
    case 'string':
    case 'number':
    case 'boolean':
      return value
  }
}

function toJson(value: unknown, shape: Shape): unknown {
  switch (shape.kind) {
    case 'structure': {
      const members = Object.entries(value as object).filter(([, content]) => content !== undefined)
      return Object.fromEntries(
        members.map(([name, content]) => {
          const member = shape.members.get(name)
          if (!member) throw new Error(`the service model has no member ${name} in this result`)
          return [name, toJson(content, member.shape)]
        }),
      )
    }
    case 'list':
      return (value as unknown[]).map(item => toJson(item, shape.item.shape))
    case 'timestamp':
      return (value as Date).getTime() / 1000
    case 'blob':
      return Buffer.from(value as Uint8Array).toString('base64')
    case 'map':
    case 'string':
    case 'number':
    case 'boolean':
      return value
  }
}
