// AWS's query protocol (Smithy awsQuery): a form in, XML with a result element out. Spoken by Elastic Load Balancing and STS.
import { awsError } from '../errors.ts'
import { decodeForm } from './form.ts'
import type { Protocol } from './protocol.ts'
import { escapeXml, structureXml } from './xml.ts'

/** The query protocol with the namespace of one service. */
export function queryProtocol(namespace: string): Protocol {
  return {
    operationName: request => new URLSearchParams(request.body).get('Action') ?? undefined,
    decode: (request, operation) =>
      decodeForm(new URLSearchParams(request.body), operation.input, {
        listWord: 'member',
        memberName: (name, member) => member.names.xmlName ?? name,
        missing: name => awsError('ValidationError', `1 validation error detected: Value at '${name}' must not be null`),
      }),
    encode: (result, { name, output }, requestId) => ({
      status: 200,
      contentType: 'text/xml',
      body:
        `<${name}Response xmlns="${namespace}"><${name}Result>${structureXml(result, output)}</${name}Result>` +
        `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${name}Response>`,
    }),
    encodeError: (error, requestId) => ({
      status: error.status,
      contentType: 'text/xml',
      body:
        `<ErrorResponse xmlns="${namespace}"><Error><Type>${error.status < 500 ? 'Sender' : 'Receiver'}</Type>` +
        `<Code>${error.code}</Code><Message>${escapeXml(error.message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
    }),
  }
}
