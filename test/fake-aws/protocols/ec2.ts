// The query protocol as EC2 speaks it (Smithy ec2Query): flat lists in, XML without a result element out.
import { awsError } from '../errors.ts'
import { decodeForm } from './form.ts'
import type { Protocol } from './protocol.ts'
import { escapeXml, structureXml } from './xml.ts'

/** EC2's protocol with the namespace of its API version. */
export function ec2Protocol(namespace: string): Protocol {
  return {
    operationName: request => new URLSearchParams(request.body).get('Action') ?? undefined,
    decode: (request, operation) =>
      decodeForm(new URLSearchParams(request.body), operation.input, {
        listWord: undefined,
        memberName: (name, { names }) => names.ec2QueryName ?? capital(names.xmlName ?? name),
        missing: name => awsError('MissingParameter', `The request must contain the parameter ${name}`),
      }),
    encode: (result, { name, output }, requestId) => ({
      status: 200,
      contentType: 'text/xml',
      body: `<${name}Response xmlns="${namespace}"><requestId>${requestId}</requestId>${structureXml(result, output)}</${name}Response>`,
    }),
    encodeError: (error, requestId) => ({
      status: error.status,
      contentType: 'text/xml',
      body:
        `<Response><Errors><Error><Code>${error.code}</Code><Message>${escapeXml(error.message)}</Message></Error></Errors>` +
        `<RequestID>${requestId}</RequestID></Response>`,
    }),
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
