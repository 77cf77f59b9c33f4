// Resources as bytes: everything that is written is what Envoy reads.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { ingress, modelOf } from '../../../../../src/model/routing/examples-under-test.ts'
import { xds } from '../../../gateway/xds.ts'
import { resourceTypes } from '../target.ts'
import { readDefinitions } from './definitions.ts'
import { createEncoder, EncodingError } from './encode.ts'
import { typeUrls } from './messages.ts'

const encoder = createEncoder(readDefinitions())
const sent = z.object({ type_url: z.string(), value: z.instanceof(Uint8Array) })
const cluster = 'envoy.config.cluster.v3.Cluster'
const both = (type: string, json: unknown) => encoder.decode(type, encoder.encode(type, json))

test('all that a gateway is made of can be said', () => {
  const rules = { '*.example.com': { 'Prefix /': 'web', 'Exact /a': 'missing' } }
  const resources = xds(
    [
      {
        name: 'lan',
        model: modelOf([ingress({ rules, tls: [{ hosts: ['*.example.com'], secretName: 'cert' }] })]),
        http: { port: 10_080, publicPort: 80 },
        https: { port: 10_443, publicPort: 443 },
      },
    ],
    {
      bind: '0.0.0.0',
      targets: () => [{ address: '10.0.0.1', port: 80, terminating: false }],
      certificate: () => ({ chain: 'chain', key: 'key' }),
      accessLog: true,
    },
  )
  for (const type of resourceTypes) {
    const url = typeUrls[type]
    const each = [...resources[type].values()]
    expect([type, each.length > 0]).toEqual([type, true])
    for (const resource of each) expect(encoder.encode(url.slice(url.indexOf('/') + 1), resource).length).toBeGreaterThan(0)
  }
})

describe('JSON forms of their own', () => {
  test('have durations, wrapped numbers and names of values', () => {
    expect(
      both(cluster, {
        name: 'a',
        connect_timeout: '1.5s',
        type: 'EDS',
        per_connection_buffer_limit_bytes: 5,
        lb_policy: 'LEAST_REQUEST',
      }),
    ).toEqual({
      name: 'a',
      connect_timeout: { seconds: 1, nanos: 500_000_000 },
      type: 3,
      per_connection_buffer_limit_bytes: { value: 5 },
      lb_policy: 1,
    })
  })

  test('a message without definition is sent as a structure with its name', () => {
    const lua = {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua',
      inline_code: 'x',
      list: [1, true, null],
    }
    const filter = both('envoy.config.listener.v3.ListenerFilter', { name: 'x', typed_config: lua })
    const { type_url: url, value } = sent.parse(filter['typed_config'])
    expect(url).toBe('type.googleapis.com/xds.type.v3.TypedStruct')
    expect(encoder.decode('xds.type.v3.TypedStruct', value)).toMatchObject({
      type_url: lua['@type'],
      value: { fields: { inline_code: { stringValue: 'x' } } },
    })
  })

  test('half a character does not spoil the message', () => {
    expect(both(cluster, { name: 'a\ud800' })).toEqual({ name: 'a\ufffd' })
  })
})

describe('what is refused', () => {
  test.each([
    ['a field that does not exist', { name: 'a', nmae: 'b' }, 'has no field nmae'],
    ['a value that does not exist', { type: 'EDDS' }, 'has no value EDDS'],
    ['a text for a number', { per_connection_buffer_limit_bytes: '5' }, 'is no UInt32'],
    ['one for many', { health_checks: {} }, 'is no list'],
    ['a duration without unit', { connect_timeout: '5' }, 'is no duration: 5'],
    ['an extension without type', { transport_socket: { name: 'x', typed_config: {} } }, 'has no @type'],
    [
      'a wrong field in an extension',
      {
        transport_socket: {
          typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router', x: 1 },
        },
      },
      'has no field x',
    ],
  ])('%s', (_, json, message) => {
    expect(() => encoder.encode(cluster, json)).toThrow(EncodingError)
    expect(() => encoder.encode(cluster, json)).toThrow(message)
  })
})
