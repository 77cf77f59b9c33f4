// What a wire protocol does: from a request to an operation and its input, from a result or an error to a response.
import type { AwsError } from '../errors.ts'
import type { Operation } from './shapes.ts'

export type WireRequest = { readonly headers: Readonly<Record<string, string | string[] | undefined>>; readonly body: string }

export type WireResponse = { readonly status: number; readonly contentType: string; readonly body: string }

export type Protocol = {
  /** The operation's name; undefined when the request names none in this protocol's way. */
  operationName(request: WireRequest): string | undefined
  decode(request: WireRequest, operation: Operation): Readonly<Record<string, unknown>>
  encode(result: object, operation: Operation, requestId: string): WireResponse
  encodeError(error: AwsError, requestId: string): WireResponse
}
