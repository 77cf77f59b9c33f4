// Membership and pod targets from EndpointSlices, by the rules of discovery.k8s.io/v1 and KEP-1669.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { buildMembership, podTargets, usability } from './endpoints.ts'
import type { Endpoint, EndpointConditions, EndpointSlice } from './kubernetes-objects.ts'

const ready = { ready: true, serving: true, terminating: false }
const draining = { ready: false, serving: true, terminating: true }
const failing = { ready: false, serving: false, terminating: false }
const gone = { ready: false, serving: false, terminating: true }

function endpoint(address: string, nodeName: string, conditions: EndpointConditions = ready, uid?: string): Endpoint {
  return { addresses: [address], nodeName, conditions, ...(uid === undefined ? {} : { targetRef: { kind: 'Pod', uid } }) }
}

function slice(endpoints: readonly Endpoint[] | null, over: Partial<EndpointSlice> = {}): EndpointSlice {
  const ports = [{ name: '', protocol: 'TCP' as const, port: 8080 }]
  return { metadata: { name: 'web-1', namespace: 'default' }, addressType: 'IPv4', endpoints, ports, ...over }
}

describe('an endpoint is', () => {
  test.each([
    ['ready', undefined],
    ['ready', {}],
    ['ready', { ready: null }],
    ['ready', { ready: true, serving: false }],
    ['ready', { ready: true, serving: true, terminating: true }],
    ['draining', draining],
    ['draining', { ready: false, terminating: true }],
    ['unusable', { ready: false }],
    ['unusable', failing],
    ['unusable', gone],
    ['unusable', { ready: false, serving: true, terminating: false }],
  ] as const)('%s with conditions %j', (state, conditions) => {
    expect(usability(conditions)).toBe(state)
  })
})

describe('membership', () => {
  test('names the nodes with a usable endpoint: ready, or draining when none is ready there', () => {
    const slices = [
      slice([endpoint('10.244.2.4', 'n2', draining), endpoint('10.244.0.5', 'n0'), endpoint('10.244.0.6', 'n0', draining)]),
      slice([endpoint('10.244.1.7', 'n1', failing), endpoint('10.244.3.8', 'n3', gone)]),
    ]
    expect(buildMembership(slices)).toEqual({ nodesWithEndpoints: ['n0', 'n2'], readyEndpoints: 1, totalEndpoints: 5 })
  })

  test('counts an endpoint once, by its best state, however many slices hold it', () => {
    const slices = [slice([endpoint('10.244.0.5', 'n0', failing)]), slice([endpoint('10.244.0.5', 'n0')])]
    const expected = { nodesWithEndpoints: ['n0'], readyEndpoints: 1, totalEndpoints: 1 }
    expect(buildMembership(slices)).toEqual(expected)
    expect(buildMembership(slices.toReversed())).toEqual(expected)
  })

  test('counts a dual-stack pod once', () => {
    const six = slice([endpoint('2001:db8::5', 'n0', ready, 'pod-a')], { addressType: 'IPv6' })
    const slices = [slice([endpoint('10.244.0.5', 'n0', ready, 'pod-a')]), six]
    expect(buildMembership(slices).totalEndpoints).toBe(1)
  })

  test('looks only at the families asked for, and never at names', () => {
    const slices = [
      slice([endpoint('10.244.0.5', 'n0')]),
      slice([endpoint('2001:db8::5', 'n1')], { addressType: 'IPv6' }),
      slice([endpoint('web.example.com', 'n2')], { addressType: 'FQDN' }),
    ]
    expect(buildMembership(slices).nodesWithEndpoints).toEqual(['n0', 'n1'])
    expect(buildMembership(slices, ['IPv6']).nodesWithEndpoints).toEqual(['n1'])
  })

  test('of a Service without endpoints is empty', () => {
    const nothing = { nodesWithEndpoints: [], readyEndpoints: 0, totalEndpoints: 0 }
    expect(buildMembership([])).toEqual(nothing)
    expect(buildMembership([slice(null), slice([{ addresses: [] }])])).toEqual(nothing)
  })

  test('counts endpoints that no node is known for', () => {
    expect(buildMembership([slice([{ addresses: ['192.0.2.1'] }])])).toEqual({
      nodesWithEndpoints: [],
      readyEndpoints: 1,
      totalEndpoints: 1,
    })
  })

  test('counts an endpoint as ready only where its slice has a port of the Service, and names the ports that nothing has', () => {
    const typo = { port: 80, protocol: 'TCP' as const, portName: 'web', targetPort: 'htpp' }
    const good = { port: 81, protocol: 'TCP' as const, portName: 'metrics', targetPort: 9090 }
    const endpoints = [endpoint('10.244.0.5', 'n0'), endpoint('10.244.1.5', 'n1')]
    for (const ports of [null, [], [{ name: 'web', protocol: 'UDP' as const, port: 80 }], [{ name: 'web', port: null }]]) {
      const none = buildMembership([slice(endpoints, { ports })], ['IPv4'], [typo])
      expect(none).toMatchObject({ readyEndpoints: 0, totalEndpoints: 2, portless: [typo] })
    }
    const half = buildMembership([slice(endpoints, { ports: [{ name: 'metrics', port: 9090 }] })], ['IPv4'], [typo, good])
    expect(half).toMatchObject({ readyEndpoints: 2, totalEndpoints: 2, portless: [typo] })
    const whole = buildMembership([slice(endpoints, { ports: [{ name: 'web', port: 8080 }] })], ['IPv4'], [typo])
    expect(whole).toEqual({ nodesWithEndpoints: ['n0', 'n1'], readyEndpoints: 2, totalEndpoints: 2 })
    expect(buildMembership([], ['IPv4'], [typo])).not.toHaveProperty('portless')
  })

  test('a port that only pods which are not ready have helps nobody while others are ready', () => {
    const http = { port: 80, protocol: 'TCP' as const, portName: '', targetPort: 'http' }
    const starting = slice([endpoint('10.244.0.5', 'n0', failing)])
    const old = slice([endpoint('10.244.1.5', 'n1')], { ports: [] })
    expect(buildMembership([starting, old], ['IPv4'], [http])).toMatchObject({
      readyEndpoints: 0,
      portless: [{ ...http, unready: true }],
    })
    expect(buildMembership([starting], ['IPv4'], [http])).not.toHaveProperty('portless')
  })

  test('does not depend on the order of slices or on how endpoints are spread over them', () => {
    const anyEndpoint = fc
      .record({ host: fc.nat(5), node: fc.nat(2), conditions: fc.constantFrom(ready, draining, failing, gone, {}) })
      .map(one => endpoint(`10.244.0.${one.host}`, `n${one.node}`, one.conditions))
    fc.assert(
      fc.property(fc.array(anyEndpoint), fc.nat(10), (endpoints, cut) => {
        const whole = buildMembership([slice(endpoints)])
        expect(buildMembership([slice(endpoints.slice(cut)), slice(endpoints.slice(0, cut))])).toEqual(whole)
      }),
    )
  })
})

