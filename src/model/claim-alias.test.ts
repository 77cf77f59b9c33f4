// Which class an alias belongs to, and aliases of controllers that may still be there.
import { otherControllers } from './other-controllers.ts'
import type { TakeOver } from './take-over.ts'
import { describe, expect, test } from 'vitest'
import { claim } from './claim.ts'
import { defaultClass, namedClass } from './class-choice.ts'
import type { Service } from './kubernetes-objects.ts'
import { loadBalancerClass, deletion, lan, usual, other } from './claim-under-test.ts'

describe('classes', () => {
  test('one default is chosen, several are listed by name, none is none', () => {
    expect(defaultClass([lan, usual])).toEqual({ kind: 'one', class: usual })
    expect(defaultClass([usual, lan, other])).toEqual({ kind: 'several', classes: [other, usual] })
    expect(defaultClass([lan])).toEqual({ kind: 'none' })
  })

  test('an alias that two classes claim belongs to the older one, then to the first by name', () => {
    const aliases = ['metallb']
    const older = loadBalancerClass('zoo', { aliases }, { creationTimestamp: '2025-01-01T00:00:00Z' })
    const [first, second] = [loadBalancerClass('a', { aliases }), loadBalancerClass('b', { aliases })]
    expect(namedClass([second, first], 'metallb')?.class.metadata.name).toBe('a')
    expect(namedClass([first, second, older], 'metallb')).toEqual({ class: older, by: 'alias' })
  })

  test('an alias can never take the name of a class', () => {
    const thief = loadBalancerClass('thief', { aliases: ['weir.dev/lan'] }, { creationTimestamp: '2020-01-01T00:00:00Z' })
    expect(namedClass([thief, lan], 'weir.dev/lan')).toEqual({ class: lan, by: 'name' })
    expect(namedClass([thief], 'weir.dev/lan')).toBeUndefined()
  })
})

describe('an alias of a controller that may still be there', () => {
  const value = 'service.k8s.aws/nlb'
  const finalizer = 'service.k8s.aws/resources'
  const runs = { reason: 'OtherControllerRuns', message: 'It runs.', remedy: 'Stop it.', severity: 'blocks' } as const
  const states = {
    gone: { kind: 'active', other: otherControllers.AWSLoadBalancerController, seen: '' },
    running: { kind: 'waiting', runs: true, problem: runs },
    unproven: { kind: 'waiting', runs: false, problem: { ...runs, reason: 'TakeOverUnproven' } },
  } as const satisfies Readonly<Record<string, TakeOver>>
  const look = (state: keyof typeof states | 'unknown', metadata: Partial<Service['metadata']> = {}, conditions?: string) =>
    claim(
      {
        metadata: { name: 'web', namespace: 'default', ...metadata },
        spec: { type: 'LoadBalancer', loadBalancerClass: value },
        ...(conditions ? { status: { conditions: [readyOfReason(conditions)] } } : {}),
      },
      [lan],
      { takeOvers: new Map(state === 'unknown' ? [] : [[value, states[state]]]) },
    )
  const ours = ['weir.dev/load-balancer-cleanup']

  test('is looked at before anything is written', () => {
    expect(look('unknown')).toEqual({ kind: 'none' })
    expect(look('unknown', { finalizers: ours })).toMatchObject({ kind: 'ours' })
  })

  test('is told of on a Service that was never ours, whatever was told before', () => {
    for (const before of [undefined, 'OtherControllerRuns', 'TakeOverUnproven']) {
      expect(look('running', {}, before)).toMatchObject({ kind: 'foreign', problem: { reason: 'OtherControllerRuns' } })
      expect(look('unproven', {}, before)).toMatchObject({ kind: 'foreign', problem: { reason: 'TakeOverUnproven' } })
    }
  })

  test('keeps what was taken over as it is while the other one runs again, and only then', () => {
    const told = look('running', { finalizers: ours })
    expect(told).toMatchObject({ kind: 'blocked', problem: { message: 'It runs. What the Service has is kept.' } })
    expect(look('unproven', { finalizers: ours })).toMatchObject({ kind: 'ours' })
  })

  test('names the finalizers of the one that is gone, and no others', () => {
    expect(look('gone', { finalizers: [finalizer, 'example.com/other'] })).toMatchObject({ kind: 'ours', foreign: [finalizer] })
    expect(look('gone', { finalizers: ['gke.networking.io/l4-netlb-v1'] })).toMatchObject({ kind: 'foreign' })
    expect(look('gone')).not.toHaveProperty('foreign')
  })

  test('says who left a Service in deletion', () => {
    const left = look('gone', { ...deletion, finalizers: [finalizer] })
    expect(left).toMatchObject({ kind: 'foreign', problem: { message: expect.stringContaining(finalizer) } })
    expect(look('running', { ...deletion, finalizers: [finalizer] })).toEqual({ kind: 'none' })
  })
})

function readyOfReason(reason: string) {
  return { type: 'weir.dev/Ready', status: 'False', reason, message: '', lastTransitionTime: '2026-01-01T00:00:00Z' } as const
}
