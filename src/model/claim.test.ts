// Claim rules as a table: a Service, the classes there are, and what is done about it.
import * as fc from 'fast-check'
import { otherControllers } from './other-controllers.ts'
import type { TakeOver } from './take-over.ts'
import { describe, expect, test } from 'vitest'
import { serviceFinalizer as own, standardServiceFinalizer as standard } from '../api/group.ts'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import { type Reason, readyCondition } from '../api/reasons.ts'
import { type Claim, type ClaimFacts, claim } from './claim.ts'
import { defaultClass, namedClass } from './class-choice.ts'
import type { Service, ServiceSpec } from './kubernetes-objects.ts'

function loadBalancerClass(name: string, spec: Partial<LoadBalancerClass['spec']> = {}, metadata = {}): LoadBalancerClass {
  return {
    apiVersion: 'weir.dev/v1alpha1',
    kind: 'LoadBalancerClass',
    metadata: { name, creationTimestamp: '2026-01-01T00:00:00Z', ...metadata },
    spec: { provider: 'local', targets: 'Node', default: false, ...spec },
  }
}

const deletion = { deletionTimestamp: '2026-02-01T00:00:00Z' }
const lan = loadBalancerClass('lan', { aliases: ['metallb', 'service.k8s.aws/nlb'] })
const lanGoing = loadBalancerClass('lan', {}, deletion)
const cloud = loadBalancerClass('cloud', { provider: 'aws' })
const usual = loadBalancerClass('usual', { default: true })
const usualGoing = loadBalancerClass('usual', { default: true }, deletion)
const other = loadBalancerClass('other', { default: true })
const cloudDefault = loadBalancerClass('cloud', { provider: 'aws', default: true })

/** What a row says about a Service; the rest is a LoadBalancer Service that nobody has touched. */
interface Given {
  readonly type?: NonNullable<ServiceSpec['type']>
  readonly class?: string
  readonly finalizers?: readonly string[]
  readonly condition?: Reason
  readonly address?: string
  readonly deleting?: true
}

function service(given: Given): Service {
  const condition = given.condition && {
    type: readyCondition,
    status: 'False' as const,
    reason: given.condition,
    message: '',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  }
  return {
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: 'u1',
      ...(given.finalizers ? { finalizers: given.finalizers } : {}),
      ...(given.deleting ? deletion : {}),
    },
    spec: { type: given.type ?? 'LoadBalancer', ...(given.class === undefined ? {} : { loadBalancerClass: given.class }) },
    status: {
      loadBalancer: given.address === undefined ? {} : { ingress: [{ ip: given.address }] },
      ...(condition ? { conditions: [condition] } : {}),
    },
  }
}

type Row = [why: string, given: Given, classes: readonly LoadBalancerClass[], claimed: string, facts?: ClaimFacts]

/** A claim as one line: `ours lan <finalizer>`, `release deleted <finalizers>`, `blocked ClassMissing`. */
function line(result: Claim): string {
  if (result.kind === 'none') return 'none'
  if (result.kind === 'ours') return `ours ${result.class.metadata.name} ${result.finalizer}`
  if (result.kind === 'release') return ['release', result.why, ...result.finalizers].join(' ')
  return `${result.kind} ${result.problem.reason}`
}

function check(rows: readonly Row[]): void {
  test.each(rows.map(row => [row[0], row] as const))('%s', (_, [, given, classes, claimed, facts]) => {
    expect(line(claim(service(given), classes, facts))).toBe(claimed)
  })
}

const address = '10.201.200.1'
const aws = 'service.k8s.aws/resources'
const k3s = 'svccontroller.k3s.cattle.io/daemonset'