describe('pod targets', () => {
  const http = { portName: 'http', protocol: 'TCP' as const }

  test('follow the name of the port, whose number may differ from slice to slice', () => {
    const slices = [
      slice([endpoint('10.244.0.5', 'n0')], {
        ports: [
          { name: 'http', port: 8080 },
          { name: 'dns', protocol: 'UDP', port: 53 },
        ],
      }),
      slice([endpoint('10.244.1.6', 'n1')], { ports: [{ name: 'http', port: 9090 }] }),
      slice([endpoint('10.244.2.7', 'n2')], { ports: [{ name: 'other', port: 7070 }] }),
      slice([endpoint('10.244.2.8', 'n2')], { ports: [{ name: 'http', protocol: 'UDP', port: 7070 }] }),
      slice([endpoint('10.244.2.9', 'n2')], { ports: null }),
      slice([endpoint('10.244.2.10', 'n2')], { ports: [{ name: 'http', port: null }] }),
    ]
    expect(podTargets(http, slices, 'IPv4')).toEqual([
      { address: '10.244.0.5', port: 8080, node: 'n0', terminating: false },
      { address: '10.244.1.6', port: 9090, node: 'n1', terminating: false },
    ])
  })

  test('match a single unnamed port', () => {
    const unnamed = { portName: '', protocol: 'TCP' as const }
    const slices = [slice([endpoint('10.244.0.5', 'n0')], { ports: [{ name: null, port: 8080 }] })]
    expect(podTargets(unnamed, slices, 'IPv4')).toHaveLength(1)
  })

  test('mark draining pods and leave the unusable out; ready wins over draining', () => {
    const ports = [{ name: 'http', port: 80 }]
    const slices = [
      slice([endpoint('10.244.0.5', 'n0', draining), endpoint('10.244.0.6', 'n0', failing)], { ports }),
      slice([endpoint('10.244.0.7', 'n0'), endpoint('10.244.0.7', 'n0', draining)], { ports }),
    ]
    expect(podTargets(http, slices, 'IPv4').map(target => [target.address, target.terminating])).toEqual([
      ['10.244.0.5', true],
      ['10.244.0.7', false],
    ])
    expect(podTargets(http, slices, 'IPv6')).toEqual([])
  })
})
