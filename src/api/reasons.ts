// Reasons of the condition weir.dev/Ready and of the conditions of our own kinds; docs/conditions.md is generated from these rows.
import { awsReasons } from './aws-reasons.ts'
import { bindingReasons } from './binding-reasons.ts'
import { ingressReasons } from './ingress-reasons.ts'
import { networkReasons } from './network-reasons.ts'
import type { ReasonRow } from './reason-row.ts'

/** The condition that every claimed Service carries. */
export const readyCondition = 'weir.dev/Ready'

const services = ['Service'] as const

/** Every reason, once. Code refers to a reason by its key, so a reason that is not listed here does not compile. */
export const reasons = {
  Serving: {
    on: services,
    meaning: 'The Service has its addresses, candidates to announce them, and endpoints.',
    remedy: 'Nothing to do.',
  },
  Pending: {
    on: ['Service', 'IngressReport'],
    meaning: 'Work on the Service has begun; of an Ingress, its gateway is on its way.',
    remedy: 'Wait; if it stays, look at the log of the controller.',
  },
  NoReadyEndpoints: {
    on: ['Service', 'TargetGroupBinding'],
    meaning: 'The address is given, or the target group found, but no endpoint is ready to answer.',
    remedy: 'Wait while pods start; if it stays, check the selector, the target ports and the readiness of the pods.',
  },
  NoAnnouncer: {
    on: ['Service', 'AddressPool'],
    meaning: 'The address is given, but no node can announce it; or the announce rules of the pool leave no node that could.',
    remedy: 'Check the agents, the announce rules of the pool and the subnets of the nodes.',
  },
  OutsideSubnets: {
    on: ['Service', 'AddressPool'],
    meaning: 'Addresses are in no subnet of a node, so no node knows on which interface to announce them.',
    remedy:
      'Take the addresses of the pool from a subnet of the nodes, or name the interfaces to announce on in its announce rules.',
  },
  Rebalanced: {
    on: ['AddressPool'],
    event: true,
    meaning: 'The addresses of the pool were spread over the nodes anew, as the annotation weir.dev/rebalance asked for.',
    remedy: 'Nothing to do.',
  },
  Withdrawing: {
    on: services,
    meaning: 'The address is being withdrawn from the LAN before it is freed.',
    remedy: 'Wait; a node that is down delays this until its Lease ends.',
  },
  NoPools: {
    on: services,
    meaning: 'No address pool allows this Service.',
    remedy: 'Make an AddressPool, or allow the namespace in one.',
  },
  PoolsExhausted: {
    on: services,
    meaning: 'Every pool that allows this Service is full.',
    remedy: 'Enlarge a pool; the Service gets the next free address by itself.',
  },
  UnknownPool: {
    on: ['Service', 'LoadBalancerClass'],
    meaning: 'The Service names an address pool that does not exist, or the class names none that does.',
    remedy: 'Name an existing pool or make it.',
  },
  PoolNotUsable: {
    on: services,
    meaning: 'The Service names a pool, or asks for an address of one, that gives no addresses because of a mistake in it.',
    remedy: 'Correct the pool as the message says, or name another one.',
  },
  PoolNotAllowed: {
    on: services,
    meaning: 'The Service names a pool, or asks for an address of one, that it may not use.',
    remedy: 'Name another pool, allow the Service in that one, or add it to the pools of the class.',
  },
  AddressReplaced: {
    on: services,
    event: true,
    meaning:
      'An address is taken from the Service because no pool that it may use holds it any more, or it left a shared address because it took its consent back. The message tells whether another is given.',
    remedy: 'Use the new address, or put the old one back into a pool, or agree to the sharing again.',
  },
  Released: {
    on: ['Service', 'IngressReport'],
    event: true,
    meaning: 'Nothing of the load balancer is left: the Service or Ingress is no longer ours.',
    remedy: 'Nothing to do.',
  },
  RequestedAddressInvalid: {
    on: services,
    meaning: 'A requested address cannot be read.',
    remedy: 'Write IPv4 or IPv6 addresses separated by commas.',
  },
  RequestedAddressWrongFamily: {
    on: services,
    meaning: 'A requested address is of a family the Service does not have.',
    remedy: 'Request an address of the family in spec.ipFamilies, or add the family.',
  },
  RequestedAddressOutsidePools: {
    on: services,
    meaning: 'A requested address is in no pool this Service may use.',
    remedy: 'Ask for an address of a pool, or leave the request out.',
  },
  RequestedAddressInUse: {
    on: services,
    meaning: 'A requested address belongs to another Service.',
    remedy: 'Ask for another address, or wait: it is given when it becomes free.',
  },
  SharingRefused: {
    on: services,
    meaning:
      'A requested address belongs to a Service that it cannot be shared with: another key, a closed namespace, an equal port, another traffic policy, or no node that may announce for both.',
    remedy: 'Do what the message says, or ask for another address; this one is given when that becomes possible.',
  },
  SharingEnded: {
    on: services,
    event: true,
    meaning:
      'The Service had to leave an address it shared at once: it got in the way of an older Service, or asks for just that address and took its consent back.',
    remedy: 'Use the address that the status names now; the message tells what stands in the way of sharing.',
  },
  AddressOfNode: {
    on: ['Service', 'AddressPool'],
    meaning: 'A requested address, or some of the pool, is one that a node has of its own; such addresses are never given.',
    remedy: 'Ask for another address, and keep the addresses of nodes out of the pools.',
  },
  DataPathFallback: {
    on: services,
    event: true,
    meaning:
      'The class asks for targets: Pod, but packets cannot go straight to the pods. The Service is served all the same, in the way that the message tells.',
    remedy: 'Remove the obstacle that the message names; the direct path is taken by itself then.',
  },
  SourceRangesUnenforced: {
    on: services,
    event: true,
    meaning:
      'The node that announces cannot look at packets, so source ranges of the annotation keep nobody out; kube-proxy knows those of the field only.',
    remedy: 'Write the ranges into spec.loadBalancerSourceRanges, or remove the obstacle that the message names.',
  },
  AddressConflict: {
    on: services,
    meaning: 'A station on the LAN that is none of ours has the address, so no node announces it.',
    remedy:
      'Find the station by the MAC that the message names and give it another address, or take the address out of the pool.',
  },
  RequestConflict: {
    on: services,
    meaning: 'Two ways of asking for an address contradict each other.',
    remedy: 'Use one of them: weir.dev/load-balancer-ips is the preferred one.',
  },
  SettingIsFinal: {
    on: services,
    meaning: 'The class does not let Services change this setting.',
    remedy: 'Remove the annotation or use another class.',
  },
  UnknownAnnotation: {
    on: ['Service', 'IngressReport'],
    event: true,
    meaning: 'An annotation under our prefix is unknown or misspelt.',
    remedy: 'Use the key that the message names.',
  },
  InvalidAnnotation: {
    on: ['Service', 'IngressReport'],
    meaning: 'The value of an annotation cannot be read.',
    remedy: 'Correct the value that the message names, or remove the annotation.',
  },
  UnsupportedAnnotation: {
    on: ['Service', 'IngressReport'],
    event: true,
    meaning: 'An annotation is known but not supported yet.',
    remedy: 'Remove the annotation or leave it for a later version.',
  },
  InvalidSourceRanges: {
    on: services,
    meaning: 'A source range of the Service is not a CIDR.',
    remedy: 'Correct the entry that the message names.',
  },
  NoSupportedPorts: {
    on: services,
    meaning: 'No port of the Service is of a protocol the provider supports.',
    remedy: 'Use TCP or UDP.',
  },
  UnsupportedProtocol: {
    on: services,
    meaning: 'Some ports are of a protocol the provider does not support; the others are served.',
    remedy: 'Use TCP or UDP.',
  },
  UnsupportedTargetType: {
    on: services,
    meaning: 'The class asks for a target type the provider does not support.',
    remedy: 'Use a class with another target type.',
  },
  UnsupportedFamily: {
    on: services,
    meaning: 'The provider cannot serve this address family.',
    remedy: 'Use another family or class.',
  },
  NodePortsRequired: {
    on: ['Service', 'TargetGroupBinding'],
    meaning: 'The Service has no node ports and the provider needs them.',
    remedy: 'Set allocateLoadBalancerNodePorts: true or use a class with pod targets.',
  },
  ProviderNotConfigured: {
    on: ['Service', 'IngressReport', 'LoadBalancerClass'],
    meaning: 'The class names a provider this installation does not run.',
    remedy: 'Set the provider up (for aws see docs/tasks/aws.md and deploy/aws), or use a class of another provider.',
  },
  SeveralDefaultClasses: {
    on: ['Service', 'IngressReport', 'LoadBalancerClass'],
    meaning: 'Several classes are marked default, so none is.',
    remedy: 'Leave spec.default: true on one class.',
  },
  OtherControllerRuns: {
    on: ['Service', 'IngressReport'],
    meaning:
      'The class is an alias of that of another controller, and that one still runs. Nothing is taken over from it; what was taken over before stays as it is.',
    remedy: 'Stop the other controller, or take the alias out of the LoadBalancerClass.',
  },
  TakeOverUnproven: {
    on: ['Service', 'IngressReport'],
    meaning: 'The class is an alias of that of another controller, and whether that one is gone is not known.',
    remedy: 'Do what the message says: let Weir look at its Lease and workload, or name them in spec.takeOver of the class.',
  },
  ForeignLoadBalancer: {
    on: ['Service', 'IngressReport'],
    meaning: 'Another controller holds this Service or Ingress: it carries a foreign finalizer or status.',
    remedy: 'Remove the other controller, or give the Service a class.',
  },
  ClassMissing: {
    on: ['Service', 'IngressReport', 'TargetGroupBinding'],
    meaning:
      'The class that the Service, the binding or the IngressClass names does not exist or is being deleted; what is there is kept.',
    remedy: 'Make the class (again), or change the type of the Service to ClusterIP and back with another class.',
  },
  NoDefaultClass: {
    on: services,
    meaning: 'The class that served Services without a class is default no more; what the Service has is kept.',
    remedy: 'Mark one LoadBalancerClass with spec.default: true, or delete the Service.',
  },
  ProviderError: {
    on: ['Service', 'IngressReport', 'LoadBalancerClass', 'TargetGroupBinding'],
    meaning: 'The provider failed; it is tried again.',
    remedy: 'See the message.',
  },
  ...awsReasons,
  ...bindingReasons,
  ...ingressReasons,
  Orphaned: {
    on: ['LoadBalancer'],
    meaning: 'Nothing in the cluster owns what was made outside.',
    remedy: 'It is deleted after two listings ten minutes apart; take the tags of Weir off to keep it.',
  },
  Accepted: {
    on: ['LoadBalancerClass', 'AddressPool', 'NodeReport', 'TargetGroupBinding'],
    meaning: 'The object is valid and in use.',
    remedy: 'Nothing to do.',
  },
  InUse: {
    on: ['LoadBalancerClass'],
    meaning: 'The class is being deleted but Services, Ingresses or TargetGroupBindings still use it.',
    remedy: 'Move or delete what the message names.',
  },
  AliasConflict: {
    on: ['LoadBalancerClass'],
    meaning: 'Another, older class answers the same alias.',
    remedy: 'Remove the alias from one of them.',
  },
  ...networkReasons,
} as const satisfies Readonly<Record<string, ReasonRow>>

export type Reason = keyof typeof reasons