describe('a Service with a class', () => {
  check([
    ['of ours is ours, with our own finalizer', { class: 'weir.dev/lan' }, [lan], `ours lan ${own}`],
    ['that is an alias of ours is ours', { class: 'metallb' }, [lan], `ours lan ${own}`],
    ['of ours ignores the default class', { class: 'weir.dev/lan' }, [usual, lan], `ours lan ${own}`],
    ['of another controller is nothing to us', { class: 'example.com/lb' }, [lan, usual], 'none'],
    ['named like a class of ours but without prefix is not ours', { class: 'lan' }, [lan], 'none'],
    ['under our prefix that does not exist says so', { class: 'weir.dev/nope' }, [lan, usual], 'blocked ClassMissing'],
    [
      'under our prefix keeps what it has while the class is gone',
      { class: 'weir.dev/lan', finalizers: [own], address },
      [],
      'blocked ClassMissing',
    ],
    [
      'whose class comes back goes on',
      { class: 'weir.dev/lan', finalizers: [own], condition: 'ClassMissing', address },
      [lan],
      `ours lan ${own}`,
    ],
    [
      'that is being deleted goes on with the Services it has',
      { class: 'weir.dev/lan', finalizers: [own] },
      [lanGoing],
      `ours lan ${own}`,
    ],
    ['that is being deleted takes no new Services', { class: 'weir.dev/lan' }, [lanGoing], 'blocked ClassMissing'],
    ['of ours takes over the address in its status', { class: 'weir.dev/lan', address }, [lan], `ours lan ${own}`],
    ['by alias takes over the address another controller left', { class: 'metallb', address }, [lan], `ours lan ${own}`],
    [
      'by alias stays with the controller whose finalizer it carries',
      { class: 'service.k8s.aws/nlb', finalizers: [aws], address },
      [lan],
      'foreign ForeignLoadBalancer',
    ],
    [
      'by alias stays there when our condition says so already',
      { class: 'service.k8s.aws/nlb', finalizers: [aws], condition: 'ForeignLoadBalancer' },
      [lan],
      'foreign ForeignLoadBalancer',
    ],
    ['by alias is ours when we hold it besides', { class: 'metallb', finalizers: [aws, own] }, [lan], `ours lan ${own}`],
    [
      'of our name is ours whatever finalizer it carries',
      { class: 'weir.dev/lan', finalizers: [standard] },
      [lan],
      `ours lan ${own}`,
    ],
    [
      'whose finalizer somebody took away gets it again',
      { class: 'weir.dev/lan', condition: 'Serving', address },
      [lan],
      `ours lan ${own}`,
    ],
    [
      'that has lost its alias keeps what it has',
      { class: 'metallb', finalizers: [own], condition: 'Serving', address },
      [],
      'blocked ClassMissing',
    ],
    [
      'of another that came from ours by another type is released',
      { class: 'example.com/lb', finalizers: [own], condition: 'Serving' },
      [lan],
      `release class-changed ${own}`,
    ],
    [
      'of another with only a condition of ours loses it',
      { class: 'example.com/lb', condition: 'ForeignLoadBalancer' },
      [lan],
      'release never-ours',
    ],
    [
      'that was served by default before is released first',
      { class: 'weir.dev/lan', finalizers: [standard], condition: 'Serving' },
      [lan],
      `release class-changed ${standard}`,
    ],
    [
      'and an address, but a finalizer of a cloud controller, is claimed beside it',
      { class: 'weir.dev/lan', finalizers: [standard] },
      [lan],
      `ours lan ${own}`,
      { allocated: true },
    ],
    [
      'whose provider does not run says so',
      { class: 'weir.dev/cloud' },
      [cloud],
      'blocked ProviderNotConfigured',
      { providers: new Set(['local']) },
    ],
    ['whose provider runs is ours', { class: 'weir.dev/cloud' }, [cloud], `ours cloud ${own}`, { providers: new Set(['aws']) }],
  ])
})

