// Claim rules as a table: a Service with a class or without one, the classes there are, and what is done about it.
import { describe, expect, test } from 'vitest'
import { serviceFinalizer as own, standardServiceFinalizer as standard } from '../api/group.ts'
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import { claim } from './claim.ts'
import {
  loadBalancerClass,
  deletion,
  lan,
  lanGoing,
  cloud,
  usual,
  usualGoing,
  other,
  cloudDefault,
  service,
  check,
  address,
  aws,
  k3s,
} from './claim-under-test.ts'
import type { Given } from './claim-under-test.ts'

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
