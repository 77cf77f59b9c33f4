// What a TargetGroupBinding asks for, as plain data: which port of which Service, which endpoints and nodes; or why it cannot be said. Pure.
import type { LoadBalancerClass } from '../api/load-balancer-class.ts'
import type { BindingSpec, TargetGroupBinding } from '../api/target-group-binding.ts'
import type { EndpointSlice, Node, Service, ServicePort } from './kubernetes-objects.ts'
import type { Problem, Protocol } from './load-balancer.ts'
import { matchesSelector } from './selector.ts'
import { reasons } from '../api/reasons.ts'
import type { Reason } from '../api/reasons.ts'

/** The uid makes a binding that was deleted and made again another one. */
export interface BindingId {
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

/** A port of a Service, as endpoints and nodes have it. */
export interface BoundPort {
  readonly port: number
  readonly protocol: Protocol
  /** Endpoints are matched by it; empty for a single unnamed port. */
  readonly name: string
  readonly nodePort?: number
}

export interface BindingGoal {
  readonly id: BindingId
  readonly spec: BindingSpec
  readonly class: LoadBalancerClass
  /** Absent when the Service is gone: then nothing is to be registered. */
  readonly servicePort?: BoundPort
  /** All ports of the Service, for networking rules that name one. */
  readonly ports: readonly BoundPort[]
  readonly slices: readonly EndpointSlice[]
  /** Those that `spec.nodeSelector` lets through. */
  readonly nodes: readonly Node[]
}

export interface BindingFacts {
  readonly binding: TargetGroupBinding
  /** Classes of the provider. */
  readonly classes: readonly LoadBalancerClass[]
  readonly service: Service | undefined
  readonly slices: readonly EndpointSlice[]
  readonly nodes: Iterable<Node>
}

export function bindingId({ metadata }: TargetGroupBinding): BindingId {
  return { namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid ?? '' }
}

/** The goal of a binding, or the one thing that keeps it from having one. */
export function buildBinding(facts: BindingFacts): { readonly goal: BindingGoal } | { readonly problem: Problem } {
  const { binding, classes, service, slices, nodes } = facts
  const { spec } = binding
  if (spec.multiClusterTargetGroup)
    return refuse('InvalidSettings', 'spec.multiClusterTargetGroup is not supported.', 'Leave it out.')
  const chosen = classOf(spec, classes)
  if ('problem' in chosen) return chosen
  const ports = (service?.spec.ports ?? []).map(boundPort)
  const wanted = spec.serviceRef.port
  const servicePort = ports.find(({ port, name }) => (typeof wanted === 'number' ? port === wanted : name === wanted))
  if (service && !servicePort) {
    const known = ports.map(({ port, name }) => (name === '' ? String(port) : `${port} (${name})`))
    return refuse(
      'ServicePortNotFound',
      `Service ${spec.serviceRef.name} has no port ${wanted}; its ports are ${known.join(', ')}.`,
    )
  }
  const fitting = [...nodes].filter(({ metadata }) => matchesSelector(spec.nodeSelector, metadata.labels))
  return {
    goal: {
      id: bindingId(binding),
      spec,
      class: chosen.class,
      ...(servicePort ? { servicePort } : {}),
      ports,
      slices: service ? slices : [],
      nodes: fitting,
    },
  }
}

function boundPort({ port, protocol = 'TCP', name = '', nodePort }: ServicePort): BoundPort {
  return { port, protocol, name, ...(nodePort ? { nodePort } : {}) }
}

function classOf(
  spec: BindingSpec,
  classes: readonly LoadBalancerClass[],
): { readonly class: LoadBalancerClass } | { readonly problem: Problem } {
  if (spec.class !== undefined) {
    const named = classes.find(({ metadata }) => metadata.name === spec.class)
    return named
      ? { class: named }
      : refuse('ClassMissing', `There is no LoadBalancerClass ${spec.class} of provider aws.`, 'Make it, or correct spec.class.')
  }
  const [only, ...others] = classes
  if (only && others.length === 0) return { class: only }
  const names = classes.map(({ metadata }) => metadata.name).toSorted()
  return only
    ? refuse('ClassMissing', `Several classes are of provider aws: ${names.join(', ')}.`, 'Name one of them in spec.class.')
    : refuse('ClassMissing', 'There is no LoadBalancerClass of provider aws.', 'Make one; it says how to reach AWS.')
}

function refuse(reason: Reason, message: string, remedy: string = reasons[reason].remedy): { readonly problem: Problem } {
  return { problem: { reason, message, remedy, severity: 'blocks' } }
}