describe('a Service without a class', () => {
  check([
    ['is nothing to us without a default class', {}, [lan], 'none'],
    ['is nothing to us without a default class, whatever it carries', { finalizers: [standard], address }, [lan], 'none'],
    ['is ours by the one default class, with the standard finalizer', {}, [lan, usual], `ours usual ${standard}`],
    ['is not claimed while two classes are default', {}, [usual, other], 'blocked SeveralDefaultClasses'],
    [
      'is served on untouched while two classes are default',
      { finalizers: [standard], condition: 'Serving', address },
      [usual, other],
      'kept SeveralDefaultClasses',
    ],
    [
      'with an allocation is served on untouched while two classes are default',
      { finalizers: [standard], address },
      [usual, other],
      'kept SeveralDefaultClasses',
      { allocated: true },
    ],
    [
      'of another controller gets nothing while two classes are default',
      { finalizers: [standard], address },
      [usual, other],
      'none',
    ],
    [
      'is claimed when one of two defaults is on its way out',
      {},
      [usual, lanGoing, loadBalancerClass('old', { default: true }, deletion)],
      `ours usual ${standard}`,
    ],
    ['is not claimed by a default class on its way out', {}, [usualGoing], 'none'],
    [
      'is served on by a default class on its way out',
      { finalizers: [standard], condition: 'Serving' },
      [usualGoing],
      `ours usual ${standard}`,
    ],
    [
      'stays ours with finalizer and condition',
      { finalizers: [standard], condition: 'Serving', address },
      [usual],
      `ours usual ${standard}`,
    ],
    [
      'stays ours with finalizer and allocation when its status was wiped',
      { finalizers: [standard] },
      [usual],
      `ours usual ${standard}`,
      { allocated: true },
    ],
    [
      'stays ours while it has no address yet',
      { finalizers: [standard], condition: 'PoolsExhausted' },
      [usual],
      `ours usual ${standard}`,
    ],
    [
      'keeps what it has when no class is default any more',
      { finalizers: [standard], condition: 'Serving', address },
      [lan],
      'blocked NoDefaultClass',
    ],
    [
      'and with that condition is ours again with the default',
      { finalizers: [standard], condition: 'NoDefaultClass', address },
      [usual],
      `ours usual ${standard}`,
    ],
    [
      'with the standard finalizer of a cloud controller is foreign',
      { finalizers: [standard] },
      [usual],
      'foreign ForeignLoadBalancer',
    ],
    ['with an address we did not give is foreign', { address: '198.51.100.7' }, [usual], 'foreign ForeignLoadBalancer'],
    ['with the finalizer of the AWS controller is foreign', { finalizers: [aws] }, [usual], 'foreign ForeignLoadBalancer'],
    ['with the finalizer of k3s is foreign', { finalizers: [k3s] }, [usual], 'foreign ForeignLoadBalancer'],
    [
      'that we called foreign does not become ours by that',
      { finalizers: [standard], condition: 'ForeignLoadBalancer', address },
      [usual],
      'foreign ForeignLoadBalancer',
    ],
    [
      'becomes ours when the other controller has let go',
      { condition: 'ForeignLoadBalancer' },
      [usual],
      `ours usual ${standard}`,
    ],
    [
      'called ambiguous becomes ours when one default is left',
      { condition: 'SeveralDefaultClasses' },
      [usual],
      `ours usual ${standard}`,
    ],
    ['called ambiguous is let go when no default is left', { condition: 'SeveralDefaultClasses' }, [lan], 'release never-ours'],
    [
      'with finalizers that concern no load balancer is ours',
      { finalizers: ['example.com/backup'] },
      [usual],
      `ours usual ${standard}`,
    ],
    [
      'that had a class of ours before is released first',
      { finalizers: [own], condition: 'Serving' },
      [usual],
      `release class-changed ${own}`,
    ],
    [
      'that had a class of ours before, now with a cloud controller, is released',
      { finalizers: [own, standard], condition: 'Serving' },
      [],
      `release class-changed ${own}`,
    ],
    [
      'is not claimed when the provider of the default does not run',
      {},
      [cloudDefault],
      'blocked ProviderNotConfigured',
      { providers: new Set() },
    ],
    [
      'keeps its condition, our only mark, when the provider does not run',
      { finalizers: [standard], condition: 'Serving' },
      [cloudDefault],
      'kept ProviderNotConfigured',
      { providers: new Set() },
    ],
  ])
})

describe('a Service that is deleted while the provider of its class does not run', () => {
  const local = { providers: new Set(['local']) }
  check([
    [
      'keeps our finalizer and says so',
      { class: 'weir.dev/cloud', finalizers: [own], condition: 'Serving', deleting: true },
      [cloud],
      'blocked ProviderNotConfigured',
      local,
    ],
    [
      'goes on keeping it when the condition says so already',
      { class: 'weir.dev/cloud', finalizers: [own], condition: 'ProviderNotConfigured', deleting: true },
      [cloud],
      'blocked ProviderNotConfigured',
      local,
    ],
    [
      'and had it by default keeps the condition too, our only mark',
      { finalizers: [standard], condition: 'Serving', deleting: true },
      [cloudDefault],
      'kept ProviderNotConfigured',
      local,
    ],
    [
      'is released when the provider runs again',
      { class: 'weir.dev/cloud', finalizers: [own], condition: 'ProviderNotConfigured', deleting: true },
      [cloud],
      `release deleted ${own}`,
      { providers: new Set(['aws']) },
    ],
    [
      'is released when its class is gone, for nobody knows a provider then',
      { class: 'weir.dev/cloud', finalizers: [own], deleting: true },
      [lan],
      `release deleted ${own}`,
      local,
    ],
    [
      'is released when a provider that runs holds something for it',
      { class: 'weir.dev/cloud', finalizers: [own], deleting: true },
      [cloud],
      `release deleted ${own}`,
      { ...local, allocated: true },
    ],
    ['and was never served just goes', { class: 'weir.dev/cloud', deleting: true }, [cloud], 'none', local],
  ])
})

