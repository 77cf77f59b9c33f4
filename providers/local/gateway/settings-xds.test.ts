// Every setting as resources: they can be said in the protocol, whatever stands in the annotations.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { routingModel } from '../../../src/model/routing/build.ts'
import { ingress, resolve } from '../../../src/model/routing/examples-under-test.ts'
import { memberKey } from '../../../src/model/routing/model.ts'
import { readDefinitions } from '../agent/gateway/protocol/definitions.ts'
import { createEncoder } from '../agent/gateway/protocol/encode.ts'
import { typeUrls } from '../agent/gateway/protocol/messages.ts'
import { anyAnnotations } from './annotations/hostile-under-test.ts'
import { rows } from './annotations/rows.ts'
import type { GatewayFacts } from './gateway.ts'
import { type MemberReading, readMember } from './member.ts'
import { xds } from './xds.ts'

const encoder = createEncoder(readDefinitions())
const facts: GatewayFacts = {
  bind: '::',
  targets: () => [{ address: '10.0.0.1', port: 8080, terminating: false }],
  certificate: () => ({ chain: 'chain', key: 'key' }),
  authorities: () => 'authorities',
  users: () => 'ann:{SHA}AAAAAAAAAAAAAAAAAAAAAAAAAAA=',
  firstPort: () => 80,
  accessLog: true,
}

function member(name: string, annotations: Readonly<Record<string, string>>): MemberReading {
  const host = `${name}.test`
  const paths = { 'ImplementationSpecific /a(b|c)': 'web', 'Prefix /': 'web' }
  const made = ingress({
    name,
    rules: { [host]: paths, '*.wild.test': { 'Prefix /': 'web' } },
    tls: [{ hosts: [host], secretName: 'cert' }],
  })
  return readMember({ ...made, metadata: { ...made.metadata, annotations } }, resolve)
}

function served(members: readonly MemberReading[]) {
  const model = routingModel(members.map(({ routing }) => routing))
  const settings = new Map(members.map(({ routing, settings }) => [memberKey(routing.id), settings]))
  const tuning = { trustedHops: 1, tlsMinimum: 'TLSv1_3' } as const
  return xds(
    [{ name: 'g', model, settings, tuning, http: { port: 10_080, publicPort: 80 }, https: { port: 10_443, publicPort: 8443 } }],
    facts,
  )
}

function encode(members: readonly MemberReading[]): number {
  let bytes = 0
  const resources = served(members)
  for (const type of ['secrets', 'clusters', 'endpoints', 'listeners', 'routes'] as const) {
    const name = typeUrls[type].slice('type.googleapis.com/'.length)
    for (const resource of resources[type].values()) bytes += encoder.encode(name, resource).length
  }
  return bytes
}

test('the example of every annotation, alone and all together', () => {
  const beside = {
    'weir.dev/auth-secret': 'users',
    'weir.dev/client-ca-secret': 'ca',
    'weir.dev/default-backend': 'sorry',
    'weir.dev/proxy-ssl-secret': 'b',
  }
  const examples = Object.entries(rows).map(([name, row]) => [`weir.dev/${name}`, row.example] as const)
  for (const [index, [key, example]] of examples.entries()) {
    const canary = key.includes('canary') ? { 'weir.dev/canary': 'true' } : {}
    expect(encode([member('main', {}), member(`i${index}`, { ...beside, ...canary, [key]: example })])).toBeGreaterThan(0)
  }
  const {
    'weir.dev/canary': _,
    'weir.dev/permanent-redirect': _2,
    'weir.dev/temporal-redirect': _3,
    ...all
  } = Object.fromEntries(examples)
  expect(encode([member('all', { ...beside, ...all })])).toBeGreaterThan(0)
})

test('whatever annotations hold, and without changing a listener', () => {
  const listeners = JSON.stringify([...served([member('one', {})]).listeners.values()])
  fc.assert(
    fc.property(anyAnnotations, annotations => {
      const read = member('one', annotations)
      expect(encode([read])).toBeGreaterThan(0)
      const { clientCertificate, ways } = read.settings
      const keepsListeners = clientCertificate === undefined && (ways.aliases ?? []).length === 0 && !ways.canary
      if (keepsListeners) expect(JSON.stringify([...served([read]).listeners.values()])).toBe(listeners)
    }),
    { numRuns: 300 },
  )
})
