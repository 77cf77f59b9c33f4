// Annotation tables: values are read, mistakes name the key and what to do, misspelt keys find their neighbour.
import { describe, expect, expectTypeOf, test } from 'vitest'
import { annotationTable, boolean, list, nonEmpty, oneOf, unknownKeys } from './annotations.ts'
import { editDistance, nearest } from './nearest.ts'

const table = annotationTable('metallb.io/', {
  loadBalancerIPs: { parse: list(nonEmpty), sets: 'addresses', doc: 'Addresses to ask for.', example: '192.0.2.7' },
  'address-pool': { parse: nonEmpty, sets: 'pool', doc: 'Pool to use.' },
  'allow-shared-ip': { parse: 'reserved', sets: 'sharing', doc: 'Services that share an address.' },
  scheme: { parse: oneOf('internal', 'public'), sets: 'scheme', doc: 'Who may connect.', reason: 'RequestConflict' },
})

describe('a table', () => {
  test('reads its keys and leaves the others alone', () => {
    const { values, mistakes } = table.parse({
      'metallb.io/loadBalancerIPs': '192.0.2.7, 2001:db8::7',
      'metallb.io/address-pool': ' office ',
      'metallb.io/something': 'else',
      'example.com/scheme': 'public',
    })
    expect(values).toEqual({ addresses: ['192.0.2.7', '2001:db8::7'], pool: 'office' })
    expect(mistakes).toEqual([])
    expectTypeOf(values.addresses).toEqualTypeOf<readonly string[] | undefined>()
    expectTypeOf(values.scheme).toEqualTypeOf<'internal' | 'public' | undefined>()
  })

  test('names the key, the value and the way out of a mistake, and reads the rest', () => {
    const { values, mistakes } = table.parse({
      'metallb.io/loadBalancerIPs': '192.0.2.7,,',
      'metallb.io/scheme': 'private',
      'metallb.io/address-pool': 'office',
      'metallb.io/allow-shared-ip': 'web',
    })
    expect(values).toEqual({ pool: 'office' })
    expect(mistakes).toEqual([
      {
        key: 'metallb.io/loadBalancerIPs',
        reason: 'InvalidAnnotation',
        message: 'Annotation metallb.io/loadBalancerIPs: must not be empty.',
        remedy: 'Write it like 192.0.2.7, or remove it.',
        severity: 'blocks',
      },
      {
        key: 'metallb.io/allow-shared-ip',
        reason: 'UnsupportedAnnotation',
        message: 'Annotation metallb.io/allow-shared-ip is known but not supported yet; it has no effect.',
        remedy: 'Remove it, or leave it for a later version.',
        severity: 'warns',
      },
      {
        key: 'metallb.io/scheme',
        reason: 'RequestConflict',
        message: 'Annotation metallb.io/scheme: "private" is none of internal, public.',
        remedy: 'Correct the value or remove the annotation.',
        severity: 'blocks',
      },
    ])
  })

  test('reads nothing from an object without annotations', () => {
    expect(table.parse(undefined)).toEqual({ values: {}, mistakes: [] })
  })

  test('documents itself', () => {
    expect(table.doc().split('\n').slice(2)).toEqual([
      '| `metallb.io/loadBalancerIPs` | Addresses to ask for. | `192.0.2.7` |',
      '| `metallb.io/address-pool` | Pool to use. |  |',
      '| `metallb.io/allow-shared-ip` | Services that share an address. Not supported yet. |  |',
      '| `metallb.io/scheme` | Who may connect. |  |',
    ])
  })

  test.each([
    ['true', { value: true }],
    [' false ', { value: false }],
    ['yes', { error: '"yes" is none of true, false' }],
  ])('the boolean %j is %j', (text, parsed) => {
    expect(boolean(text)).toEqual(parsed)
  })
})

describe('an unknown key under our prefix', () => {
  test.each([
    ['weir.dev/load-balancer-ip', 'Did you mean weir.dev/load-balancer-ips?'],
    ['weir.dev/loadBalancerIPs', 'Did you mean weir.dev/load-balancer-ips?'],
    ['weir.dev/adress-pool', 'Did you mean weir.dev/address-pool?'],
    ['weir.dev/address-pools', 'Did you mean weir.dev/address-pool?'],
    ['weir.dev/allow-shared', 'Did you mean weir.dev/allow-shared-ip?'],
  ])('%s: %s', (key, remedy) => {
    expect(unknownKeys({ [key]: 'x' })).toEqual([
      { key, reason: 'UnknownAnnotation', message: `Annotation ${key} is unknown and has no effect.`, remedy, severity: 'warns' },
    ])
  })

  test('that resembles nothing lists the known keys', () => {
    expect(unknownKeys({ 'weir.dev/colour': 'blue' })[0]?.remedy).toMatch(
      /^Remove it; the known keys are weir.dev\/load-balancer-ips,/,
    )
  })

  test('known keys, other prefixes and look-alikes of our prefix are none of our business', () => {
    const annotations = {
      'weir.dev/load-balancer-ips': '192.0.2.7',
      'weir.dev/allow-interruption': 'true',
      'metallb.io/adress-pool': 'x',
      'weir.developer/x': 'y',
    }
    expect(unknownKeys(annotations)).toEqual([])
    expect(unknownKeys(undefined)).toEqual([])
  })
})

describe('the distance of words', () => {
  test.each([
    ['', '', 0],
    ['pool', 'pool', 0],
    ['pool', 'pol', 1],
    ['pool', 'polo', 1],
    ['adress', 'address', 1],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
  ])('of %j and %j is %d', (one, other, distance) => {
    expect(editDistance(one, other)).toBe(distance)
    expect(editDistance(other, one)).toBe(distance)
  })

  test('a word of any length is compared without harm', () => {
    expect(nearest('x'.repeat(100_000), ['load-balancer-ips'])).toBeUndefined()
  })
})
