// Claims that end: a Service that is deleted, has another type, or whose provider does not run.
import { describe } from 'vitest'
import { serviceFinalizer as own, standardServiceFinalizer as standard } from '../api/group.ts'
import { lan, cloud, usual, other, cloudDefault, check, address, aws } from './claim-under-test.ts'

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
