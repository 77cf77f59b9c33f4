// Whatever a Service carries and whatever classes there are, claims come to rest and touch nothing of others.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { serviceFinalizer as own, standardServiceFinalizer as standard } from '../api/group.ts'
import { type Reason } from '../api/reasons.ts'
import { type Claim, claim } from './claim.ts'
import { defaultClass, namedClass } from './class-choice.ts'
import { lan, lanGoing, cloud, usual, usualGoing, other, service, address, aws, k3s } from './claim-under-test.ts'
import type { Given } from './claim-under-test.ts'

/** A Service as the controller leaves it after it has done what a claim says. */
function carriedOut(given: Given, allocated: boolean, result: Claim): { readonly given: Given; readonly allocated: boolean } {
  const { condition: _, ...bare } = given
  const present = given.finalizers ?? []
  switch (result.kind) {
    case 'ours':
      return {
        given: { ...given, condition: 'Serving', finalizers: [...new Set([...present, result.finalizer])] },
        allocated: true,
      }
    case 'release':
      return {
        given: { ...bare, finalizers: present.filter(name => !result.finalizers.some(gone => gone === name)) },
        allocated: false,
      }
    case 'foreign':
    case 'blocked':
      return { given: { ...given, condition: result.problem.reason }, allocated }
    case 'none':
    case 'kept':
      return { given, allocated }
    default:
      return result satisfies never
  }
}

const anyGiven: fc.Arbitrary<Given> = fc.record(
  {
    type: fc.constantFrom('LoadBalancer', 'ClusterIP', 'ExternalName'),
    class: fc.constantFrom('weir.dev/lan', 'weir.dev/nope', 'metallb', 'service.k8s.aws/nlb', 'example.com/lb'),
    finalizers: fc.uniqueArray(fc.constantFrom(own, standard, aws, k3s, 'example.com/x')),
    condition: fc.constantFrom<Reason[]>(
      'Serving',
      'Withdrawing',
      'ForeignLoadBalancer',
      'SeveralDefaultClasses',
      'ClassMissing',
      'NoDefaultClass',
    ),
    address: fc.constant(address),
    deleting: fc.constant(true as const),
  },
  { requiredKeys: [] },
)
const anyClasses = fc.uniqueArray(fc.constantFrom(lan, cloud, usual, other, lanGoing, usualGoing), {
  selector: one => one.metadata.name,
})

describe('whatever a Service carries and whatever classes there are', () => {
  test('claims come to rest: done once or twice, the next one changes nothing', () => {
    fc.assert(
      fc.property(anyGiven, fc.boolean(), anyClasses, (given, allocated, classes) => {
        let state = { given, allocated }
        for (let round = 0; round < 3; round++) {
          state = carriedOut(state.given, state.allocated, claim(service(state.given), classes, { allocated: state.allocated }))
        }
        const settled = claim(service(state.given), classes, { allocated: state.allocated })
        expect(carriedOut(state.given, state.allocated, settled)).toEqual(state)
      }),
      { numRuns: 2000 },
    )
  })

  test('what carries nothing of ours, and is not ours by class or default, is never written to', () => {
    fc.assert(
      fc.property(anyGiven, anyClasses, (given, classes) => {
        const { condition: _, ...unmarked } = given
        const finalizers = (given.finalizers ?? []).filter(name => name !== own)
        const byClass = given.class?.startsWith('weir.dev/') || (given.class !== undefined && namedClass(classes, given.class))
        const byDefault = given.class === undefined && defaultClass(classes).kind !== 'none'
        fc.pre(!byClass && !byDefault)
        expect(claim(service({ ...unmarked, finalizers }), classes)).toEqual({ kind: 'none' })
      }),
    )
  })

  test('only a Service that is going away has its addresses emptied', () => {
    fc.assert(
      fc.property(anyGiven, fc.boolean(), anyClasses, (given, allocated, classes) => {
        const result = claim(service(given), classes, { allocated })
        if (result.kind === 'release') expect(result.clearStatus).toBe(given.deleting === true)
      }),
    )
  })
})