describe('a Service of another type', () => {
  check([
    ['is nothing to us', { type: 'ClusterIP' }, [lan, usual], 'none'],
    ['that is an external name is nothing to us', { type: 'ExternalName' }, [usual], 'none'],
    ['with a finalizer of others is nothing to us', { type: 'NodePort', finalizers: [standard, aws] }, [usual], 'none'],
    [
      'that was ours by class is released',
      { type: 'ClusterIP', finalizers: [own], condition: 'Serving' },
      [lan],
      `release type-changed ${own}`,
    ],
    [
      'that was ours by default is released',
      { type: 'NodePort', finalizers: [standard], condition: 'Serving' },
      [usual],
      `release type-changed ${standard}`,
    ],
    [
      'that was ours by a default class that is gone is released',
      { type: 'ClusterIP', finalizers: [standard], condition: 'Serving' },
      [],
      `release type-changed ${standard}`,
    ],
    ['whose finalizer is gone still frees its address', { type: 'ClusterIP' }, [], 'release type-changed', { allocated: true }],
    [
      'loses a condition of ours, but not the finalizer of another',
      { type: 'ClusterIP', finalizers: [standard], condition: 'ForeignLoadBalancer' },
      [usual],
      'release type-changed',
    ],
    ['that becomes a load balancer is ours', { type: 'LoadBalancer', class: 'weir.dev/lan' }, [lan], `ours lan ${own}`],
  ])
})

describe('a Service that is being deleted', () => {
  check([
    [
      'is released',
      { class: 'weir.dev/lan', finalizers: [own], condition: 'Serving', address, deleting: true },
      [lan],
      `release deleted ${own}`,
    ],
    [
      'is released also when its class is gone',
      { class: 'weir.dev/lan', finalizers: [own], deleting: true },
      [],
      `release deleted ${own}`,
    ],
    [
      'by default is released',
      { finalizers: [standard], condition: 'Serving', deleting: true },
      [usual],
      `release deleted ${standard}`,
    ],
    [
      'by default is released while two classes are default',
      { finalizers: [standard], condition: 'Serving', deleting: true },
      [usual, other],
      `release deleted ${standard}`,
    ],
    ['with another type is released', { type: 'ClusterIP', finalizers: [own], deleting: true }, [lan], `release deleted ${own}`],
    [
      'without a finalizer of ours is not touched',
      { class: 'weir.dev/lan', finalizers: ['example.com/x'], deleting: true },
      [lan],
      'none',
    ],
    [
      'without our finalizer but with an address frees it',
      { class: 'weir.dev/lan', finalizers: ['example.com/x'], deleting: true },
      [lan],
      'release deleted',
      { allocated: true },
    ],
    [
      'with the finalizer of a cloud controller is not touched',
      { finalizers: [standard], address, deleting: true },
      [usual],
      'none',
    ],
    [
      'that we called foreign is not touched',
      { finalizers: [standard], condition: 'ForeignLoadBalancer', address, deleting: true },
      [usual],
      'none',
    ],
  ])
})

describe('messages', () => {
  test.each<[string, Given, readonly LoadBalancerClass[], string, string]>([
    [
      'a missing class is named with the way out',
      { class: 'weir.dev/nope' },
      [],
      'There is no LoadBalancerClass nope.',
      'Make the LoadBalancerClass nope, or change the type of the Service to ClusterIP and back with another class.',
    ],
    [
      'the foreign finalizer is named with its owner',
      { finalizers: [k3s] },
      [usual],
      `Another controller serves this Service: it carries the finalizer ${k3s} of the service load balancer of k3s.`,
      'Remove the other controller, or give the Service a class.',
    ],
    [
      'the foreign address is named',
      { address: '198.51.100.7' },
      [usual],
      'Another controller serves this Service: its status already holds 198.51.100.7, which is not ours.',
      'Remove the other controller, or give the Service a class.',
    ],
    [
      'two default classes are both named',
      {},
      [usual, other],
      'The LoadBalancerClasses other, usual are all marked default, so none serves Services without a class.',
      'Leave spec.default: true on one class.',
    ],
  ])('%s', (_, given, classes, message, remedy) => {
    expect(claim(service(given), classes)).toMatchObject({ problem: { message, remedy, severity: 'blocks' } })
  })
})

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
