// Attributes of listeners. Source: API_ListenerAttribute; "Listener attributes" in the NLB guide (TCP idle timeout).
import type {
  DescribeListenerAttributesInput,
  DescribeListenerAttributesOutput,
  ModifyListenerAttributesInput,
  ModifyListenerAttributesOutput,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Call, Operations } from '../call.ts'
import type { Listener } from '../records.ts'
import { anyText, attributesOf, between, oneOf, trueOrFalse, withAttributes } from './attributes.ts'
import type { AttributeRow, AttributeRows } from './attributes.ts'
import { findListener } from './find.ts'

type Row = AttributeRow<Listener>

const http = (row: Row): Row => ({ ...row, on: listener => listener.protocol === 'HTTP' || listener.protocol === 'HTTPS' })
const https = (row: Row): Row => ({ ...row, on: listener => listener.protocol === 'HTTPS' })

const requestHeaders = [
  'x_amzn_mtls_clientcert_serial_number',
  'x_amzn_mtls_clientcert_issuer',
  'x_amzn_mtls_clientcert_subject',
  'x_amzn_mtls_clientcert_validity',
  'x_amzn_mtls_clientcert_leaf',
  'x_amzn_mtls_clientcert',
  'x_amzn_tls_version',
  'x_amzn_tls_cipher_suite',
]

const responseHeaders = [
  'strict_transport_security',
  'access_control_allow_origin',
  'access_control_allow_methods',
  'access_control_allow_headers',
  'access_control_expose_headers',
  'access_control_max_age',
  'content_security_policy',
]

const text: Row = { default: '', check: anyText }

export const listenerAttributes: AttributeRows<Listener> = {
  'tcp.idle_timeout.seconds': {
    default: '350',
    check: between(60, 6000),
    on: ({ protocol }) => protocol === 'TCP' || protocol === 'TCP_UDP',
  },
  ...Object.fromEntries(requestHeaders.map(name => [`routing.http.request.${name}.header_name`, https(text)])),
  'routing.http.response.server.enabled': http({ default: 'true', check: trueOrFalse }),
  ...Object.fromEntries(responseHeaders.map(name => [`routing.http.response.${name}.header_value`, http(text)])),
  'routing.http.response.access_control_allow_credentials.header_value': http({ default: '', check: oneOf('', 'true') }),
  'routing.http.response.x_content_type_options.header_value': http({ default: '', check: oneOf('', 'nosniff') }),
  'routing.http.response.x_frame_options.header_value': http({ default: '', check: anyText }),
}

function modify(input: ModifyListenerAttributesInput, call: Call): ModifyListenerAttributesOutput {
  const listener = findListener(call.world, input.ListenerArn)
  const changes = input.Attributes ?? []
  const attributes = withAttributes('Listener', listenerAttributes, listener, listener.attributes, changes)
  const changed = { ...listener, attributes }
  call.world.listeners.put(listener.arn, changed)
  const keys = new Set(changes.map(change => change.Key))
  return { Attributes: attributesOf(listenerAttributes, changed, attributes).filter(({ Key }) => keys.has(Key)) }
}

function describe(input: DescribeListenerAttributesInput, call: Call): DescribeListenerAttributesOutput {
  const listener = findListener(call.seen, input.ListenerArn)
  return { Attributes: attributesOf(listenerAttributes, listener, listener.attributes) }
}

export const listenerAttributeOperations = {
  ModifyListenerAttributes: modify,
  DescribeListenerAttributes: describe,
} satisfies Operations
